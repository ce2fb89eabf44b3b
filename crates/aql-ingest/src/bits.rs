//! Where bytes stand in a block of 64, as bits.
//!
//! What formats are cut at (quotes, delimiters, line ends) lies close together, so that a search
//! for the next one costs more than it skips. One look at a block finds all of them.

/// Bytes that are looked at together.
pub(crate) const BLOCK: usize = 64;

/// A block of bytes.
pub(crate) type Block = [u8; BLOCK];

/// The block that starts at `at`; behind the end of `bytes` it is filled with zeros.
pub(crate) fn block(bytes: &[u8], at: usize) -> Block {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first_chunk::<BLOCK>() {
        Some(whole) => *whole,
        None => {
            let mut padded = [0; BLOCK];
            if let Some(start) = padded.get_mut(..rest.len()) {
                start.copy_from_slice(rest);
            }
            padded
        }
    }
}

/// A bit for each byte of the block: is it this one?
pub(crate) fn equal(block: &Block, byte: u8) -> u64 {
    /// Of each byte another bit.
    const DIAGONAL: u64 = 0x8040_2010_0804_0201;
    /// Brings the bytes together in the highest one.
    const GATHER: u64 = 0x0101_0101_0101_0101;
    // Compilers make this comparison one of many bytes at once.
    let mut same = [0_u8; BLOCK];
    for (same, other) in same.iter_mut().zip(block) {
        *same = if *other == byte { u8::MAX } else { 0 };
    }
    let mut bits = 0;
    for (index, eight) in same.as_chunks::<8>().0.iter().enumerate() {
        let eight = u64::from_le_bytes(*eight) & DIAGONAL;
        bits |= (eight.wrapping_mul(GATHER) >> 56) << (index * 8);
    }
    bits
}

/// For each bit: are the bits up to it, and it, set an odd number of times? Of quotes this gives what
/// stands between them, the opening one included.
pub(crate) fn odd_up_to(bits: u64) -> u64 {
    let mut odd = bits;
    for distance in [1, 2, 4, 8, 16, 32] {
        odd ^= odd << distance;
    }
    odd
}

/// The bits from `from` on.
pub(crate) fn from(bits: u64, from: usize) -> u64 {
    if from < BLOCK { bits & (u64::MAX << from) } else { 0 }
}

/// The bits below `to`.
pub(crate) fn below(bits: u64, to: usize) -> u64 {
    bits & !from(u64::MAX, to)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BLOCK, below, block, equal, from, odd_up_to};

    #[test]
    fn parts_of_bits() {
        assert_eq!((from(u64::MAX, 0), below(u64::MAX, 0)), (u64::MAX, 0));
        assert_eq!((from(u64::MAX, 64), below(u64::MAX, 64)), (0, u64::MAX));
        assert_eq!((from(0b1111, 2), below(0b1111, 2)), (0b1100, 0b0011));
        assert_eq!(odd_up_to(1 << 1 | 1 << 3 | 1 << 63), 0b0110 | 1 << 63);
        assert_eq!(block(b"ab", 1).first_chunk(), Some(b"b\0"));
        assert_eq!(block(b"ab", 9), [0; BLOCK]);
    }

    proptest! {
        #[test]
        fn agrees_with_bytes(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(0x80), Just(0xa2)], BLOCK),
            byte in prop_oneof![any::<u8>(), Just(b'"'), Just(0)],
        ) {
            let whole = block(&bytes, 0);
            let expected = (0..BLOCK).filter(|at| bytes[*at] == byte).fold(0, |bits, at| bits | 1u64 << at);
            prop_assert_eq!(equal(&whole, byte), expected);
        }
    }
}
