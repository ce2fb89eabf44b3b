//! FULLNETWORKNAME: path in the hierarchy of the network that holds an address; `other` outside it.

use super::networkname::{OUTSIDE, remark};
use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("FULLNETWORKNAME", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let Some(host) = arg(args, 0).host() else { return Datum::Null };
    let path = cx.site.networks.path(host, arg(args, 1).integer());
    Datum::text_of(path.unwrap_or(OUTSIDE))
}

#[cfg(test)]
mod tests {
    use super::super::networkname::tests::NETWORKS;
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        check_site(super::FUNCTION, &[NETWORKS], &[
            (&[host("10.9.9.9")], t("Net-10-172-192.Net_10_0_0_0")),
            (&[host("10.1.2.3")], t("Net-10-172-192.Site.Servers")),
            (&[host("2001:db8::1")], t("V6")),
            (&[host("192.0.2.1")], t("other")),
            (&[NULL], NULL),
        ]);
    }
}
