//! BASE64: bytes as Base64 text.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("BASE64", call);

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    arg(args, 0).bytes().map_or(Datum::Null, |bytes| Datum::text_of(encode(&bytes)))
}

fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let mut bits = 0_u32;
        for i in 0..3 {
            bits = bits << 8 | u32::from(group.get(i).copied().unwrap_or(0));
        }
        for i in 0..4 {
            let digit = (bits >> (18 - 6 * i)) & 63;
            let filled = i <= group.len();
            out.push(if filled { char::from(DIGITS[digit as usize]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[bytes(b"")], t("")),
            (&[bytes(b"f")], t("Zg==")),
            (&[bytes(b"fo")], t("Zm8=")),
            (&[bytes(b"foo")], t("Zm9v")),
            (&[bytes(b"\xff\xfe\xfd\x00")], t("//79AA==")),
            (&[t("foobar")], t("Zm9vYmFy")),
            (&[NULL], NULL),
        ]);
    }
}
