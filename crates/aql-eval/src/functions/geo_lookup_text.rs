//! GEO::LOOKUP_TEXT: the place of an address in words, or one part of it.

use super::geo_lookup::remark;
use super::{Function, arg};
use crate::site::words;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("GEO::LOOKUP_TEXT", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    text(arg(args, 0), arg(args, 1), cx)
}

/// What GEO::LOOKUP_TEXT and GEO::LOOKUP_TEXT_BY_DOMAIN do.
pub(super) fn text<'a>(host: &Datum<'_>, key: &Datum<'_>, cx: &Context) -> Datum<'a> {
    let record = host.host().and_then(|host| cx.site.geo.as_ref()?.record(host));
    Datum::text_or_null(record.and_then(|record| words(&record, key.text().as_deref())))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check, check_in};
    use crate::Context;

    #[test]
    fn table() {
        let mut cx = Context::new(aql_catalog::Catalog::get(), 0);
        cx.site = crate::site::tests::places();
        check_in(super::FUNCTION, &cx, &[
            (&[host("192.0.2.1")], t("London, United Kingdom")),
            (&[host("203.0.113.9")], t("Germany")),
            (&[host("198.51.100.7"), t("country_name")], t("Germany")),
            (&[host("198.51.100.7"), t("CITY_NAME")], t("Munich")),
            (&[host("198.51.100.7"), t("continent_name")], NULL),
            (&[host("10.0.0.1"), t("city_name")], NULL),
            (&[NULL, t("city_name")], NULL),
        ]);
        check(super::FUNCTION, &[(&[host("192.0.2.1")], NULL)]);
    }
}
