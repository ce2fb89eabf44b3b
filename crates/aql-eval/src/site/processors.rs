//! Event processors, and other components of the deployment.

use super::table::Loader;

/// A component.
#[derive(Clone, Debug)]
pub(crate) struct Processor {
    id: i64,
    pub(crate) name: Box<str>,
    pub(crate) host: Option<Box<str>>,
}

/// The components of `processors.csv`. Without the file there is one, which reads the evidence: any
/// number is its number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Processors {
    known: Vec<Processor>,
}

/// The event processor of evidence: its events carry this `processorid`.
const EVIDENCE_ID: i64 = 1;
const EVIDENCE_NAME: &str = "eventprocessor0";
const EVIDENCE_HOST: &str = "localhost";

impl Processors {
    pub(super) fn read(loader: &mut Loader<'_>) -> Self {
        let mut processors = Processors::default();
        let Some(mut table) = loader.table("processors.csv") else { return processors };
        let expected = ["id", "name", "host"];
        let Some(columns) = loader.columns(&mut table, &expected, 2) else { return processors };
        let [id, name, host] = columns.at.as_slice() else { return processors };
        for row in &columns.rows {
            let number = row.cell(*id).and_then(|id| id.parse().ok());
            match (number, row.cell(*name)) {
                (Some(id), Some(name)) => processors.known.push(Processor {
                    id,
                    name: name.into(),
                    host: row.cell(*host).map(Box::from),
                }),
                _ => loader.bad_row(&table, row, "a number and a name are needed"),
            }
        }
        processors
    }

    fn get(&self, id: i64) -> Option<&Processor> {
        self.known.iter().find(|p| p.id == id)
    }

    fn named(&self, name: &str) -> Option<&Processor> {
        self.known.iter().find(|p| p.name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn name(&self, id: i64) -> Option<&str> {
        if self.known.is_empty() { Some(EVIDENCE_NAME) } else { self.get(id).map(|p| &*p.name) }
    }

    pub(crate) fn host(&self, id: i64) -> Option<&str> {
        if self.known.is_empty() { Some(EVIDENCE_HOST) } else { self.get(id)?.host.as_deref() }
    }

    pub(crate) fn host_of_name(&self, name: &str) -> Option<&str> {
        if self.known.is_empty() {
            return name.eq_ignore_ascii_case(EVIDENCE_NAME).then_some(EVIDENCE_HOST);
        }
        self.named(name)?.host.as_deref()
    }

    pub(crate) fn id(&self, name: &str) -> Option<i64> {
        if self.known.is_empty() {
            return name.eq_ignore_ascii_case(EVIDENCE_NAME).then_some(EVIDENCE_ID);
        }
        self.named(name).map(|p| p.id)
    }
}
