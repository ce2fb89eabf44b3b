//! LONG: a number, or text read as one, as an integer, cut off towards zero; an IPv4 address as its
//! number.

use std::net::IpAddr;

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("LONG", call);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    let value = arg(args, 0);
    Datum::integer_or_null(match value {
        Datum::Host(_) => match value.host() {
            Some(IpAddr::V4(v4)) => Some(u32::from(v4).into()),
            _ => None,
        },
        other => other.integer(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[host("10.0.0.1")], int(0x0a00_0001)),
            (&[host("255.255.255.255")], int(0xffff_ffff)),
            (&[host("2001:db8::1")], NULL),
            (&[num(3.99)], int(3)),
            (&[num(-3.99)], int(-3)),
            (&[num(1e300)], NULL),
            (&[t("42")], int(42)),
            (&[t("4.2e1")], int(42)),
            (&[t("0xff")], int(255)),
            (&[t("10.0.0.1")], NULL),
            (&[yes(true)], int(1)),
            (&[NULL], NULL),
        ]);
    }
}
