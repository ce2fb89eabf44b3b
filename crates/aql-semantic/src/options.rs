//! How a query is read: as the appliance would, or as its author probably meant it.

use aql_catalog::Profile;

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Offset from UTC, in milliseconds, of times written without a zone.
    pub utc_offset: i64,
}
