//! AQL in the languages of other platforms, with a report of what is lost.
//!
//! [`translate`] takes a bound query and a [`Target`] and gives a [`Translation`]. The query is first
//! lowered to a tree of tests that knows no target (`lower`, `pred`): patterns as pieces, constants
//! worked out, names looked up in the catalog. Each dialect (`dialects`, one file each) writes that
//! tree; no text of the query is ever copied into the text of another language. What a target
//! cannot say exactly is told construct by construct ([`Remark`]), and what it cannot say at all is
//! refused.
//!
//! Not in here: running a translation. `aql translate --prove` does, with the documents that
//! [`Target::documents`] describes.

mod base_name;
mod condition;
mod correlation;
mod dialects;
mod document;
mod filter;
mod fold;
mod loss;
mod lower;
mod lucene_regex;
mod map;
mod names;
mod pattern;
mod pipeline;
mod plain_regex;
mod pred;
mod regex;
mod sigma_regex;
mod source;
mod text;
mod time;

use std::collections::BTreeSet;
use std::sync::Arc;

use aql_eval::Context;
use aql_event::Column;
use aql_semantic::{BoundQuery, Expr, NullSemantics};

pub use dialects::Checked;
pub use document::{DocumentField, DocumentSource};
use loss::Losses;
pub use loss::{Direction, Loss, Remark};
use pred::Pred;

/// A language that queries are translated into.
#[derive(Clone, Copy)]
pub struct Target(&'static dialects::Dialect);

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Target").field(&self.name()).finish()
    }
}

impl Target {
    /// Every target.
    pub fn all() -> impl Iterator<Item = Target> {
        dialects::ALL.iter().map(Target)
    }

    /// The target of this name, in any case.
    pub fn find(name: &str) -> Option<Target> {
        Target::all().find(|target| target.name().eq_ignore_ascii_case(name))
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        self.0.title
    }

    /// Ending of its files, without a dot.
    pub fn extension(self) -> &'static str {
        self.0.extension
    }

    /// By what its translations were checked.
    pub fn checked(self) -> Checked {
        self.0.checked
    }

    /// What begins a line of comment; empty if there is no such thing.
    pub fn comment(self) -> &'static str {
        self.0.comment
    }
}

/// How a query is translated.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the translation is called, where a target has titles.
    pub name: String,
    /// Catalog, moment, and data of the site: reference sets are written out.
    pub cx: Arc<Context>,
    /// Leave the time clause out.
    pub all_time: bool,
    /// Prefer constructs that are exact over such that are easy to read.
    pub exact: bool,
}

impl Options {
    /// The table that SQL reads.
    pub(crate) fn table(&self) -> &'static str {
        "events"
    }

    /// A condition inside of a value.
    pub(crate) fn condition(
        &self,
        expr: &Expr,
        nulls: NullSemantics,
        losses: &mut Losses,
    ) -> Option<Pred> {
        lower::condition(expr, nulls, &self.cx, losses)
    }
}

/// A query in another language.
#[derive(Clone, Debug)]
pub struct Translation {
    /// The text; nothing if something in the query is impossible there.
    pub text: Option<String>,
    /// What is lost, and what was done that it is not.
    pub remarks: Vec<Remark>,
    /// The event columns that the query reads.
    pub columns: BTreeSet<Column>,
}

impl Translation {
    /// The worst of its remarks.
    pub fn loss(&self) -> Loss {
        self.remarks.iter().map(|remark| remark.loss).max().unwrap_or_default()
    }
}

/// Translates a query.
pub fn translate(query: &BoundQuery, target: Target, options: &Options) -> Translation {
    let mut losses = Losses::default();
    let lowered = lower::lower(query, &options.cx, &mut losses);
    let text = (!losses.is_impossible()).then(|| (target.0.write)(&lowered, options, &mut losses));
    let text = text.filter(|_| !losses.is_impossible());
    Translation { text, remarks: losses.into_remarks(), columns: query.columns() }
}
