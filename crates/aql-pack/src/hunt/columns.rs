//! The columns that every finding shows.

use aql_catalog::{Catalog, Profile};
use aql_event::{Column, provenance};

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
