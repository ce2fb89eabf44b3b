//! PROCESSORNAME: name of an event processor. There is one.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("PROCESSORNAME", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    arg(args, 0).integer().map_or(Datum::Null, |_| Datum::text_of("eventprocessor0"))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[(&[int(8)], t("eventprocessor0")), (&[NULL], NULL)]);
    }
}
