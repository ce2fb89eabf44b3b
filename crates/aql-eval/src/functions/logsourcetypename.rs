//! LOGSOURCETYPENAME: name of a log source type, by `devicetype`; null if there is no such type.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("LOGSOURCETYPENAME", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    name(arg(args, 0).integer(), cx)
}

/// Name of the type with this id.
pub(super) fn name(id: Option<i64>, cx: &Context) -> Datum<'_> {
    let known = id.and_then(|id| cx.catalog.log_source_type(id));
    Datum::text_or_null(known.map(|t| t.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[(&[int(12)], t("Microsoft Windows Security Event Log")), (&[int(-5)], NULL), (&[NULL], NULL)]);
    }
}
