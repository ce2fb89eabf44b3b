//! The dialects, one file each. A new one is a file and a line in [`ALL`].

mod clickhouse;
mod duckdb;
mod eql;
mod esql;
mod kql;
mod logscale;
mod lucene;
mod ppl;
mod sigma;
mod snowflake;
mod spark;
mod spl;
mod sql;
mod sumo;
mod yaral;

use crate::Options;
use crate::loss::Losses;
use crate::pred::Lowered;

/// Every dialect, in the order in which they are listed.
pub(crate) static ALL: &[Dialect] = &[
    duckdb::DIALECT,
    clickhouse::DIALECT,
    spark::DIALECT,
    snowflake::DIALECT,
    kql::SENTINEL,
    kql::DEFENDER,
    spl::DIALECT,
    esql::DIALECT,
    ppl::DIALECT,
    logscale::DIALECT,
    sumo::DIALECT,
    yaral::DIALECT,
    lucene::DIALECT,
    eql::DIALECT,
    sigma::DIALECT,
];

/// By what translations into a dialect were checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// This engine ran them over the same events.
    Engine(&'static str),
    /// This parser accepts them.
    Parser(&'static str),
    /// A parser accepts them that is not the vendor's: a preview.
    Grammar(&'static str),
    /// By nothing but the golden files of the tests.
    Golden,
}

/// A language of another platform.
#[derive(Clone, Copy)]
pub(crate) struct Dialect {
    /// As the command line calls it.
    pub(crate) name: &'static str,
    /// As people call it.
    pub(crate) title: &'static str,
    /// Ending of its files.
    pub(crate) extension: &'static str,
    /// What checks it.
    pub(crate) checked: Checked,
    /// What begins a line of comment; empty if there is no such thing.
    pub(crate) comment: &'static str,
    /// Writes a query.
    pub(crate) write: fn(&Lowered, &Options, &mut Losses) -> String,
}
