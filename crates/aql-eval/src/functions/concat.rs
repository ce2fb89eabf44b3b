//! CONCAT: all arguments as one text; null is empty.

use super::Function;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("CONCAT", call);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    let mut out = String::new();
    for value in args {
        if let Some(text) = value.text() {
            out.push_str(&text);
        }
    }
    Datum::text_of(out)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("a"), NULL, int(5), host("10.0.0.1")], t("a510.0.0.1")),
            (&[NULL], t("")),
            (&[num(2.0), yes(true)], t("2.0true")),
        ]);
    }
}
