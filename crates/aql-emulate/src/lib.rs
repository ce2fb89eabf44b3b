//! The telemetry that a test of an adversary's technique would leave, without running the test.
//!
//! A [`Test`] is data: what happens, in terms that no log has a say in (`process-created`,
//! `file-created`, `audit`). The files of `data/records` say which [`Record`]s each source (Sysmon,
//! the Security log, Defender, the audit log of the tenant) makes of that, and a [`Format`] writes
//! records as a product would. Nothing is executed, and nothing is read: names, addresses and the
//! time are [`Parameters`], and the same parameters give the same bytes.
//!
//! This crate knows nothing of the readers it feeds, nor of the catalog they read with: what a
//! record looks like is said here a second time, so that the two can be held against each other.
//!
//! Read [`Library`] first.

mod error;
mod formats;
mod ids;
mod library;
mod noise;
mod parameters;
mod play;
mod process;
mod record;
mod template;
mod test;
mod time;
mod values;

pub use error::Error;
pub use formats::{FORMATS, Format};
pub use library::Library;
pub use noise::Noise;
pub use parameters::Parameters;
pub use play::{Emitted, LeftOut, left_out};
pub use record::{Audit, Cell, Record, Row, Source, WindowsEvent};
pub use test::{Event, Kind, Process, Test};
