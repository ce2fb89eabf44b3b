//! PARSETIMESTAMP: text as a time, by a pattern of `SimpleDateFormat`; the pattern comes first.

use aql_diag::codes;
use aql_event::DatePattern;

use super::{Complaint, Function, Prepared, arg, prepared};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("PARSETIMESTAMP", call).prepared_by(prepare);

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let pattern = arg(args, 0).text().and_then(|p| DatePattern::new(&p).ok());
    pattern.map_or(Datum::Null, |pattern| read(&pattern, arg(args, 1), cx))
}

fn read<'a>(pattern: &DatePattern, text: &Datum<'_>, cx: &Context) -> Datum<'a> {
    let text = text.text();
    Datum::integer_or_null(text.and_then(|t| pattern.parse(&t, &cx.timezone, cx.now)))
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    _: &Context,
) -> Result<Option<Prepared>, Complaint> {
    let Some(text) = constants.first().and_then(Option::as_ref).and_then(Datum::text) else {
        return Ok(None);
    };
    let pattern = DatePattern::new(&text).map_err(|error| Complaint {
        argument: 0,
        code: codes::ARGUMENT_TYPE,
        message: error.to_string(),
        help: Some("the pattern is the first argument, the text the second".to_owned()),
    })?;
    Ok(Some(prepared(move |args, cx| read(&pattern, arg(args, 1), cx))))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("yyyy-MM-dd HH:mm:ss"), t("2016-06-20 15:05:09")], int(1_466_435_109_000)),
            (&[t("yyyy-MM-dd'T'HH:mm:ssX"), t("2016-06-20T17:05:09+02")], int(1_466_435_109_000)),
            (&[t("yyyy-MM-dd"), t("yesterday")], NULL),
            (&[t("yyyy"), NULL], NULL),
            (&[NULL, t("2016")], NULL),
        ]);
    }
}
