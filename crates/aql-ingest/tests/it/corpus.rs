//! The public log samples: every file gives the records that the manifest counts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use aql_event::{Needs, provenance};
use aql_ingest::{Evidence, Options};

use crate::util::{
    builtin, field, property, render_report, scan, scan_bytes, scan_paths, shared, source, values,
};

/// Files whose count differs from the manifest's: how many records are read here, and why. The
/// manifest counts what another reader reads (evtx 0.14.0 for event logs, lines for text). That reader
/// leaves a chunk at its first fault, so of damaged logs it has fewer records than there are;
/// `records_of_damaged_logs_are_the_written_ones` shows that none of ours is made up.
const DIFFERENT: &[(&str, u64, &str)] = &[
    (
        "evtx/malformed/derived_huge_record_size.evtx",
        26,
        "manifest 0: the first of 27 records claims 2 GiB, and the other reader stops there; the 26 \
         behind it are whole",
    ),
    (
        "evtx/malformed/derived_truncated_mid_chunk.evtx",
        27,
        "manifest 0: the other reader wants chunks of full length; this one is cut behind its 27 \
         records, in space that was never used",
    ),
    (
        "evtx/malformed/derived_two_files_concatenated.evtx",
        54,
        "manifest 27: the same log of 27 records lies in the file twice, one behind the other; the \
         other reader stops at the second header",
    ),
    (
        "evtx/malformed/derived_zeroed_chunk_magic.evtx",
        27,
        "manifest 0: the other reader leaves out a chunk without its magic; its 27 records are whole",
    ),
    (
        "evtx/malformed/omerbenamram__sample-with-zero-data-size-event.evtx",
        449,
        "manifest 335: the headers of its four chunks name the records 1 to 450; record 3 has a size \
         of 0, where the other reader leaves the first chunk with 115 records unread",
    ),
    (
        "mordor/sh_arp_cache_2020-11-10074812.log",
        2,
        "manifest 12: lines; they are the records of two audit events, serials 92733 and 92734, which \
         are joined (compatibility E37)",
    ),
    (
        "evtx/malformed/omerbenamram__sample_with_a_bad_chunk_magic.evtx",
        384,
        "manifest 270: pages of the file were overwritten with zeros, among them two chunk headers and \
         parts of others; 380 records are whole, of four the end is gone (they are read as far as they \
         go, and told), and the other reader stops at each zeroed page",
    ),
];

#[test]
fn counts_are_those_of_the_manifest() {
    let Some(root) = shared("corpus/logs") else { return };
    let manifest = fs::read_to_string(root.join("MANIFEST.tsv")).unwrap();
    let needs = Needs::new([
        builtin("starttime"),
        builtin("username"),
        property("Process Path"),
        source(provenance::RECORD),
    ]);
    let mut wrong = Vec::new();
    let mut told = String::new();
    let mut files = BTreeSet::new();
    let (mut counted, mut total) = (0, 0);
    for line in manifest.lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (name, expected) = (cells[0], cells[5].parse::<u64>().unwrap());
        let (evidence, diagnostics) = Evidence::open(&[root.join(name)], Options::default());
        assert!(diagnostics.is_empty(), "{name}: {diagnostics:?}");
        let (batches, report) = scan(&evidence, &needs);
        let rows: usize = batches.iter().map(|b| b.num_rows()).sum();
        let records: u64 = report.files.iter().map(|f| f.records).sum();
        assert_eq!(rows as u64, records, "{name}: every record is an event");
        let expected = DIFFERENT
            .iter()
            .find(|(file, ..)| *file == name)
            .map_or(expected, |(_, records, _)| *records);
        if records != expected {
            wrong.push(format!(
                "{name}: {records} instead of {expected}\n{}",
                render_report(&report)
            ));
        }
        counted += cells[5].parse::<u64>().unwrap();
        total += records;
        files.insert(name.to_owned());
        // Every defect is told: those of `malformed` have a snapshot of their own below.
        let defects = render_report(&report).lines().count() - report.files.len();
        let is_malformed = name.starts_with("evtx/malformed/");
        if defects > 0 && !is_malformed {
            told.push_str(&format!("{name}\n{}", render_report(&report)));
        }
        assert!(defects > 0 || !is_malformed || WHOLE.contains(&name), "{name}: no defect is told");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all: BTreeSet<String> = below(&root, "").into_iter().collect();
    assert_eq!(files, all, "the manifest lists other files than there are");
    assert_eq!((files.len(), counted, total), (220, 23_421, 23_746));
    insta::assert_snapshot!("defects_outside_of_malformed", told);
}

/// Files that are called malformed and are whole.
const WHOLE: &[&str] = &[];

/// Damaged logs whose count is above the manifest's: every record is one that was written, with the
/// same contents, and none comes twice.
#[test]
fn records_of_damaged_logs_are_the_written_ones() {
    let Some(root) = shared("corpus/logs/evtx") else { return };
    let record = source(provenance::RECORD);
    let needs = Needs::new([builtin("payload"), record.clone()]);
    let read = |name: &str| {
        let (batches, _) = scan_paths(&[root.join(name)], &needs, Options::default());
        let numbers = values(&batches, &record).into_iter().map(|n| n.unwrap().parse().unwrap());
        let numbers: Vec<u64> = numbers.collect();
        (numbers, values(&batches, &builtin("payload")))
    };
    // Five of the logs are this one, damaged.
    let (_, whole) = read("sysmon/mdecrevoisier__ID12-13_SIP_provider_registration.evtx");
    assert_eq!(whole.len(), 27);
    for (name, expected) in [
        ("derived_huge_record_size", whole[1..].to_vec()),
        ("derived_truncated_mid_chunk", whole.clone()),
        ("derived_two_files_concatenated", [whole.clone(), whole.clone()].concat()),
        ("derived_zeroed_chunk_magic", whole.clone()),
        ("derived_bad_chunk_crc", whole.clone()),
    ] {
        assert_eq!(read(&format!("malformed/{name}.evtx")).1, expected, "{name}");
    }
    let (numbers, _) = read("malformed/omerbenamram__sample-with-zero-data-size-event.evtx");
    let expected: Vec<u64> = (1..=450).filter(|number| *number != 3).collect();
    assert_eq!(numbers, expected);
    let (mut numbers, _) = read("malformed/omerbenamram__sample_with_a_bad_chunk_magic.evtx");
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 384);
}

/// Every file below a folder but those that are about the others.
fn below(root: &Path, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            found.extend(below(root, &format!("{name}/")));
        } else if !["MANIFEST.tsv", "README.md", "TRUTH.tsv"].contains(&name.as_str()) {
            found.push(name);
        }
    }
    found
}

#[test]
fn damaged_files_are_reported() {
    let Some(root) = shared("corpus/logs/evtx/malformed") else { return };
    let (evidence, _) = Evidence::open(&[root], Options::default());
    let (_, report) = scan(&evidence, &Needs::new([builtin("starttime")]));
    insta::assert_snapshot!(render_report(&report));
}

#[test]
fn event_logs_and_their_xml_are_the_same_events() {
    let Some(root) = shared("corpus/logs/evtx") else { return };
    let properties = [
        "Event ID",
        "Process Path",
        "Process CommandLine",
        "Process ID",
        "Parent Process Path",
        "File Path",
        "Filename",
        "Script Block Text",
        "Parameters",
        "Cmdlet",
        "Target Username",
        "MD5 Hash",
    ];
    let builtins = [
        "starttime",
        "username",
        "sourceip",
        "destinationip",
        "sourceport",
        "destinationport",
        "protocolid",
        "qid",
        "qideventid",
        "qideventcategory",
        "logsourceid",
        "eventdirection",
        "payload",
    ];
    let fields = ["Image", "Data", "Data#1", "SubjectUserName", "Computer", "Level", "TimeCreated"];
    let columns = builtins.iter().map(|name| builtin(name));
    let columns = columns.chain(properties.iter().map(|name| property(name)));
    let needs = Needs::new(columns.chain(fields.iter().map(|name| field(name))));
    let mut events = 0;
    for folder in ["sysmon", "security", "powershell", "system", "exchange", "other"] {
        let (log, _) = scan_paths(&[root.join(folder)], &needs, Options::default());
        let payloads = values(&log, &builtin("payload"));
        let text: String = payloads.iter().flatten().map(|p| format!("{p}\n")).collect();
        let (xml, report) = scan_bytes(text.as_bytes(), &needs, Options::default());
        assert_eq!(report.files[0].lost, 0, "{}", render_report(&report));
        events += payloads.len();
        for column in needs.columns().iter() {
            let (from_log, from_xml) = (values(&log, column), values(&xml, column));
            assert_eq!(from_log.len(), from_xml.len(), "{folder}");
            let differ = from_log.iter().zip(&from_xml).zip(&payloads).find(|((a, b), _)| a != b);
            assert_eq!(differ, None, "{folder}: {}", column.arrow_name());
        }
    }
    assert!(events > 8000, "{events}");
}

#[test]
fn the_forwarding_cmdlet_of_the_exchange_log_is_found() {
    let Some(root) = shared("corpus/logs/evtx/exchange") else { return };
    let path = root.join("omerbenamram__MSExchange_Management_wec.evtx");
    let columns = [
        property("Cmdlet"),
        property("Parameters"),
        source(provenance::RECORD),
        field("EventRecordID"),
        field("Data#0"),
    ];
    let (batches, _) = scan_paths(&[path], &Needs::new(columns.clone()), Options::default());
    let [cmdlet, parameters, record, event_record, first] =
        columns.map(|c| values(&batches, &c).remove(0).unwrap());
    assert_eq!((cmdlet.as_str(), first.as_str()), ("Set-Mailbox", "Set-Mailbox"));
    assert!(parameters.contains("-ForwardingSmtpAddress"), "{parameters}");
    assert_eq!((record.as_str(), event_record.as_str()), ("1", "3229"));
}

#[test]
fn the_hunting_export_with_older_names_is_understood() {
    let Some(root) = shared("corpus/logs/defender") else { return };
    let columns = [
        builtin("starttime"),
        builtin("username"),
        builtin("qideventcategory"),
        property("Process Path"),
        property("Process CommandLine"),
        property("Parent Process Path"),
        property("Machine Identifier"),
    ];
    let needs = Needs::new(columns.clone());
    let (batches, report) = scan_paths(&[root], &needs, Options::default());
    assert_eq!(report.files[0].format, Some("defender-csv"));
    assert_eq!((report.files[0].records, report.files[0].unparsed), (1564, 0));
    for column in columns {
        let found = values(&batches, &column);
        let filled = found.iter().flatten().count();
        assert_eq!(filled, 1564, "{}", column.arrow_name());
    }
}

#[test]
fn records_of_the_linux_audit_daemon_are_joined() {
    let Some(root) = shared("corpus/logs/mordor") else { return };
    let path = root.join("sh_arp_cache_2020-11-10074812.log");
    let columns = [
        property("Process CommandLine"),
        property("File Path"),
        property("Current Directory"),
        field("PATH#1.name"),
        source(provenance::RECORD),
    ];
    let (batches, _) = scan_paths(&[path], &Needs::new(columns.clone()), Options::default());
    let loader = "/lib64/ld-linux-x86-64.so.2";
    let expected = [
        ["arp -a", "/usr/sbin/arp", "/home/wardog", loader, "1"],
        ["grep -v ^?", "/bin/grep", "/home/wardog", loader, "7"],
    ];
    for (at, column) in columns.iter().enumerate() {
        let expected = expected.map(|row| Some(row[at].to_owned()));
        assert_eq!(values(&batches, column), expected, "{}", column.arrow_name());
    }
}
