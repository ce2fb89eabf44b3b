//! What a site wants to hear about: the `[check]` table of `aql.toml`.

use std::collections::BTreeMap;

use aql_diag::{Severity, codes::Code};
use serde::Deserialize;

/// How loudly a finding is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Not at all.
    Off,
    /// As a note.
    Note,
    /// As a warning.
    Warning,
    /// As an error.
    Error,
}

impl Level {
    /// The severity, unless it is off.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Level::Off => None,
            Level::Note => Some(Severity::Note),
            Level::Warning => Some(Severity::Warning),
            Level::Error => Some(Severity::Error),
        }
    }
}

/// Settings of the checker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Levels of codes that are not to have their own.
    pub levels: BTreeMap<Code, Level>,
    /// Profile of property names: `ibm` or `raw`.
    pub profile: Option<String>,
    /// Profile files of the site, relative to the folder of the configuration.
    pub profile_files: Vec<String>,
    /// From which severity on a finding fails the run; a warning if nothing is said.
    pub fail_on: Option<Severity>,
    /// The baseline, relative to the folder of the configuration.
    pub baseline: Option<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    check: Table,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Table {
    profile: Option<String>,
    #[serde(default)]
    profile_files: Vec<String>,
    fail_on: Option<Level>,
    baseline: Option<String>,
    #[serde(default)]
    rules: BTreeMap<String, Level>,
}

impl Config {
    /// Reads the text of an `aql.toml`; other tables than `[check]` are left alone.
    pub fn read(text: &str) -> Result<Config, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string().trim().to_owned())?;
        let mut levels = BTreeMap::new();
        for (name, level) in file.check.rules {
            let Some(code) = Code::find(&name) else {
                return Err(format!(
                    "[check.rules] names `{name}`, which is no code; `aql explain` lists all"
                ));
            };
            levels.insert(code, level);
        }
        let fail_on = match file.check.fail_on {
            Some(Level::Off) => return Err("fail-on takes note, warning or error".to_owned()),
            level => level.and_then(Level::severity),
        };
        Ok(Config {
            levels,
            profile: file.check.profile,
            profile_files: file.check.profile_files,
            fail_on,
            baseline: file.check.baseline,
        })
    }

    /// The level of a code, if it has been set.
    pub fn level(&self, code: Code) -> Option<Level> {
        self.levels.get(&code).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, Level};
    use aql_diag::{Severity, codes};

    #[test]
    fn a_file_is_read() {
        let config = Config::read(
            "[other]\nx = 1\n[check]\nfail-on = \"note\"\nprofile = \"raw\"\n[check.rules]\nAQL201 = \"off\"\naql115 = \"error\"\n",
        )
        .expect("a good file");
        assert_eq!(config.level(codes::NO_LIMIT), Some(Level::Off));
        assert_eq!(config.level(codes::NO_TIME_CLAUSE), Some(Level::Error));
        assert_eq!(config.fail_on, Some(Severity::Note));
    }

    #[test]
    fn mistakes_are_named() {
        assert!(
            Config::read("[check.rules]\nAQL999 = \"off\"").is_err_and(|e| e.contains("AQL999"))
        );
        assert!(Config::read("[check]\nfailon = \"note\"").is_err_and(|e| e.contains("failon")));
        assert!(Config::read("[check]\nfail-on = \"off\"").is_err());
    }
}
