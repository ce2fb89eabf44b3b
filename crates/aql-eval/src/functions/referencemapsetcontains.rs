//! REFERENCEMAPSETCONTAINS: does the set of a key in a reference map of sets hold a value?

use aql_diag::Diagnostic;

use super::{Function, arg, constant_text};
use crate::site::absent;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("REFERENCEMAPSETCONTAINS", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let map = arg(args, 0).text().and_then(|name| cx.site.reference_map_of_sets(&name));
    Datum::Boolean(map.is_some_and(|map| map.contains(arg(args, 1), arg(args, 2))))
}

fn remark(constants: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    let name = constant_text(constants, 0)?;
    let file = format!("reference_map_of_sets/{name}.csv");
    let remark = || absent(&format!("reference map of sets `{name}`"), &file, "false");
    cx.site.reference_map_of_sets(&name).is_none().then(remark)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [(
            "reference_map_of_sets/Hosts of user.csv",
            "# element_type: CIDR\nkey,value\nalice,10.0.0.1\nalice,10.2.0.0/16\nbob,10.0.0.9\n",
        )];
        let name = || t("Hosts of user");
        check_site(super::FUNCTION, &files, &[
            (&[name(), t("alice"), host("10.0.0.1")], yes(true)),
            (&[name(), t("alice"), host("10.2.3.4")], yes(true)),
            (&[name(), t("alice"), host("10.0.0.9")], yes(false)),
            (&[name(), t("Alice"), host("10.0.0.1")], yes(false)),
            (&[name(), t("carol"), host("10.0.0.1")], yes(false)),
            (&[name(), NULL, host("10.0.0.1")], yes(false)),
            (&[t("x"), t("alice"), host("10.0.0.1")], yes(false)),
        ]);
    }
}
