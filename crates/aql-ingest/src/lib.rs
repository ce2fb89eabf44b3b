//! Evidence readers: recognise a file, read it, make events of it.
//!
//! [`Evidence`] is the entry: [`Evidence::open`] finds the files, its
//! [`scan`](aql_event::EventTable::scan) reads them. On the way a file is recognised by its bytes
//! (`sniff`), cut into records (`frame`, [`evtx`]), its records are told apart (`formats`) and made
//! into events (`normalise`) with exactly the columns of the needs.
//!
//! A reader drops nothing silently: a record becomes an event, or is counted as ruled out by the
//! needs, or is counted as lost with a diagnostic that names file, place and reason. No input makes
//! it panic, and it holds no more of a file than one record (or one window of chunks) per thread.
//!
//! Not in here: which raw field feeds which property (data of `aql-catalog`), what a query needs
//! (`aql-semantic`).

pub mod evtx;

mod bits;
mod cells;
mod coalesce;
mod evidence;
mod formats;
mod frame;
mod json;
mod looks;
mod mappings;
mod names;
mod normalise;
mod out;
mod patience;
mod plan;
mod range;
mod report;
mod scan;
mod sniff;
mod source;
mod stored;
mod stream;
mod tar;
mod time;
mod unpack;
mod worker;

pub use coalesce::Coalesced;
pub use evidence::{Evidence, Options, Progress};
pub use mappings::Mappings;
pub use patience::{Clock, Patience};
pub use source::Inflation;
pub use stored::{lists_every, reread};

/// The formats that are read: name and description, in the order in which they are tried.
pub fn formats() -> impl Iterator<Item = (&'static str, &'static str)> {
    formats::FORMATS.iter().map(|format| (format.name, format.about))
}

/// How a format is recognised, for whoever has to believe it. A name that is none of theirs is that
/// of a mapping.
pub fn recognised_by(format: &str) -> &'static str {
    let known = formats::FORMATS.iter().find(|known| known.name == format);
    known.map_or("what its mapping file says", |known| known.by)
}
