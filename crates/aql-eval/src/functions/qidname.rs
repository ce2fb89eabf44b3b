//! QIDNAME: name of an event type; null if there is no such type.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("QIDNAME", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let qid = arg(args, 0).integer().and_then(|id| cx.catalog.qid(id));
    Datum::text_or_null(qid.map(|qid| qid.name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[(&[int(5_001_828)], t("Process Create")), (&[int(-5)], NULL), (&[NULL], NULL)]);
    }
}
