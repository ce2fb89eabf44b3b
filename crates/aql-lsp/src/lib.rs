//! AQL in editors: the language server behind `aql lsp`.
//!
//! [`serve`] speaks the Language Server Protocol (3.17) over a connection that is handed in. One
//! document is one query. Everything that it says comes from `aql-lint`, `aql-syntax` and the
//! catalog; here it is only translated: a file for each thing that an editor asks for.
//!
//! What it completes, colours and documents is there for shells too: [`completions`], [`highlight`],
//! [`describe`].
//!
//! Not in here: files, standard input and output, settings files (`aql-cli`).

mod actions;
mod completion;
mod cursor;
mod definition;
mod diagnostics;
mod document;
mod hover;
mod server;
mod tokens;

use aql_lint::Config;
use aql_semantic::BindOptions;

pub use completion::{Completion, CompletionKind, completions};
pub use hover::describe;
pub use server::{Error, serve};
pub use tokens::{Highlight, highlight};

/// What a site has settled, as for `aql check`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// How queries are read: profile, dialect, declared properties.
    pub options: BindOptions,
    /// Levels of findings.
    pub config: Config,
    /// Names of the site's reference sets, to be completed.
    pub reference_sets: Vec<String>,
}
