//! REFERENCESETCONTAINS: does a reference set hold a value? A set of networks holds the addresses
//! in them. Never null.

use std::sync::Arc;

use aql_diag::Diagnostic;

use super::{Complaint, Function, Prepared, arg, constant_text, prepared};
use crate::site::absent;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("REFERENCESETCONTAINS", call)
    .prepared_by(prepare)
    .remarked_by(remark)
    .repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let set = arg(args, 0).text().and_then(|name| cx.site.reference_set(&name));
    Datum::Boolean(set.is_some_and(|set| set.contains(arg(args, 1))))
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    cx: &Context,
) -> Result<Option<Prepared>, Complaint> {
    let set = constant_text(constants, 0).and_then(|name| cx.site.reference_set(&name));
    Ok(set.map(Arc::clone).map(|set| {
        prepared(move |args, _| Datum::Boolean(set.contains(arg(args, 1))))
    }))
}

fn remark(constants: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    let name = constant_text(constants, 0)?;
    let file = format!("reference_sets/{name}.csv");
    let remark = || absent(&format!("reference set `{name}`"), &file, "false");
    cx.site.reference_set(&name).is_none().then(remark)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [
            ("reference_sets/Mail Servers.csv", "value\n10.0.0.1\n2001:DB8::1\n"),
            ("reference_sets/Partners.csv", "10.0.0.0/8\n192.0.2.1\n"),
            ("reference_sets/Users.csv", "# element_type: ALNIC\nvalue,source\nAlice,hr\n"),
            ("reference_sets/Exact.csv", "Alice\n#bob\n"),
            ("reference_sets/Ids.csv", "# element_type: NUM\n4624\n4625\n"),
        ];
        check_site(super::FUNCTION, &files, &[
            (&[t("Mail Servers"), host("10.0.0.1")], yes(true)),
            (&[t("mail servers"), host("2001:db8::1")], yes(true)),
            (&[t("Mail Servers"), host("10.0.0.2")], yes(false)),
            (&[t("Partners"), host("10.9.9.9")], yes(true)),
            (&[t("Partners"), t("192.0.2.1")], yes(true)),
            (&[t("Partners"), t("10.0.0.0/8")], yes(false)),
            (&[t("Users"), t("aLICE")], yes(true)),
            (&[t("Users"), t("hr")], yes(false)),
            (&[t("Exact"), t("alice")], yes(false)),
            (&[t("Exact"), t("#bob")], yes(true)),
            (&[t("Ids"), int(4625)], yes(true)),
            (&[t("Ids"), t("4624")], yes(true)),
            (&[t("Ids"), t("x")], yes(false)),
            (&[t("Ids"), NULL], yes(false)),
            (&[t("Nothing"), t("x")], yes(false)),
            (&[NULL, t("x")], yes(false)),
        ]);
    }
}
