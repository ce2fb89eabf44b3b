//! STR: the text of any value.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("STR", call);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    Datum::text_or_null(arg(args, 0).text())
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[host("192.0.2.1")], t("192.0.2.1")),
            (&[int(-5)], t("-5")),
            (&[num(14.0)], t("14.0")),
            (&[yes(false)], t("false")),
            (&[t("a")], t("a")),
            (&[NULL], NULL),
        ]);
    }
}
