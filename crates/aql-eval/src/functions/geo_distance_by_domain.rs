//! GEO::DISTANCE_BY_DOMAIN: as GEO::DISTANCE, for addresses of a domain. All domains share one
//! file.

use super::geo_distance::call;
use super::geo_lookup::remark;
use super::Function;

pub(super) const FUNCTION: Function =
    Function::new("GEO::DISTANCE_BY_DOMAIN", call).remarked_by(remark).repeats();

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_in};
    use crate::Context;

    #[test]
    fn table() {
        let mut cx = Context::new(aql_catalog::Catalog::get(), 0);
        cx.site = crate::site::tests::places();
        check_in(super::FUNCTION, &cx, &[
            (&[host("192.0.2.1"), host("192.0.2.2"), int(0)], num(0.0)),
            (&[host("192.0.2.1"), host("10.0.0.1"), int(0)], NULL),
        ]);
    }
}
