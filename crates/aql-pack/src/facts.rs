//! What the TOML files of a pack say. `docs/packs.md` describes the keys.

use std::fmt;

use aql_catalog::Profile;
use serde::{Deserialize, Serialize};

use crate::correlate::Correlation;
use crate::parameter::Parameter;

/// `pack.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackFacts {
    /// Format of the pack's files; 1.
    pub format: u32,
    /// UUID.
    pub id: String,
    /// Short name, as in `--pack`.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// Version of the pack.
    pub version: String,
    /// What the pack is for.
    pub description: String,
    /// SPDX expression.
    pub license: String,
    /// Who wrote it.
    pub author: String,
    /// The oldest Aquiline that runs it.
    pub requires: String,
    /// The ATT&CK techniques that it is about.
    pub attack: Vec<Attack>,
}

/// The `.toml` beside a rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFacts {
    /// UUID.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// What the rule finds, and how.
    pub description: String,
    /// How much a finding matters.
    pub level: Level,
    /// `stable`, `test`, `experimental`, `as published`.
    pub status: String,
    /// Who wrote it.
    pub author: String,
    /// Whose property names the query uses.
    #[serde(deserialize_with = "profile", default)]
    pub profile: Profile,
    /// A profile file that the query needs: its path in the pack.
    #[serde(default)]
    pub profile_file: Option<String>,
    /// ATT&CK techniques.
    pub attack: Vec<Attack>,
    /// ATT&CK tactics.
    #[serde(default)]
    pub tactics: Vec<String>,
    /// What has to be collected for the rule to see anything.
    #[serde(default)]
    pub log_sources: Vec<String>,
    /// ATT&CK data components.
    #[serde(default)]
    pub data_components: Vec<String>,
    /// What else looks like this.
    #[serde(default)]
    pub false_positives: Vec<String>,
    /// What the rule cannot see.
    #[serde(default)]
    pub blind_spots: Vec<String>,
    /// Where to read on.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// What to do with a finding, in order.
    #[serde(default)]
    pub triage: Vec<String>,
    /// For a rule without a query: which findings of other rules belong together.
    #[serde(default)]
    pub correlation: Option<Correlation>,
    /// What a site may set: reference data that the query asks for.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// Findings per million events of benign evidence that are still acceptable.
    #[serde(default)]
    pub max_per_million: Option<f64>,
    /// Faults of the published query, for rules that keep one as it is.
    #[serde(default)]
    pub published_faults: Vec<String>,
}

/// An ATT&CK technique, and the version of ATT&CK that the mapping was made with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Attack {
    /// Such as `T1114.001`.
    pub id: String,
    /// Such as `18.1`.
    pub version: String,
}

/// A reference and what is known of its state.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Address or title.
    pub url: String,
    /// `current`, `moved`, `dead`, `unchecked`.
    pub state: String,
}

/// `references.toml`: what the rules refer to, looked at once for all of them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceList {
    /// The references.
    #[serde(default)]
    pub reference: Vec<ListedReference>,
}

/// An entry of `references.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedReference {
    /// Address or title.
    pub url: String,
    /// `current`, `moved`, `dead`, `unchecked`.
    pub state: String,
    /// What is there.
    pub title: String,
    /// How the state is known, or what stands in for a reference that is dead or has moved.
    #[serde(default)]
    pub note: Option<String>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Informational,
    /// Look when there is time.
    Low,
    /// Look today.
    Medium,
    /// Look now.
    High,
    /// Act now.
    Critical,
}

impl Level {
    /// Every level, worst first.
    pub const ALL: [Level; 5] =
        [Level::Critical, Level::High, Level::Medium, Level::Low, Level::Informational];

    /// The word used in the files.
    pub fn name(self) -> &'static str {
        match self {
            Level::Informational => "informational",
            Level::Low => "low",
            Level::Medium => "medium",
            Level::High => "high",
            Level::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

fn profile<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Profile, D::Error> {
    let name = String::deserialize(deserializer)?;
    match name.as_str() {
        "ibm" => Ok(Profile::Ibm),
        "raw" => Ok(Profile::Raw),
        _ => Err(serde::de::Error::custom(format!(
            "unknown profile `{name}`, expected `ibm` or `raw`"
        ))),
    }
}
