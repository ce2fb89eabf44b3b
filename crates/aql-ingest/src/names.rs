//! Names of fields, which are compared without regard to ASCII case.
//!
//! A record has many of them and is asked for few, again and again: most are told apart by their
//! length or first bytes.

/// Are these the same?
#[inline]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && same_of_one_length(a, b)
}

/// All bits of eight bytes but those that tell upper from lower case.
const NOT_CASE: u64 = u64::from_le_bytes([!0x20; 8]);

fn same_of_one_length(a: &[u8], b: &[u8]) -> bool {
    let (Some(a_first), Some(b_first)) = (a.first_chunk(), b.first_chunk()) else {
        let may_be = a.first().map(|b| b | 0x20) == b.first().map(|b| b | 0x20);
        return may_be && a.eq_ignore_ascii_case(b);
    };
    let differ = u64::from_le_bytes(*a_first) ^ u64::from_le_bytes(*b_first);
    if differ & NOT_CASE != 0 {
        return false;
    }
    // Nearly all names are written as they are asked for, and not much longer.
    if let (..=16, Some(a_last), Some(b_last)) = (a.len(), a.last_chunk::<8>(), b.last_chunk()) {
        let rest = u64::from_le_bytes(*a_last) ^ u64::from_le_bytes(*b_last);
        if rest & NOT_CASE != 0 {
            return false;
        }
        if differ | rest == 0 {
            return true;
        }
    }
    a.eq_ignore_ascii_case(b)
}

/// One bit of 64 for a name, the same in any case: names that have none of the bits of another are
/// not this one.
#[inline]
pub(crate) fn sketch(name: &[u8]) -> u64 {
    let lower = |byte: Option<&u8>| byte.map_or(0, |b| usize::from(b | 0x20));
    // The factors are those that keep the usual names of records apart from the keys of formats.
    let first = lower(name.first()).wrapping_mul(41);
    let last = lower(name.last()).wrapping_mul(29);
    1 << ((name.len().wrapping_mul(13) ^ first ^ last) % 64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{same, sketch};

    proptest! {
        #[test]
        fn same_in_any_case(a in "[a-cA-C@`{\\[é]{0,20}", b in "[a-cA-C@`{\\[é]{0,20}", up in any::<bool>()) {
            let other = if up { a.to_ascii_uppercase() } else { a.to_ascii_lowercase() };
            prop_assert!(same(a.as_bytes(), other.as_bytes()));
            prop_assert_eq!(sketch(a.as_bytes()), sketch(other.as_bytes()));
            prop_assert_eq!(same(a.as_bytes(), b.as_bytes()), a.eq_ignore_ascii_case(&b));
        }

        #[test]
        fn one_byte_makes_another_name(a in "[ -~]{1,20}", at in any::<prop::sample::Index>(), byte in b' '..=b'~') {
            let mut b = a.clone().into_bytes();
            b[at.index(a.len())] = byte;
            prop_assert_eq!(same(a.as_bytes(), &b), a.as_bytes().eq_ignore_ascii_case(&b));
        }
    }
}
