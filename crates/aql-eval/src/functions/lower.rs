//! LOWER: lower case. A second argument (a locale) is ignored.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("LOWER", call);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    Datum::text_or_null(arg(args, 0).text().map(|text| text.to_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("C:\\OUTLOOK.EXE \u{c4}")], t("c:\\outlook.exe \u{e4}")),
            (&[t("A"), t("en_US")], t("a")),
            (&[int(5)], t("5")),
            (&[NULL], NULL),
        ]);
    }
}
