//! How a query is read: as the appliance would, or as its author probably meant it.

use std::sync::Arc;

use aql_catalog::Profile;
use jiff::tz::TimeZone;

use crate::dialect::Settings;
use crate::profile::ProfileFile;

/// How faults are met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// What the appliance refuses is an error, and nothing is repaired.
    Strict,
    /// A fault with one sensible reading is repaired, with a warning that says so.
    #[default]
    Lenient,
}

/// The options of binding. The rules that IBM's documentation leaves open are those of
/// [`crate::dialect`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindOptions {
    /// Strict or lenient.
    pub mode: Mode,
    /// Which content the property names belong to.
    pub profile: Profile,
    /// The options of the dialect that are set; the others have the values of the mode.
    pub dialect: Settings,
    /// Aliases and properties that a profile file declares.
    pub declared: Option<Arc<ProfileFile>>,
    /// The zone of times written without one: that of the console on an appliance.
    pub timezone: TimeZone,
}

impl Default for BindOptions {
    fn default() -> Self {
        BindOptions {
            mode: Mode::default(),
            profile: Profile::default(),
            dialect: Settings::default(),
            declared: None,
            timezone: TimeZone::UTC,
        }
    }
}

impl BindOptions {
    /// The same with what a profile file says: its base, unless `profile` is given, and its dialect,
    /// aliases and properties.
    #[must_use]
    pub fn with_profile_file(mut self, file: ProfileFile, profile: Option<Profile>) -> Self {
        self.profile = profile.or(file.base).unwrap_or(self.profile);
        self.dialect = self.dialect.then(&file.dialect);
        self.declared = Some(Arc::new(file));
        self
    }
}
