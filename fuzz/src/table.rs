//! A few events in memory in which every column of every name has values.

use std::ops::ControlFlow;

use aql_event::{BatchBuilder, Column, EventBatch, EventTable, Needs, ScanReport, ScanStep};

/// Rows of a part.
const ROWS: usize = 7;
/// Parts.
const PARTS: u64 = 2;
/// Between one event and the next, in milliseconds.
const STEP: i64 = 41_000;
/// `starttime` of the first event: 2026-01-05 10:00 UTC.
const FIRST: i64 = 1_767_607_200_000;

/// A moment that lies shortly after the newest event.
pub const NOW: i64 = FIRST + 3_600_000;

/// Values of all kinds; the first is none.
const VALUES: [Option<&str>; 20] = [
    None,
    Some(""),
    Some("0"),
    Some("1"),
    Some("12"),
    Some("443"),
    Some("-7"),
    Some("4624"),
    Some("9223372036854775807"),
    Some("2.5"),
    Some("true"),
    Some("10.1.2.3"),
    Some("2001:db8::1"),
    Some("C:\\Windows\\System32\\cmd.exe"),
    Some("powershell.exe -enc aQBlAHgA"),
    Some("CONTOSO\\åsa"),
    Some("İstanbul ß ǅ 😀"),
    Some("a%b_c'\"d\r\n\te"),
    Some("2026-01-05 10:00:00"),
    Some("http://example.com/a?b=c&d=e"),
];

/// The value of a column in a row: always the same, different from column to column.
fn value(column: &Column, row: usize) -> Option<&'static str> {
    let seed = column.name.bytes().fold(7_usize, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(usize::from(byte.to_ascii_lowercase()))
    });
    VALUES[(seed % VALUES.len() + row * 3) % VALUES.len()]
}

/// The events of a part, in the columns of the needs.
pub fn events(needs: &Needs, part: u64) -> EventBatch {
    let mut builder = BatchBuilder::new(needs);
    for row in 0..ROWS {
        let number = part as usize * ROWS + row;
        let time = FIRST + number as i64 * STEP;
        if needs.time.is_some_and(|range| !range.contains(time)) {
            continue;
        }
        for (at, column) in needs.columns().iter().enumerate() {
            if column.name.eq_ignore_ascii_case("starttime") {
                builder.set_integer(at, time);
            } else if let Some(value) = value(column, number) {
                builder.set_text(at, value);
            }
        }
        builder.end_row();
    }
    builder.finish()
}

/// The table.
pub struct Events;

impl EventTable for Events {
    fn scan(
        &self,
        needs: &Needs,
        visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport {
        let mut report = ScanReport::default();
        for part in 0..PARTS {
            let step = ScanStep::Batch { part, events: events(needs, part) };
            report.see_time(FIRST);
            report.see_time(FIRST + STEP * (PARTS as i64 * ROWS as i64 - 1));
            if visit(step).is_break() || visit(ScanStep::PartDone { part }).is_break() {
                break;
            }
        }
        report
    }
}
