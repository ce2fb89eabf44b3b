//! Parameters: reference data that a rule asks for, with the values that a pack gives it.
//!
//! Not in here: what a site puts in their place ([`Tuning`](crate::Tuning)) and how both become the
//! data that functions look into (`settings`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::Error as _;

use aql_eval::site::ElementType;

/// A parameter of a rule. Its query reads it with REFERENCESETCONTAINS, REFERENCEMAP or
/// REFERENCEMAPSETCONTAINS, so that the query pastes into QRadar as it is.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Name in ATT&CK's or the author's words, such as `ProcessAllowList`.
    pub name: String,
    /// Kind of the reference data.
    pub kind: ReferenceKind,
    /// Name of the reference data, as the query has it.
    pub reference: String,
    /// What it is for.
    pub description: String,
    /// Type of elements and values; as in `docs/context.md`.
    #[serde(default, deserialize_with = "element_type")]
    pub element_type: Option<ElementType>,
    /// Type of keys.
    #[serde(default, deserialize_with = "element_type")]
    pub key_type: Option<ElementType>,
    /// What it holds if nobody sets it. Where several rules share the data, one of them may give it.
    #[serde(default)]
    pub default: Option<Values>,
}

/// Kind of reference data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// A reference set.
    Set,
    /// A reference map: one value per key.
    Map,
    /// A reference map of sets: many values per key.
    MapOfSets,
}

impl ReferenceKind {
    /// The words for a message.
    pub fn name(self) -> &'static str {
        match self {
            ReferenceKind::Set => "reference set",
            ReferenceKind::Map => "reference map",
            ReferenceKind::MapOfSets => "reference map of sets",
        }
    }
}

/// Values of reference data, as TOML has them. Numbers count as their text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Values {
    /// Elements of a set.
    List(Vec<Scalar>),
    /// Values by key.
    Map(BTreeMap<String, Scalar>),
    /// Several values by key.
    Sets(BTreeMap<String, Vec<Scalar>>),
}

impl Values {
    /// Do they have the shape that reference data of this kind has?
    pub fn fit(&self, kind: ReferenceKind) -> bool {
        match self {
            Values::List(_) => kind == ReferenceKind::Set,
            // A table without entries has no shape.
            Values::Map(map) => {
                kind == ReferenceKind::Map || map.is_empty() && kind != ReferenceKind::Set
            }
            Values::Sets(_) => kind == ReferenceKind::MapOfSets,
        }
    }

    /// Entries as keys and values; elements of a set have no key.
    pub fn entries(&self) -> Vec<(Option<&str>, &str)> {
        match self {
            Values::List(list) => list.iter().map(|v| (None, v.0.as_str())).collect(),
            Values::Map(map) => map.iter().map(|(k, v)| (Some(k.as_str()), v.0.as_str())).collect(),
            Values::Sets(sets) => sets
                .iter()
                .flat_map(|(k, list)| list.iter().map(|v| (Some(k.as_str()), v.0.as_str())))
                .collect(),
        }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shape in words, for a message.
    pub(crate) fn expected(kind: ReferenceKind) -> &'static str {
        match kind {
            ReferenceKind::Set => "a list: `[\"value\", …]`",
            ReferenceKind::Map => "a table: `{ \"key\" = \"value\", … }`",
            ReferenceKind::MapOfSets => "a table of lists: `{ \"key\" = [\"value\", …], … }`",
        }
    }
}

/// A text, or a number as its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar(pub String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Scalar;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar(aql_eval::text_of_double(number)))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

pub(crate) fn element_type<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ElementType>, D::Error> {
    let name = String::deserialize(deserializer)?;
    ElementType::find(&name).map(Some).ok_or_else(|| {
        D::Error::custom(format!(
            "`{name}` is no type of elements; it is one of ALN, ALNIC, NUM, IP, PORT, DATE, CIDR"
        ))
    })
}
