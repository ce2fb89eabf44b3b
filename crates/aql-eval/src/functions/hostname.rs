//! HOSTNAME: host of an event processor. Without other word there is one: the machine that reads
//! the evidence.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("HOSTNAME", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    Datum::text_or_null(arg(args, 0).integer().and_then(|id| cx.site.processors.host(id)))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check, check_site};

    #[test]
    fn table() {
        check(super::FUNCTION, &[(&[int(8)], t("localhost")), (&[NULL], NULL)]);
        check_site(super::FUNCTION, &[("processors.csv", "8,ep0,qradar1\n9,ep1\n")], &[
            (&[int(8)], t("qradar1")),
            (&[int(9)], NULL),
            (&[int(10)], NULL),
        ]);
    }
}
