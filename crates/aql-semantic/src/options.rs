//! How a query is read: as the appliance would, or as its author probably meant it.

use aql_catalog::Profile;
use jiff::tz::TimeZone;

use crate::bound::NullSemantics;

/// How faults are met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// What the appliance refuses is an error, and nothing is repaired.
    Strict,
    /// A fault with one sensible reading is repaired, with a warning that says so.
    #[default]
    Lenient,
}

/// What a backslash is in LIKE patterns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LikeBackslash {
    /// An ordinary character.
    #[default]
    Literal,
    /// `\\` is one backslash.
    Escape,
}

/// The options of binding. The rules that IBM's documentation leaves open are listed with their
/// codes in `docs/compatibility.md`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindOptions {
    /// Strict or lenient.
    pub mode: Mode,
    /// Which content the property names belong to.
    pub profile: Profile,
    /// What a comparison with a missing value is.
    pub nulls: NullSemantics,
    /// Must MATCHES cover the whole value?
    pub matches_full: bool,
    /// What a backslash is in LIKE patterns.
    pub like_backslash: LikeBackslash,
    /// The zone of times written without one: that of the console on an appliance.
    pub timezone: TimeZone,
}

impl Default for BindOptions {
    fn default() -> Self {
        BindOptions {
            mode: Mode::default(),
            profile: Profile::default(),
            nulls: NullSemantics::default(),
            matches_full: false,
            like_backslash: LikeBackslash::default(),
            timezone: TimeZone::UTC,
        }
    }
}
