//! PAYLOAD_REGEX (internal): a group of the first match of a Java regular expression. Properties of
//! a profile that live in the payload are bound to it.

use aql_diag::codes;

use super::{Complaint, Function, Prepared, arg, constant_text, prepared};
use crate::regex::{JavaRegex, Mode};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("PAYLOAD_REGEX", call).prepared_by(prepare);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    let Some(pattern) = arg(args, 1).text() else { return Datum::Null };
    match JavaRegex::new(&pattern, false, Mode::Replace) {
        Ok(regex) => group(&regex, args),
        Err(_) => Datum::Null,
    }
}

fn group<'a>(regex: &JavaRegex, args: &'a [Datum<'a>]) -> Datum<'a> {
    let number = match args.get(2) {
        None => Some(1),
        Some(number) => number.integer().and_then(|number| usize::try_from(number).ok()),
    };
    let (Some(text), Some(number)) = (arg(args, 0).text(), number) else { return Datum::Null };
    Datum::text_or_null(regex.group(&text, number).map(str::to_owned))
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    _: &Context,
) -> Result<Option<Prepared>, Complaint> {
    let Some(pattern) = constant_text(constants, 1) else { return Ok(None) };
    let complaint = |message: String| Complaint {
        argument: 1,
        code: codes::BAD_REGEX,
        message,
        help: None,
    };
    let regex = JavaRegex::new(&pattern, false, Mode::Replace)
        .map_err(|error| complaint(format!("regular expression cannot be read: {error}")))?;
    let number = match constants.get(2) {
        None => Some(1),
        Some(number) => number.as_ref().and_then(Datum::integer),
    };
    if let Some(number) = number
        && usize::try_from(number).is_ok_and(|number| number >= regex.groups())
    {
        return Err(complaint(format!("the regular expression has no group {number}")));
    }
    Ok(Some(prepared(move |args, _| group(&regex, args))))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};
    use super::prepare;

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("user=alice user=bob"), t("user=(\\w+)")], t("alice")),
            (&[t("user=alice"), t("(user)=(\\w+)"), int(2)], t("alice")),
            (&[t("user=alice"), t("(user)=(\\w+)"), int(0)], t("user=alice")),
            (&[bytes(b"id: 7"), t("id: (\\d+)"), int(1)], t("7")),
            (&[t("ab"), t("(a)|(b)"), int(2)], NULL),
            (&[t("a"), t("(a)"), int(-1)], NULL),
            (&[t("x"), t("user=(\\w+)")], NULL),
            (&[t("a1b2"), t("(?<=b)(\\d)")], t("2")),
            (&[NULL, t("(a)")], NULL),
            (&[t("a"), NULL], NULL),
            (&[t("a"), t("(a)"), NULL], NULL),
        ]);
    }

    #[test]
    fn complaints() {
        let cx = crate::Context::new(aql_catalog::Catalog::get(), 0);
        let message = |pattern, number| {
            let constants = [None, Some(t(pattern)), Some(int(number))];
            prepare(&constants, &cx).err().map(|complaint| complaint.message)
        };
        assert_eq!(message("(a)", 2).as_deref(), Some("the regular expression has no group 2"));
        assert!(message("(", 1).is_some_and(|m| m.starts_with("regular expression cannot be read")));
        assert_eq!(message("(a)", 1), None);
    }
}
