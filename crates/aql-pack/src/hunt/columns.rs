//! The columns that every finding shows, and those that the rules of a class of records need.

use std::collections::BTreeSet;
use std::sync::Arc;

use aql_catalog::{Catalog, Profile};
use aql_event::{ClassFilter, ClassRow, Column, Occurrences, Wanted, provenance};
use aql_match::Matcher;

/// Columns that every finding shows, whatever its rule selects.
pub(super) struct FindingColumns {
    pub(super) time: Option<Column>,
    pub(super) user: Option<Column>,
    pub(super) source_ip: Option<Column>,
    pub(super) host: Option<Column>,
    pub(super) file: Option<Column>,
    pub(super) record: Option<Column>,
    pub(super) format: Option<Column>,
    pub(super) payload: Option<Column>,
}

impl FindingColumns {
    pub(super) fn new(catalog: &Catalog, keep_payload: bool) -> Self {
        let builtin = |name: &str| catalog.event_field(name).map(|f| f.column.clone());
        FindingColumns {
            time: builtin("starttime"),
            user: builtin("username"),
            source_ip: builtin("sourceip"),
            host: catalog.property("Machine Identifier", Profile::Ibm).map(|(column, _)| column),
            file: builtin(provenance::FILE),
            record: builtin(provenance::RECORD),
            format: builtin(provenance::FORMAT),
            payload: if keep_payload { builtin("payload") } else { None },
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Column> {
        let FindingColumns { time, user, source_ip, host, file, record, format, payload } = self;
        [time, user, source_ip, host, file, record, format, payload].into_iter().flatten()
    }
}

/// Asks for the columns of those rules that records of a class may match. A pack of many kinds of
/// rules needs many columns, the records of one class only a few of them.
pub(super) struct OfRules {
    matcher: Arc<Matcher>,
    /// The columns of each rule of the matcher.
    columns: Vec<BTreeSet<Column>>,
}

impl OfRules {
    /// `columns` are those of each rule of the matcher.
    pub(super) fn new(matcher: Arc<Matcher>, columns: Vec<BTreeSet<Column>>) -> Self {
        OfRules { matcher, columns }
    }
}

impl ClassFilter for OfRules {
    fn may_match(&self, class: &ClassRow<'_>) -> bool {
        self.matcher.may_match(class)
    }

    fn looks_for_texts(&self, column: &Column) -> bool {
        self.matcher.looks_for_texts(column)
    }

    fn may_match_among(&self, class: &ClassRow<'_>, texts: &dyn Occurrences) -> bool {
        self.matcher.may_match_among(class, texts)
    }

    fn wanted(&self, class: &ClassRow<'_>) -> Wanted {
        let possible = self.matcher.possible(class);
        if possible.is_empty() {
            return Wanted::Nothing;
        }
        let columns = possible.iter().filter_map(|&rule| self.columns.get(rule)).flatten();
        let columns: BTreeSet<&Column> = columns.collect();
        // Who asks may have more columns than the rules need, so that its places are its own.
        let all = class.row.columns().iter().enumerate();
        Wanted::Columns(all.filter(|(_, c)| columns.contains(c)).map(|(at, _)| at).collect())
    }
}
