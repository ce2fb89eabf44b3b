//! Template definitions that were met before, told by their bytes.
//!
//! Each chunk has its own copies of the templates of its records, and a log has the same few in
//! thousands of chunks. A copy differs from the others in its numbers only: where its names are in
//! the chunk, and, as some of them stand inside the definition, how long its parts are. A
//! [`Sample`] holds what has to be the same. To compare with it takes a tenth of compiling.

use super::bytes;

/// Bytes of a name in front of its units: the next name's offset, hash, length.
const NAME_HEADER: usize = 8;

/// What a compiled definition was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sample {
    /// The bytes between the gaps, and the names, in order.
    bytes: Box<[u8]>,
    gaps: Box<[Gap]>,
    /// Does it go to the very end of its definition? Else it ends with an end token.
    is_open: bool,
}

/// A place at which copies of a definition may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Gap {
    /// Bytes before it that are the same in each copy.
    before: u32,
    /// Bytes of the name whose offset is in the gap; `None` for a size.
    name: Option<u32>,
}

impl Sample {
    /// About how many bytes it takes.
    pub(super) fn size(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.gaps) + size_of::<Self>()
    }

    /// Would `data[start..end]` of a chunk compile to the same program? May say no where it would.
    pub(super) fn fits(&self, data: &[u8], start: usize, end: usize) -> bool {
        self.walk(data, start, end).is_some()
    }

    fn walk(&self, data: &[u8], start: usize, end: usize) -> Option<()> {
        let mut pos = start;
        let mut rest = &*self.bytes;
        let mut next = |length: usize| {
            let (bytes, tail) = rest.split_at_checked(length)?;
            rest = tail;
            Some(bytes)
        };
        let body = data.get(..end)?;
        for gap in &self.gaps {
            let same = next(gap.before as usize)?;
            if !body.get(pos..)?.starts_with(same) {
                return None;
            }
            pos += same.len();
            let number = bytes::u32_at(body, pos)? as usize;
            pos += 4;
            let Some(length) = gap.name else { continue };
            let name = next(length as usize)?;
            if usize::from(bytes::u16_at(data, number.checked_add(6)?)?) * 2 != name.len()
                || !data.get(number + NAME_HEADER..)?.starts_with(name)
            {
                return None;
            }
            if number == pos {
                pos += NAME_HEADER + name.len() + 2;
            }
        }
        let same = rest;
        let fits = body.get(pos..)?.starts_with(same);
        (fits && (!self.is_open || pos + same.len() == end)).then_some(())
    }
}

/// Makes a [`Sample`] while a definition is compiled.
#[derive(Debug)]
pub(super) struct Sampler {
    bytes: Vec<u8>,
    gaps: Vec<Gap>,
    /// Up to where the definition is in the sample.
    done: usize,
    end: Option<usize>,
}

impl Sampler {
    /// For a definition whose body starts at `start`.
    pub(super) fn new(start: usize) -> Self {
        Sampler { bytes: Vec::new(), gaps: Vec::new(), done: start, end: None }
    }

    fn gap(&mut self, data: &[u8], at: usize, name: Option<&[u8]>, after: usize) {
        let before = data.get(self.done..at).unwrap_or_default();
        self.bytes.extend_from_slice(before);
        self.bytes.extend_from_slice(name.unwrap_or_default());
        // Both are parts of a chunk.
        let name = name.map(|name| name.len() as u32);
        self.gaps.push(Gap { before: before.len() as u32, name });
        self.done = after;
    }

    /// There is a size at `at`.
    pub(super) fn size(&mut self, data: &[u8], at: usize) {
        self.gap(data, at, None, at + 4);
    }

    /// There is the offset of a name at `at`; `after` is behind the name, if that follows.
    pub(super) fn name(&mut self, data: &[u8], at: usize, name: &[u8], after: usize) {
        self.gap(data, at, Some(name), after);
    }

    /// The definition has an end token, behind which is `at`.
    pub(super) fn end(&mut self, at: usize) {
        self.end = Some(at);
    }

    /// The sample of the definition that ends at `end`.
    pub(super) fn finish(mut self, data: &[u8], end: usize) -> Sample {
        let last = data.get(self.done..self.end.unwrap_or(end)).unwrap_or_default();
        self.bytes.extend_from_slice(last);
        Sample { bytes: self.bytes.into(), gaps: self.gaps.into(), is_open: self.end.is_none() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::program::{DEFINITION_HEADER_SIZE, Program, compile_definition};
    use super::Sample;

    /// A name as it stands in a chunk.
    fn name(text: &str) -> Vec<u8> {
        let mut bytes = vec![0; 6];
        bytes.extend(u16::try_from(text.len()).expect("short").to_le_bytes());
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        bytes.extend([0, 0]);
        bytes
    }

    /// `<outer a="text"><inner>%0</inner></outer>` at `at` of a chunk, and where it ends. The name
    /// `inner` stands in the definition, or in front of it.
    fn chunk(at: usize, is_inline: bool, text: &str, ends: bool) -> (Vec<u8>, usize) {
        let mut data = vec![0xee; at];
        let elsewhere = 4;
        let inner = name("inner");
        if !is_inline {
            data[elsewhere..elsewhere + inner.len()].copy_from_slice(&inner);
        }
        data.extend([0; DEFINITION_HEADER_SIZE]);
        let body = data.len();
        let put_name = |data: &mut Vec<u8>, text: &str, is_inline: bool| {
            let here = data.len() + 4;
            let offset = if is_inline { here } else { elsewhere };
            data.extend(u32::try_from(offset).expect("small").to_le_bytes());
            if is_inline {
                data.extend(name(text));
            }
        };
        data.extend([0x41, 0xff, 0xff, 9, 9, 9, u8::from(is_inline)]);
        put_name(&mut data, "outer", true);
        data.extend([7, 7, 7, u8::from(is_inline), 0x06]);
        put_name(&mut data, "a", true);
        data.extend([0x05, 0x01]);
        data.extend(u16::try_from(text.len()).expect("short").to_le_bytes());
        data.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        data.extend([0x02, 0x01, 0xff, 0xff, 1, 2, 3, 4]);
        put_name(&mut data, "inner", is_inline);
        data.extend([0x02, 0x0d, 0, 0, 1, 0x04, 0x04]);
        if ends {
            data.push(0);
        }
        let end = data.len();
        let length = u32::try_from(end - body).expect("short").to_le_bytes();
        data[at + 20..at + 24].copy_from_slice(&length);
        data.extend([0xee; 40]);
        (data, end)
    }

    fn compiled(data: &[u8], at: usize) -> (Program, Sample) {
        let (program, sample) = compile_definition(data, at).expect("a definition");
        (program, sample.expect("a plain one"))
    }

    #[test]
    fn copies_fit_wherever_their_names_are() {
        for ends in [true, false] {
            let (first, _) = chunk(64, true, "text", ends);
            let (program, sample) = compiled(&first, 64);
            for (at, is_inline) in [(64, true), (64, false), (200, true), (200, false)] {
                let (data, end) = chunk(at, is_inline, "text", ends);
                assert!(sample.fits(&data, at + DEFINITION_HEADER_SIZE, end));
                assert_eq!(compiled(&data, at).0, program);
            }
        }
    }

    #[test]
    fn whatever_fits_compiles_to_the_same() {
        let (first, _) = chunk(64, false, "text", true);
        let (program, sample) = compiled(&first, 64);
        let (other, end) = chunk(64, false, "next", true);
        assert!(!sample.fits(&other, 64 + DEFINITION_HEADER_SIZE, end));
        // Every byte changed in turn, also those of the names.
        let (copy, end) = chunk(64, true, "text", true);
        for at in 0..copy.len() {
            for bit in 0..8 {
                let mut data = copy.clone();
                data[at] ^= 1 << bit;
                if sample.fits(&data, 64 + DEFINITION_HEADER_SIZE, end) {
                    let same = compile_definition(&data, 64).map(|(program, _)| program);
                    // The definition's own length stands before its body, and is not compared.
                    let is_header = (64..64 + DEFINITION_HEADER_SIZE).contains(&at);
                    assert!(is_header || same == Ok(program.clone()), "byte {at}, bit {bit}");
                }
            }
        }
    }
}
