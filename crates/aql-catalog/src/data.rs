//! Reading the embedded data files.
//!
//! They are part of the binary and covered by tests, so a file that does not parse is a broken
//! build and not an input to be reported: reading panics and names the file.

use serde::de::DeserializeOwned;

use aql_event::{Column, ColumnKind, Encoding, Type};

/// The rows of an embedded CSV file.
pub(crate) fn rows<T: DeserializeOwned>(name: &str, text: &str) -> Vec<T> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("embedded {name}: {error}"))
}

/// An embedded TOML file.
pub(crate) fn toml<T: DeserializeOwned>(name: &str, text: &str) -> T {
    toml::from_str(text).unwrap_or_else(|error| panic!("embedded {name}: {error}"))
}

/// The type that a data file means by a word.
pub(crate) fn type_of(word: &str) -> Type {
    match word {
        "text" => Type::Text,
        "integer" => Type::Integer,
        "number" => Type::Double,
        "boolean" => Type::Boolean,
        "address" => Type::Host,
        "time" => Type::Time,
        "bytes" => Type::Binary,
        "list" => Type::IntegerList,
        other => panic!("embedded data: unknown type {other:?}"),
    }
}

/// The encoding that a data file means by a word.
pub(crate) fn encoding_of(word: &str) -> Encoding {
    match word {
        "" => Encoding::Plain,
        "dictionary" => Encoding::Dictionary,
        other => panic!("embedded data: unknown encoding {other:?}"),
    }
}

/// A column of text.
pub(crate) fn text_column(kind: ColumnKind, name: &str, encoding: Encoding) -> Column {
    Column::new(kind, name, Type::Text, encoding)
}

/// The parts of a cell that holds a list.
pub(crate) fn list(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';').map(str::trim).filter(|part| !part.is_empty())
}

/// The form in which names are compared when blanks and underscores do not count.
pub(crate) fn loose(name: &str) -> String {
    name.chars().filter(|c| !c.is_whitespace() && *c != '_').flat_map(char::to_lowercase).collect()
}
