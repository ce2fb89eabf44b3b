//! MATCHESASSETSEARCH: is an address among the results of a saved asset search?

use aql_diag::Diagnostic;

use super::{Function, arg, constant_text};
use crate::site::absent;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("MATCHESASSETSEARCH", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let search = arg(args, 0).text().and_then(|name| cx.site.asset_search(&name));
    Datum::Boolean(search.is_some_and(|search| search.contains(arg(args, 1))))
}

fn remark(constants: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    let name = constant_text(constants, 0)?;
    let file = format!("asset_searches/{name}.csv");
    let remark = || absent(&format!("saved asset search `{name}`"), &file, "false");
    cx.site.asset_search(&name).is_none().then(remark)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [("asset_searches/Windows servers.csv", "value\n10.0.0.1\n10.2.0.0/16\n")];
        check_site(super::FUNCTION, &files, &[
            (&[t("Windows servers"), host("10.0.0.1")], yes(true)),
            (&[t("Windows servers"), host("10.2.3.4")], yes(true)),
            (&[t("Windows servers"), host("10.0.0.2")], yes(false)),
            (&[t("Windows servers"), NULL], yes(false)),
            (&[t("Linux servers"), host("10.0.0.1")], yes(false)),
            (&[NULL, host("10.0.0.1")], yes(false)),
        ]);
    }
}
