//! GEO::LOOKUP_TEXT_BY_DOMAIN: as GEO::LOOKUP_TEXT, for an address of a domain. All domains share
//! one file.

use super::geo_lookup::remark;
use super::geo_lookup_text::text;
use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("GEO::LOOKUP_TEXT_BY_DOMAIN", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    text(arg(args, 0), arg(args, 2), cx)
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
            (&[host("198.51.100.7"), int(0)], t("Munich, Germany")),
            (&[host("198.51.100.7"), int(0), t("country_name")], t("Germany")),
            (&[NULL, int(0)], NULL),
        ]);
    }
}
