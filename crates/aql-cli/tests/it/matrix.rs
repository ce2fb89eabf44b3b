//! What the pack finds of the emulated tests, in every format that carries them: the matrix of
//! `docs/emulate.md` is that of this run. `AQL_WRITE_MATRIX=1` writes it there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use aql_emulate::{Emitted, FORMATS, Format, Kind, Library, Noise, Parameters, Source, Test};
use serde_json::Value;

use crate::support::{aql, root};

/// Tests that formats of a family carry and the pack does not find there, and why. A gap that closes,
/// and a new one, fail the test.
fn gaps_known() -> BTreeMap<(Source, &'static str), &'static str> {
    BTreeMap::new()
}

/// The formats of a family carry the same kinds of records.
fn family(format: &Format) -> Source {
    format.sources[0]
}

/// The rule that is the published query: what it finds is not credited to the pack.
const PUBLISHED: &str = "published-qradar";

/// What was found of one test in one format.
#[derive(Default)]
struct Cell {
    records: usize,
    /// Record (from 1) → rules.
    found: BTreeMap<usize, BTreeSet<String>>,
    /// Rules that look at several records.
    groups: BTreeSet<String>,
}

impl Cell {
    fn rules(&self) -> BTreeSet<&str> {
        let all = self.found.values().flatten().chain(&self.groups);
        all.map(String::as_str).filter(|rule| *rule != PUBLISHED).collect()
    }
}

/// A scene of its own for each test, so that rules which count across events keep them apart.
fn scene(position: usize) -> Parameters {
    Parameters {
        host: format!("WS-EMU-{position:02}"),
        user: format!("user{position:02}"),
        domain: format!("tenant{position:02}.example"),
        target: format!("drop{position:02}@mailbox.example.net"),
        seed: position as u64 + 1,
        ..Parameters::at("2026-11-10T09:14:00Z".parse().expect("a time"))
    }
}

/// The findings as (file, record, rule); a file and record are missing where rules count.
fn hunt(path: &Path) -> Vec<Value> {
    let run = aql(&[std::ffi::OsStr::new("hunt"), "--format=jsonl".as_ref(), path.as_os_str()]);
    assert!((0..=1).contains(&run.code), "{}", run.err);
    run.json_lines()
}

fn run_format(library: &Library, tests: &[&Test], format: &Format) -> Vec<Cell> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut cells: Vec<Cell> = Vec::new();
    for (position, test) in tests.iter().enumerate() {
        let records =
            library.emulate(&[test], &scene(position), Noise::default()).expect("records");
        let carried = format.carried(&records).len();
        cells.push(Cell { records: carried, ..Cell::default() });
        if carried > 0 {
            let path = folder.path().join(format!("{}.log", test.name));
            let mut file = std::fs::File::create(path).expect("a file");
            format.write(&records, &mut file).expect("written");
        }
    }
    for finding in hunt(folder.path()) {
        let rule = finding["rule"].as_str().expect("a rule").to_owned();
        let file = finding["file"].as_str().map(|f| Path::new(f).file_stem().expect("a name"));
        let position = match file {
            Some(name) => tests.iter().position(|test| *test.name == *name),
            // A rule that counts: its finding names whom it is about.
            None => (0..tests.len()).find(|&n| {
                let (text, scene) = (finding.to_string(), scene(n));
                [&scene.host, &scene.user, &scene.domain, &scene.target]
                    .iter()
                    .any(|name| text.contains(name.as_str()))
            }),
        };
        let cell = &mut cells[position.unwrap_or_else(|| panic!("whose is {finding}"))];
        match finding["record"].as_u64().filter(|_| file.is_some()) {
            Some(record) => {
                cell.found.entry(record as usize).or_default().insert(rule);
            }
            None => {
                cell.groups.insert(rule);
            }
        }
    }
    cells
}

#[test]
fn every_format_shows_the_tests_to_the_pack_and_the_twins_stay_silent() {
    let library = Library::bundled().expect("tests");
    let tests: Vec<&Test> = library.tests().collect();
    let matrix: Vec<Vec<Cell>> =
        FORMATS.iter().map(|format| run_format(&library, &tests, format)).collect();

    let mut faults = String::new();
    let mut gaps = BTreeSet::new();
    for (format, cells) in FORMATS.iter().zip(&matrix) {
        for (test, cell) in tests.iter().zip(cells) {
            if test.kind == Kind::Benign {
                for (record, rules) in &cell.found {
                    let _ = writeln!(
                        faults,
                        "{}, {}: record {record} is found by {rules:?}",
                        format.name, test.name
                    );
                }
                if !cell.groups.is_empty() {
                    let _ = writeln!(faults, "{}, {}: {:?}", format.name, test.name, cell.groups);
                }
            } else if cell.records > 0 && cell.rules().is_empty() {
                gaps.insert((family(format), test.name.as_str()));
            }
        }
    }
    let known: BTreeSet<(Source, &str)> = gaps_known().into_keys().collect();
    for (family, test) in gaps.difference(&known) {
        let _ = writeln!(faults, "{}, {test}: the pack finds nothing", family.name());
    }
    for (family, test) in known.difference(&gaps) {
        let _ = writeln!(faults, "{}, {test}: found, take it off the list of gaps", family.name());
    }
    differences(&library, &tests, &matrix, &mut faults);
    let block = page(&tests, &matrix);
    assert!(faults.is_empty(), "{faults}\n{block}");
    keep(&block);
}

/// Events of a test (from 1), and the rules that found them.
type Seen = BTreeSet<(usize, String)>;

/// Formats that carry the same sources show the same records to the same rules: anything else is a
/// value that got lost on one of the ways.
fn differences(library: &Library, tests: &[&Test], matrix: &[Vec<Cell>], faults: &mut String) {
    let mut first: BTreeMap<(Source, &str), (&str, Seen)> = BTreeMap::new();
    for (position, test) in tests.iter().enumerate() {
        let records = library.emulate(&[test], &scene(position), Noise::default());
        let records: Vec<Emitted> = records.expect("records");
        for (format, cells) in FORMATS.iter().zip(matrix) {
            let carried = format.carried(&records);
            for source in format.sources {
                let mut found = BTreeSet::new();
                for (record, rules) in &cells[position].found {
                    let Some(emitted) = carried.get(record - 1) else {
                        let _ = writeln!(
                            faults,
                            "{}, {}: there is no record {record}",
                            format.name, test.name
                        );
                        continue;
                    };
                    if emitted.source == *source {
                        found.extend(rules.iter().map(|rule| (emitted.event + 1, rule.clone())));
                    }
                }
                let (other, theirs) = first
                    .entry((*source, &test.name))
                    .or_insert_with(|| (format.name, found.clone()));
                if *theirs != found {
                    let (name, test) = (source.name(), &test.name);
                    let _ = writeln!(
                        faults,
                        "{test}, {name}: in {} only {:?}, in {other} only {:?}",
                        format.name,
                        found.difference(theirs).collect::<Vec<_>>(),
                        theirs.difference(&found).collect::<Vec<_>>(),
                    );
                }
            }
        }
    }
}

/// The tables of the page.
fn page(tests: &[&Test], matrix: &[Vec<Cell>]) -> String {
    let mut page = String::new();
    for (kind, heading) in [
        (Kind::Positive, "Records found, of those that the format carries of the test:"),
        (Kind::Benign, "The benign twins:"),
    ] {
        let columns: Vec<usize> = (0..tests.len()).filter(|&n| tests[n].kind == kind).collect();
        let _ = writeln!(page, "{heading}\n");
        let names = columns.iter().map(|&n| format!(" `{}` |", tests[n].name));
        let _ = writeln!(page, "| format |{}", names.collect::<String>());
        let _ = writeln!(page, "| --- |{}", " --- |".repeat(columns.len()));
        for (format, cells) in FORMATS.iter().zip(matrix) {
            let text = columns.iter().map(|&n| match &cells[n] {
                Cell { records: 0, .. } => " – |".to_owned(),
                cell => format!(" {} of {} |", cell.found.len(), cell.records),
            });
            let _ = writeln!(page, "| `{}` |{}", format.name, text.collect::<String>());
        }
        page.push('\n');
    }
    let _ = writeln!(page, "By which rules:\n\n| test | rules |\n| --- | --- |");
    for (n, test) in tests.iter().enumerate().filter(|(_, t)| t.kind == Kind::Positive) {
        let rules: BTreeSet<&str> = matrix.iter().flat_map(|cells| cells[n].rules()).collect();
        let rules: Vec<String> = rules.iter().map(|rule| format!("`{rule}`")).collect();
        let _ = writeln!(page, "| `{}` | {} |", test.name, rules.join(", "));
    }
    let gaps = gaps_known();
    if !gaps.is_empty() {
        page.push_str(
            "\nCarried and not found:\n\n| formats | test | why |\n| --- | --- | --- |\n",
        );
    }
    for ((source, test), why) in &gaps {
        let names = FORMATS.iter().filter(|format| family(format) == *source);
        let names: Vec<String> = names.map(|format| format!("`{}`", format.name)).collect();
        let _ = writeln!(page, "| {} | `{test}` | {why} |", names.join(", "));
    }
    page
}

/// Holds the block of the page against this run.
fn keep(block: &str) {
    const BEGIN: &str = "<!-- matrix: written by a test, AQL_WRITE_MATRIX=1 -->\n";
    const END: &str = "<!-- end of matrix -->";
    let path = root().join("docs/emulate.md");
    let text = std::fs::read_to_string(&path).expect("docs/emulate.md").replace("\r\n", "\n");
    let (head, rest) = text.split_once(BEGIN).expect("the block begins");
    let (old, tail) = rest.split_once(END).expect("the block ends");
    if std::env::var_os("AQL_WRITE_MATRIX").is_some() {
        std::fs::write(&path, format!("{head}{BEGIN}{block}{END}{tail}")).expect("written");
        return;
    }
    assert_eq!(
        old, block,
        "docs/emulate.md is behind: AQL_WRITE_MATRIX=1 cargo test -p aql-cli matrix"
    );
}

/// Noise is what the pack does not find: every finding is on a record of the test.
#[test]
fn nothing_is_found_in_noise() {
    let library = Library::bundled().expect("tests");
    let test = library.test("forwarding-rule").expect("a test");
    let noise = Noise { per_minute: 40.0 };
    let records = library.emulate(&[test], &scene(0), noise).expect("records");
    for name in ["evtx-dump-json", "o365-jsonl", "defender-stream"] {
        let format = Format::find(name).expect("a format");
        let carried = format.carried(&records);
        assert!(carried.len() > 100, "{name}: {} records", carried.len());
        let folder = tempfile::tempdir().expect("a folder");
        let mut file = std::fs::File::create(folder.path().join("noisy")).expect("a file");
        format.write(&records, &mut file).expect("written");
        let findings = hunt(folder.path());
        assert!(!findings.is_empty(), "{name}");
        for finding in findings {
            let record = finding["record"].as_u64().expect("a record") as usize;
            assert!(carried[record - 1].test.is_some(), "{name}: noise is found: {finding}");
        }
    }
}
