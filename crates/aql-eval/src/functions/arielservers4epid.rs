//! ARIELSERVERS4EPID: the Ariel servers of event processors, by number. They run on the hosts of
//! the processors.

use super::Function;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("ARIELSERVERS4EPID", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    joined(args.iter().filter_map(|id| cx.site.processors.host(id.integer()?)))
}

/// Hosts as a list, each once; null if there are none.
pub(super) fn joined<'a>(hosts: impl Iterator<Item = &'a str>) -> Datum<'a> {
    let mut list: Vec<&str> = Vec::new();
    for host in hosts {
        if !list.contains(&host) {
            list.push(host);
        }
    }
    match list.as_slice() {
        [] => Datum::Null,
        [one] => Datum::text_of(*one),
        more => Datum::text_of(more.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [("processors.csv", "8,ep0,qradar1\n9,ep1,qradar2\n10,ec0,qradar1\n11,x\n")];
        check_site(super::FUNCTION, &files, &[
            (&[int(8)], t("qradar1")),
            (&[int(8), int(9), int(10)], t("qradar1, qradar2")),
            (&[int(11)], NULL),
            (&[int(99)], NULL),
            (&[NULL], NULL),
        ]);
        check_site(super::FUNCTION, &[], &[(&[int(8)], t("localhost")), (&[NULL], NULL)]);
    }
}
