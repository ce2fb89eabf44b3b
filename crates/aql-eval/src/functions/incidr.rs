//! INCIDR: does an address lie in a network? Never null.

use std::net::IpAddr;

use aql_diag::codes;
use aql_event::canonical_host;

use super::{Complaint, Function, Prepared, arg, prepared};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("INCIDR", call).prepared_by(prepare);

/// The addresses of one family with the same first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    v6: bool,
    bits: u128,
    mask: u128,
}

fn number(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(v4) => (false, u32::from(v4).into()),
        IpAddr::V6(v6) => (true, v6.into()),
    }
}

impl Network {
    /// `10.0.0.0/8`, `2001:db8::/32`, or an address alone. Host bits are ignored.
    fn new(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.trim())),
            None => (text, None),
        };
        let (v6, bits) = number(canonical_host(address)?);
        let width: u32 = if v6 { 128 } else { 32 };
        let length = match length {
            None => width,
            Some(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().ok().filter(|length| *length <= width)?
            }
            Some(_) => return None,
        };
        let host_bits = width - length;
        let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
        Some(Network { v6, bits: bits & mask, mask })
    }

    fn holds(self, address: IpAddr) -> bool {
        let (v6, bits) = number(address);
        v6 == self.v6 && bits & self.mask == self.bits
    }
}

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    let network = arg(args, 0).text().and_then(|text| Network::new(&text));
    Datum::Boolean(network.is_some_and(|network| test(network, arg(args, 1))))
}

fn test(network: Network, host: &Datum<'_>) -> bool {
    host.host().is_some_and(|address| network.holds(address))
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    _: &Context,
) -> Result<Option<Prepared>, Complaint> {
    let Some(text) = constants.first().and_then(Option::as_ref).and_then(Datum::text) else {
        return Ok(None);
    };
    let Some(network) = Network::new(&text) else {
        return Err(Complaint {
            argument: 0,
            code: codes::BAD_NETWORK,
            message: format!("`{text}` is no network and no address"),
            help: Some("write a network such as '10.0.0.0/8' or '2001:db8::/32'".to_owned()),
        });
    };
    Ok(Some(prepared(move |args, _| Datum::Boolean(test(network, arg(args, 1))))))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};
    use super::Network;

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("10.45.225.14"), host("10.45.225.14")], yes(true)),
            (&[t("172.16.0.0/12"), host("172.31.255.255")], yes(true)),
            (&[t("172.16.0.0/12"), host("172.32.0.0")], yes(false)),
            (&[t("10.1.2.3/8"), host("10.200.0.1")], yes(true)),
            (&[t("0.0.0.0/0"), host("192.0.2.1")], yes(true)),
            (&[t("0.0.0.0/0"), host("2001:db8::1")], yes(false)),
            (&[t("2001:db8::/32"), host("2001:db8:ffff::1")], yes(true)),
            (&[t("::/0"), host("2001:db8::1")], yes(true)),
            (&[t("2001:db8::/32"), host("192.0.2.1")], yes(false)),
            (&[t("10.0.0.0/8"), t("10.0.0.1")], yes(true)),
            (&[t("10.0.0.0/8"), t("host")], yes(false)),
            (&[t("10.0.0.0/8"), NULL], yes(false)),
            (&[NULL, host("10.0.0.1")], yes(false)),
        ]);
    }

    #[test]
    fn bad_networks() {
        for text in ["10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/+8", "host", "", "::/129"] {
            assert_eq!(Network::new(text), None, "{text}");
        }
    }
}
