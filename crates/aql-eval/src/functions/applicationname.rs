//! APPLICATIONNAME: name of a flow application, as the site has it.

use aql_diag::Diagnostic;

use super::{Function, arg};
use crate::site::absent;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("APPLICATIONNAME", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let name = arg(args, 0).integer().and_then(|id| cx.site.applications.get(id));
    Datum::text_or_null(name)
}

fn remark(_: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    cx.site
        .applications
        .is_empty()
        .then(|| absent("list of applications", "applications.csv", "null"))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [("applications.csv", "id,name\n1011,Web.SecureWeb\n")];
        check_site(super::FUNCTION, &files, &[
            (&[int(1011)], t("Web.SecureWeb")),
            (&[int(1012)], NULL),
            (&[NULL], NULL),
        ]);
        check_site(super::FUNCTION, &[], &[(&[int(1011)], NULL)]);
    }
}
