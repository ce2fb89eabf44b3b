//! REFERENCETABLE: value of a column for a key in a reference table.

use aql_diag::Diagnostic;

use super::{Function, arg, constant_text};
use crate::site::absent;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("REFERENCETABLE", call).remarked_by(remark).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let (Some(name), Some(column)) = (arg(args, 0).text(), arg(args, 1).text()) else {
        return Datum::Null;
    };
    let table = cx.site.reference_table(&name);
    Datum::text_or_null(table.and_then(|table| table.get(&column, arg(args, 2))))
}

fn remark(constants: &[Option<Datum<'static>>], cx: &Context) -> Option<Diagnostic> {
    let name = constant_text(constants, 0)?;
    let file = format!("reference_tables/{name}.csv");
    let Some(table) = cx.site.reference_table(&name) else {
        return Some(absent(&format!("reference table `{name}`"), &file, "null"));
    };
    let column = constant_text(constants, 1)?;
    let what = || format!("column `{column}` in reference table `{name}`");
    (!table.has_column(&column)).then(|| absent(&what(), &file, "null"))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [(
            "reference_tables/Users.csv",
            "key,Department,level\nalice,Finance,3\nbob,,1\n",
        )];
        let name = || t("Users");
        check_site(super::FUNCTION, &files, &[
            (&[name(), t("department"), t("alice")], t("Finance")),
            (&[name(), t("level"), t("bob")], t("1")),
            (&[name(), t("Department"), t("bob")], NULL),
            (&[name(), t("key"), t("bob")], NULL),
            (&[name(), t("level"), t("carol")], NULL),
            (&[name(), t("level"), NULL], NULL),
            (&[t("x"), t("level"), t("bob")], NULL),
            (&[name(), NULL, t("bob")], NULL),
        ]);
    }
}
