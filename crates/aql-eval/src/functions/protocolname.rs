//! PROTOCOLNAME: name of an IP protocol.

use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("PROTOCOLNAME", call).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let id = arg(args, 0).integer();
    Datum::text_or_null(id.and_then(|id| cx.catalog.protocol_name(id)))
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn table() {
        check(super::FUNCTION, &[(&[int(6)], t("TCP")), (&[int(-1)], NULL), (&[NULL], NULL)]);
    }
}
