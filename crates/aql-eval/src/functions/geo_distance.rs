//! GEO::DISTANCE: kilometres between the places of two addresses.

use super::geo_lookup::remark;
use super::{Function, arg};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("GEO::DISTANCE", call).remarked_by(remark).repeats();

/// Also what GEO::DISTANCE_BY_DOMAIN does.
pub(super) fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    let (Some(from), Some(to)) = (arg(args, 0).host(), arg(args, 1).host()) else {
        return Datum::Null;
    };
    let distance = cx.site.geo.as_ref().and_then(|geo| geo.distance(from, to));
    distance.map_or(Datum::Null, Datum::Double)
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_in};
    use crate::{Context, Datum};

    #[test]
    fn table() {
        let mut cx = Context::new(aql_catalog::Catalog::get(), 0);
        cx.site = crate::site::tests::places();
        check_in(super::FUNCTION, &cx, &[
            (&[host("192.0.2.1"), host("192.0.2.2")], num(0.0)),
            (&[host("192.0.2.1"), host("203.0.113.9")], NULL),
            (&[host("192.0.2.1"), host("10.0.0.1")], NULL),
            (&[host("192.0.2.1"), NULL], NULL),
        ]);
        let args = [host("192.0.2.1"), host("198.51.100.7")];
        let Datum::Double(kilometres) = super::call(&args, &cx) else { panic!("a distance") };
        // London to Munich: 918 km by any map.
        assert!((kilometres - 918.0).abs() < 10.0, "{kilometres}");
    }
}
