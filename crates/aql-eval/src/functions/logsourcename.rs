//! LOGSOURCENAME: name of a log source instance.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("LOGSOURCENAME", call).repeats().varies();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let source = arg(args, 0).integer().and_then(|id| cx.log_sources.get(id));
    Datum::text_or_null(source.map(|source| source.name))
}

#[cfg(test)]
mod tests {
    use super::super::case::*;
    use crate::Context;

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
