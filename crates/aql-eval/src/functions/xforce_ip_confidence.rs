//! XFORCE_IP_CONFIDENCE: how sure IBM's reputation feed is about an address. The feed is licensed with the
//! appliance and cannot be had here: the answer is null, and said to be once per query.

use super::Function;
use crate::site::no_source;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("XFORCE_IP_CONFIDENCE", call).remarked_by(|_, _| Some(no_source("XFORCE_IP_CONFIDENCE")));

fn call<'a>(_: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    Datum::Null
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn there_is_no_feed() {
        check(super::FUNCTION, &[(&[t("Spam"), host("203.0.113.9")], NULL)]);
        let cx = crate::Context::new(aql_catalog::Catalog::get(), 0);
        let remark = super::FUNCTION.remark.and_then(|remark| remark(&[], &cx));
        assert_eq!(remark.map(|r| r.code), Some(aql_diag::codes::NO_DATA_SOURCE));
    }
}
