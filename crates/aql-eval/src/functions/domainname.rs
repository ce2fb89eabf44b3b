//! DOMAINNAME: name of a domain. Evidence has one domain, the default one.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("DOMAINNAME", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    match arg(args, 0).integer() {
        Some(0) => Datum::text_of("Default Domain"),
        _ => Datum::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[int(0)], t("Default Domain")),
            (&[int(7)], NULL),
            (&[NULL], NULL),
        ]);
    }
}
