//! Logs whose records are of several lines come out the same wherever they are cut between threads.

use std::fmt::Write as _;

use aql_event::{Needs, provenance};
use aql_ingest::Options;

use crate::util::{builtin, field, render, render_report, scan_bytes, source};

/// Numbers that look random, the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn letters(&mut self, most: u64) -> String {
        (0..self.below(most)).map(|_| char::from(b'a' + self.below(26) as u8)).collect()
    }
}

fn needs() -> Needs {
    let columns = ["starttime", "payload", "isunparsed", "qideventid"].map(builtin);
    let fields = ["exe", "PATH.name", "@serial", "Message"].map(field);
    let sources = [provenance::RECORD, provenance::FORMAT].map(source);
    Needs::new(columns.into_iter().chain(fields).chain(sources))
}

/// Reads the text as one range, and as many.
fn same_in_ranges(text: &str, format: &str) {
    let read = |threads, split| {
        let options = Options { threads, split, ..Options::default() };
        let (events, report) = scan_bytes(text.as_bytes(), &needs(), options);
        (render(&events), render_report(&report))
    };
    let (whole, report) = read(1, u64::MAX);
    assert!(report.starts_with(&format!("input: {format} ")), "{report}");
    for (threads, split) in [(1, 1 << 16), (3, 1 << 16), (2, 5 << 16)] {
        let (parts, other) = read(threads, split);
        let differ = whole.lines().zip(parts.lines()).find(|(a, b)| a != b);
        assert_eq!(differ, None, "{threads} threads, parts of {split}");
        assert_eq!(whole.len(), parts.len(), "{threads} threads, parts of {split}");
        assert_eq!(report, other, "{threads} threads, parts of {split}");
    }
}

#[test]
fn audit_events_are_whole_across_cuts() {
    let mut numbers = Numbers(7);
    let mut text = String::new();
    let mut open: Vec<u64> = Vec::new();
    let mut next = 1;
    // Far more than the bytes after which events end that are long.
    while text.len() < 4 << 20 {
        if open.len() < 5 {
            open.push(next);
            next += 1;
        }
        let at = numbers.below(open.len() as u64) as usize;
        let serial = open[at];
        // Some go on for long, one seems never to end, others come back after a while.
        let serial = match numbers.below(200) {
            0..6 => 999_999,
            6..8 => serial.saturating_sub(300),
            _ => serial,
        };
        let most = if numbers.below(50) == 0 { 9000 } else { 120 };
        let filler = numbers.letters(most);
        match numbers.below(40) {
            0 => writeln!(text, "a line that is no record {filler}"),
            1 => writeln!(text, "\r"),
            2 => writeln!(text, "type=EOE msg=audit(1715674400.243:{serial}):"),
            3 => writeln!(
                text,
                "<13>May 14 08:16:45 mail1 audispd: type=CWD msg=audit(1715674400.243:{serial}): cwd=\"/{filler}\""
            ),
            n if n % 2 == 0 => writeln!(
                text,
                "type=SYSCALL msg=audit(1715674400.243:{serial}): exe=\"/bin/{filler}\" auid=1000"
            ),
            _ => writeln!(
                text,
                "type=PATH msg=audit(1715674400.243:{serial}): item=0 name=\"/{filler}\" nametype=NORMAL"
            ),
        }
        .unwrap();
        if numbers.below(if serial % 17 == 0 { 3000 } else { 12 }) == 0 {
            open.swap_remove(at);
        }
    }
    same_in_ranges(&text, "auditd");
}

#[test]
fn lines_of_dated_events_stay_together() {
    let mut numbers = Numbers(11);
    let mut text = String::from("\u{feff}\r\n\n");
    while text.len() < 2 << 20 {
        let second = numbers.below(60);
        let end = if numbers.below(3) == 0 { "\r\n" } else { "\n" };
        let date = format!("06/24/2021 06:33:{second:02} AM{end}");
        text.push_str(&date);
        write!(text, "LogName=Security{end}EventCode=4624{end}Message=An account{end}").unwrap();
        for _ in 0..numbers.below(30) {
            let most = if numbers.below(40) == 0 { 70_000 } else { 90 };
            let line = numbers.letters(most);
            // What looks like the start of an event and is none.
            match numbers.below(8) {
                0 => write!(text, "{date}{line}{end}"),
                1 => write!(text, "LogName={line}{end}"),
                2 => write!(text, "{end}"),
                3 => write!(text, "x{date}LogName=x{end}"),
                _ => write!(text, "Account Name: {line}{end}"),
            }
            .unwrap();
        }
    }
    same_in_ranges(&text, "wineventlog");
}

#[test]
fn xml_events_are_whole_across_cuts() {
    let mut numbers = Numbers(13);
    let mut text = String::from("<Events>");
    while text.len() < 1 << 20 {
        let filler = numbers.letters(3000);
        let inner = match numbers.below(6) {
            0 => "<Event><Data>x</Data></Event>".to_owned(),
            1 => "<!-- </Event> -->".to_owned(),
            2 => format!("<Data><![CDATA[</Event><Event>{filler}]]></Data>"),
            _ => format!("<Data Name='Message'>{filler} &lt;Event&gt;</Data>"),
        };
        let between = numbers.letters(20);
        writeln!(
            text,
            "<Event xmlns='x'><System><EventID>1</EventID></System><EventData>{inner}</EventData></Event>{between}"
        )
        .unwrap();
    }
    same_in_ranges(&text, "windows-xml");
}
