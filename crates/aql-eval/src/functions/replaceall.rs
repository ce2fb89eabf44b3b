//! REPLACEALL: every match of a Java regular expression replaced. Order: expression, input,
//! replacement.

use aql_diag::codes;

use super::{Complaint, Function, Prepared, arg, prepared};
use crate::regex::{JavaRegex, Mode, Replacement};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("REPLACEALL", call).prepared_by(prepare);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    replace(args, true)
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    _: &Context,
) -> Result<Option<Prepared>, Complaint> {
    prepare_for(constants, true)
}

/// What REPLACEALL and REPLACEFIRST do.
pub(super) fn replace<'a>(args: &'a [Datum<'a>], all: bool) -> Datum<'a> {
    let (Some(pattern), Some(replacement)) = (arg(args, 0).text(), arg(args, 2).text()) else {
        return Datum::Null;
    };
    match (JavaRegex::new(&pattern, false, Mode::Replace), Replacement::new(&replacement)) {
        (Ok(regex), Ok(replacement)) => apply(&regex, &replacement, arg(args, 1), all),
        _ => Datum::Null,
    }
}

fn apply<'a>(
    regex: &JavaRegex,
    replacement: &Replacement,
    input: &'a Datum<'a>,
    all: bool,
) -> Datum<'a> {
    let Some(text) = input.text() else { return Datum::Null };
    Datum::text_or_null(regex.replace(&text, replacement, all).map(|t| t.into_owned()))
}

/// Prepares REPLACEALL and REPLACEFIRST.
pub(super) fn prepare_for(
    constants: &[Option<Datum<'static>>],
    all: bool,
) -> Result<Option<Prepared>, Complaint> {
    let constant = |at: usize| constants.get(at).and_then(Option::as_ref).and_then(Datum::text);
    let regex = match constant(0) {
        Some(text) => Some(JavaRegex::new(&text, false, Mode::Replace).map_err(|error| {
            Complaint {
                argument: 0,
                code: codes::BAD_REGEX,
                message: format!("regular expression cannot be read: {error}"),
                help: Some("the order is expression, input, replacement".to_owned()),
            }
        })?),
        None => None,
    };
    let replacement = match constant(2) {
        Some(text) => Some(Replacement::new(&text).map_err(|error| Complaint {
            argument: 2,
            code: codes::BAD_REGEX,
            message: error.to_string(),
            help: None,
        })?),
        None => None,
    };
    Ok(match (regex, replacement) {
        (Some(regex), Some(replacement)) => Some(prepared(move |args, _| {
            apply(&regex, &replacement, arg(args, 1), all)
        })),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};
    use super::prepare_for;

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("\\n"), t("a\nb\nc"), t("")], t("abc")),
            (&[t("(\\w+)@(\\w+)"), t("a@b c@d"), t("$2 at $1")], t("b at a d at c")),
            (&[t("1"), int(121), t("x")], t("x2x")),
            (&[t("x"), t("abc"), t("y")], t("abc")),
            (&[t("a"), t("abc"), t("$7")], NULL),
            (&[t("a"), NULL, t("")], NULL),
            (&[NULL, t("a"), t("")], NULL),
        ]);
    }

    #[test]
    fn complaints() {
        let at = |constants: &[_]| prepare_for(constants, true).err().map(|c| c.argument);
        assert_eq!(at(&[Some(t("(")), None, Some(t(""))]), Some(0));
        assert_eq!(at(&[Some(t("a")), None, Some(t("$"))]), Some(2));
    }
}
