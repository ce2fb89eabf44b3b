//! What expressions may look at besides their rows.

use std::sync::Arc;

use aql_catalog::Catalog;
use aql_event::LogSources;
use jiff::tz::TimeZone;

use crate::SiteData;

/// Everything a function can depend on besides its arguments.
#[derive(Clone, Debug)]
pub struct Context {
    /// Names of types, categories, QIDs.
    pub catalog: &'static Catalog,
    /// The log sources met in the evidence; it grows while evidence is read.
    pub log_sources: Arc<LogSources>,
    /// The moment that counts as now, epoch milliseconds.
    pub now: i64,
    /// The zone in which times are printed and zoneless times are read.
    pub timezone: TimeZone,
    /// Data of one site: reference data, assets, networks, names, offenses.
    pub site: SiteData,
}

impl Context {
    /// A context in UTC with no log sources and no site data.
    pub fn new(catalog: &'static Catalog, now: i64) -> Self {
        Context {
            catalog,
            log_sources: Arc::default(),
            now,
            timezone: TimeZone::UTC,
            site: SiteData::default(),
        }
    }
}
