//! ASSETUSER: user last seen on the asset with an address, at a time.

use super::{Function, assetproperty};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("ASSETUSER", call).remarked_by(|_, cx| assetproperty::no_assets(cx)).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    assetproperty::at_time(args, cx, "user")
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [(
            "assets.csv",
            "ip,user,first_seen,last_seen\n\
             10.0.0.1,alice,2023-01-01,2023-02-01\n\
             10.0.0.1,bob,2023-03-01,2023-04-01\n\
             10.0.0.1,,2023-05-01,\n",
        )];
        check_site(super::FUNCTION, &files, &[
            // Last seen long before: still the last.
            (&[host("10.0.0.1"), int(1_700_000_000_000)], t("bob")),
            (&[host("10.0.0.1"), int(1_675_209_600_000)], t("alice")),
            (&[host("10.0.0.1"), int(0)], NULL),
            (&[host("10.0.0.9"), int(0)], NULL),
        ]);
    }
}
