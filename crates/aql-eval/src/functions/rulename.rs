//! RULENAME: names of the rules in a list, or of one rule.

use aql_diag::Diagnostic;

use super::{Function, arg};
use crate::site::absent;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("RULENAME", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    Datum::text_or_null(cx.site.rules.joined(arg(args, 0)))
}

fn remark(_: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    cx.site.rules.is_empty().then(|| absent("list of rules", "rules.csv", "null"))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};
    use crate::Datum;

    #[test]
    fn table() {
        let list = |ids: &'static [i64]| Datum::List(ids.into());
        let files = [("rules.csv", "id,name\n100033,Excessive Logins\n100034,\"Mail, read\"\n")];
        check_site(super::FUNCTION, &files, &[
            (&[int(100_033)], t("Excessive Logins")),
            (&[list(&[100_034, 5, 100_033])], t("Mail, read, Excessive Logins")),
            (&[list(&[5])], NULL),
            (&[list(&[])], NULL),
            (&[int(5)], NULL),
            (&[NULL], NULL),
        ]);
    }
}
