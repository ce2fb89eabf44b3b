//! Columns: names, value types and their Arrow form.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::net::IpAddr;
use std::sync::Arc;

use arrow_schema::{DataType, Field};

/// Value types of AQL, reduced to those that behave differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Type {
    /// Unicode text. Custom properties are text.
    Text,
    /// 64-bit integer: ids, ports, counters.
    Integer,
    /// 64-bit float.
    Double,
    /// True or false.
    Boolean,
    /// IPv4 or IPv6 address, kept as canonical text (see [`canonical_host`]).
    Host,
    /// Epoch milliseconds, UTC.
    Time,
    /// Bytes: the payload.
    Binary,
    /// List of integers: log source groups, matched rules.
    IntegerList,
    /// The type of a bare NULL.
    Null,
}

impl Type {
    /// Name for messages.
    pub fn name(self) -> &'static str {
        match self {
            Type::Text => "text",
            Type::Integer => "integer",
            Type::Double => "number",
            Type::Boolean => "boolean",
            Type::Host => "address",
            Type::Time => "time",
            Type::Binary => "bytes",
            Type::IntegerList => "list of integers",
            Type::Null => "null",
        }
    }

    /// Integer, double or time.
    pub fn is_numeric(self) -> bool {
        matches!(self, Type::Integer | Type::Double | Type::Time)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which namespace a column name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColumnKind {
    /// A column of the `events` database, in lower case: `sourceip`.
    Builtin,
    /// A custom property by its canonical name: `Process Path`.
    Property,
    /// A field of the raw record by its own name, found without regard to case:
    /// `TargetFilename`.
    Field,
    /// Where the event was read: `aql.file`.
    Provenance,
}

/// How text is laid out in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// One value per row.
    Plain,
    /// Distinct values once, and an index per row: for columns with few distinct values.
    Dictionary,
}

/// One column that a query can need. Two columns are the same if kind and name are.
#[derive(Clone, Debug)]
pub struct Column {
    /// Namespace of the name.
    pub kind: ColumnKind,
    /// Name, in the spelling that [`ColumnKind`] asks for.
    pub name: Arc<str>,
    /// Value type.
    pub ty: Type,
    /// Layout; only text and hosts can be dictionaries.
    pub encoding: Encoding,
}

impl Column {
    /// A column; addresses are always dictionaries.
    pub fn new(kind: ColumnKind, name: &str, ty: Type, encoding: Encoding) -> Self {
        let encoding = match ty {
            Type::Host => Encoding::Dictionary,
            Type::Text => encoding,
            _ => Encoding::Plain,
        };
        Column { kind, name: Arc::from(name), ty, encoding }
    }

    /// The name of the Arrow field: the column name, `field:` in front of raw fields.
    pub fn arrow_name(&self) -> String {
        match self.kind {
            ColumnKind::Field => format!("field:{}", self.name),
            _ => self.name.to_string(),
        }
    }

    /// The Arrow type of the column in an [`EventBatch`](crate::EventBatch).
    pub fn arrow_type(&self) -> DataType {
        match (self.ty, self.encoding) {
            (Type::Text | Type::Host, Encoding::Dictionary) => {
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
            }
            (Type::Text | Type::Host | Type::Null, _) => DataType::Utf8,
            (Type::Integer | Type::Time, _) => DataType::Int64,
            (Type::Double, _) => DataType::Float64,
            (Type::Boolean, _) => DataType::Boolean,
            (Type::Binary, _) => DataType::Binary,
            (Type::IntegerList, _) => {
                DataType::List(Arc::new(Field::new("item", DataType::Int64, true)))
            }
        }
    }

    /// The Arrow field; every column is nullable.
    pub fn arrow_field(&self) -> Field {
        Field::new(self.arrow_name(), self.arrow_type(), true)
    }
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.name == other.name
    }
}

impl Eq for Column {}

impl Hash for Column {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kind.hash(state);
        self.name.hash(state);
    }
}

impl PartialOrd for Column {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Column {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.kind, &self.name).cmp(&(other.kind, &other.name))
    }
}

/// The one spelling of an address: dotted IPv4, compressed lower-case IPv6, IPv4-mapped IPv6 as
/// IPv4, no zone. Nothing if the text is not an address.
pub fn canonical_host(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::canonical_host;

    #[test]
    fn hosts_have_one_spelling() {
        let text = |t| canonical_host(t).map(|h| h.to_string());
        assert_eq!(text("::ffff:192.0.2.1").as_deref(), Some("192.0.2.1"));
        assert_eq!(text("[2001:DB8:0:0::1]").as_deref(), Some("2001:db8::1"));
        assert_eq!(text("fe80::1%12").as_deref(), Some("fe80::1"));
        assert_eq!(text("192.0.2.1:443"), None);
        assert_eq!(text("host"), None);
    }
}
