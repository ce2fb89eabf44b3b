//! LOGSOURCE_TYPENAME (internal): name of the type of a log source instance, Sysmon told apart.
//!
//! What LOGSOURCETYPENAME(logsourceid) was meant to be; the call is bound to this function with
//! the diagnostic `AQL110`.

use super::{Function, arg, sysmon_typename};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("LOGSOURCE_TYPENAME", call).repeats().varies();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let source = arg(args, 0).integer().and_then(|id| cx.log_sources.get(id));
    source.map_or(Datum::Null, |source| {
        sysmon_typename::name(Some(source.type_id), arg(args, 1), cx)
    })
}

#[cfg(test)]
mod tests {
    use super::super::case::*;
    use crate::{Context, Datum};

    #[test]
    fn sysmon_is_told_apart() {
        let cx = Context::new(aql_catalog::Catalog::get(), 0);
        let windows = cx.log_sources.enter(12, "WindowsAuthServer", "host");
        let call = super::FUNCTION.call;
        let args = [int(windows), t("microsoft-windows-SYSMON/operational")];
        assert_eq!(call(&args, &cx), t("Microsoft Windows Sysmon"));
        let args = [int(windows), t("Security")];
        let plain = cx.catalog.log_source_type(12).map(|t| t.name.as_str());
        assert_eq!(call(&args, &cx), Datum::text_or_null(plain));
        assert_eq!(call(&[int(1), t("Security")], &cx), NULL);
        assert_eq!(call(&[NULL, NULL], &cx), NULL);
    }
}
