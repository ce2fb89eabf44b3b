//! The functions of AQL: names, parameters, results, documentation.
//!
//! What a function computes is the business of `aql-eval` and `aql-engine`.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use aql_event::Type;

use crate::data;

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionInfo {
    /// Canonical name in upper case.
    pub name: Arc<str>,
    /// Other accepted names.
    pub aliases: Vec<String>,
    /// Aggregate (or scalar)?
    pub aggregate: bool,
    /// Parameters, in order.
    pub params: Vec<Param>,
    /// May the last parameter repeat?
    pub variadic: bool,
    /// Result type; nothing if it is that of the first argument.
    pub result: Option<Type>,
    /// Ours and not of the language: written by repairs, not by people.
    pub internal: bool,
    /// One paragraph.
    pub doc: String,
    /// An example call.
    pub example: String,
    /// The result of the example.
    pub example_result: String,
    /// Where the rule comes from.
    pub source: String,
}

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Name for messages and docs.
    pub name: String,
    /// Accepted types; empty for any.
    pub types: Vec<Type>,
    /// May it be left out?
    pub optional: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    function: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    aggregate: bool,
    #[serde(default)]
    params: Vec<String>,
    #[serde(default)]
    variadic: bool,
    #[serde(default)]
    internal: bool,
    result: String,
    doc: String,
    example: String,
    example_result: String,
    source: String,
}

/// The files of functions, one per topic.
const FILES: [(&str, &str); 9] = [
    ("functions/aggregate.toml", include_str!("../data/functions/aggregate.toml")),
    ("functions/text.toml", include_str!("../data/functions/text.toml")),
    ("functions/number.toml", include_str!("../data/functions/number.toml")),
    ("functions/time.toml", include_str!("../data/functions/time.toml")),
    ("functions/names.toml", include_str!("../data/functions/names.toml")),
    ("functions/network.toml", include_str!("../data/functions/network.toml")),
    ("functions/reference.toml", include_str!("../data/functions/reference.toml")),
    ("functions/deployment.toml", include_str!("../data/functions/deployment.toml")),
    ("functions/payload.toml", include_str!("../data/functions/payload.toml")),
];

/// Every function, by name.
#[derive(Debug)]
pub(crate) struct Functions {
    pub(crate) all: Vec<FunctionInfo>,
    by_name: FxHashMap<String, usize>,
}

impl Functions {
    pub(crate) fn read() -> Self {
        let mut all = Vec::new();
        for (file, text) in FILES {
            let entries = data::toml::<File>(file, text).function;
            all.extend(entries.into_iter().map(FunctionInfo::from));
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        let mut by_name = FxHashMap::default();
        for (at, function) in all.iter().enumerate() {
            by_name.insert(function.name.to_string(), at);
            for alias in &function.aliases {
                by_name.insert(alias.to_uppercase(), at);
            }
        }
        Functions { all, by_name }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&FunctionInfo> {
        self.by_name.get(&name.to_uppercase()).map(|&at| &self.all[at])
    }
}

impl From<Entry> for FunctionInfo {
    fn from(entry: Entry) -> Self {
        let result = match entry.result.as_str() {
            "argument" => None,
            word => Some(data::type_of(word)),
        };
        FunctionInfo {
            name: entry.name.into(),
            aliases: entry.aliases,
            aggregate: entry.aggregate,
            params: entry.params.iter().map(|p| Param::parse(p)).collect(),
            variadic: entry.variadic,
            result,
            internal: entry.internal,
            doc: entry.doc.split_whitespace().collect::<Vec<_>>().join(" "),
            example: entry.example,
            example_result: entry.example_result,
            source: entry.source,
        }
    }
}

impl Param {
    /// A parameter as data files write it: `value`, `text: text`, `from?: integer`,
    /// `host: address | text`.
    fn parse(text: &str) -> Self {
        let (name, types) = match text.split_once(':') {
            Some((name, types)) => {
                (name, types.split('|').map(|t| data::type_of(t.trim())).collect())
            }
            None => (text, Vec::new()),
        };
        let name = name.trim();
        Param { name: name.trim_end_matches('?').to_owned(), types, optional: name.ends_with('?') }
    }
}
