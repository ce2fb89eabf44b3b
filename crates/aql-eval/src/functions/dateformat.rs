//! DATEFORMAT: a time as text, by a pattern of `SimpleDateFormat`.

use aql_diag::codes;
use aql_event::DatePattern;

use super::{Complaint, Function, Prepared, arg, prepared};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("DATEFORMAT", call).prepared_by(prepare);

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let pattern = arg(args, 1).text().and_then(|p| DatePattern::new(&p).ok());
    pattern.map_or(Datum::Null, |pattern| print(&pattern, arg(args, 0), cx))
}

fn print<'a>(pattern: &DatePattern, time: &Datum<'_>, cx: &Context) -> Datum<'a> {
    Datum::text_or_null(time.integer().and_then(|time| pattern.format(time, &cx.timezone)))
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    _: &Context,
) -> Result<Option<Prepared>, Complaint> {
    let Some(text) = constants.get(1).and_then(Option::as_ref).and_then(Datum::text) else {
        return Ok(None);
    };
    let pattern = DatePattern::new(&text).map_err(|error| Complaint {
        argument: 1,
        code: codes::ARGUMENT_TYPE,
        message: error.to_string(),
        help: None,
    })?;
    Ok(Some(prepared(move |args, cx| print(&pattern, arg(args, 0), cx))))
}

#[cfg(test)]
mod tests {
    use super::super::{Function, case::*, check};
    use crate::Context;

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[int(1_466_435_109_007), t("yyyy-MM-dd HH:mm:ss")], t("2016-06-20 15:05:09")),
            (&[num(1_666_114_279_022.0), t("HH")], t("17")),
            (&[NULL, t("HH")], NULL),
            (&[int(0), NULL], NULL),
            (&[int(i64::MAX), t("yyyy")], NULL),
        ]);
    }

    #[test]
    fn bad_pattern_is_a_complaint() {
        let cx = Context::new(aql_catalog::Catalog::get(), 0);
        let Function { prepare, .. } = super::FUNCTION;
        let outcome = prepare.expect("prepares")(&[None, Some(t("yyyy-bb"))], &cx);
        assert_eq!(outcome.err().map(|c| c.argument), Some(1));
    }
}
