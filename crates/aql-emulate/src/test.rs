//! Tests as their files hold them: `data/tests/<name>.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::Error;

/// What a test is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What an adversary does.
    Positive,
    /// The same kinds of events on an ordinary day.
    Benign,
    /// A pool of ordinary events, of which noise is drawn.
    Noise,
}

/// Something that happens, told by its events.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Test {
    /// The name of the file.
    #[serde(skip)]
    pub name: String,
    /// One line.
    pub title: String,
    /// What it is for.
    pub kind: Kind,
    /// The benign test that it differs little from.
    #[serde(default)]
    pub twin: Option<String>,
    /// Ids of ATT&CK.
    #[serde(default)]
    pub attack: Vec<String>,
    /// The GUID of the test of Atomic Red Team that does this.
    #[serde(default)]
    pub atomic: Option<String>,
    /// What happens, and what is worth knowing about it.
    pub description: String,
    /// How one would run it, for people: nothing here does.
    #[serde(default)]
    pub steps: Vec<String>,
    /// How its traces are removed, for people too.
    #[serde(default)]
    pub cleanup: Vec<String>,
    /// Processes of its own.
    #[serde(default)]
    pub process: BTreeMap<String, Process>,
    /// What happens, in order.
    #[serde(rename = "event")]
    pub events: Vec<Event>,
}

/// A program that runs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Process {
    /// Its path.
    pub image: String,
    /// Its command line.
    pub command: String,
    /// Who started it.
    #[serde(default)]
    pub parent: Option<String>,
    /// `user`, which is the default, or `SYSTEM`.
    #[serde(default)]
    pub account: Option<String>,
    /// Its integrity level, if it is not that of its account.
    #[serde(default)]
    pub integrity: Option<String>,
}

/// One thing that happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// Seconds after the start of the test.
    #[serde(default)]
    pub at: f64,
    /// What it is: `process-created`, `file-created`, `audit` and so on, as in `data/records`.
    pub action: String,
    /// Who does it.
    #[serde(default)]
    pub process: Option<String>,
    /// What records of this action ask for as `{{event.x}}`.
    #[serde(default)]
    pub with: BTreeMap<String, String>,
    /// The keys of an audit record.
    #[serde(default)]
    pub record: toml::Table,
}

impl Test {
    /// Reads a test; `name` is that of its file, without the ending.
    pub fn read(name: &str, text: &str) -> Result<Test, Error> {
        let data = |reason: String| Error::Data { file: format!("{name}.toml"), reason };
        let mut test: Test = toml::from_str(text).map_err(|e| data(e.to_string()))?;
        test.name = name.to_owned();
        if test.events.is_empty() {
            return Err(data("a test without an event".into()));
        }
        for event in &test.events {
            if !(0.0..=1e8).contains(&event.at) {
                return Err(data(format!("`at = {}`: seconds from 0 to 100000000", event.at)));
            }
        }
        Ok(test)
    }
}
