//! XFORCE_URL_CATEGORY: categories of a web address in IBM's reputation feed. The feed is licensed with the
//! appliance and cannot be had here: the answer is null, and said to be once per query.

use super::Function;
use crate::site::no_source;
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("XFORCE_URL_CATEGORY", call).remarked_by(|_, _| Some(no_source("XFORCE_URL_CATEGORY")));

fn call<'a>(_: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    Datum::Null
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};

    #[test]
    fn there_is_no_feed() {
        check(super::FUNCTION, &[(&[t("http://example.com/")], NULL)]);
        let cx = crate::Context::new(aql_catalog::Catalog::get(), 0);
        let remark = super::FUNCTION.remark.and_then(|remark| remark(&[], &cx));
        assert_eq!(remark.map(|r| r.code), Some(aql_diag::codes::NO_DATA_SOURCE));
    }
}
