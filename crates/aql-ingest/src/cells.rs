//! The cells of a row of CSV: places in its text, unquoted only when asked for.
//!
//! A quote begins a quoted cell only at the cell's start; what follows its closing quote belongs to
//! the cell. Read [`Cells`] first.
//!
//! Not in here: where one row ends and the next begins (that is [`frame`](crate::frame)).

use std::borrow::Cow;
use std::ops::Deref;

use memchr::memchr;

use crate::bits::{self, BLOCK};
use crate::names;
use crate::normalise::generic::TIME_KEYS;

/// The names of the columns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    names: Vec<String>,
    /// A bit for each name.
    sketch: u64,
    /// The columns that may hold the time of a record that nobody knows, in the order of trust.
    times: Vec<usize>,
}

impl Header {
    /// Of these names.
    pub(crate) fn new(names: Vec<String>) -> Self {
        let sketch = names.iter().fold(0, |bits, name| bits | names::sketch(name.as_bytes()));
        let mut header = Header { names, sketch, times: Vec::new() };
        header.times = TIME_KEYS.iter().filter_map(|key| header.column(key)).collect();
        header
    }

    /// The columns that may hold a time, by the usual names of such columns.
    pub(crate) fn times(&self) -> &[usize] {
        &self.times
    }

    /// Which column has this name (in any case); the first if there are several.
    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        if self.sketch & names::sketch(name.as_bytes()) == 0 {
            return None;
        }
        self.names.iter().position(|known| names::same(known.as_bytes(), name.as_bytes()))
    }
}

impl Deref for Header {
    type Target = [String];

    fn deref(&self) -> &[String] {
        &self.names
    }
}

/// Where a cell stands in its row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    start: usize,
    end: usize,
    form: Form,
}

/// What has to be done to a cell to get its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Nothing.
    Plain,
    /// Each two quotes are one.
    Doubled,
    /// A quoted part, with its quotes, and more text behind it.
    Mixed,
}

/// The cells of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cells<'r> {
    /// In the text of a row.
    Row {
        /// The row.
        text: &'r str,
        /// Its cells.
        spans: &'r [Span],
    },
    /// Each by itself.
    Texts(&'r [String]),
}

impl<'r> Cells<'r> {
    /// How many there are.
    pub(crate) fn len(self) -> usize {
        match self {
            Cells::Row { spans, .. } => spans.len(),
            Cells::Texts(texts) => texts.len(),
        }
    }

    /// The text of a cell.
    pub(crate) fn get(self, index: usize) -> Option<Cow<'r, str>> {
        match self {
            Cells::Row { text, spans } => {
                let Span { start, end, form } = *spans.get(index)?;
                let raw = text.get(start..end)?;
                Some(match form {
                    Form::Plain => Cow::Borrowed(raw),
                    Form::Doubled => Cow::Owned(halved(raw)),
                    Form::Mixed => Cow::Owned(mixed(raw)),
                })
            }
            Cells::Texts(texts) => texts.get(index).map(|text| Cow::Borrowed(text.as_str())),
        }
    }

    /// The texts of all cells.
    pub(crate) fn iter(self) -> impl Iterator<Item = Cow<'r, str>> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

/// The text of a cell with two quotes for each one.
fn halved(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr(b'"', rest.as_bytes()) {
        let (plain, quotes) = rest.split_at(at + 1);
        text.push_str(plain);
        rest = quotes.strip_prefix('"').unwrap_or(quotes);
    }
    text.push_str(rest);
    text
}

/// The text of a cell that has more behind its closing quote.
fn mixed(raw: &str) -> String {
    let mut rest = raw.strip_prefix('"').unwrap_or(raw);
    let mut text = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('"') {
        text.push_str(before);
        match after.strip_prefix('"') {
            Some(more) => {
                text.push('"');
                rest = more;
            }
            None => {
                rest = after;
                break;
            }
        }
    }
    text + rest
}

/// Finds the cells of a row.
pub(crate) fn cut(row: &[u8], delimiter: u8, spans: &mut Vec<Span>) {
    if !cut_by_blocks(row, delimiter, spans) {
        cut_one_by_one(row, delimiter, spans);
    }
}

/// Finds the cells of a row in which quotes stand where they should; `false` if one does not.
fn cut_by_blocks(row: &[u8], delimiter: u8, spans: &mut Vec<Span>) -> bool {
    spans.clear();
    let mut quoting = Quoting::at_cell();
    let mut start = 0;
    // Quotes in blocks that are done, and up to the start of the cell.
    let (mut done, mut earlier) = (0, 0);
    let mut base = 0;
    while base < row.len() {
        let block = bits::block(row, base);
        // What fills up the last block is neither.
        let length = row.len() - base;
        let quotes = bits::below(bits::equal(&block, b'"'), length);
        let delimiters = bits::below(bits::equal(&block, delimiter), length);
        let Some(mut found) = quoting.delimiters(quotes, delimiters) else { return false };
        while found != 0 {
            let at = found.trailing_zeros() as usize;
            let seen = done + bits::below(quotes, at).count_ones();
            spans.push(cell(row, start, base + at, seen - earlier));
            (start, earlier) = (base + at + 1, seen);
            found &= found - 1;
        }
        done += quotes.count_ones();
        base += BLOCK;
    }
    spans.push(cell(row, start, row.len(), done - earlier));
    true
}

/// The cell at this place of the row, which has so many quotes.
fn cell(row: &[u8], start: usize, end: usize, quotes: u32) -> Span {
    match quotes {
        0 => Span { start, end, form: Form::Plain },
        // It does not end.
        1 => Span { start: start + 1, end, form: Form::Plain },
        n if n % 2 == 1 => Span { start: start + 1, end, form: Form::Doubled },
        n if row.get(end - 1) == Some(&b'"') => {
            let form = if n > 2 { Form::Doubled } else { Form::Plain };
            Span { start: start + 1, end: end - 1, form }
        }
        _ => Span { start, end, form: Form::Mixed },
    }
}

/// Which bytes stand between quotes, block by block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quoting {
    /// All bits or none: does the block begin between quotes?
    inside: u64,
    /// The lowest bit: may a quote at the start of the block open?
    may_open: u64,
}

impl Quoting {
    /// At the start of a cell.
    pub(crate) fn at_cell() -> Self {
        Quoting { inside: 0, may_open: 1 }
    }

    /// In the text of a cell, or between its quotes.
    pub(crate) fn in_text(is_quoted: bool) -> Self {
        Quoting { inside: if is_quoted { u64::MAX } else { 0 }, may_open: 0 }
    }

    /// Does the next block begin between quotes?
    pub(crate) fn is_inside(self) -> bool {
        self.inside != 0
    }

    /// The bytes of the next block that stand between quotes.
    pub(crate) fn within(self, quotes: u64) -> u64 {
        bits::odd_up_to(quotes) ^ self.inside
    }

    /// The delimiters of the next block that are no text. Nothing if a quote stands where only text
    /// may be.
    pub(crate) fn delimiters(&mut self, quotes: u64, delimiters: u64) -> Option<u64> {
        if quotes == 0 && self.inside == 0 {
            self.may_open = delimiters >> (BLOCK - 1);
            return Some(delimiters);
        }
        let within = self.within(quotes);
        let delimiters = delimiters & !within;
        // Behind a quote that closes, another one is the second of two that are one.
        let behind = delimiters | (quotes & !within);
        let opening = quotes & within;
        if opening & !(behind << 1 | self.may_open) != 0 {
            return None;
        }
        self.inside = if within >> (BLOCK - 1) == 1 { u64::MAX } else { 0 };
        self.may_open = behind >> (BLOCK - 1);
        Some(delimiters)
    }
}

/// Finds the cells of a row wherever its quotes stand.
fn cut_one_by_one(row: &[u8], delimiter: u8, spans: &mut Vec<Span>) {
    spans.clear();
    let mut start = 0;
    loop {
        let mut span = match row.get(start) {
            Some(b'"') => quoted(row, start),
            _ => Span { start, end: start, form: Form::Plain },
        };
        // The quote that closes the cell is no part of it, and the delimiter stands behind it.
        let mut after = if span.start > start { span.end + 1 } else { start };
        let rest = row.get(after..).unwrap_or_default();
        let length = memchr(delimiter, rest).unwrap_or(rest.len());
        after = after.min(row.len()) + length;
        if span.start == start || length > 0 {
            let form = if span.start > start { Form::Mixed } else { Form::Plain };
            span = Span { start, end: after, form };
        }
        spans.push(span);
        if after >= row.len() {
            return;
        }
        start = after + 1;
    }
}

/// The cell whose opening quote stands at `start`, without what is behind its closing quote.
fn quoted(row: &[u8], start: usize) -> Span {
    let mut form = Form::Plain;
    let mut at = start + 1;
    loop {
        let rest = row.get(at..).unwrap_or_default();
        let Some(found) = memchr(b'"', rest) else {
            return Span { start: start + 1, end: row.len(), form };
        };
        at += found;
        if row.get(at + 1) != Some(&b'"') {
            return Span { start: start + 1, end: at, form };
        }
        form = Form::Doubled;
        at += 2;
    }
}

/// The texts of the cells of a row.
pub(crate) fn texts(row: &[u8], delimiter: u8) -> Vec<String> {
    let mut spans = Vec::new();
    let text = String::from_utf8_lossy(row);
    cut(text.as_bytes(), delimiter, &mut spans);
    Cells::Row { text: &text, spans: &spans }.iter().map(Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::{Cells, Span, cut, cut_one_by_one, texts};

    #[test]
    fn quotes() {
        assert_eq!(texts(b"a,\"b,\"\"c\"\"\",", b','), ["a", "b,\"c\"", ""]);
        assert_eq!(texts(b"\"a\"b;c\"d\"", b';'), ["ab", "c\"d\""]);
        assert_eq!(texts(b"\"a\"\"b\"c\"\"d;e", b';'), ["a\"bc\"\"d", "e"]);
        assert_eq!(texts(b"\"open, end", b','), ["open, end"]);
        assert_eq!(texts(b"\"open\"\"", b','), ["open\""]);
        assert_eq!(texts(b"\"", b','), [""]);
        assert_eq!(texts(b"\"\"", b','), [""]);
        assert_eq!(texts(b"\"\",", b','), ["", ""]);
        assert_eq!(texts(b"", b','), [""]);
    }

    proptest! {
        #[test]
        fn both_ways_agree(row in "[a\",; é]{1,24}|[ab,\"]{60,140}|(\"[a,\"]{0,90}\",?){1,9}|(\"([a,]|\"\"){0,40}\",){1,9}") {
            let texts = |cut: &dyn Fn(&mut Vec<Span>)| -> Vec<String> {
                let mut spans = Vec::new();
                cut(&mut spans);
                Cells::Row { text: &row, spans: &spans }.iter().map(Cow::into_owned).collect()
            };
            let expected = texts(&|spans| cut_one_by_one(row.as_bytes(), b',', spans));
            prop_assert_eq!(texts(&|spans| cut(row.as_bytes(), b',', spans)), expected);
        }

        #[test]
        fn agrees_with_the_csv_crate(row in "[a\",; é]{1,24}|[ab,]{60,140}|[ab,\"]{60,140}") {
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).from_reader(row.as_bytes());
            let mut expected = csv::StringRecord::new();
            prop_assume!(reader.read_record(&mut expected).unwrap());
            let found = texts(row.as_bytes(), b',');
            prop_assert_eq!(found, expected.iter().collect::<Vec<_>>());
        }
    }
}
