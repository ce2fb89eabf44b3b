//! One file per format; that for browsers is [`html`](crate::html).

pub(crate) mod csv;
pub(crate) mod jsonl;
pub(crate) mod markdown;
pub(crate) mod navigator;
pub(crate) mod sarif;
pub(crate) mod timesketch;
