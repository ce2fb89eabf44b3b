//! ASSETHOSTNAME: host name of the asset with an address, at a time.

use super::{Function, assetproperty};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function =
    Function::new("ASSETHOSTNAME", call).remarked_by(|_, cx| assetproperty::no_assets(cx)).repeats();

fn call<'a>(args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
    assetproperty::at_time(args, cx, "hostname")
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check_site};

    #[test]
    fn table() {
        let files = [(
            "assets.csv",
            "ip,hostname,user,first_seen,last_seen\n\
             10.0.0.1,new,,2000,\n\
             10.0.0.1,old,,1000,2000\n\
             10.0.0.2,always\n",
        )];
        check_site(super::FUNCTION, &files, &[
            (&[host("10.0.0.1")], t("new")),
            (&[host("10.0.0.1"), int(1500)], t("old")),
            (&[host("10.0.0.1"), int(2000)], t("new")),
            (&[host("10.0.0.1"), int(999)], NULL),
            (&[host("10.0.0.2"), int(0)], t("always")),
            (&[host("10.0.0.3")], NULL),
            (&[NULL], NULL),
        ]);
        check_site(super::FUNCTION, &[], &[(&[host("10.0.0.1")], NULL)]);
    }
}
