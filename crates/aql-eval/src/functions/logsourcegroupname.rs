//! LOGSOURCEGROUPNAME: names of log source groups, of a list or of one. Events of evidence carry an
//! empty list; binding adds the log source, whose groups the site knows.

use aql_diag::Diagnostic;

use super::{Function, arg};
use crate::site::absent;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("LOGSOURCEGROUPNAME", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let names = &cx.site.log_source_groups;
    let name = match arg(args, 0) {
        Datum::List(list) if list.is_empty() => {
            let source = arg(args, 1).integer();
            let groups = source.map(|id| cx.site.log_sources.groups(id)).unwrap_or_default();
            names.joined(&Datum::List(groups.into()))
        }
        groups => names.joined(groups),
    };
    Datum::text_or_null(name)
}

fn remark(_: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    let none = cx.site.log_source_groups.is_empty();
    none.then(|| absent("list of log source groups", "log_source_groups.csv", "null"))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};
    use crate::Datum;

    #[test]
    fn table() {
        let list = |ids: &'static [i64]| Datum::List(ids.into());
        let files = [
            ("log_source_groups.csv", "id,name\n100005,Windows\n100006,Mail\n"),
            ("log_sources.csv", "id,name,groups\n77,dc01,100005;100006\n"),
        ];
        check_site(super::FUNCTION, &files, &[
            (&[int(100_005)], t("Windows")),
            (&[list(&[100_006])], t("Mail")),
            (&[list(&[100_006, 1, 100_005])], t("Mail, Windows")),
            (&[list(&[]), int(77)], t("Windows, Mail")),
            (&[list(&[]), int(78)], NULL),
            (&[list(&[])], NULL),
            (&[int(1)], NULL),
            (&[NULL], NULL),
        ]);
    }
}
