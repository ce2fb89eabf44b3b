//! QIDNAME_ALTERNATE (internal): the other spelling of an event type's name, where the documented
//! one is not certain; the name itself where it is, so that a test on it is never null for that
//! reason alone.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("QIDNAME_ALTERNATE", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let qid = arg(args, 0).integer().and_then(|id| cx.catalog.qid(id));
    Datum::text_or_null(qid.map(|qid| qid.alternate.as_deref().unwrap_or(&qid.name)))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};
    use crate::Datum;

    #[test]
    fn table() {
        let qids = aql_catalog::Catalog::get().qids();
        let certain = qids.iter().find(|q| q.alternate.is_none()).expect("most names are certain");
        check(super::FUNCTION, &[
            (&[int(5_001_828)], t("Process creation")),
            (&[int(certain.id)], Datum::text_of(certain.name.as_str())),
            (&[int(-5)], NULL),
            (&[NULL], NULL),
        ]);
    }
}
