//! CATEGORYNAME: name of a low- or high-level category.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("CATEGORYNAME", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let Some(id) = arg(args, 0).integer() else { return Datum::Null };
    match cx.catalog.category_name(id) {
        Some(name) => Datum::text_of(name),
        None => Datum::text_of(format!("Unknown category {id}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[(&[int(8028)], t("File Created")),
            (&[int(-5)], t("Unknown category -5")),
            (&[NULL], NULL),
        ]);
    }
}
