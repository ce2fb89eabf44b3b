//! STRPOS: where a text stands in another, counted in characters from 0; -1 if nowhere. A third
//! argument says where the search begins.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("STRPOS", call);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    let (Some(text), Some(sought)) = (arg(args, 0).text(), arg(args, 1).text()) else {
        return Datum::Null;
    };
    let from = match args.get(2) {
        None => 0,
        Some(from) => match from.integer() {
            Some(from) => from.max(0),
            None => return Datum::Null,
        },
    };
    Datum::Integer(position(&text, &sought, from).unwrap_or(-1))
}

fn position(text: &str, sought: &str, from: i64) -> Option<i64> {
    let skip = usize::try_from(from).ok()?;
    let offset = match text.char_indices().map(|(at, _)| at).nth(skip) {
        Some(at) => at,
        // Nothing but the empty text is found at or behind the end: there, as `indexOf` of Java.
        None => text.len(),
    };
    let at = offset + text.get(offset..)?.find(sought)?;
    i64::try_from(text.get(..at)?.chars().count()).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("key=value"), t("=")], int(3)),
            (&[t("\u{e9}\u{e9}x"), t("x")], int(2)),
            (&[t("abab"), t("b"), int(2)], int(3)),
            (&[t("abab"), t("B")], int(-1)),
            (&[t("ab"), t("")], int(0)),
            (&[t("ab"), t(""), int(2)], int(2)),
            (&[t("ab"), t(""), int(9)], int(2)),
            (&[t("ab"), t("a"), int(9)], int(-1)),
            (&[t("ab"), t("a"), int(-9)], int(0)),
            (&[host("10.0.0.1"), t(".")], int(2)),
            (&[NULL, t("a")], NULL),
            (&[t("a"), t("a"), NULL], NULL),
            (&[t("a"), NULL], NULL),
        ]);
    }
}
