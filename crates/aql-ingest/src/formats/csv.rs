//! CSV files with a header: how their rows are framed and told apart; and rows of no known kind,
//! which are unparsed events.

use aql_diag::{Diagnostic, codes};

use super::text::{decode, not_a_record};
use super::{FORMATS, Format, Layout};
use crate::frame::{CsvRecords, Frame, Frames};
use crate::normalise::generic::NamedFields;
use crate::out::{At, Out};
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
    pub header: &'r [String],
    /// The cells; may be fewer or more than the header has.
    pub cells: &'r [String],
    /// The raw bytes of the row.
    pub payload: &'r [u8],
    /// Its place.
    pub at: At,
}

impl Row<'_> {
    /// The cell under a name (in any case), if it is not empty.
    pub(crate) fn cell(&self, name: &str) -> Option<&str> {
        let at = self.header.iter().position(|h| h.eq_ignore_ascii_case(name))?;
        self.cells.get(at).map(String::as_str).filter(|cell| !cell.is_empty())
    }
}

/// The cells of one row, unquoted. A quote begins a quoted cell only at the cell's start; what
/// follows its closing quote belongs to the cell.
pub(crate) fn cells(row: &[u8], delimiter: u8) -> Vec<String> {
    let mut cells = Vec::new();
    let mut rest = row;
    let mut cell = Vec::new();
    loop {
        if let Some(mut quoted) = rest.strip_prefix(b"\"") {
            loop {
                let end = memchr::memchr(b'"', quoted).unwrap_or(quoted.len());
                let (text, tail) = quoted.split_at(end);
                cell.extend_from_slice(text);
                match tail {
                    [b'"', b'"', more @ ..] => {
                        cell.push(b'"');
                        quoted = more;
                    }
                    [b'"', more @ ..] => {
                        rest = more;
                        break;
                    }
                    _ => {
                        rest = tail;
                        break;
                    }
                }
            }
        }
        let end = memchr::memchr(delimiter, rest).unwrap_or(rest.len());
        let (text, tail) = rest.split_at(end);
        cell.extend_from_slice(text);
        cells.push(String::from_utf8_lossy(&cell).into_owned());
        cell.clear();
        match tail.split_first() {
            Some((_, more)) => rest = more,
            None => return cells,
        }
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

/// Reads the rows of a stream; its first row is the header.
pub(crate) fn read(stream: &mut Stream<'_>, delimiter: u8, out: &mut Out<'_>) {
    let mut header: Vec<String> = Vec::new();
    let mut format: Option<&'static Format> = None;
    let mut record = 0;
    // Is the header of a `#Fields:` line? More of them may follow, as logs are put together.
    let mut has_directives = false;
    let mut frames = Frames::new(stream, CsvRecords::new(delimiter), out.options.max_record, None);
    while let Some(frame) = frames.next_frame() {
        match frame {
            Frame::Record { offset, bytes, cut } => {
                let at = At { record, offset };
                decode(bytes, at, out);
                let is_first = format.is_none();
                if (is_first || has_directives) && is_directive(bytes) {
                    continue;
                }
                let mut bytes = bytes;
                if (is_first || has_directives)
                    && let Some(fields) = fields_line(bytes)
                {
                    has_directives = true;
                    if !is_first {
                        header = self::cells(fields, delimiter);
                        continue;
                    }
                    bytes = fields;
                }
                let cells = cells(bytes, delimiter);
                match format.map(|f| (f.name, &f.layout)) {
                    Some((name, Layout::Csv { take, .. })) => {
                        if cut {
                            let diagnostic = Diagnostic::error(
                                codes::TRUNCATED,
                                "the file ends inside a quoted cell",
                            );
                            out.diagnose(diagnostic, Some(at));
                        }
                        if cells.len() < header.len() && !cut {
                            let message = format!(
                                "row has {} cells, expected the {} of the header",
                                cells.len(),
                                header.len()
                            );
                            let diagnostic = Diagnostic::warning(codes::BAD_RECORD, message);
                            out.diagnose(diagnostic, Some(at));
                        }
                        let fields = NamedFields::Cells { header: &header, cells: &cells };
                        if let Some(own) = out.own_mapping(fields) {
                            own.take(fields, bytes, None, at, out);
                        } else {
                            let row = Row { header: &header, cells: &cells, payload: bytes, at };
                            take(name, row, out);
                        }
                    }
                    // PowerShell's Export-Csv may name the type of its objects first.
                    _ if is_type_line(bytes) => continue,
                    _ => {
                        format = FORMATS.iter().find(|f| match f.layout {
                            Layout::Csv { is, .. } => is(&cells),
                            _ => false,
                        });
                        header = cells;
                    }
                }
            }
            other => not_a_record(&other, record, out),
        }
        record += 1;
        if out.stopped() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::cells;

    #[test]
    fn quotes() {
        assert_eq!(cells(b"a,\"b,\"\"c\"\"\",", b','), ["a", "b,\"c\"", ""]);
        assert_eq!(cells(b"\"a\"b;c\"d\"", b';'), ["ab", "c\"d\""]);
        assert_eq!(cells(b"\"open, end", b','), ["open, end"]);
        assert_eq!(cells(b"", b','), [""]);
    }

    proptest! {
        #[test]
        fn agrees_with_the_csv_crate(row in "[a\",; é]{1,24}") {
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).from_reader(row.as_bytes());
            let mut expected = csv::StringRecord::new();
            prop_assume!(reader.read_record(&mut expected).unwrap());
            let found = cells(row.as_bytes(), b',');
            prop_assert_eq!(found, expected.iter().collect::<Vec<_>>());
        }
    }
}
