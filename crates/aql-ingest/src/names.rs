//! Names of fields, which are compared without regard to ASCII case.
//!
//! A record has many of them and is asked for few, again and again: most are told apart by their
//! length or first bytes.

/// Are these the same?
#[inline]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && same_of_one_length(a, b)
}

/// May names that begin with these bytes be the same?
#[inline]
pub(crate) fn begin_alike(a: Option<&u8>, b: Option<&u8>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a ^ b) & !0x20 == 0,
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// Nearly all names are written as they are asked for.
fn same_of_one_length(a: &[u8], b: &[u8]) -> bool {
    begin_alike(a.first(), b.first()) && (a == b || a.eq_ignore_ascii_case(b))
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
