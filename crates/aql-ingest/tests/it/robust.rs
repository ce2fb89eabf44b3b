//! Bad input, large input, threads, and what the needs rule out.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aql_diag::codes;
use aql_event::{
    ClassFilter, ClassRow, Column, EventTable as _, Needs, ScanReport, ScanStep, TimeRange,
    provenance,
};
use aql_ingest::{Evidence, Inflation, Options};

use proptest::prelude::*;

use crate::util::{
    builtin, cell, data, property, render, render_report, scan, scan_bytes, scan_paths, shared,
    source, values,
};

pub(crate) fn needs() -> Needs {
    Needs::new([
        builtin("starttime"),
        builtin("username"),
        builtin("payload"),
        builtin("isunparsed"),
        builtin("qideventid"),
        property("Event ID"),
        property("File Path"),
        property("Operation"),
        source(provenance::FILE),
        source(provenance::RECORD),
    ])
}

pub(crate) fn codes_of(report: &ScanReport) -> Vec<&'static str> {
    report.files.iter().flat_map(|f| &f.diagnostics).map(|d| d.code.as_str()).collect()
}

#[test]
fn cut_anywhere_nothing_is_lost_silently() {
    for name in [
        "windows-concatenated.xml",
        "evtx_dump.jsonl",
        "evtx_dump-separate.json",
        "log-analytics.json",
        "o365-array.json",
        "o365-graph.json",
        "o365-purview.csv",
        "elasticsearch.json",
    ] {
        let whole = std::fs::read(data(name)).unwrap();
        let needs = needs();
        for end in (0..whole.len()).rev().step_by(7) {
            let (batches, report) = scan_bytes(&whole[..end], &needs, Options::default());
            let rows: usize = batches.iter().map(|b| b.num_rows()).sum();
            let file = &report.files[0];
            assert_eq!(rows as u64, file.records);
            let is_clean = file.lost == 0 && file.unparsed == 0 && file.diagnostics.is_empty();
            // Where a record ends, a cut does no harm; elsewhere it is told.
            let rest = &whole[end..];
            let at_end = rest.starts_with(b"\n")
                || rest.starts_with(b"\r\n")
                || whole[..end].ends_with(b"\n")
                || whole[..end].ends_with(b"</Event>");
            assert!(!is_clean || at_end, "{name} cut at {end}: {}", render_report(&report));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever happens to a file, every record is an event or is counted, and nothing panics.
    #[test]
    fn damaged_fixtures(file in any::<prop::sample::Index>(), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut names: Vec<_> = std::fs::read_dir(data("")).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        let mut bytes = std::fs::read(&names[file.index(names.len())]).unwrap();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let (batches, report) = scan_bytes(&bytes, &needs(), Options::default());
        let rows: usize = batches.iter().map(|b| b.num_rows()).sum();
        prop_assert_eq!(rows as u64, report.files.iter().map(|f| f.records).sum::<u64>());
    }
}

#[test]
fn faults_are_told_once_with_their_place() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let deep_xml = format!("<Event>{}", "<a>".repeat(10_000));
    let cases: &[(&str, Vec<u8>)] = &[
        ("empty", Vec::new()),
        ("blank", b" \r\n\n".to_vec()),
        ("binary", (0..=255).cycle().take(5000).collect()),
        ("jsonl with a broken line", b"{\"a\":1}\n{\"a\":\n{\"a\":3}\n".to_vec()),
        ("jsonl with a short last line", b"{\"a\":1}\n{\"a\":\"x".to_vec()),
        ("array with a break", b"[{\"a\":1},{\"a\" 2},{\"a\":3}]".to_vec()),
        ("array that ends early", b"[{\"a\":1},{\"a\":2}".to_vec()),
        ("text behind an object", b"{\n\"a\":1}\nxyz {\"a\":2}".to_vec()),
        ("deep json line", format!("{{\"a\":1}}\n{{\"a\":{deep}}}\n{{\"a\":3}}\n").into_bytes()),
        ("deep json", format!("[{{\"a\":{deep}}},{{\"a\":2}}]").into_bytes()),
        ("deep xml", deep_xml.into_bytes()),
        ("bad xml", b"<Event><System></Wrong></Event>\n<Event></Event>".to_vec()),
        ("bad utf-8", b"{\"a\":\"\xff\"}\n{\"a\":\"\xfe\"}\n".to_vec()),
        ("bad utf-8 text", b"one\ntw\xff\nthree\n".to_vec()),
        ("lone surrogates", b"{\"a\":\"\\ud800\"}\n".to_vec()),
        ("csv with an open quote", b"a,b\n1,2\n3,\"4\n5,6\n".to_vec()),
        ("win event log with a date and no more", b"06/24/2021 06:33:18 AM\nLogName=a\nEventCode=1\n\n06/24/2021 06:33:18 AM\nLogName=b".to_vec()),
        ("evtxecmd with broken data", b"{\"EventId\":1,\"EventRecordId\":1,\"Channel\":\"x\",\"ChunkNumber\":0,\"Payload\":\"{\"}".to_vec()),
        ("wincollect without anything", b"AgentDevice=WindowsLog\tEventID=x\t=\tMessage=\n".to_vec()),
        ("csv with broken AuditData", b"CreationDate,AuditData\n1,\"{\"\"Operation\"\":\"\n".to_vec()),
        ("duplicate keys", b"{\"Operation\":\"a\",\"Operation\":\"b\",\"Workload\":\"w\",\"CreationTime\":\"2024-01-01T00:00:00\"}".to_vec()),
        ("huge numbers", b"{\"EventID\":99999999999999999999999999,\"Channel\":\"x\"}\n".to_vec()),
        ("gzip of nothing much", b"\x1f\x8b\x08\x00junk".to_vec()),
        ("zip of nothing much", b"PK\x03\x04junk".to_vec()),
        ("event log header only", b"ElfFile\0".to_vec()),
    ];
    let mut out = String::new();
    for (name, bytes) in cases {
        let (batches, report) = scan_bytes(bytes, &needs(), Options::default());
        let rows: usize = batches.iter().map(|b| b.num_rows()).sum();
        out.push_str(&format!("== {name}: {rows} events\n{}", render_report(&report)));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn long_records_are_passed_over() {
    let mut bytes = b"{\"a\":1}\n{\"a\":\"".to_vec();
    bytes.extend(std::iter::repeat_n(b'x', 3 << 20));
    bytes.extend(b"\"}\n{\"a\":3}\n");
    let options = Options { max_record: 1 << 20, split: 1 << 18, threads: 2, ..Options::default() };
    let (batches, report) = scan_bytes(&bytes, &needs(), options);
    assert_eq!(values(&batches, &source(provenance::RECORD)), [Some("1".into()), Some("3".into())]);
    assert_eq!(report.files[0].lost, 1);
    assert_eq!(codes_of(&report)[0], codes::TOO_LONG.as_str());
    let help = format!("{:?}", report.files[0].diagnostics[0].help);
    assert!(help.contains("--max-record"), "{help}");
}

#[test]
fn utf16_files_are_read() {
    let text = std::fs::read_to_string(data("evtx_dump.jsonl")).unwrap();
    let (expected, _) = scan_paths(&[data("evtx_dump.jsonl")], &needs(), Options::default());
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let (found, report) = scan_bytes(&bytes, &needs(), Options::default());
    assert_eq!(report.files[0].records, 5);
    let path = property("File Path");
    assert_eq!(values(&found, &path), values(&expected, &path));
    // A byte order mark of UTF-8 is no part of the first record.
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    let (found, _) = scan_bytes(&marked, &needs(), Options::default());
    let payload = builtin("payload");
    assert_eq!(values(&found, &payload), values(&expected, &payload));
}

pub(crate) fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub(crate) fn gzip_of(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn compressed_files_are_read_through() {
    let jsonl = std::fs::read(data("nxlog.jsonl")).unwrap();
    let xml = std::fs::read(data("windows-events.xml")).unwrap();
    let (_, report) = scan_bytes(&gzip_of(&gzip_of(&jsonl)), &needs(), Options::default());
    insta::assert_snapshot!(render_report(&report), @"input: nxlog 4 records, 0 ruled out, 0 unparsed, 0 lost");
    let inner = zip_of(&[("deep/x.xml", &xml), ("empty", b"")]);
    let outer = zip_of(&[
        ("folder/", b""),
        ("a.jsonl.gz", &gzip_of(&jsonl)),
        ("in.zip", &inner),
        ("../evil", &jsonl),
    ]);
    let (batches, report) = scan_bytes(&outer, &needs(), Options::default());
    let files = values(&batches, &source(provenance::FILE));
    let tail = |f: &Option<String>| {
        f.as_deref().and_then(|f| f.split_once("!/")).map(|(_, t)| t.to_owned())
    };
    let mut names: Vec<_> = files.iter().filter_map(tail).collect();
    names.dedup();
    assert_eq!(names, ["a.jsonl.gz", "in.zip!/deep/x.xml", "../evil"]);
    assert_eq!(report.files.iter().map(|f| f.records).collect::<Vec<_>>(), [4, 5, 0, 4]);
    // A cut gzip gives what it holds, and says so.
    let whole = gzip_of(&jsonl);
    let (_, report) = scan_bytes(&whole[..whole.len() - 20], &needs(), Options::default());
    assert!(codes_of(&report).contains(&codes::ARCHIVE.as_str()), "{}", render_report(&report));
}

#[test]
fn bombs_are_left_early() {
    let zeros = vec![b'{'; 1 << 20];
    let inflation = Inflation { max_bytes: 1 << 16, max_ratio: 1000 };
    let options = || Options { inflation, ..Options::default() };
    for bytes in [gzip_of(&zeros), zip_of(&[("bomb", &zeros)])] {
        let (_, report) = scan_bytes(&bytes, &needs(), options());
        assert!(codes_of(&report).contains(&codes::ARCHIVE.as_str()), "{}", render_report(&report));
        assert!(report.files[0].bytes <= 1 << 17);
    }
}

#[test]
fn missing_and_empty_paths_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    std::fs::create_dir(folder.path().join("hollow")).unwrap();
    let paths = [missing, folder.path().join("hollow"), data("o365.jsonl")];
    let (evidence, diagnostics) = Evidence::open(&paths, Options::default());
    let codes: Vec<_> = diagnostics.iter().map(|d| d.code.as_str()).collect();
    assert_eq!(codes, ["ING001", "ING011"]);
    assert_eq!(evidence.file_count(), 1);
}

#[cfg(unix)]
#[test]
fn folders_are_read_in_order_and_loops_end() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b", "a/z", ".hidden", "a/y"] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, name).unwrap();
    }
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/loop")).unwrap();
    let (evidence, diagnostics) =
        Evidence::open(&[folder.path().to_owned(), folder.path().join("b")], Options::default());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let prefix = format!("{}/", folder.path().display());
    let names: Vec<_> = evidence.paths().map(|p| p.replace(&prefix, "")).collect();
    assert_eq!(names, [".hidden", "a/y", "a/z", "b"]);
}

#[test]
fn folders_that_lie_too_deep_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let deep: PathBuf = folder.path().join(vec!["d"; 128].join("/"));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("out of reach"), "text").unwrap();
    std::fs::write(deep.parent().unwrap().join("within reach"), "text").unwrap();
    let (evidence, diagnostics) = Evidence::open(&[folder.path().to_owned()], Options::default());
    assert_eq!(evidence.file_count(), 1);
    assert_eq!(diagnostics.len(), 1, "{diagnostics:?}");
    assert_eq!(diagnostics[0].code, codes::UNREADABLE);
    assert!(diagnostics[0].message.contains("128 folders deep"), "{diagnostics:?}");
}

#[test]
fn threads_and_parts_do_not_show() {
    let mut paths: Vec<PathBuf> = vec![data("")];
    for folder in ["evtx/malformed", "evtx/powershell", "o365", "winlogbeat", "syslog"] {
        paths.extend(shared(&format!("corpus/logs/{folder}")));
    }
    let folder = tempfile::tempdir().unwrap();
    let large = folder.path().join("large.jsonl");
    let line = std::fs::read_to_string(data("nxlog.jsonl")).unwrap();
    let broken = "\n{\"EventID\":\r\n  \n";
    std::fs::write(&large, (line + broken).repeat(200)).unwrap();
    let text = folder.path().join("large.log");
    std::fs::write(&text, "some words\n\nmore words\r\n".repeat(20_000)).unwrap();
    let xml = folder.path().join("large.xml");
    let one = std::fs::read_to_string(data("windows-concatenated.xml")).unwrap();
    // Events on lines, in one line, and with an element of the same name in their data.
    let odd = "<Event><System/><UserData><Event> <x/></Event></UserData></Event>";
    std::fs::write(&xml, format!("{}{}", format!("{one}{odd}\n").repeat(40), one.repeat(40)))
        .unwrap();
    paths.extend([large, text, xml]);
    let needs = needs();
    let run = |threads, split| {
        let (batches, report) =
            scan_paths(&paths, &needs, Options { threads, split, ..Options::default() });
        (render(&batches), format!("{}{:?}", render_report(&report), report.time_span))
    };
    let (events, report) = run(1, u64::MAX);
    for (threads, split) in [(2, u64::MAX), (1, 1 << 16), (3, 1 << 16), (2, 1 << 12)] {
        let (other_events, other_report) = run(threads, split);
        for (one, other) in [(&events, &other_events), (&report, &other_report)] {
            let differ = one.lines().zip(other.lines()).find(|(a, b)| a != b);
            assert_eq!(differ, None, "{threads} threads, parts of {split}");
            assert_eq!(one.len(), other.len(), "{threads} threads, parts of {split}");
        }
    }
}

#[test]
fn a_scan_can_be_stopped() {
    let (evidence, _) = Evidence::open(&[data("")], Options { threads: 2, ..Options::default() });
    let seen = AtomicU64::new(0);
    evidence.scan(&needs(), &|step| {
        if let ScanStep::Batch { .. } = step {
            seen.fetch_add(1, Ordering::Relaxed);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    assert!((1..=2).contains(&seen.into_inner()));
}

/// Wants classes of which a column is one of these values, or not known.
struct Only(Vec<Column>, &'static [&'static str], AtomicU64);

impl ClassFilter for Only {
    fn may_match(&self, class: &ClassRow<'_>) -> bool {
        self.2.fetch_add(1, Ordering::Relaxed);
        self.0.iter().any(|column| {
            let index = class.row.columns().iter().position(|c| c == column).unwrap();
            !class.known[index]
                || cell(class.row, column, 0).is_some_and(|v| self.1.contains(&v.as_str()))
        })
    }
}

#[test]
fn classes_are_ruled_out_before_their_values_are_read() {
    let mut needs = needs();
    let filter =
        Arc::new(Only(vec![builtin("qideventid")], &["11", "Set-Mailbox"], AtomicU64::new(0)));
    needs.class_filter = Some(Arc::clone(&filter) as _);
    let (all, all_report) = scan_paths(&[data("")], &self::needs(), Options::default());
    let (some, report) = scan_paths(&[data("")], &needs, Options::default());
    let total = |report: &ScanReport| report.files.iter().map(|f| f.records).sum::<u64>();
    assert_eq!(total(&report), total(&all_report), "what is ruled out is counted");
    assert_eq!(report.time_span, all_report.time_span, "and its time is seen");
    let ruled_out: u64 = report.files.iter().map(|f| f.ruled_out).sum();
    let rows = |batches: &[aql_event::EventBatch]| -> u64 {
        batches.iter().map(|b| b.num_rows() as u64).sum()
    };
    assert_eq!(rows(&some) + ruled_out, rows(&all));
    assert!(ruled_out > 20);
    let ids = values(&some, &builtin("qideventid"));
    assert!(ids.iter().flatten().all(|id| id == "11" || id == "Set-Mailbox"), "{ids:?}");
    assert!(ids.len() > 10);
    // Five classes, however many records.
    filter.2.store(0, Ordering::Relaxed);
    let many = std::fs::read(data("evtx_dump.jsonl")).unwrap().repeat(50);
    let (_, report) = scan_bytes(&many, &needs, Options::default());
    assert_eq!(report.files[0].records, 250);
    assert_eq!(filter.2.load(Ordering::Relaxed), 5, "asked once per class, not per record");
}

#[test]
fn events_outside_the_time_range_are_ruled_out() {
    let mut needs = needs();
    let time = 1_709_633_730_123; // 2024-03-05T10:15:30.123Z
    needs.time = Some(TimeRange { start: time, end: time + 1 });
    let (batches, report) = scan_paths(&[data("evtx_dump.jsonl")], &needs, Options::default());
    assert_eq!(values(&batches, &builtin("starttime")), [Some(time.to_string())]);
    assert_eq!((report.files[0].records, report.files[0].ruled_out), (5, 4));
    let (evidence, _) = Evidence::open(&[data("evtx_dump.jsonl")], Options::default());
    assert_eq!(scan(&evidence, &Needs::new([])).1.time_span, report.time_span);
}
