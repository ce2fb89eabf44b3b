//! UPPER: upper case. A second argument (a locale) is ignored.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("UPPER", call);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    Datum::text_or_null(arg(args, 0).text().map(|text| text.to_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("outlook \u{e4}\u{df}")], t("OUTLOOK \u{c4}SS")),
            (&[t("a"), t("en_US")], t("A")),
            (&[NULL], NULL),
        ]);
    }
}
