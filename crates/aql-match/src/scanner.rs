//! All tests of the text of one column, found at once.
//!
//! Not in here: a single test ([`TextTest`]), and when which rows are looked at
//! ([`crate::evaluate`]).

use rustc_hash::FxHashMap;

use crate::grams::{Grams, Needle};
use crate::pattern::{CHANGES, Form, TextTest, equal};

/// Finds every test of a column that a text passes.
#[derive(Debug, Default)]
pub(crate) struct Scanner {
    /// Set of changes in use, see [`Change::bit`].
    changes: u8,
    literals: Vec<Literal>,
    /// Whole texts, ASCII letters in lower case.
    whole: FxHashMap<Box<[u8]>, u32>,
    /// Length of the longest of them.
    whole_max: usize,
    prefixes: Ends,
    suffixes: Ends,
    grams: Grams,
    /// Literals by needle of `grams`.
    needles: Vec<u32>,
    /// Tests that anything passes.
    any: Vec<(u8, u32)>,
}

/// A text in lower case, and the tests that ask for it.
#[derive(Debug)]
struct Literal {
    text: Box<[u8]>,
    /// Are the `_` in it wildcards? Only in texts of ASCII is that one byte.
    wild: bool,
    uses: Vec<Use>,
}

#[derive(Debug)]
struct Use {
    atom: u32,
    /// The change, as a bit.
    change: u8,
    /// The text in its own case, where case counts.
    exact: Option<Box<[u8]>>,
    /// Must the test be made once the text is found?
    check: bool,
    /// Does it go only for texts of ASCII, or only for others?
    ascii: Option<bool>,
}

/// Texts that others begin or end with, by their outermost bytes.
#[derive(Debug)]
struct Ends {
    /// By number of bytes that are looked up, one to eight.
    by_width: [FxHashMap<u64, Vec<u32>>; 8],
    is_empty: bool,
}

impl Default for Ends {
    fn default() -> Self {
        Ends { by_width: Default::default(), is_empty: true }
    }
}

/// What a scan works with.
#[derive(Debug, Default)]
pub(crate) struct ScanScratch {
    lower: Vec<u8>,
    check: Vec<u32>,
}

/// What a literal is of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Whole,
    Prefix,
    Suffix,
    Part,
    /// A part with wildcards; for texts of ASCII.
    Wild,
    /// A part after which the test must be made; for other texts.
    NotAscii,
    /// A part after which the test must be made.
    Check,
}

/// Literals while they are gathered.
#[derive(Default)]
struct Files {
    /// Whole texts, prefixes, suffixes, parts, parts with wildcards.
    ids: [FxHashMap<Box<[u8]>, u32>; 5],
    literals: Vec<Literal>,
}

impl Files {
    fn put(&mut self, kind: Kind, text: &str, atom: u32, test: &TextTest) {
        let file = match kind {
            Kind::Whole => 0,
            Kind::Prefix => 1,
            Kind::Suffix => 2,
            Kind::Part | Kind::NotAscii | Kind::Check => 3,
            Kind::Wild => 4,
        };
        let key: Box<[u8]> = text.to_ascii_lowercase().into_bytes().into();
        let wild = kind == Kind::Wild;
        let literals = &mut self.literals;
        let id = *self.ids[file].entry(key.clone()).or_insert_with(|| {
            literals.push(Literal { text: key, wild, uses: Vec::new() });
            u32::try_from(literals.len() - 1).unwrap_or(u32::MAX)
        });
        let Some(literal) = self.literals.get_mut(id as usize) else { return };
        let exact = !test.change.ignores_case() && !wild;
        literal.uses.push(Use {
            atom,
            change: test.change.bit(),
            exact: exact.then(|| text.as_bytes().into()),
            // Wildcards are found without regard to case.
            check: match kind {
                Kind::Wild => !test.change.ignores_case(),
                Kind::NotAscii | Kind::Check => true,
                _ => false,
            },
            ascii: match kind {
                Kind::Wild => Some(true),
                Kind::NotAscii => Some(false),
                _ => None,
            },
        });
    }
}

/// Tests by atom number, for those that need a closer look.
pub(crate) trait Tests {
    /// The test of an atom.
    fn test(&self, atom: u32) -> Option<&TextTest>;
}

impl Scanner {
    /// A scanner of these tests, each with the number of its atom.
    pub(crate) fn new<'a>(tests: impl Iterator<Item = (u32, &'a TextTest)>) -> Self {
        let mut scanner = Scanner::default();
        let mut files = Files::default();
        for (atom, test) in tests {
            scanner.changes |= test.change.bit();
            match &test.form {
                Form::Any => scanner.any.push((test.change.bit(), atom)),
                Form::Never => {}
                Form::OneOf(list) => {
                    list.iter().for_each(|text| files.put(Kind::Whole, text, atom, test));
                }
                Form::Prefix(text) => files.put(Kind::Prefix, text, atom, test),
                Form::Suffix(text) => files.put(Kind::Suffix, text, atom, test),
                Form::Contains(text) => files.put(Kind::Part, text, atom, test),
                Form::Like(_) => {
                    // Without a required text there is nothing to look for; such tests are not
                    // given to a scanner.
                    let Some(required) = test.form.required() else { continue };
                    match test.form.wild() {
                        Some(wild) => {
                            files.put(Kind::Wild, &wild, atom, test);
                            files.put(Kind::NotAscii, required, atom, test);
                        }
                        None => files.put(Kind::Check, required, atom, test),
                    }
                }
            }
        }
        let Files { ids: [whole, prefixes, suffixes, parts, wild], literals } = files;
        scanner.whole_max = whole.keys().map(|k| k.len()).max().unwrap_or(0);
        scanner.whole = whole;
        for id in sorted(prefixes) {
            scanner.prefixes.file(id, &literals[id as usize].text, true);
        }
        for id in sorted(suffixes) {
            scanner.suffixes.file(id, &literals[id as usize].text, false);
        }
        scanner.needles = sorted(parts);
        scanner.needles.extend(sorted(wild));
        let needle = |id: &u32| {
            let literal = &literals[*id as usize];
            Needle { text: literal.text.clone(), wild: literal.wild }
        };
        scanner.grams = Grams::new(scanner.needles.iter().map(needle).collect());
        scanner.literals = literals;
        scanner
    }

    /// Calls `hit` with the atom of every test that the text passes; an atom can come twice.
    pub(crate) fn scan(
        &self,
        text: &[u8],
        tests: &impl Tests,
        scratch: &mut ScanScratch,
        hit: &mut impl FnMut(u32),
    ) {
        if text.is_ascii() {
            self.pass(text, u8::MAX, true, tests, scratch, hit);
            return;
        }
        let text = String::from_utf8_lossy(text);
        for change in CHANGES {
            if self.changes & change.bit() != 0 {
                let changed = change.apply(&text);
                self.pass(changed.as_bytes(), change.bit(), false, tests, scratch, hit);
            }
        }
    }

    /// One pass over a text that is changed already, for the tests of these changes.
    fn pass(
        &self,
        text: &[u8],
        changes: u8,
        ascii: bool,
        tests: &impl Tests,
        scratch: &mut ScanScratch,
        hit: &mut impl FnMut(u32),
    ) {
        for &(change, atom) in &self.any {
            if change & changes != 0 {
                hit(atom);
            }
        }
        if !self.whole.is_empty() && text.len() <= self.whole_max {
            scratch.lower.clear();
            scratch.lower.extend(text.iter().map(u8::to_ascii_lowercase));
            if let Some(&id) = self.whole.get(scratch.lower.as_slice()) {
                self.found(id, text, changes, &mut scratch.check, hit);
            }
        }
        self.prefixes.look(text, true, |id| {
            let Some(literal) = self.literals.get(id as usize) else { return };
            if let Some(head) = text.get(..literal.text.len()) {
                self.found(id, head, changes, &mut scratch.check, hit);
            }
        });
        self.suffixes.look(text, false, |id| {
            let Some(literal) = self.literals.get(id as usize) else { return };
            if let Some(at) = text.len().checked_sub(literal.text.len()) {
                self.found(id, &text[at..], changes, &mut scratch.check, hit);
            }
        });
        self.grams.scan(text, |needle, at| {
            let Some(&id) = self.needles.get(needle) else { return };
            let Some(literal) = self.literals.get(id as usize) else { return };
            if let Some(part) = text.get(at..at + literal.text.len()) {
                literal.report(part, changes, ascii, &mut scratch.check, hit);
            }
        });
        if !scratch.check.is_empty() {
            scratch.check.sort_unstable();
            scratch.check.dedup();
            for &atom in &scratch.check {
                if tests.test(atom).is_some_and(|test| test.holds(text)) {
                    hit(atom);
                }
            }
            scratch.check.clear();
        }
    }

    /// The part of a text may be this literal, in any case: reports the tests that it passes.
    fn found(
        &self,
        id: u32,
        part: &[u8],
        changes: u8,
        check: &mut Vec<u32>,
        hit: &mut impl FnMut(u32),
    ) {
        if let Some(literal) = self.literals.get(id as usize)
            && equal(part, &literal.text, true)
        {
            literal.report(part, changes, true, check, hit);
        }
    }
}

impl Literal {
    /// The part of a text is this literal, but for case: reports the tests that it passes.
    fn report(
        &self,
        part: &[u8],
        changes: u8,
        ascii: bool,
        check: &mut Vec<u32>,
        hit: &mut impl FnMut(u32),
    ) {
        for used in &self.uses {
            if used.change & changes == 0
                || used.ascii.is_some_and(|only| only != ascii)
                || used.exact.as_deref().is_some_and(|t| t != part)
            {
                continue;
            }
            if used.check {
                check.push(used.atom);
            } else {
                hit(used.atom);
            }
        }
    }
}

fn sorted(ids: FxHashMap<Box<[u8]>, u32>) -> Vec<u32> {
    let mut ids: Vec<u32> = ids.into_values().collect();
    ids.sort_unstable();
    ids
}

impl Ends {
    fn file(&mut self, id: u32, text: &[u8], first: bool) {
        let width = text.len().clamp(1, 8);
        if let Some(key) = end_key(text, width, first) {
            self.by_width[width - 1].entry(key).or_default().push(id);
            self.is_empty = false;
        }
    }

    fn look(&self, text: &[u8], first: bool, mut found: impl FnMut(u32)) {
        if self.is_empty {
            return;
        }
        // Eight bytes are read once; the key of each width is some of them.
        let end = if first { text.first_chunk::<8>() } else { text.last_chunk::<8>() };
        let whole = end.map(|end| lower(u64::from_be_bytes(*end)));
        for (map, width) in self.by_width.iter().zip(1..) {
            if map.is_empty() {
                continue;
            }
            let key = match whole {
                Some(whole) if first => Some(whole >> (64 - 8 * width)),
                Some(whole) => Some(whole & (u64::MAX >> (64 - 8 * width))),
                None => end_key(text, width, first),
            };
            for &id in key.and_then(|key| map.get(&key)).into_iter().flatten() {
                found(id);
            }
        }
    }
}

/// Eight bytes, ASCII letters among them in lower case.
fn lower(bytes: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    // The high bit of each byte is set where its low seven bits are at least `A`, and above `Z`.
    let low = bytes & (EACH * 0x7f);
    let from = low + EACH * (0x80 - b'A' as u64);
    let above = low + EACH * (0x7f - b'Z' as u64);
    let letters = from & !above & !bytes & (EACH * 0x80);
    bytes | letters >> 2
}

/// The outermost bytes of a text in lower case.
fn end_key(text: &[u8], width: usize, first: bool) -> Option<u64> {
    let end = if first { text.get(..width)? } else { text.get(text.len().checked_sub(width)?..)? };
    Some(end.iter().fold(0, |key, b| key << 8 | u64::from(b.to_ascii_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::{ScanScratch, Scanner, Tests};
    use crate::pattern::{CHANGES, Form, TextTest};

    struct List(Vec<TextTest>);

    impl Tests for List {
        fn test(&self, atom: u32) -> Option<&TextTest> {
            self.0.get(atom as usize)
        }
    }

    #[test]
    fn bytes_in_lower_case() {
        for byte in 0..=u8::MAX {
            let bytes = [byte, b'Z', 0xff, byte, b'[', b'@', 0x80, byte];
            let expected = bytes.map(|b| b.to_ascii_lowercase());
            assert_eq!(super::lower(u64::from_be_bytes(bytes)).to_be_bytes(), expected);
        }
    }

    #[test]
    fn scanning_is_testing_one_by_one() {
        let patterns = [
            "%", "a", "A%", "%A", "%a%", "%ab%", "%abc%", "%Abcd%", "%abcde%", "%b_d%", "%B_D%",
            "%a_cd_%", "%_b%", "%a%e%", "a%e", "k%", "%ſ%", "é%", "%É", "%\\x.exe", "%SS%", "%ss%",
            "",
        ];
        let tests: Vec<TextTest> = CHANGES
            .iter()
            .flat_map(|&c| patterns.iter().map(move |p| TextTest::new(c, Form::like(c, p))))
            .collect();
        let list = List(tests);
        let scanner = Scanner::new(list.0.iter().enumerate().map(|(i, t)| (i as u32, t)));
        let mut scratch = ScanScratch::default();
        for text in [
            "",
            "a",
            "A",
            "abc",
            "xABCDEx",
            "abcde",
            "ABCDE",
            "\u{212a}x",
            "ſ",
            "é",
            "É",
            "xßx",
            "C:\\X.EXE",
            "éabcdé",
            "bcde",
        ] {
            let mut hits = Vec::new();
            scanner.scan(text.as_bytes(), &list, &mut scratch, &mut |atom| hits.push(atom));
            hits.sort_unstable();
            hits.dedup();
            let expected: Vec<u32> = (0..list.0.len() as u32)
                .filter(|&i| {
                    let test = &list.0[i as usize];
                    test.holds(test.change.apply(text).as_bytes())
                })
                .collect();
            assert_eq!(hits, expected, "{text:?}");
        }
    }
}
