//! COMPONENTID: number of a component of the deployment.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("COMPONENTID", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let name = arg(args, 0).text();
    Datum::integer_or_null(name.and_then(|name| cx.site.processors.id(&name)))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [("processors.csv", "id,name\n8,eventprocessor0\n104,eventprocessor104\n")];
        check_site(super::FUNCTION, &files, &[
            (&[t("eventprocessor104")], int(104)),
            (&[t("EventProcessor0")], int(8)),
            (&[t("eventcollector0")], NULL),
            (&[NULL], NULL),
        ]);
        // Events of evidence carry 1 as their processor.
        check_site(super::FUNCTION, &[], &[
            (&[t("eventprocessor0")], int(1)),
            (&[t("eventprocessor1")], NULL),
        ]);
    }
}
