//! What `docs/formats.md` says about formats is what is read. Its tables are made here, from the list
//! of formats, from `tests/formats.toml` (what only the page needs) and from what the fixtures give;
//! `AQL_WRITE_FORMATS=1` writes them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use aql_catalog::Catalog;
use aql_event::{Column, ColumnKind, Needs, provenance};
use aql_ingest::Options;
use toml::{Table, Value};

use crate::util::{builtin, data, scan_bytes, scan_paths, source, values};

/// Built-in columns that every event has, or that follow from others.
const OF_EVERY_EVENT: &[&str] = &[
    "category",
    "destinationaddress",
    "destinationv6",
    "devicetime",
    "devicetype",
    "endtime",
    "eventdirection",
    "highlevelcategory",
    "isunparsed",
    "logsourceid",
    "magnitude",
    "payload",
    "qid",
    "qideventcategory",
    "qideventid",
    "relevance",
    "severity",
    "sourceaddress",
    "sourcev6",
];

/// What the page needs to know of a format besides what the code says.
struct Entry {
    name: &'static str,
    about: &'static str,
    by: &'static str,
    told: Table,
}

impl Entry {
    fn text(&self, key: &str) -> Option<&str> {
        self.told.get(key).map(|value| value.as_str().expect("a text"))
    }

    fn needed(&self, key: &str) -> &str {
        self.text(key).unwrap_or_else(|| panic!("tests/formats.toml: {} has no {key}", self.name))
    }

    fn fixtures(&self) -> Vec<&str> {
        let list = self.told.get("fixtures").and_then(Value::as_array);
        let list =
            list.unwrap_or_else(|| panic!("tests/formats.toml: {} has no fixtures", self.name));
        list.iter().map(|name| name.as_str().expect("a text")).collect()
    }
}

/// Every format, in the order in which they are tried.
fn entries() -> Vec<Entry> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats.toml");
    let mut all: Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let entries = aql_ingest::formats().map(|(name, about)| {
        let told = all.remove(name);
        let Some(Value::Table(told)) = told else { panic!("tests/formats.toml has no [{name}]") };
        Entry { name, about, by: aql_ingest::recognised_by(name), told }
    });
    let entries = entries.collect();
    assert!(all.is_empty(), "tests/formats.toml has what is no format: {all:?}");
    entries
}

/// Which log source types and which columns and properties the events of a format's fixtures have.
fn filled(entry: &Entry) -> (BTreeSet<i64>, Vec<String>) {
    let catalog = Catalog::get();
    let builtins = catalog.event_fields().iter().map(|field| field.column.clone());
    let builtins = builtins.filter(|column| {
        column.kind == ColumnKind::Builtin && !OF_EVERY_EVENT.contains(&&*column.name)
    });
    let properties = catalog.properties().iter().map(|info| info.column.clone());
    let columns: Vec<Column> = builtins.chain(properties).collect();
    let told = [builtin("devicetype"), source(provenance::FORMAT)];
    let needs = Needs::new(columns.iter().chain(&told).cloned());
    let options = Options { now: Some(1_709_700_000_000), ..Options::default() };
    let paths: Vec<_> = entry.fixtures().iter().map(|name| data(name)).collect();
    let (batches, report) = scan_paths(&paths, &needs, options.clone());
    // An event that says nothing has the defaults.
    let (nothing, _) = scan_bytes(b"{\"nothing\":1}", &needs, options);
    let formats = values(&batches, &told[1]);
    let is_own = |format: &Option<String>| format.as_deref() == Some(entry.name);
    for (path, file) in paths.iter().zip(&report.files) {
        let (found, _) = scan_paths(
            std::slice::from_ref(path),
            &Needs::new([told[1].clone()]),
            Options::default(),
        );
        // A file may be told apart from the events that lie in it.
        let has = values(&found, &told[1]).iter().any(is_own) || file.format == Some(entry.name);
        assert!(has, "{} has no event of the format {}", path.display(), entry.name);
    }
    let own = |column: &Column| {
        let values = values(&batches, column).into_iter().zip(&formats);
        values.filter(|(_, format)| is_own(format)).filter_map(|(value, _)| value)
    };
    let types = own(&told[0]).map(|id| id.parse().unwrap()).collect();
    let is_filled = |column: &&Column| {
        let default = values(&nothing, column).remove(0);
        own(column).any(|value| Some(value) != default)
    };
    let name = |column: &Column| match column.kind {
        ColumnKind::Builtin => format!("`{}`", column.name),
        _ => column.name.to_string(),
    };
    (types, columns.iter().filter(is_filled).map(name).collect())
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// The table of what is read.
fn formats_block(entries: &[Entry]) -> String {
    let mut out = "| `aql.format` | what it is | recognised by | a record is | fixture |\n\
                   | --- | --- | --- | --- | --- |\n"
        .to_owned();
    for entry in entries {
        let about = match entry.text("note") {
            Some(note) => format!("{}; {note}", entry.about),
            None => entry.about.to_owned(),
        };
        let by = entry.text("exactly").unwrap_or(entry.by);
        let files: Vec<String> = entry.fixtures().iter().map(|name| format!("`{name}`")).collect();
        let mut fixture = format!("{}: {}", files.join(", "), entry.needed("source"));
        if let Some(samples) = entry.text("samples") {
            write!(fixture, "; also public samples: {samples}").unwrap();
        }
        let cells = [about.as_str(), by, entry.needed("record"), &fixture].map(cell);
        writeln!(out, "| `{}` | {} |", entry.name, cells.join(" | ")).unwrap();
    }
    out
}

/// The table of what the fixtures fill.
fn filled_block(entries: &[Entry]) -> String {
    let mut out =
        "| `aql.format` | log source type | columns and properties |\n| --- | --- | --- |\n"
            .to_owned();
    for entry in entries {
        let (types, columns) = filled(entry);
        let types: Vec<String> = types.iter().map(i64::to_string).collect();
        let cells = [types.join(", "), columns.join(", ")];
        writeln!(out, "| `{}` | {} |", entry.name, cells.join(" | ")).unwrap();
    }
    out
}

/// Holds a block of the page against what it should be.
fn keep(name: &str, block: &str) {
    let begin = format!("<!-- {name}: written by a test, AQL_WRITE_FORMATS=1 -->\n");
    let end = format!("<!-- end of {name} -->");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats.md");
    let text = std::fs::read_to_string(&path).expect("docs/formats.md").replace("\r\n", "\n");
    let (head, rest) = text.split_once(&begin).expect("the block begins");
    let (old, tail) = rest.split_once(&end).expect("the block ends");
    if std::env::var_os("AQL_WRITE_FORMATS").is_some() {
        std::fs::write(&path, format!("{head}{begin}{block}{end}{tail}")).expect("written");
        return;
    }
    assert_eq!(old, block, "docs/formats.md is behind: run this test with AQL_WRITE_FORMATS=1");
}

#[test]
fn the_page_of_formats_is_fresh() {
    let entries = entries();
    keep("formats", &formats_block(&entries));
    keep("filled", &filled_block(&entries));
}

#[test]
fn every_fixture_is_listed_with_its_source() {
    let readme = std::fs::read_to_string(data("README.md")).unwrap();
    let entries = entries();
    let of_formats: BTreeSet<&str> = entries.iter().flat_map(Entry::fixtures).collect();
    let mut missing = Vec::new();
    for entry in std::fs::read_dir(data("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_told = readme.contains(&format!("`{name}`")) && of_formats.contains(&*name);
        if name != "README.md" && !is_told {
            missing.push(name);
        }
    }
    missing.sort();
    assert!(
        missing.is_empty(),
        "tests/data/README.md and tests/formats.toml do not both have {missing:?}"
    );
}
