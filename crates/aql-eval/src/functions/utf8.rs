//! UTF8: bytes as text; bytes that are no UTF-8 become U+FFFD.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("UTF8", call).by_column(column);

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    Datum::text_or_null(arg(args, 0).text())
}

/// A column of bytes that are all text can be read as text where it lies.
fn column(array: &ArrayRef) -> Option<ArrayRef> {
    let bytes = array.as_binary_opt::<i32>()?;
    let text = StringArray::try_new(
        bytes.offsets().clone(),
        bytes.values().clone(),
        bytes.nulls().cloned(),
    );
    Some(Arc::new(text.ok()?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{Array, ArrayRef, BinaryArray, StringArray};

    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[
            (&[bytes("a\u{e9}".as_bytes())], t("a\u{e9}")),
            (&[bytes(b"a\xffb")], t("a\u{fffd}b")),
            (&[t("a")], t("a")),
            (&[NULL], NULL),
        ]);
    }

    #[test]
    fn a_column_of_text_is_not_copied() {
        let bytes: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&b"a"[..]), None]));
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
        assert_eq!(super::column(&bytes), Some(text));
        let broken: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&b"\xff"[..])]));
        assert_eq!(super::column(&broken), None);
        assert_eq!(broken.len(), 1);
    }
}
