//! Assets: what is known about the machines behind addresses.

use std::net::IpAddr;

use aql_event::canonical_host;
use rustc_hash::FxHashMap;

use super::element::time;
use super::table::{Loader, list};

/// What was known about an address from some time on.
#[derive(Clone, Debug)]
struct Asset {
    from: i64,
    until: i64,
    domain: Option<i64>,
    /// By column of the file.
    values: Vec<Option<Box<str>>>,
}

/// The assets of `assets.csv`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Assets {
    /// Names of the columns, in lower case.
    columns: Vec<String>,
    /// Oldest first.
    by_host: FxHashMap<IpAddr, Vec<Asset>>,
}

/// The columns that have a meaning of their own, and their order in a file without a header.
const COLUMNS: [&str; 6] = ["ip", "hostname", "user", "first_seen", "last_seen", "domain"];

impl Assets {
    pub(super) fn read(loader: &mut Loader<'_>) -> Self {
        let mut assets = Assets::default();
        let Some(mut table) = loader.table("assets.csv") else { return assets };
        let Some(columns) = loader.columns(&mut table, &COLUMNS, 1) else { return assets };
        let [ip, _, _, first_seen, last_seen, domain] = columns.at.as_slice() else {
            return assets;
        };
        assets.columns = if columns.names.is_empty() {
            COLUMNS.map(str::to_owned).to_vec()
        } else {
            columns.names.iter().map(|name| name.to_lowercase()).collect()
        };
        for row in &columns.rows {
            let mut moment = |at: Option<usize>, otherwise: i64| match row.cell(at) {
                None => otherwise,
                Some(text) => time(text).unwrap_or_else(|| {
                    loader.bad_row(&table, row, format_args!("`{text}` is no time"));
                    otherwise
                }),
            };
            let asset = Asset {
                from: moment(*first_seen, i64::MIN),
                until: moment(*last_seen, i64::MAX),
                domain: row.cell(*domain).and_then(|d| d.parse().ok()),
                values: (0..assets.columns.len())
                    .map(|at| row.cell(Some(at)).map(Box::from))
                    .collect(),
            };
            let mut hosts = list(row.cell(*ip).unwrap_or_default()).peekable();
            if hosts.peek().is_none() {
                loader.bad_row(&table, row, "an address is needed");
            }
            for host in hosts {
                match canonical_host(host) {
                    Some(host) => assets.by_host.entry(host).or_default().push(asset.clone()),
                    None => {
                        loader.bad_row(&table, row, format_args!("`{host}` is no address"));
                    }
                }
            }
        }
        for known in assets.by_host.values_mut() {
            known.sort_by_key(|asset| (asset.from, asset.until));
        }
        assets
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_host.is_empty()
    }

    /// Is there a property of this name? Names are found without regard to case.
    pub(crate) fn has_property(&self, property: &str) -> bool {
        self.columns.contains(&property.to_lowercase())
    }

    /// The newest value of a property that an address had at a time, or has.
    pub(crate) fn property(
        &self,
        property: &str,
        host: IpAddr,
        time: Option<i64>,
        domain: Option<i64>,
    ) -> Option<&str> {
        let property = property.to_lowercase();
        let at = self.columns.iter().position(|c| *c == property)?;
        let known = self.by_host.get(&host)?.iter().rev();
        known
            .filter(|asset| time.is_none_or(|time| asset.from <= time))
            .filter(|asset| domain.is_none() || asset.domain.is_none() || asset.domain == domain)
            .find_map(|asset| asset.values.get(at)?.as_deref())
    }
}
