//! Random Sigma rules over random events: the hunt against an evaluator that reads the rule as the
//! Sigma specification does, value by value, and knows nothing of AQL.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use aql_catalog::{Catalog, Profile};
use aql_diag::SourceText;
use aql_eval::Context;
use aql_ingest::{Evidence, Options as ReadOptions};
use aql_pack::{Hunt, HuntOptions, Pack};
use aql_sigma::{Options, convert};
use aql_testkit::Random;
use serde_json::{Map, Value, json};

const FIELDS: [&str; 5] = ["Image", "CommandLine", "ParentImage", "Company", "User"];
const WORDS: [&str; 12] =
    ["a", "B", "\\", "\\\\", "%", "_", "*", "?", "'", ".exe", "C:\\Temp\\", "x y"];

fn text(random: &mut Random, most: usize) -> String {
    let count = 1 + random.below(most);
    let text: String = (0..count).map(|_| *random.pick(&WORDS)).collect();
    // Blanks around a value are a reader's business.
    text.trim().to_owned()
}

fn event(random: &mut Random) -> Map<String, Value> {
    let mut event = Map::new();
    for field in FIELDS {
        if random.chance(75) {
            event.insert(field.to_owned(), json!(text(random, 3)));
        }
    }
    event
}

/// One line of a detection, as Sigma has it.
#[derive(Clone, Debug)]
struct Line {
    field: &'static str,
    modifiers: Vec<&'static str>,
    values: Vec<Option<String>>,
}

impl Line {
    fn random(random: &mut Random) -> Line {
        let field = *random.pick(&FIELDS);
        if random.chance(8) {
            let value = Some(if random.chance(50) { "true" } else { "false" }.to_owned());
            return Line { field, modifiers: vec!["exists"], values: vec![value] };
        }
        let mut modifiers = Vec::new();
        match random.below(5) {
            0 => modifiers.push("contains"),
            1 => modifiers.push("startswith"),
            2 => modifiers.push("endswith"),
            _ => {}
        }
        if random.chance(20) {
            modifiers.push("cased");
        }
        let count = 1 + random.below(3);
        if count > 1 && random.chance(30) {
            modifiers.push("all");
        }
        let null = modifiers.is_empty() && random.chance(15);
        let mut values: Vec<Option<String>> = (0..count).map(|_| Some(text(random, 2))).collect();
        if null {
            values.push(None);
        }
        Line { field, modifiers, values }
    }

    fn yaml(&self) -> String {
        let key: String = std::iter::once(self.field)
            .chain(self.modifiers.iter().copied())
            .collect::<Vec<_>>()
            .join("|");
        let values: Vec<String> =
            self.values.iter().map(|v| serde_json::to_string(v).expect("JSON")).collect();
        // A lone `exists` takes a boolean, not a list.
        match values.as_slice() {
            [one] => format!("{key:?}: {one}"),
            many => format!("{key:?}: [{}]", many.join(", ")),
        }
    }

    fn holds(&self, event: &Map<String, Value>) -> bool {
        let value = event.get(self.field).and_then(Value::as_str);
        let has = |modifier| self.modifiers.contains(&modifier);
        if has("exists") {
            return value.is_some() == (self.values[0].as_deref() == Some("true"));
        }
        let one = |wanted: &Option<String>| match (wanted, value) {
            (None, value) => value.is_none(),
            (Some(_), None) => false,
            (Some(wanted), Some(value)) => {
                let mut pieces = pieces(wanted);
                if has("contains") || has("endswith") {
                    pieces.insert(0, Piece::Any);
                }
                if has("contains") || has("startswith") {
                    pieces.push(Piece::Any);
                }
                let chars: Vec<char> = value.chars().collect();
                fits(&pieces, &chars, has("cased"))
            }
        };
        if has("all") { self.values.iter().all(one) } else { self.values.iter().any(one) }
    }
}

enum Piece {
    Char(char),
    Any,
    One,
}

/// The table of the specification, section "Escaping", character by character.
fn pieces(text: &str) -> Vec<Piece> {
    let chars: Vec<char> = text.chars().collect();
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let next = chars.get(at + 1).copied();
        match (chars[at], next) {
            ('\\', Some(c @ ('*' | '?' | '\\'))) => {
                pieces.push(Piece::Char(c));
                at += 1;
            }
            ('*', _) => pieces.push(Piece::Any),
            ('?', _) => pieces.push(Piece::One),
            (c, _) => pieces.push(Piece::Char(c)),
        }
        at += 1;
    }
    pieces
}

fn fits(pieces: &[Piece], text: &[char], cased: bool) -> bool {
    match pieces.split_first() {
        None => text.is_empty(),
        Some((Piece::Any, rest)) => (0..=text.len()).any(|at| fits(rest, &text[at..], cased)),
        Some((Piece::One, rest)) => !text.is_empty() && fits(rest, &text[1..], cased),
        Some((Piece::Char(c), rest)) => text.split_first().is_some_and(|(first, others)| {
            let same = if cased { first == c } else { first.eq_ignore_ascii_case(c) };
            same && fits(rest, others, cased)
        }),
    }
}

/// Searches and a condition over them.
struct Rule {
    searches: Vec<Vec<Line>>,
    condition: usize,
}

const CONDITIONS: [&str; 7] = [
    "s0",
    "s0 and not s1",
    "s0 or s1 and not s2",
    "not (s0 or s1)",
    "1 of s* and not s2",
    "all of s*",
    "not s0 and not 1 of s1*",
];

impl Rule {
    fn random(random: &mut Random) -> Rule {
        let searches = (0..3)
            .map(|_| {
                let mut lines: Vec<Line> =
                    (0..1 + random.below(2)).map(|_| Line::random(random)).collect();
                // A map has a key once.
                lines.dedup_by(|a, b| a.field == b.field && a.modifiers == b.modifiers);
                lines
            })
            .collect();
        Rule { searches, condition: random.below(CONDITIONS.len()) }
    }

    fn yaml(&self, name: &str) -> String {
        let mut out = format!(
            "title: {name}\nname: {name}\nlogsource:\n  product: windows\n  category: process_creation\ndetection:\n"
        );
        for (at, lines) in self.searches.iter().enumerate() {
            writeln!(out, "  s{at}:").expect("text");
            for line in lines {
                writeln!(out, "    {}", line.yaml()).expect("text");
            }
        }
        writeln!(out, "  condition: {}", CONDITIONS[self.condition]).expect("text");
        out
    }

    fn holds(&self, event: &Map<String, Value>) -> bool {
        let s = |at: usize| self.searches[at].iter().all(|line| line.holds(event));
        match self.condition {
            0 => s(0),
            1 => s(0) && !s(1),
            2 => s(0) || s(1) && !s(2),
            3 => !(s(0) || s(1)),
            4 => (s(0) || s(1) || s(2)) && !s(2),
            5 => s(0) && s(1) && s(2),
            _ => !s(0) && !s(1),
        }
    }
}

/// The rules as a pack, by way of files as `aql sigma` would write them.
fn pack(folder: &std::path::Path, rules: &[Rule], profile: Profile) -> Pack {
    let files: Vec<SourceText> = rules
        .iter()
        .enumerate()
        .map(|(at, rule)| SourceText::new(format!("{at}.yml"), rule.yaml(&format!("r{at}"))))
        .collect();
    let converted = convert(&files, &Options { profile, ..Options::default() }, Catalog::get());
    assert_eq!(converted.len(), rules.len());
    for inner in ["rules", "profiles"] {
        std::fs::create_dir_all(folder.join(inner)).expect("a folder");
    }
    let write = |inner: String, text: &str| {
        std::fs::write(folder.join(inner), text).expect("a file");
    };
    write(
        "pack.toml".into(),
        "format = 1\nid = \"x\"\nname = \"test\"\ntitle = \"\"\nversion = \"1\"\ndescription = \"\"\nlicense = \"MIT\"\nauthor = \"\"\nrequires = \"0.1.0\"\nattack = []\n",
    );
    let base = if profile == Profile::Raw { "raw" } else { "ibm" };
    for (at, (one, file)) in converted.iter().zip(&files).enumerate() {
        let query = one.query.as_ref().unwrap_or_else(|| panic!("{}\n{one:?}", file.text));
        write(format!("rules/r{at}.aql"), query);
        write(format!("profiles/r{at}.toml"), &one.profile_file());
        write(
            format!("rules/r{at}.toml"),
            &format!(
                "id = \"{at}\"\ntitle = \"\"\ndescription = \"\"\nlevel = \"low\"\nstatus = \"test\"\nauthor = \"\"\nattack = []\nprofile = \"{base}\"\nprofile_file = \"profiles/r{at}.toml\"\n"
            ),
        );
    }
    Pack::load(folder).expect("a good pack")
}

#[test]
fn rules_match_what_the_specification_says() {
    let mut random = Random::new(20_261_124);
    let events: Vec<Map<String, Value>> = (0..120).map(|_| event(&mut random)).collect();
    let rules: Vec<Rule> = (0..400).map(|_| Rule::random(&mut random)).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let mut lines = String::new();
    for event in &events {
        let mut record = json!({
            "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": "h",
            "SourceName": "Microsoft-Windows-Sysmon", "EventTime": "2026-11-11T10:00:00Z",
        });
        record.as_object_mut().expect("an object").extend(event.clone());
        writeln!(lines, "{record}").expect("text");
    }
    let path = folder.path().join("events.json");
    std::fs::write(&path, lines).expect("a file");
    let cx = Arc::new(Context::new(Catalog::get(), 0));
    for profile in [Profile::Raw, Profile::Ibm] {
        let inner = folder.path().join(format!("{profile:?}"));
        let pack = pack(&inner, &rules, profile);
        let hunt = Hunt::prepare(&[pack], &HuntOptions::default(), &cx).expect("prepared");
        let left_out = hunt.rules().iter().filter(|rule| rule.is_left_out()).count();
        assert_eq!(left_out, 0);
        let (evidence, problems) =
            Evidence::open(std::slice::from_ref(&path), ReadOptions::default());
        assert!(problems.is_empty(), "{problems:?}");
        let outcome = hunt.run(&evidence);
        let mut found: Vec<BTreeSet<i64>> = vec![BTreeSet::new(); rules.len()];
        for finding in &outcome.findings {
            let name = &hunt.rules()[finding.rule].name;
            let at: usize = name.trim_start_matches('r').parse().expect("a number");
            found[at].insert(finding.record.expect("a record"));
        }
        let mut matches = 0;
        for (at, rule) in rules.iter().enumerate() {
            let expected: BTreeSet<i64> = (1..)
                .zip(&events)
                .filter(|(_, event)| rule.holds(event))
                .map(|(record, _)| record)
                .collect();
            matches += expected.len();
            let query = hunt.rules().iter().find(|r| r.name == format!("r{at}"));
            assert_eq!(
                found[at],
                expected,
                "{profile:?}\n{}\n{}",
                rule.yaml("r"),
                query.map_or("", |rule| &rule.query)
            );
        }
        assert!(matches > 2_000, "{matches} matches say little");
    }
}
