//! GEO::LOOKUP_BY_DOMAIN: as GEO::LOOKUP, for an address of a domain. All domains share one file.

use super::geo_lookup::{json, remark};
use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("GEO::LOOKUP_BY_DOMAIN", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    json(arg(args, 0), arg(args, 2), cx)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_in};
    use crate::Context;

    #[test]
    fn table() {
        let mut cx = Context::new(aql_catalog::Catalog::get(), 0);
        cx.site = crate::site::tests::places();
        check_in(super::FUNCTION, &cx, &[
            (&[host("203.0.113.9"), int(0)], t(r#"{"country":{"names":{"en":"Germany"}}}"#)),
            (&[host("192.0.2.1"), int(5), t("city_name")], t("London")),
            (&[host("10.0.0.1"), int(0)], NULL),
        ]);
    }
}
