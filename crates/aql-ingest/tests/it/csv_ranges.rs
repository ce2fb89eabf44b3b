//! CSV whose first rows, or rows in the middle, are no records: read in ranges it is what it is whole.

use std::fmt::Write as _;

use aql_event::{Needs, provenance};
use aql_ingest::Options;

use crate::util::{builtin, field, property, render, render_report, scan_bytes, source, values};

fn needs() -> Needs {
    let fields = ["event-id", "message-subject", "extra", "Operations", "name"].map(field);
    let columns = ["starttime", "username", "payload"].map(builtin).into_iter().chain(fields);
    Needs::new(columns.chain([property("Subject"), source(provenance::RECORD)]))
}

/// Reads a file whole and in ranges.
fn check(name: &str, text: &str, rows: usize) {
    let options = |threads, split| Options { threads, split, ..Options::default() };
    let (whole, report) = scan_bytes(text.as_bytes(), &needs(), options(1, u64::MAX));
    assert_eq!(report.files[0].records, rows as u64, "{name}: {}", render_report(&report));
    for threads in [1, 2] {
        let (found, found_report) = scan_bytes(text.as_bytes(), &needs(), options(threads, 1));
        assert_eq!(render_report(&found_report), render_report(&report), "{name}");
        let numbers = values(&found, &source(provenance::RECORD));
        assert_eq!(numbers, values(&whole, &source(provenance::RECORD)), "{name}");
        let (found, whole) = (render(&found), render(&whole));
        let differ = found.lines().zip(whole.lines()).find(|(a, b)| a != b);
        assert_eq!((differ, found.len()), (None, whole.len()), "{name}");
    }
}

/// Logs of Exchange put together, with their columns in another order each.
#[test]
fn logs_with_names_of_columns_in_the_middle() {
    let mut text = String::new();
    let mut rows = 0;
    for log in 0..60 {
        let names = match log % 3 {
            0 => "date-time,source,event-id,message-id,recipient-address,message-subject",
            1 => "event-id,date-time,source,message-id,recipient-address,message-subject,extra",
            _ => "message-subject,\"extra\",date-time,source,event-id,message-id,recipient-address",
        };
        let directives = "#Software: Microsoft Exchange Server\r\n#Version: 15\r\n";
        write!(text, "{directives}#Fields: {names}\r\n").unwrap();
        for row in 0..(log * 37) % 150 {
            let subject = match row % 40 {
                // Between quotes it is text.
                7 => "\"\n#Fields: a,b\n#Version: 1\n\"".to_owned(),
                // As this is, which is no directive.
                8 => format!("#{row}"),
                n => "s".repeat(n * 5),
            };
            let (time, id) = (format!("2024-05-14T08:{:02}:01Z", row % 60), format!("<{row}@a>"));
            let line = match log % 3 {
                0 => format!("{time},SMTP,SEND,{id},r@b,{subject}"),
                1 => format!("SEND,{time},SMTP,{id},r@b,{subject},x{row}"),
                _ => format!("{subject},x{row},{time},SMTP,SEND,{id},r@b"),
            };
            text += &line;
            text += "\r\n";
            rows += 1;
        }
    }
    assert!(text.len() > 500_000);
    // With the last directive as the last line, too, and one that is cut.
    for end in ["", "#Date: 2024", "#Fields: date-time,source"] {
        check(end, &format!("{text}{end}"), rows);
    }
}

#[test]
fn the_type_line_of_powershell() {
    for type_line in ["#TYPE Selected.System\n", "\"#TYPE Selected.System\"\r\n"] {
        let mut text = format!("{type_line}\"name\",\"Operations\",\"number\"\n");
        for row in 0..9000 {
            // Without directives a row may begin with anything.
            let name = if row % 50 == 3 { "#Fields: a" } else { "\"n\nn\"" };
            writeln!(text, "{name},\"op {row}\",{row}").unwrap();
        }
        assert!(text.len() > 150_000);
        check(type_line, &text, 9000);
    }
}
