//! NETWORKNAME: name of the network that holds an address; `other` outside the hierarchy.

use aql_diag::Diagnostic;

use super::{Function, arg};
use crate::site::absent;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("NETWORKNAME", call).remarked_by(remark).repeats();

/// The name of whatever lies outside the hierarchy.
pub(super) const OUTSIDE: &str = "other";

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let Some(host) = arg(args, 0).host() else { return Datum::Null };
    let name = cx.site.networks.name(host, arg(args, 1).integer());
    Datum::text_of(name.unwrap_or(OUTSIDE))
}

/// The remark of both functions of networks.
pub(super) fn remark(_: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    cx.site.networks.is_empty().then(|| absent("network hierarchy", "networks.csv", "`other`"))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{case::*, check_site};

    pub(in super::super) const NETWORKS: (&str, &str) = (
        "networks.csv",
        "cidr,name,group,domain\n\
         10.0.0.0/8,Net_10_0_0_0,Net-10-172-192,\n\
         10.1.0.0/16,Servers,Net-10-172-192.Site,\n\
         10.1.0.0/16,Guests,,5\n\
         2001:db8::/32,V6,,\n",
    );

    #[test]
    fn table() {
        check_site(super::FUNCTION, &[NETWORKS], &[
            (&[host("10.9.9.9")], t("Net_10_0_0_0")),
            (&[host("10.1.2.3")], t("Servers")),
            (&[host("10.1.2.3"), int(5)], t("Servers")),
            (&[t("2001:db8::1")], t("V6")),
            (&[host("192.0.2.1")], t("other")),
            (&[NULL], NULL),
            (&[t("host")], NULL),
        ]);
        check_site(super::FUNCTION, &[], &[(&[host("10.1.2.3")], t("other"))]);
    }
}
