//! LOGSOURCENAME: name of a log source instance, as the site has it, or by its type and host.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("LOGSOURCENAME", call).repeats().varies();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let Some(id) = arg(args, 0).integer() else { return Datum::Null };
    match cx.site.log_sources.name(id) {
        Some(name) => Datum::text_of(name),
        None => Datum::text_or_null(cx.log_sources.get(id).map(|source| source.name)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::case::*;
    use crate::Context;

    #[test]
    fn the_site_has_the_last_word() {
        let mut cx = Context::new(aql_catalog::Catalog::get(), 0);
        let id = cx.log_sources.enter(12, "WindowsAuthServer", "dc01.example");
        let other = cx.log_sources.enter(12, "WindowsAuthServer", "dc02.example");
        let files = [(
            "log_sources.csv",
            "name,id,type,host\n\
             Main DC,,12,DC01.example\n\
             Sysmon for Linux,7,,\n\
             By type,,Microsoft Windows Security Event Log,dc03.example\n",
        )];
        let (site, diagnostics) = crate::site::tests::load(&files);
        assert_eq!(diagnostics, []);
        cx.site = site;
        let call = super::FUNCTION.call;
        assert_eq!(call(&[int(id)], &cx), t("Main DC"));
        assert_eq!(call(&[int(other)], &cx), t("WindowsAuthServer @ dc02.example"));
        assert_eq!(call(&[int(7)], &cx), t("Sysmon for Linux"));
        let third = cx.log_sources.enter(12, "WindowsAuthServer", "dc03.example");
        assert_eq!(call(&[int(third)], &cx), t("By type"));
    }

    #[test]
    fn sources_of_the_evidence_have_names() {
        let cx = Context::new(aql_catalog::Catalog::get(), 0);
        let id = cx.log_sources.enter(12, "WindowsAuthServer", "host");
        let call = super::FUNCTION.call;
        assert_eq!(call(&[int(id)], &cx), t("WindowsAuthServer @ host"));
        assert_eq!(call(&[int(1)], &cx), NULL);
        assert_eq!(call(&[NULL], &cx), NULL);
    }
}
