//! Programs by name, and what the version resource of their files says.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::Error;
use crate::ids::Ids;
use crate::test::Process;

/// `data/processes.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Programs {
    pub(crate) process: BTreeMap<String, Process>,
    pub(crate) file: BTreeMap<String, FileFacts>,
}

/// What a file says about itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileFacts {
    version: String,
    description: String,
    product: String,
    original: String,
}

impl Programs {
    pub(crate) fn read(text: &str) -> Result<Programs, Error> {
        toml::from_str(text)
            .map_err(|e| Error::Data { file: "processes.toml".into(), reason: e.to_string() })
    }

    /// A fact about the file of this path. Hashes and sizes are made up: the same path has the same.
    pub(crate) fn file(&self, path: &str, fact: &str, ids: &Ids) -> Option<String> {
        let known = self.file.get(&file_name(path).to_lowercase());
        let or_none = |get: fn(&FileFacts) -> &String| known.map_or("-", |f| get(f)).to_owned();
        let label = |what: &str| format!("file {what} {}", path.to_lowercase());
        Some(match fact {
            "version" => or_none(|f| &f.version),
            "description" => or_none(|f| &f.description),
            "product" => or_none(|f| &f.product),
            "original" => or_none(|f| &f.original),
            "company" => known.map_or("-", |_| "Microsoft Corporation").to_owned(),
            "sha256" => ids.hex(&label("sha256"), 32),
            "sha256.lower" => ids.hex(&label("sha256"), 32).to_lowercase(),
            "sha1" => ids.hex(&label("sha1"), 20).to_lowercase(),
            "md5" => ids.hex(&label("md5"), 16).to_lowercase(),
            "imphash" => ids.hex(&label("imphash"), 16),
            "size" => (40_000 + ids.number(&label("size"), 4_000_000)).to_string(),
            _ => return None,
        })
    }
}

/// The last component of a path of Windows.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('\\').next().unwrap_or(path)
}
