//! NOW: the moment that counts as now, epoch milliseconds.

use super::Function;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("NOW", call);

fn call<'a>(_: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    Datum::Integer(cx.now)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[(&[], int(1_700_000_000_000))]);
    }
}
