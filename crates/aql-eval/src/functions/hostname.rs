//! HOSTNAME: host of an event processor. There is one: the machine that reads the evidence.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("HOSTNAME", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    arg(args, 0).integer().map_or(Datum::Null, |_| Datum::text_of("localhost"))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[(&[int(8)], t("localhost")), (&[NULL], NULL)]);
    }
}
