//! REPLACEFIRST: the first match of a Java regular expression replaced. Order: expression, input,
//! replacement.

use super::{Complaint, Function, Prepared, replaceall};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("REPLACEFIRST", call).prepared_by(prepare);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    replaceall::replace(args, false)
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    _: &Context,
) -> Result<Option<Prepared>, Complaint> {
    replaceall::prepare_for(constants, false)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[t("b"), t("abcb"), t("-")], t("a-cb")),
            (&[t("x"), t("abcb"), t("-")], t("abcb")),
            (&[t("x"), NULL, t("-")], NULL),
        ]);
    }
}
