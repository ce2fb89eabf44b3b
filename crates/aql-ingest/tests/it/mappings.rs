//! Mapping files of a user.

use std::fs;

use aql_event::{Column, Needs, provenance};
use aql_ingest::{Mappings, Options};
use proptest::prelude::*;

use crate::util::{
    builtin, field, property, render, render_report, scan_bytes, scan_paths, source, values,
};

fn options(mappings: &[&str]) -> Options {
    let mut all = Mappings::default();
    for mapping in mappings {
        all.add(mapping).unwrap_or_else(|faults| panic!("{faults:?}"));
    }
    Options { mappings: all, ..Options::default() }
}

fn needs() -> Needs {
    let builtins = ["starttime", "username", "sourceip", "devicetype", "qideventid", "severity"];
    let columns = builtins.iter().map(|name| builtin(name));
    let columns = columns.chain([property("File Path"), field("Till"), field("AMOUNT")]);
    Needs::new(columns.chain([provenance::FORMAT, provenance::RECORD].map(source)))
}

const TILLS: &str = r#"
name = "tills"
device_type = 39
event_id = "what"
severity = "grade"
time = "at|timeformat:dd.MM.yyyy HH:mm:ss"
timezone = "Europe/Berlin"
host = "till"

[records]
fields = ["what", "at", "till"]
when = { what = "*" }

[columns]
username = "who|domain:shop"
sourceip = "from|address"
"File Path" = "receipt"

[fields]
Till = "till|number"
"#;

#[test]
fn rows_and_values_of_a_mapping_are_the_same() {
    let csv = "at,what,who,shop,from,till,receipt,grade,amount\n\
               14.05.2024 10:12:03,VOID,jdoe,shop7,192.0.2.9:7000,0x11,,7,12.50\n\
               14.05.2024 25:99,SALE,,shop7,,4,r/1.txt,x,1\n\
               14.05.2024 10:12:03,,jdoe,shop7,,4,,,1\n";
    let json = r#"[{"at":"14.05.2024 10:12:03","what":"VOID","who":"jdoe","shop":"shop7","from":"192.0.2.9:7000","till":"0x11","grade":7,"amount":12.50},
        {"at":"14.05.2024 25:99","what":"SALE","shop":"shop7","till":4,"receipt":"r/1.txt","grade":"x","amount":1},
        {"at":"14.05.2024 10:12:03","what":"","who":"jdoe","shop":"shop7","till":4,"amount":1}]"#;
    let rows = |input: &str| {
        let (batches, report) = scan_bytes(input.as_bytes(), &needs(), options(&[TILLS]));
        let text = render(&batches).replace("aql.format: csv", "aql.format: json");
        (text, render_report(&report))
    };
    let (from_csv, report) = rows(csv);
    let (from_json, _) = rows(json);
    assert_eq!(from_csv, from_json);
    insta::assert_snapshot!(format!("{report}{from_csv}"));
}

#[test]
fn a_mapping_comes_before_the_formats_and_only_for_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let row = r#"{"EventID":11,"Channel":"Microsoft-Windows-Sysmon/Operational","who":"a"}"#;
    for name in ["a.json", "b.json"] {
        fs::write(folder.path().join(name), row).unwrap();
    }
    let mapping = "name = 'mine'\n[records]\nfiles = 'b.*'\n[columns]\nusername = 'who'";
    let needs = Needs::new([builtin("username"), source(provenance::FORMAT)]);
    let (batches, _) = scan_paths(&[folder.path().to_owned()], &needs, options(&[mapping]));
    let of = |column: Column| values(&batches, &column);
    assert_eq!(of(source(provenance::FORMAT)), ["nxlog", "mine"].map(|v| Some(v.to_owned())));
    assert_eq!(of(builtin("username")), [None, Some("a".to_owned())]);
}

#[test]
fn the_first_mapping_that_is_for_a_record_counts() {
    let one = "name = 'one'\n[records]\nwhen = { kind = 'a*' }";
    let two = "name = 'two'\n[records]\nfields = 'kind'";
    let input = "{\"kind\":\"abc\"}\n{\"kind\":\"b\"}\n{\"sort\":\"b\"}\n";
    let needs = Needs::new([source(provenance::FORMAT)]);
    let options = options(&[one, two]);
    let (batches, _) = scan_bytes(input.as_bytes(), &needs, options.clone());
    let found = values(&batches, &source(provenance::FORMAT));
    assert_eq!(found, ["one", "two", "json"].map(|name| Some(name.to_owned())));
    assert_eq!(options.mappings.unused(), []);
}

#[test]
fn json_behind_a_syslog_header_has_its_time() {
    let mapping = "name = 'mine'\n[records]\nfields = 'who'\n[columns]\nusername = 'who'";
    let input = "<13>1 2024-05-14T08:00:00Z h app - - - {\"who\":\"a\"}\n";
    let needs = Needs::new([builtin("username"), builtin("starttime")]);
    let (batches, _) = scan_bytes(input.as_bytes(), &needs, options(&[mapping]));
    assert_eq!(values(&batches, &builtin("username")), [Some("a".to_owned())]);
    assert_eq!(values(&batches, &builtin("starttime")), [Some("1715673600000".to_owned())]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever happens to a mapping file, it is refused with a place in it, or it can be used.
    #[test]
    fn damaged_mappings(damage in prop::collection::vec((any::<prop::sample::Index>(), "[a-z\"'|:.=\\[\\]{}0-9é \n]"), 1..4)) {
        let mut text: Vec<String> = TILLS.chars().map(String::from).collect();
        for (at, new) in damage {
            let at = at.index(text.len());
            text[at] = new;
        }
        let text = text.concat();
        let mut mappings = Mappings::default();
        match mappings.add(&text) {
            Ok(()) => {
                let rows = "at,what,who,shop,from,till\n14.05.2024 10:12:03,VOID,j,s,192.0.2.9:7,0x1\n";
                let options = Options { mappings, ..Options::default() };
                let (batches, _) = scan_bytes(rows.as_bytes(), &needs(), options);
                prop_assert_eq!(batches.iter().map(|b| b.num_rows()).sum::<usize>(), 1);
            }
            Err(faults) => {
                prop_assert!(!faults.is_empty());
                for fault in faults {
                    let span = fault.primary.as_ref().unwrap().span;
                    prop_assert!(text.get(span.start as usize..span.end as usize).is_some(), "{text}");
                }
            }
        }
    }
}
