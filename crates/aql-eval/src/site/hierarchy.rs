//! The network hierarchy.

use std::net::IpAddr;

use super::table::Loader;
use crate::network::{Network, NetworkMap};

/// A named network.
#[derive(Clone, Debug)]
struct Named {
    name: Box<str>,
    /// The groups in front of the name, and the name.
    path: Box<str>,
    domain: Option<i64>,
}

/// The networks of `networks.csv`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hierarchy {
    networks: NetworkMap<Vec<Named>>,
}

impl Hierarchy {
    pub(super) fn read(loader: &mut Loader<'_>) -> Self {
        let mut hierarchy = Hierarchy::default();
        let Some(mut table) = loader.table("networks.csv") else { return hierarchy };
        let expected = ["cidr", "name", "group", "domain"];
        let Some(columns) = loader.columns(&mut table, &expected, 2) else { return hierarchy };
        let [cidr, name, group, domain] = columns.at.as_slice() else { return hierarchy };
        for row in &columns.rows {
            let text = row.cell(*cidr).unwrap_or_default();
            match (Network::new(text), row.cell(*name)) {
                (Some(network), Some(name)) => {
                    let path = match row.cell(*group) {
                        Some(group) => format!("{group}.{name}").into(),
                        None => name.into(),
                    };
                    let domain = row.cell(*domain).and_then(|d| d.parse().ok());
                    let named = Named { name: name.into(), path, domain };
                    hierarchy.networks.entry(network).push(named);
                }
                (None, _) => {
                    loader.bad_row(&table, row, format_args!("`{text}` is no network"));
                }
                (_, None) => loader.bad_row(&table, row, "a name is needed"),
            }
        }
        hierarchy
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    fn find(&self, host: IpAddr, domain: Option<i64>) -> Option<&Named> {
        let mut around = self.networks.around(host).flatten();
        around.find(|n| domain.is_none() || n.domain.is_none() || n.domain == domain)
    }

    /// The name of the smallest network that holds an address.
    pub(crate) fn name(&self, host: IpAddr, domain: Option<i64>) -> Option<&str> {
        self.find(host, domain).map(|named| &*named.name)
    }

    /// The same with the groups it is in.
    pub(crate) fn path(&self, host: IpAddr, domain: Option<i64>) -> Option<&str> {
        self.find(host, domain).map(|named| &*named.path)
    }
}
