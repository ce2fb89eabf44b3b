//! STRLEN: number of characters.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("STRLEN", call);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    let length = arg(args, 0).text().map(|text| text.chars().count());
    Datum::integer_or_null(length.and_then(|length| i64::try_from(length).ok()))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("")], int(0)),
            (&[t("\u{e9}\u{1f600}")], int(2)),
            (&[host("10.0.0.1")], int(8)),
            (&[int(123)], int(3)),
            (&[NULL], NULL),
        ]);
    }
}
