//! DOMAINNAME: name of a domain. Evidence has one domain, the default one; more have the names that
//! the site gives them.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("DOMAINNAME", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let Some(id) = arg(args, 0).integer() else { return Datum::Null };
    match cx.site.domains.get(id) {
        None if id == 0 => Datum::text_of("Default Domain"),
        name => Datum::text_or_null(name),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check, check_site};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[int(0)], t("Default Domain")),
            (&[int(7)], NULL),
            (&[NULL], NULL),
        ]);
        check_site(super::FUNCTION, &[("domains.csv", "id,name\n7,Branch\n")], &[
            (&[int(0)], t("Default Domain")),
            (&[int(7)], t("Branch")),
            (&[int(8)], NULL),
        ]);
    }
}
