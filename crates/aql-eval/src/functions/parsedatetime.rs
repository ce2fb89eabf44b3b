//! PARSEDATETIME: English text as a time.

use aql_diag::codes;

use super::{Complaint, Function, Prepared, arg};
use aql_semantic::datetime::parse_datetime;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("PARSEDATETIME", call).prepared_by(prepare);

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let text = arg(args, 0).text();
    Datum::integer_or_null(text.and_then(|t| parse_datetime(&t, cx.now, &cx.timezone)))
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    cx: &Context,
) -> Result<Option<Prepared>, Complaint> {
    let text = constants.first().and_then(Option::as_ref).and_then(Datum::text);
    match text {
        Some(text) if parse_datetime(&text, cx.now, &cx.timezone).is_none() => Err(Complaint {
            argument: 0,
            code: codes::TIME_VALUE,
            message: format!("`{text}` is no time that PARSEDATETIME reads"),
            help: Some("write '7 days ago', 'now', or '2024-06-12 08:38:16'".to_owned()),
        }),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Function, case::*, check};
    use crate::Context;

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("1 hour ago")], int(1_700_000_000_000 - 3_600_000)),
            (&[t("2023-11-14 22:13:20")], int(1_700_000_000_000)),
            (&[NULL], NULL),
        ]);
    }

    #[test]
    fn unreadable_text_is_null_or_a_complaint() {
        let cx = Context::new(aql_catalog::Catalog::get(), 0);
        assert_eq!((super::FUNCTION.call)(&[t("soon")], &cx), NULL);
        let Function { prepare, .. } = super::FUNCTION;
        assert!(prepare.expect("prepares")(&[Some(t("soon"))], &cx).is_err());
    }
}
