//! The mapping files of a user: how CSV and JSON that no format knows become events.
//!
//! A mapping says which records it is for; those are taken before any format is asked, since whoever
//! writes one knows better. Read [`Mappings`] first; what a mapping can say is
//! [`aql_catalog::Mapping`].

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aql_catalog::{BadMapping, Mapping, Records};
use aql_diag::{Diagnostic, Span, codes};

use crate::formats::FORMATS;
use crate::normalise::generic::NamedFields;
use crate::normalise::mapped::MappedRecord;
use crate::out::{At, Out};

/// Mapping files, in the order in which they are tried. Clones share what they count.
#[derive(Clone, Debug, Default)]
pub struct Mappings {
    list: Vec<Arc<OwnMapping>>,
}

/// A mapping of a user.
#[derive(Debug)]
pub(crate) struct OwnMapping {
    mapping: Mapping,
    name: &'static str,
    taken: AtomicU64,
}

impl Mappings {
    /// Adds the text of a mapping file, or says what is wrong with it.
    ///
    /// # Errors
    /// The text is no mapping, does not say which records it is for, or has the name of a format
    /// or of a mapping that was added before.
    pub fn add(&mut self, text: &str) -> Result<(), Vec<Diagnostic>> {
        let formats = FORMATS.iter().map(|format| format.name);
        let taken: Vec<&str> = formats.chain(self.list.iter().map(|own| own.name)).collect();
        let mapping = Mapping::parse_own(text, &taken)
            .map_err(|faults| faults.into_iter().map(diagnostic).collect::<Vec<_>>())?;
        let name = interned(&mapping.name);
        self.list.push(Arc::new(OwnMapping { mapping, name, taken: AtomicU64::new(0) }));
        Ok(())
    }

    /// One warning for each mapping that no record was for, once evidence was read.
    pub fn unused(&self) -> Vec<Diagnostic> {
        let unused = self.list.iter().filter(|own| own.taken.load(Ordering::Relaxed) == 0);
        unused
            .map(|own| {
                let message = format!("no record was one that the mapping `{}` is for", own.name);
                Diagnostic::warning(codes::MAPPING_UNUSED, message)
                    .help("compare its `[records]` with what `aql inspect --fields` shows")
            })
            .collect()
    }

    /// Those that may be for records of this file.
    pub(crate) fn of_file(&self, path: &str) -> Vec<Arc<OwnMapping>> {
        let is_for = |own: &&Arc<OwnMapping>| own.records().is_some_and(|r| r.are_in(path));
        self.list.iter().filter(is_for).cloned().collect()
    }
}

fn diagnostic(fault: BadMapping) -> Diagnostic {
    let code = if fault.is_syntax { codes::MAPPING_UNREADABLE } else { codes::MAPPING_ENTRY };
    let span = Span::new(fault.span.0, fault.span.1);
    let diagnostic = Diagnostic::error(code, fault.message).at(span, "");
    match fault.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// A name that lives as long as the names of formats do. Each is kept once, and there are as many as
/// mapping files.
fn interned(name: &str) -> &'static str {
    static NAMES: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    let names = names.get_or_insert_default();
    if let Some(known) = names.get(name) {
        return known;
    }
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(name);
    name
}

impl OwnMapping {
    fn records(&self) -> Option<&Records> {
        self.mapping.records.as_ref()
    }

    /// Is it for a record of these fields?
    pub(crate) fn is_for(&self, fields: NamedFields<'_>) -> bool {
        let Some(records) = self.records() else { return false };
        let mut scratch = String::new();
        records.fields.iter().all(|name| fields.has(name))
            && records.when.iter().all(|condition| {
                condition.holds(fields.get(&condition.field, &mut scratch).as_deref())
            })
    }

    /// Takes a record.
    pub(crate) fn take(
        &self,
        fields: NamedFields<'_>,
        payload: &[u8],
        header_time: Option<i64>,
        at: At,
        out: &mut Out<'_>,
    ) {
        self.taken.fetch_add(1, Ordering::Relaxed);
        let mapping = &self.mapping;
        let record = MappedRecord { mapping, fields, payload, header_time, category: None };
        out.mapped(self.name, &record, at.record);
    }
}

#[cfg(test)]
mod tests {
    use super::Mappings;

    #[test]
    fn names_of_formats_and_of_each_other_are_taken() {
        let mut mappings = Mappings::default();
        let own = |name: &str| format!("name = '{name}'\n[records]\nfields = 'a'");
        assert_eq!(mappings.add(&own("payroll")), Ok(()));
        for taken in ["payroll", "o365", "CEF"] {
            let faults = mappings.add(&own(taken)).expect_err(taken);
            let expected = format!("`{taken}` is the name of another format");
            assert_eq!(faults[0].message, expected);
        }
        assert_eq!(mappings.unused().len(), 1);
    }
}
