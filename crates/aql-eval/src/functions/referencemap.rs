//! REFERENCEMAP: value of a key in a reference map.

use aql_diag::Diagnostic;

use super::{Function, arg, constant_text};
use crate::site::absent;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("REFERENCEMAP", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let map = arg(args, 0).text().and_then(|name| cx.site.reference_map(&name));
    Datum::text_or_null(map.and_then(|map| map.get(arg(args, 1))))
}

fn remark(constants: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    let name = constant_text(constants, 0)?;
    let file = format!("reference_maps/{name}.csv");
    let remark = || absent(&format!("reference map `{name}`"), &file, "null");
    cx.site.reference_map(&name).is_none().then(remark)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [
            ("reference_maps/Owner of host.csv", "key,value\n10.0.0.1,alice\n10.0.0.2,\"b, c\"\n"),
            ("reference_maps/users.csv", "# key_type: ALNIC\n# name: Full names\nAdmin,Root\n"),
        ];
        check_site(super::FUNCTION, &files, &[
            (&[t("Owner of host"), host("10.0.0.1")], t("alice")),
            (&[t("owner of host"), t("10.0.0.2")], t("b, c")),
            (&[t("Owner of host"), host("10.0.0.3")], NULL),
            (&[t("Full names"), t("aDMIN")], t("Root")),
            (&[t("users"), t("Admin")], NULL),
            (&[t("Owner of host"), NULL], NULL),
            (&[NULL, t("x")], NULL),
        ]);
    }
}
