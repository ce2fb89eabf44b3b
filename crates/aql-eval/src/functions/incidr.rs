//! INCIDR: does an address lie in a network? Never null.

use aql_diag::codes;

use super::{Complaint, Function, Prepared, arg, prepared};
use crate::network::Network;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("INCIDR", call).prepared_by(prepare);

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
}
