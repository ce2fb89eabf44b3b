//! GEO::LOOKUP: what is known about the place of an address, as JSON, or one part of it.

use aql_diag::Diagnostic;

use super::{Function, arg};
use crate::site::{absent, part};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("GEO::LOOKUP", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    json(arg(args, 0), arg(args, 1), cx)
}

/// What GEO::LOOKUP and GEO::LOOKUP_BY_DOMAIN do.
pub(super) fn json<'a>(host: &Datum<'_>, key: &Datum<'_>, cx: &Context) -> Datum<'a> {
    let record = host.host().and_then(|host| cx.site.geo.as_ref()?.record(host));
    let part = match key.text() {
        Some(key) => record.and_then(|record| part(&record, &key)),
        None => record,
    };
    Datum::text_or_null(part.map(|part| match part {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }))
}

/// The remark of all functions of places.
pub(super) fn remark(_: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    cx.site.geo.is_none().then(|| absent("file of the places of addresses", "geo.mmdb", "null"))
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
            (
                &[host("203.0.113.9")],
                t(r#"{"country":{"names":{"en":"Germany"}}}"#),
            ),
            (
                &[host("192.0.2.1"), t("geo_json")],
                t(r#"{"type":"Point","coordinates":[-0.125,51.5]}"#),
            ),
            (&[t("192.0.2.1"), t("city")], t(r#"{"names":{"en":"London"}}"#)),
            (&[t("192.0.2.1"), t("city_name")], t("London")),
            (&[t("203.0.113.9"), t("city")], NULL),
            (&[host("10.0.0.1")], NULL),
            (&[host("2001:db8::1")], NULL),
            (&[NULL], NULL),
        ]);
        check(super::FUNCTION, &[(&[host("192.0.2.1")], NULL)]);
    }
}
