//! DOUBLE: a number, or text read as one, as a double.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("DOUBLE", call);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    arg(args, 0).double().map_or(Datum::Null, Datum::Double)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[int(5)], num(5.0)),
            (&[t(" 2.5 ")], num(2.5)),
            (&[t("0x10")], num(16.0)),
            (&[t("five")], NULL),
            (&[NULL], NULL),
        ]);
    }
}
