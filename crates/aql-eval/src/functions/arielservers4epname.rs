//! ARIELSERVERS4EPNAME: the Ariel servers of event processors, by name.

use super::{Function, arielservers4epid};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("ARIELSERVERS4EPNAME", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    arielservers4epid::joined(
        args.iter().filter_map(|name| cx.site.processors.host_of_name(&name.text()?)),
    )
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [("processors.csv", "id,name,host\n8,ep0,qradar1\n9,ep1,qradar2\n")];
        check_site(super::FUNCTION, &files, &[
            (&[t("ep0")], t("qradar1")),
            (&[t("EP1"), t("ep0")], t("qradar2, qradar1")),
            (&[t("eventprocessor0")], NULL),
            (&[NULL], NULL),
        ]);
        check_site(super::FUNCTION, &[], &[
            (&[t("eventprocessor0")], t("localhost")),
            (&[t("ep0")], NULL),
        ]);
    }
}
