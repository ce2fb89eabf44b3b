//! The same bad input for every format: each file of `tests/data` cut at every byte of a sample, in
//! other encodings, with keys twice and numbers beyond 64 bits, with fields of megabytes, and read
//! against the clock.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aql_diag::codes;
use aql_event::{EventBatch, Needs, ScanReport};
use aql_ingest::{Evidence, Options, Patience};

use crate::robust::{codes_of, needs};
use crate::util::{builtin, data, render, render_report, scan, values};

/// The fixtures, by name.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(data("")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let all = paths.iter().map(|path| (name(path), std::fs::read(path).unwrap()));
    all.filter(|(name, _)| name != "README.md").collect()
}

/// Those that are text.
fn texts() -> impl Iterator<Item = (String, String)> {
    let all = fixtures().into_iter();
    all.filter_map(|(name, bytes)| Some((name, String::from_utf8(bytes).ok()?)))
}

fn options() -> Options {
    Options { now: Some(1_790_000_000_000), ..Options::default() }
}

fn read(bytes: Vec<u8>, options: Options) -> (Vec<EventBatch>, ScanReport) {
    let evidence = Evidence::from_reader("input", std::io::Cursor::new(bytes), options);
    scan(&evidence, &needs())
}

/// What holds for whatever is read: an event for each record that is counted, no loss without a
/// word, and no internal error.
fn check(batches: &[EventBatch], report: &ScanReport, what: &dyn Fn() -> String) {
    let rows: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let records: u64 = report.files.iter().map(|file| file.records).sum();
    assert_eq!(rows, records, "{}: {}", what(), render_report(report));
    for file in &report.files {
        assert!(file.lost == 0 || !file.diagnostics.is_empty(), "{}", what());
        let internal = |d: &aql_diag::Diagnostic| d.message.contains("internal error");
        assert!(!file.diagnostics.iter().any(internal), "{}: {}", what(), render_report(report));
    }
}

/// Bytes of a sample: the first records of most formats.
const SAMPLE: usize = 500;

#[test]
fn cut_at_every_byte() {
    let files = fixtures();
    let next = AtomicU64::new(0);
    let few = Needs::new([builtin("starttime"), builtin("payload")]);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, bytes)) =
                    files.get(next.fetch_add(1, Ordering::Relaxed) as usize)
                {
                    let is_columns = name.ends_with(".parquet");
                    // Its directory is at the end, so that every cut of it is a cut of the whole.
                    let ends = if is_columns {
                        bytes.len().saturating_sub(SAMPLE)..bytes.len()
                    } else if name.ends_with(".evtx") {
                        // The header of the file, of its chunk, and its first records.
                        4000..4096 + 512 + SAMPLE
                    } else {
                        1..bytes.len().min(SAMPLE)
                    };
                    for end in ends {
                        let input = std::io::Cursor::new(bytes[..end].to_vec());
                        let evidence = Evidence::from_reader("input", input, options());
                        let (batches, report) = scan(&evidence, &few);
                        check(&batches, &report, &|| format!("{name} cut at {end}"));
                        let is_told = report.files.iter().any(|file| file.lost > 0);
                        assert!(is_told || !is_columns, "{name} cut at {end}");
                    }
                }
            });
        }
    });
}

#[test]
fn every_text_is_read_as_utf_16() {
    for (name, text) in texts() {
        let (expected, plain) = read(text.clone().into_bytes(), options());
        for little in [true, false] {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            let bytes = units.flat_map(|unit| match little {
                true => unit.to_le_bytes(),
                false => unit.to_be_bytes(),
            });
            let (batches, report) = read(bytes.collect(), options());
            check(&batches, &report, &|| name.clone());
            let of = |report: &ScanReport| {
                let file = &report.files[0];
                (file.format, file.records, file.unparsed, file.lost)
            };
            assert_eq!(of(&report), of(&plain), "{name}");
            for column in ["starttime", "username", "qideventid", "payload"].map(builtin) {
                let (found, expected) = (values(&batches, &column), values(&expected, &column));
                assert_eq!(found, expected, "{name}: {}", column.arrow_name());
            }
        }
    }
}

/// Latin-1 in a file that is read as UTF-8: the records are there, and it is told.
#[test]
fn bytes_of_another_encoding_are_told() {
    for (name, text) in texts() {
        let expected = read(text.clone().into_bytes(), options()).1.files[0].records;
        let letters: BTreeSet<u8> = text.bytes().filter(u8::is_ascii_lowercase).collect();
        let is_told = letters.into_iter().any(|letter| {
            let swap = |byte: u8| if byte == letter { 0xe9 } else { byte };
            let (batches, report) = read(text.bytes().map(swap).collect(), options());
            check(&batches, &report, &|| format!("{name} without {letter}"));
            report.files[0].records == expected
                && codes_of(&report).contains(&codes::BAD_ENCODING.as_str())
        });
        assert!(is_told, "{name}");
    }
}

/// Every run of digits becomes a number that no type of the machine holds.
#[test]
fn numbers_beyond_64_bits() {
    let long = "9".repeat(45);
    for (name, text) in texts() {
        let mut changed = String::new();
        for c in text.chars() {
            match c {
                '0'..='9' if changed.ends_with(&long) => {}
                '0'..='9' => changed.push_str(&long),
                other => changed.push(other),
            }
        }
        let (batches, report) = read(changed.into_bytes(), options());
        check(&batches, &report, &|| name.clone());
    }
}

/// The first one counts, in JSON of every shape.
#[test]
fn keys_that_are_there_twice() {
    let mut lines = 0;
    for (name, text) in texts().filter(|(name, _)| name.ends_with("jsonl")) {
        let objects = || text.lines().filter(|line| line.starts_with('{') && line.ends_with('}'));
        let twice: String = objects()
            .map(|line| {
                let body = &line[1..line.len() - 1];
                let other = body.replace(|c: char| c.is_ascii_digit(), "7");
                format!("{{{body},{other}}}\n")
            })
            .collect();
        let once: String = objects().map(|line| format!("{line}\n")).collect();
        lines += objects().count();
        // A wrapper's own keys say how it is read; records are told apart by theirs.
        if ["elasticsearch.json", "defender-stream.jsonl"].contains(&name.as_str())
            || once.is_empty()
        {
            let (batches, report) = read(twice.into_bytes(), options());
            check(&batches, &report, &|| name.clone());
            continue;
        }
        let (expected, _) = read(once.into_bytes(), options());
        let (batches, report) = read(twice.into_bytes(), options());
        check(&batches, &report, &|| name.clone());
        let without_payload = |batches: &[EventBatch]| -> Vec<String> {
            let is_payload =
                |line: &&str| line.starts_with("payload") || line.starts_with("builtin:payload");
            render(batches).lines().filter(|l| !is_payload(l)).map(str::to_owned).collect()
        };
        assert_eq!(without_payload(&batches), without_payload(&expected), "{name}");
    }
    assert!(lines > 50, "{lines}");
}

/// The header of a file and a record of each kind: `@` is a value, `#` the number of the record.
const RECORDS: &[(&str, &str, &str)] = &[
    ("json lines", "", "{\"a\":\"@\"}\n"),
    (
        "evtx_dump",
        "",
        "{\"Event\":{\"System\":{\"EventID\":1,\"Channel\":\"c\"},\"EventData\":{\"x\":\"@\"}}}\n",
    ),
    (
        "winlogbeat",
        "",
        "{\"winlog\":{\"event_id\":1,\"channel\":\"c\",\"event_data\":{\"x\":\"@\"}}}\n",
    ),
    ("nxlog", "", "{\"EventID\":1,\"Channel\":\"c\",\"x\":\"@\"}\n"),
    (
        "o365",
        "",
        "{\"CreationTime\":\"2024-03-05T10:15:30\",\"Workload\":\"w\",\"Operation\":\"o\",\"x\":\"@\"}\n",
    ),
    (
        "defender",
        "",
        "{\"category\":\"AdvancedHunting-DeviceEvents\",\"properties\":{\"ActionType\":\"a\",\"x\":\"@\"}}\n",
    ),
    (
        "xml",
        "",
        "<Event><System><EventID>1</EventID><Channel>c</Channel></System><EventData><Data Name=\"x\">@</Data></EventData></Event>\n",
    ),
    ("leef", "", "LEEF:1.0|V|P|1|id|src=192.0.2.1\tx=@\n"),
    ("cef", "", "CEF:0|V|P|1|id|n|5|src=192.0.2.1 x=@\n"),
    ("syslog", "", "<13>Jan 18 11:07:53 h prog: @\n"),
    (
        "wincollect",
        "",
        "<13>Jan 18 11:07:53 h AgentDevice=WindowsLog\tAgentLogFile=c\tEventID=1\tMessage=@\n",
    ),
    (
        "snare",
        "",
        "<13>Jan 18 11:07:53 h MSWinEventLog\t1\tc\t2\tThu Oct 03 14:53:33 2019\t1\tp\tu\tUser\tInfo\th\tt\t\t@\t2\n",
    ),
    ("auditd", "", "type=USER_CMD msg=audit(1709633730.123:#): pid=1 cmd=@\n"),
    ("csv", "a,b\n", "1,@\n"),
    ("o365 csv", "CreationDate,AuditData\n", "1,\"@\"\n"),
    ("text", "", "words @\n"),
];

#[test]
fn fields_that_are_longer_than_a_record_may_be() {
    let long = "x".repeat(3 << 20);
    for (name, header, record) in RECORDS {
        let values = [(1, "s"), (2, &*long), (3, "s")].into_iter();
        let filled =
            values.map(|(n, value)| record.replace('#', &format!("{n}")).replace('@', value));
        let text = format!("{header}{}", filled.collect::<String>());
        let options = || Options { max_record: 1 << 20, ..options() };
        let (batches, report) = read(text.clone().into_bytes(), options());
        check(&batches, &report, &|| (*name).to_owned());
        let told = codes_of(&report);
        assert!(told.contains(&codes::TOO_LONG.as_str()), "{name}: {}", render_report(&report));
        let (records, lost) = (report.files[0].records, report.files[0].lost);
        assert_eq!((records, lost), (2, 1), "{name}: {}", render_report(&report));
        // With room for it, it is read.
        let (batches, report) =
            read(text.into_bytes(), Options { max_record: 8 << 20, ..options() });
        check(&batches, &report, &|| (*name).to_owned());
        let (records, lost) = (report.files[0].records, report.files[0].lost);
        assert_eq!((records, lost), (3, 0), "{name}: {}", render_report(&report));
    }
}

/// Shapes that cost much where work is done for each pair of parts. A reader that does would be seen
/// by how long this takes.
#[test]
fn many_parts_of_one_record() {
    let event = |inside: &str| {
        format!(
            "<Event><System><EventID>1</EventID></System><EventData>{inside}</EventData></Event>"
        )
    };
    let many = 100_000;
    let entities = (0..40).fold(String::from("<!ENTITY e0 \"lol\">"), |text, n| {
        let more = format!("&e{n};").repeat(10);
        format!("{text}<!ENTITY e{} \"{more}\">", n + 1)
    });
    let cases = [
        (
            "entities",
            format!(
                "<?xml version=\"1.0\"?><!DOCTYPE Event [{entities}]>{}",
                event("<Data>&e40;</Data>")
            ),
        ),
        ("attributes", event(&format!("<Data {}/>", "a='1' ".repeat(many)))),
        ("elements", event(&"<Data Name='x'>1</Data>".repeat(many))),
        ("references", event(&format!("<Data>{}</Data>", "&amp;".repeat(many)))),
        ("comments", event(&"<!--".repeat(many))),
        ("open elements", event(&"<Data>".repeat(100))),
        ("no end", "<Event>".repeat(many)),
        ("keys", format!("{{\"EventID\":1,\"Channel\":\"c\",{}\"z\":1}}", "\"a\":1,".repeat(many))),
        (
            "pairs",
            format!(
                "{{\"CreationTime\":\"2024-03-05T10:15:30\",\"Workload\":\"w\",\"Operation\":\"o\",\"Parameters\":[{}1]}}",
                "{\"Name\":\"a\",\"Value\":\"b\"},".repeat(many)
            ),
        ),
        ("escapes", format!("{{\"a\":\"{}\"}}", "\\u0041".repeat(many))),
        ("leef", format!("LEEF:1.0|V|P|1|id|{}", "a=1\t".repeat(many))),
        ("cef", format!("CEF:0|V|P|1|id|n|5|{}", "a=1 ".repeat(many))),
        (
            "cef labels",
            format!(
                "CEF:0|V|P|1|id|n|5|{}",
                (0..2000).map(|n| format!("cs{n}Label=l cs{n}=1 ")).collect::<String>()
            ),
        ),
        ("equal signs", format!("CEF:0|V|P|1|id|n|5|a{}", "=".repeat(many))),
        ("headers", format!("{}text", "<13>Jan 18 11:07:53 h ".repeat(many))),
        (
            "structured data",
            format!("<13>1 2003-10-11T22:14:15Z h a - - {}", "[a b=\"".repeat(many)),
        ),
        ("quotes", format!("a,b\n{}", "\"".repeat(many))),
        ("cells", format!("{}\n{}\n", "a,".repeat(many), "1,".repeat(many))),
        ("audit fields", format!("type=A msg=audit(1.1:1): {}", "a=1 ".repeat(many))),
        (
            "wincollect",
            format!("AgentDevice=WindowsLog\tEventID=1\t{}Message=x", "a=1\t".repeat(many)),
        ),
        ("brackets", "[".repeat(many)),
    ];
    for (name, text) in cases {
        let (batches, report) = read(text.into_bytes(), options());
        check(&batches, &report, &|| name.to_owned());
    }
}

/// However a file is read, the clock is looked at.
#[test]
fn every_format_is_given_up_when_its_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    for (name, bytes) in fixtures() {
        // Parquet is read from its end and has one group of rows here; whatever is repeated has the
        // records of the file several times.
        let bytes = if name.ends_with(".parquet") {
            bytes
        } else {
            bytes.repeat(1_500_000 / bytes.len() + 1)
        };
        std::fs::write(&path, &bytes).unwrap();
        let ticks = Arc::new(AtomicU64::new(0));
        let clock = {
            let ticks = Arc::clone(&ticks);
            move || Duration::from_secs(ticks.fetch_add(1, Ordering::Relaxed))
        };
        let patience = Some(Patience { per_file: Duration::from_secs(1), clock: Arc::new(clock) });
        let (evidence, _) =
            Evidence::open(std::slice::from_ref(&path), Options { patience, ..options() });
        let (batches, report) = scan(&evidence, &needs());
        check(&batches, &report, &|| name.clone());
        let told = codes_of(&report);
        assert!(told.contains(&codes::TOO_SLOW.as_str()), "{name}: {}", render_report(&report));
    }
}
