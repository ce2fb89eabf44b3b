//! SUBSTRING: characters from a position on, counted from 0. The third argument is a length and
//! may run past the end.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("SUBSTRING", call);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    let (Some(text), Some(start)) = (arg(args, 0).text(), arg(args, 1).integer()) else {
        return Datum::Null;
    };
    let length = match args.get(2) {
        None => i64::MAX,
        Some(length) => match length.integer() {
            Some(length) => length,
            None => return Datum::Null,
        },
    };
    let count = |n: i64| usize::try_from(n.max(0)).unwrap_or(usize::MAX);
    let part: String = text.chars().skip(count(start)).take(count(length)).collect();
    Datum::text_of(part)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[host("192.0.2.17"), int(3), int(5)], t(".0.2.")),
            (&[t("abc"), int(1)], t("bc")),
            (&[t("abc"), int(1), int(1)], t("b")),
            (&[t("abc"), int(1), int(99)], t("bc")),
            (&[t("abc"), int(9)], t("")),
            (&[t("abc"), int(-1), int(2)], t("ab")),
            (&[t("abc"), int(0), int(-1)], t("")),
            (&[t("\u{e9}\u{1f600}x"), int(1), int(1)], t("\u{1f600}")),
            (&[NULL, int(0)], NULL),
            (&[t("abc"), NULL], NULL),
            (&[t("abc"), int(0), NULL], NULL),
        ]);
    }
}
