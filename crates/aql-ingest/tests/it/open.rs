//! How evidence is pointed at: patterns, readers; files that change; encodings; time and size
//! bounds.

use std::io::{Cursor, Read, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aql_diag::codes;
use aql_event::{Needs, provenance};
use aql_ingest::{Evidence, Options, Patience};

use crate::robust::{codes_of, needs};
use crate::util::{builtin, data, render_report, scan, scan_bytes, source, values};

#[test]
fn patterns_are_expanded() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a/x.log", "a/b/y.log", "a/b/z.txt", "w.log", "[1].log"] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "text\n").unwrap();
    }
    let found = |pattern: &str| {
        let path = folder.path().join(pattern);
        let (evidence, diagnostics) = Evidence::open(&[path], Options::default());
        let prefix = format!("{}/", folder.path().display());
        let names: Vec<_> = evidence.paths().map(|p| p.replace(&prefix, "")).collect();
        (names.join(" "), diagnostics)
    };
    for (pattern, expected) in [
        ("*.log", "[1].log w.log"),
        ("**/*.log", "[1].log a/b/y.log a/x.log w.log"),
        ("a/?.log", "a/x.log"),
        ("[w-z].log", "w.log"),
        // What exists is itself.
        ("[1].log", "[1].log"),
        // A folder is read whole.
        ("a*", "a/b/y.log a/b/z.txt a/x.log"),
    ] {
        let (names, diagnostics) = found(pattern);
        assert_eq!(names, expected, "{pattern}");
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
    }
    for (pattern, message) in [("*.evtx", "no file matches"), ("a***", "is no pattern")] {
        let (names, diagnostics) = found(pattern);
        assert_eq!(names, "");
        assert_eq!(diagnostics.len(), 1);
        assert_eq!(diagnostics[0].code, codes::NOT_FOUND);
        assert!(diagnostics[0].message.contains(message), "{diagnostics:?}");
    }
}

#[test]
fn a_reader_is_read_in_its_place_and_once() {
    let jsonl = std::fs::read(data("nxlog.jsonl")).unwrap();
    let paths: Vec<PathBuf> = vec![data("o365.jsonl"), "-".into(), data("mordor.json"), "-".into()];
    let reader = Box::new(Cursor::new(jsonl));
    let (evidence, diagnostics) = Evidence::open_with(&paths, Some(reader), Options::default());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(evidence.paths().nth(1), Some("<stdin>"));
    let (batches, report) = scan(&evidence, &needs());
    assert_eq!((report.files.len(), report.files[1].records), (3, 4));
    let files = values(&batches, &source(provenance::FILE));
    assert!(files.contains(&Some("<stdin>".to_owned())));
    let (_, report) = scan(&evidence, &needs());
    assert_eq!(codes_of(&report), [codes::UNREADABLE.as_str()]);
    assert_eq!(report.files[1].lost, 1);
    assert!(report.files[1].diagnostics[0].message.contains("only once"));
}

/// Gives lines without end, and counts what it gave.
struct Lines(Arc<AtomicU64>, u64);

impl Read for Lines {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let left = self.1 - self.0.load(Ordering::Relaxed).min(self.1);
        let count = out.len().min(usize::try_from(left).unwrap());
        for (i, byte) in out[..count].iter_mut().enumerate() {
            *byte = if i % 64 == 63 { b'\n' } else { b'x' };
        }
        self.0.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[test]
fn a_reader_is_a_stream() {
    // Events come out long before the reader ends.
    let given = Arc::new(AtomicU64::new(0));
    let evidence =
        Evidence::from_reader("x", Lines(Arc::clone(&given), 1 << 30), Options::default());
    let needs = Needs::new([builtin("payload")]);
    aql_event::EventTable::scan(&evidence, &needs, &|_| std::ops::ControlFlow::Break(()));
    assert!(given.load(Ordering::Relaxed) < 16 << 20);
}

#[test]
fn files_that_grow_are_read_to_where_they_were() {
    let line = "{\"a\":\"0123456789\"}\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    for (split, threads) in [(u64::MAX, 1), (1 << 16, 1), (1 << 16, 3)] {
        // The last line is being written.
        std::fs::write(&path, line.repeat(30_000) + "{\"a\":\"cu").unwrap();
        let options = Options { split, threads, ..Options::default() };
        let (evidence, _) = Evidence::open(std::slice::from_ref(&path), options);
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"t\"}\n").unwrap();
        file.write_all(line.repeat(1000).as_bytes()).unwrap();
        let (_, report) = scan(&evidence, &needs());
        let text = render_report(&report);
        assert_eq!((report.files[0].records, report.files[0].lost), (30_000, 1), "{text}");
        let expected =
            [codes::TRUNCATED.as_str(), codes::UNPARSED.as_str(), codes::CHANGED.as_str()];
        let mut found = codes_of(&report);
        found.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{text}");
        assert!(text.contains("the file was being written: 19004 bytes"), "{text}");
    }
}

#[test]
fn files_that_shrink_are_told() {
    let line = "some words of text\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    for (split, threads) in [(u64::MAX, 1), (1 << 16, 1), (1 << 16, 3)] {
        std::fs::write(&path, line.repeat(30_000)).unwrap();
        let options = Options { split, threads, ..Options::default() };
        let (evidence, _) = Evidence::open(std::slice::from_ref(&path), options);
        let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
        file.set_len(line.len() as u64 * 10_000).unwrap();
        let (_, report) = scan(&evidence, &needs());
        let text = render_report(&report);
        assert_eq!((report.files[0].records, report.files[0].lost), (10_000, 1), "{text}");
        assert!(text.contains("became shorter while it was read: 190000 of 570000"), "{text}");
    }
}

#[cfg(unix)]
#[test]
fn files_that_may_not_be_read_are_told_and_the_rest_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let locked = folder.path().join("locked");
    std::fs::write(&locked, "text\n").unwrap();
    std::fs::write(folder.path().join("open"), "text\n").unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&locked).is_ok() {
        eprintln!("skipped: this account may read everything");
        return;
    }
    let (evidence, _) = Evidence::open(&[folder.path().to_owned()], Options::default());
    let (_, report) = scan(&evidence, &needs());
    assert_eq!(codes_of(&report)[0], codes::UNREADABLE.as_str());
    assert_eq!((report.files[0].lost, report.files[1].records), (1, 1));
}

#[test]
fn wide_text_without_a_mark_is_read() {
    let text = std::fs::read_to_string(data("evtx_dump.jsonl")).unwrap();
    let xml = std::fs::read_to_string(data("windows-events.xml")).unwrap();
    for (text, records) in [(text, 5), (xml, 5)] {
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            let (_, report) = scan_bytes(&bytes, &needs(), Options::default());
            assert_eq!(report.files[0].records, records, "{}", render_report(&report));
        }
        let mark = '\u{feff}';
        let wide: Vec<u8> = std::iter::once(mark)
            .chain(text.chars())
            .flat_map(|c| (c as u32).to_le_bytes())
            .collect();
        let (_, report) = scan_bytes(&wide, &needs(), Options::default());
        let told = &report.files[0].diagnostics[0];
        assert_eq!(told.code, codes::UNKNOWN_FORMAT);
        assert_eq!(told.message, "text in UTF-32 is not read");
    }
}

#[test]
fn a_file_that_takes_too_long_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let line = "some words of text\n";
    std::fs::write(folder.path().join("a"), line.repeat(200_000)).unwrap();
    std::fs::write(folder.path().join("b"), line).unwrap();
    for split in [u64::MAX, 1 << 20] {
        // Every look at the clock takes a second.
        let ticks = AtomicU64::new(0);
        let clock = move || Duration::from_secs(ticks.fetch_add(1, Ordering::Relaxed));
        let patience = Some(Patience { per_file: Duration::from_secs(5), clock: Arc::new(clock) });
        let options = Options { patience, split, ..Options::default() };
        let (evidence, _) = Evidence::open(&[folder.path().to_owned()], options);
        let (_, report) = scan(&evidence, &needs());
        let text = render_report(&report);
        let records = report.files[0].records;
        assert!((1..200_000).contains(&records), "{text}");
        assert!(report.files[0].lost > 0, "{text}");
        assert!(text.contains("reading was given up: it took longer than 5 s"), "{text}");
        assert_eq!(report.files[1].records, 1, "{text}");
    }
}

#[test]
fn long_wrappers_give_their_records() {
    let element = format!("{{\"a\":\"{}\"}}", "x".repeat(1000));
    let elements = vec![element.clone(); 3000].join(",\n");
    let options = || Options { max_record: 1 << 20, ..Options::default() };
    let needs = Needs::new([builtin("payload"), source(provenance::RECORD)]);
    for text in [
        format!("{{\"@odata.context\":\"x\",\"value\":[{elements}]}}"),
        format!("{{\n  \"value\": [\n{elements}\n],\n \"@odata.nextLink\": \"x\"\n}}\n"),
    ] {
        let (batches, report) = scan_bytes(text.as_bytes(), &needs, options());
        let text = render_report(&report);
        assert_eq!((report.files[0].records, report.files[0].lost), (3000, 0), "{text}");
        assert_eq!(codes_of(&report), [codes::UNPARSED.as_str()], "{text}");
        let payloads = values(&batches, &builtin("payload"));
        assert!(payloads.iter().all(|p| p.as_deref() == Some(&element)));
        let numbers = values(&batches, &source(provenance::RECORD));
        assert_eq!(numbers.last(), Some(&Some("3000".to_owned())));
    }
    // What is seen too late to matter is told.
    let text = format!("{{\"value\":[{elements}],\"user\":\"x\",\"count\":1}}");
    let (_, report) = scan_bytes(text.as_bytes(), &needs, options());
    let text = render_report(&report);
    assert_eq!(report.files[0].records, 3000);
    assert!(text.contains("`user` stands beside the records"), "{text}");
    // What has something else first is one record, as ever.
    let text = format!("{{\"user\":\"x\",\"value\":[{elements}]}}");
    let (_, report) = scan_bytes(text.as_bytes(), &needs, options());
    assert_eq!((report.files[0].records, report.files[0].lost), (0, 1));
}
