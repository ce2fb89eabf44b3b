//! ASSETPROPERTY: a property of the asset with an address.

use aql_diag::Diagnostic;

use super::{Function, arg, constant_text};
use crate::site::absent;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("ASSETPROPERTY", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let (Some(property), Some(host)) = (arg(args, 0).text(), arg(args, 1).host()) else {
        return Datum::Null;
    };
    let domain = arg(args, 2).integer();
    Datum::text_or_null(cx.site.assets.property(&property, host, None, domain))
}

fn remark(constants: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    if cx.site.assets.is_empty() {
        return no_assets(cx);
    }
    let property = constant_text(constants, 0)?;
    let known = cx.site.assets.has_property(&property);
    (!known).then(|| {
        absent(&format!("asset property `{property}`"), "assets.csv", "null")
    })
}

/// The remark of every function of assets.
pub(super) fn no_assets(cx: &Context) -> Option<Diagnostic> {
    cx.site.assets.is_empty().then(|| absent("list of assets", "assets.csv", "null"))
}

/// What ASSETHOSTNAME and ASSETUSER do: the newest value of a column at a time.
pub(super) fn at_time<'a>(args: &'a [Datum<'a>], cx: &'a Context, column: &str) -> Datum<'a> {
    let Some(host) = arg(args, 0).host() else { return Datum::Null };
    let (time, domain) = (arg(args, 1).integer(), arg(args, 2).integer());
    Datum::text_or_null(cx.site.assets.property(column, host, time, domain))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [(
            "assets.csv",
            "ip,hostname,domain,Unified Name\n\
             10.0.0.1,ws1,0,Workstation 1\n\
             10.0.0.1,ws1,5,Elsewhere\n\
             10.0.0.2;2001:db8::2,ws2,,Workstation 2\n",
        )];
        check_site(super::FUNCTION, &files, &[
            (&[t("Unified Name"), host("10.0.0.1")], t("Elsewhere")),
            (&[t("Unified Name"), host("10.0.0.1"), int(0)], t("Workstation 1")),
            (&[t("unified name"), t("2001:DB8::2")], t("Workstation 2")),
            (&[t("Unified Name"), host("10.0.0.2"), int(5)], t("Workstation 2")),
            (&[t("hostname"), host("10.0.0.2")], t("ws2")),
            (&[t("Unified Name"), host("10.0.0.3")], NULL),
            (&[t("Location"), host("10.0.0.1")], NULL),
            (&[NULL, host("10.0.0.1")], NULL),
            (&[t("hostname"), NULL], NULL),
        ]);
    }
}
