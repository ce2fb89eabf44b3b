//! CSV files with a header: how their rows are framed and told apart; and rows of no known kind,
//! which are unparsed events.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use aql_diag::{Diagnostic, codes};

use super::text::{decode, not_a_record};
use super::{FORMATS, Format, Layout};
use crate::cells::{self, Cells, Header, Span};
use crate::frame::{CsvRecords, Frame, Framer, Frames, Scan, first_row};
use crate::looks::{MOST_BYTES, MOST_RECORDS};
use crate::normalise::generic::NamedFields;
use crate::out::{At, Out};
use crate::sniff::BOM;
use crate::stream::Stream;

/// CSV of no known kind.
pub(crate) const FORMAT: Format = Format {
    name: "csv",
    about: "CSV of no known kind, kept as unparsed events",
    by: "a header of names, none of them known",
    layout: Layout::Csv {
        is: |_| true,
        take: |name, row, out| {
            let fields = NamedFields::Cells { header: row.header, cells: row.cells };
            out.unparsed(name, row.payload, fields, row.at.record);
        },
    },
};

/// A row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'r> {
    /// The names of the columns.
    pub header: &'r Header,
    /// The cells; may be fewer or more than the header has.
    pub cells: Cells<'r>,
    /// The raw bytes of the row.
    pub payload: &'r [u8],
    /// Its place.
    pub at: At,
}

impl<'r> Row<'r> {
    /// The cell under a name (in any case), if it is not empty.
    pub(crate) fn cell(&self, name: &str) -> Option<Cow<'r, str>> {
        self.cells.get(self.header.column(name)?).filter(|cell| !cell.is_empty())
    }
}

/// The delimiter of a header line.
pub(crate) fn delimiter(header: &[u8]) -> u8 {
    let count = |byte: u8| memchr::memchr_iter(byte, header).count();
    let mut best = b',';
    for candidate in [b';', b'\t'] {
        if count(candidate) > count(best) {
            best = candidate;
        }
    }
    best
}

/// Does the line look like the header of a CSV file: several names, none empty (but the first,
/// which may be an index), none twice?
pub(crate) fn is_header(cells: &[String]) -> bool {
    let is_name = |cell: &String| {
        let cell = cell.trim();
        cell.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '@' || c == '#')
            && cell.len() <= 128
            && !cell.contains(['=', '{', '<', '|'])
    };
    let mut sorted: Vec<&String> = cells.iter().collect();
    sorted.sort();
    cells.len() >= 2
        && cells.iter().skip(1).all(is_name)
        && cells.first().is_some_and(|first| first.is_empty() || is_name(first))
        && sorted.windows(2).all(|pair| pair.first() != pair.last())
}

/// Is it the line `#TYPE …` of PowerShell's Export-Csv?
pub(crate) fn is_type_line(line: &[u8]) -> bool {
    line.starts_with(b"#TYPE ") || line.starts_with(b"\"#TYPE ")
}

/// The header in a line `#Fields: a,b` (W3C; logs of Exchange).
pub(crate) fn fields_line(line: &[u8]) -> Option<&[u8]> {
    Some(line.strip_prefix(b"#Fields:")?.trim_ascii())
}

/// Is it one of the lines that stand beside `#Fields:`?
pub(crate) fn is_directive(line: &[u8]) -> bool {
    const NAMES: [&[u8]; 4] = [b"#Software:", b"#Version:", b"#Log-type:", b"#Date:"];
    NAMES
        .iter()
        .any(|name| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)))
}

/// What the head of a file says about its rows.
pub(crate) struct Head {
    delimiter: u8,
    header: Header,
    /// Its format, once the header has been read.
    format: Option<&'static Format>,
    /// Is the header that of a `#Fields:` line? More of them may follow, as logs are put together.
    has_directives: bool,
}

impl Head {
    /// Of a file that has not been looked at.
    pub(crate) fn unread(delimiter: u8) -> Self {
        Head { delimiter, header: Header::default(), format: None, has_directives: false }
    }

    /// Reads the header of a file that may be read in parts: the header must stand in its first bytes.
    /// Nothing if it does not.
    pub(crate) fn of(bytes: &[u8], delimiter: u8) -> Option<Self> {
        let mut rest = bytes.strip_prefix(BOM).unwrap_or(bytes);
        let mut head = Head::unread(delimiter);
        let mut rows = CsvRecords::new(delimiter);
        while let Scan::Record { start, end, next, .. } = rows.scan(rest, false) {
            if head.takes(rest.get(start..end)?) == Taken::Header {
                return Some(head);
            }
            rest = rest.get(next..)?;
        }
        None
    }

    fn begin(&mut self, header: Vec<String>) {
        self.format = FORMATS.iter().find(|f| match f.layout {
            Layout::Csv { is, .. } => is(&header),
            _ => false,
        });
        self.header = Header::new(header);
    }

    /// Gives the columns other names, those of a `#Fields:` line.
    pub(crate) fn rename(&mut self, names: &[u8]) {
        self.header = Header::new(cells::texts(names, self.delimiter));
    }

    /// Takes a row if it tells about the others.
    fn takes(&mut self, row: &[u8]) -> Taken {
        let is_first = self.format.is_none();
        match tells(row, is_first, self.has_directives) {
            Tells::Nothing => Taken::No,
            Tells::Aside => Taken::Passed,
            Tells::Header => {
                self.begin(cells::texts(row, self.delimiter));
                Taken::Header
            }
            Tells::Names(names) => {
                self.has_directives = true;
                if is_first {
                    self.begin(cells::texts(names, self.delimiter));
                    return Taken::Header;
                }
                self.rename(names);
                Taken::Passed
            }
        }
    }

    /// The rows of a range that are no records. `starts` calls back with where in `window` its rows
    /// begin; rows longer than `limit` are not looked at, as the reader does not.
    pub(crate) fn beside(&self, window: &[u8], limit: usize, starts: &Starts<'_>) -> Beside {
        let mut is_first = self.format.is_none();
        let mut has_directives = self.has_directives;
        let mut found = Beside::default();
        if !is_first && !has_directives {
            return found;
        }
        starts(&mut |start| {
            let rest = window.get(start..).unwrap_or_default();
            if !is_first && (!has_directives || !rest.starts_with(b"#")) {
                return;
            }
            let row = first_row(rest, self.delimiter).unwrap_or(rest);
            if row.len() > limit {
                return;
            }
            match tells(row, is_first, has_directives) {
                Tells::Nothing => {}
                Tells::Aside => found.rows += 1,
                Tells::Header => is_first = false,
                Tells::Names(names) => {
                    found.names = Some(Arc::from(names));
                    has_directives = true;
                    // The first header has a number, as in other files.
                    found.rows += u64::from(!std::mem::take(&mut is_first));
                }
            }
        });
        found
    }

    /// Are rows to be looked at that begin like this, since they may be no records?
    pub(crate) fn may_pass(&self, row: &[u8]) -> bool {
        self.format.is_none() || (self.has_directives && row.starts_with(b"#"))
    }
}

/// Calls back with where each row of a range begins.
pub(crate) type Starts<'s> = dyn Fn(&mut dyn FnMut(usize)) + 's;

/// The rows of a range that are no records.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// How many have no number.
    pub(crate) rows: u64,
    /// The last names of columns.
    pub(crate) names: Option<Arc<[u8]>>,
}

/// What a row tells about others.
enum Tells<'r> {
    /// Nothing: it is a record.
    Nothing,
    /// Nothing, and it is no record.
    Aside,
    /// The names of the columns.
    Header,
    /// These names of columns.
    Names(&'r [u8]),
}

/// What a row tells, if it is the first one that may be a header, or of a file with directives.
fn tells(row: &[u8], is_first: bool, has_directives: bool) -> Tells<'_> {
    if is_first || has_directives {
        if is_directive(row) {
            return Tells::Aside;
        }
        if let Some(names) = fields_line(row) {
            return Tells::Names(names);
        }
    }
    match is_first {
        // PowerShell's Export-Csv may name the type of its objects first.
        true if is_type_line(row) => Tells::Aside,
        true => Tells::Header,
        false => Tells::Nothing,
    }
}

/// What a row was for the head of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// Not for it: a record.
    No,
    /// The header.
    Header,
    /// A line beside the header, which has no number.
    Passed,
}

/// Reads the rows of a stream; the first one is the header unless the head is known.
pub(crate) fn read(stream: &mut Stream<'_>, head: Head, out: &mut Out<'_>) {
    let framer = CsvRecords::new(head.delimiter);
    read_rows(stream, framer, head, 0, None, out);
}

/// Reads the rows of a stream that begin before `end`. `first` is the number of the first of them;
/// the header is number 0.
pub(crate) fn read_rows(
    stream: &mut Stream<'_>,
    framer: CsvRecords,
    mut head: Head,
    first: u64,
    end: Option<u64>,
    out: &mut Out<'_>,
) {
    let mut record = first;
    let mut spans: Vec<Span> = Vec::new();
    let mut looked_at = out.begin_look().then(LookedAt::default);
    let mut frames = Frames::new(stream, framer, out.options.max_record, end);
    while let Some(frame) = frames.next_frame() {
        match frame {
            Frame::Record { offset, bytes, cut } => {
                let at = At { record, offset };
                // Those before it have the names of columns that were known so far.
                if head.may_pass(bytes)
                    && let Some(rows) = &mut looked_at
                {
                    rows.settle(&head, &mut spans, out);
                    looked_at = out.begin_look().then(LookedAt::default);
                }
                let text = decode(bytes, at, out);
                match head.takes(bytes) {
                    Taken::Passed => continue,
                    Taken::Header => {}
                    Taken::No => {
                        let before = out.looked_at();
                        if let Some(rows) = &looked_at {
                            out.look_at(rows.next_name());
                        }
                        give_text(&text, bytes, cut, at, &head, &mut spans, out);
                        if out.looked_at() > before
                            && let Some(rows) = &mut looked_at
                        {
                            rows.keep(bytes, cut, at);
                            if rows.is_full() {
                                rows.settle(&head, &mut spans, out);
                                looked_at = out.begin_look().then(|| std::mem::take(rows));
                            }
                        }
                    }
                }
            }
            other => not_a_record(&other, record, out),
        }
        record += 1;
        if out.stopped() {
            break;
        }
    }
    if let Some(rows) = &mut looked_at {
        rows.settle(&head, &mut spans, out);
    }
}

/// Rows that were looked at, until it is known which of them are taken whole.
#[derive(Default)]
struct LookedAt {
    bytes: Vec<u8>,
    rows: Vec<(At, Range<usize>, bool)>,
}

impl LookedAt {
    /// The name of the row that comes next.
    fn next_name(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    fn keep(&mut self, row: &[u8], cut: bool, at: At) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(row);
        self.rows.push((at, start..self.bytes.len(), cut));
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= MOST_RECORDS || self.bytes.len() >= MOST_BYTES
    }

    /// Takes those whole that may match.
    fn settle(&mut self, head: &Head, spans: &mut Vec<Span>, out: &mut Out<'_>) {
        for name in out.end_look() {
            let Some((at, place, cut)) = self.rows.get(name as usize) else { continue };
            let bytes = self.bytes.get(place.clone()).unwrap_or_default();
            out.again(|out| {
                let text = decode(bytes, *at, out);
                give_text(&text, bytes, *cut, *at, head, spans, out);
            });
        }
        self.rows.clear();
        self.bytes.clear();
        // One huge row should not stay.
        self.bytes.shrink_to(2 * MOST_BYTES);
    }
}

/// Cuts a row into its cells and hands it on.
fn give_text(
    text: &str,
    bytes: &[u8],
    cut: bool,
    at: At,
    head: &Head,
    spans: &mut Vec<Span>,
    out: &mut Out<'_>,
) {
    cells::cut(text.as_bytes(), head.delimiter, spans);
    let row = Row { header: &head.header, cells: Cells::Row { text, spans }, payload: bytes, at };
    give(row, cut, head, out);
}

/// Hands a row to the mapping of the user that is for it, else to its format.
fn give(row: Row<'_>, cut: bool, head: &Head, out: &mut Out<'_>) {
    if cut {
        let diagnostic = Diagnostic::error(codes::TRUNCATED, "the file ends inside a quoted cell");
        out.diagnose(diagnostic, Some(row.at));
    }
    if row.cells.len() < row.header.len() && !cut {
        let message = format!(
            "row has {} cells, expected the {} of the header",
            row.cells.len(),
            row.header.len()
        );
        out.diagnose(Diagnostic::warning(codes::BAD_RECORD, message), Some(row.at));
    }
    let fields = NamedFields::Cells { header: row.header, cells: row.cells };
    if let Some(own) = out.own_mapping(fields) {
        return own.take(fields, row.payload, None, row.at, out);
    }
    if let Some(Format { name, layout: Layout::Csv { take, .. }, .. }) = head.format {
        take(name, row, out);
    }
}

#[cfg(test)]
mod tests {
    use super::Head;

    #[test]
    fn which_files_are_read_in_parts() {
        let of = |head: &str| Head::of(head.as_bytes(), b',').map(|head| head.header.to_vec());
        assert_eq!(of("\u{feff}\r\na,\"b\nc\"\n1").unwrap(), ["a", "b\nc"]);
        assert!(of("a,b").is_none(), "the header may go on");
        for above in ["#TYPE x\n", "\"#TYPE x\"\n", "#Version: 1\n"] {
            assert!(of(above).is_none(), "{above}");
            assert_eq!(of(&format!("{above}a,b\n")).unwrap(), ["a", "b"], "{above}");
        }
        assert_eq!(of("#Date: x\n#Fields: a,b\n").unwrap(), ["a", "b"]);
    }
}
