//! SYSMON_TYPENAME (internal): LOGSOURCETYPENAME with Sysmon told apart from the other channels of
//! Windows.
//!
//! An appliance knows Sysmon only as part of "Microsoft Windows Security Event Log"; queries that
//! look for a Sysmon type are bound to this function with the diagnostic `AQL111`.

use aql_catalog::SYSMON_TYPE_NAME;

use super::{Function, arg, logsourcetypename};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("SYSMON_TYPENAME", call).repeats();

const WINDOWS: i64 = 12;
const CHANNEL: &str = "Microsoft-Windows-Sysmon/Operational";

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    name(arg(args, 0).integer(), arg(args, 1), cx)
}

/// Name of the type with this id, for events of this category.
pub(super) fn name<'a>(id: Option<i64>, category: &Datum<'_>, cx: &'a Context) -> Datum<'a> {
    let sysmon = id == Some(WINDOWS)
        && category.text().is_some_and(|channel| channel.eq_ignore_ascii_case(CHANNEL));
    if sysmon { Datum::text_of(SYSMON_TYPE_NAME) } else { logsourcetypename::name(id, cx) }
}

#[cfg(test)]
mod tests {
    use super::super::case::*;
    use crate::{Context, Datum};

    #[test]
    fn only_the_channel_of_windows_is_sysmon() {
        let cx = Context::new(aql_catalog::Catalog::get(), 0);
        let call = super::FUNCTION.call;
        let channel = t("MICROSOFT-Windows-Sysmon/Operational");
        assert_eq!(call(&[int(12), channel.clone()], &cx), t("Microsoft Windows Sysmon"));
        let plain = |id| {
            Datum::text_or_null(cx.catalog.log_source_type(id).map(|t| t.name.as_str()))
        };
        assert_eq!(call(&[int(12), t("Security")], &cx), plain(12));
        assert_eq!(call(&[int(12), NULL], &cx), plain(12));
        assert_eq!(call(&[int(11), channel.clone()], &cx), plain(11));
        assert_eq!(call(&[NULL, channel], &cx), NULL);
    }
}
