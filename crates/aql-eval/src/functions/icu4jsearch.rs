//! ICU4JSEARCH: where a text stands in a payload, case ignored; what the log activity screen
//! writes for "payload contains" (undocumented; seen in clients).

use super::{Complaint, Function, Prepared, arg, prepared};
use crate::like::{fold_text, position_ignoring_case};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("ICU4JSEARCH", call).prepared_by(prepare);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    match arg(args, 0).text() {
        Some(text) => search(&fold_text(&text), arg(args, 1)),
        None => Datum::Integer(-1),
    }
}

fn search<'a>(folded: &str, value: &Datum<'_>) -> Datum<'a> {
    let at = value.text().and_then(|value| position_ignoring_case(&value, folded));
    Datum::Integer(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    _: &Context,
) -> Result<Option<Prepared>, Complaint> {
    let text = constants.first().and_then(Option::as_ref).and_then(Datum::text);
    let Some(folded) = text.map(|t| fold_text(&t)) else { return Ok(None) };
    Ok(Some(prepared(move |args, _| search(&folded, arg(args, 1)))))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("/jaxrs/logon"), bytes(b"GET /JAXRS/Logon HTTP/1.1")], int(4)),
            (&[t("absent"), bytes(b"GET /")], int(-1)),
            (&[t("\u{c4}"), t("x\u{e4}")], int(1)),
            (&[t("x"), NULL], int(-1)),
            (&[NULL, t("x")], int(-1)),
        ]);
    }
}
