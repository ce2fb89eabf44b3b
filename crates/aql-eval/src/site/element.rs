//! The types of elements of reference data, and when two elements are the same.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::Datum;
use crate::datum::{Number, text_of_double};
use crate::network::{Network, NetworkMap};
use rustc_hash::FxHashSet;

/// Type of the elements of a reference set, as QRadar's REST API names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ElementType {
    /// Text, compared with case.
    #[default]
    Aln,
    /// Text, compared without case.
    AlnIc,
    /// Numbers.
    Num,
    /// Addresses.
    Ip,
    /// Ports.
    Port,
    /// Times, epoch milliseconds.
    Date,
    /// Networks, which hold every address in them.
    Cidr,
}

impl ElementType {
    /// The type of this name, in any case.
    pub fn find(name: &str) -> Option<Self> {
        Some(match name.trim().to_ascii_uppercase().as_str() {
            "ALN" => ElementType::Aln,
            "ALNIC" => ElementType::AlnIc,
            "NUM" => ElementType::Num,
            "IP" => ElementType::Ip,
            "PORT" => ElementType::Port,
            "DATE" => ElementType::Date,
            "CIDR" => ElementType::Cidr,
            _ => return None,
        })
    }

    /// Its name in the REST API.
    pub fn name(self) -> &'static str {
        match self {
            ElementType::Aln => "ALN",
            ElementType::AlnIc => "ALNIC",
            ElementType::Num => "NUM",
            ElementType::Ip => "IP",
            ElementType::Port => "PORT",
            ElementType::Date => "DATE",
            ElementType::Cidr => "CIDR",
        }
    }

    /// The one spelling of a value as an element of this type; nothing if it is none. Networks
    /// have none: an address of a set of networks is looked for in them.
    pub(crate) fn spelling<'d>(self, value: &'d Datum<'_>) -> Option<Cow<'d, str>> {
        match self {
            ElementType::Aln => value.text(),
            ElementType::AlnIc => value.text().map(|text| text.to_lowercase().into()),
            ElementType::Num => match value.number()? {
                Number::Integer(number) => Some(number.to_string().into()),
                Number::Double(number) => Some(text_of_double(number).into()),
            },
            ElementType::Ip => value.host().map(|host| host.to_string().into()),
            ElementType::Port => {
                value.integer().filter(|p| (0..=65535).contains(p)).map(|p| p.to_string().into())
            }
            ElementType::Date => {
                let time = match value {
                    Datum::Text(text) => time(text),
                    other => other.integer(),
                };
                time.map(|t| t.to_string().into())
            }
            ElementType::Cidr => None,
        }
    }
}

/// A time of a context file: epoch milliseconds, or a date with or without a time (UTC unless it
/// says otherwise).
pub(super) fn time(text: &str) -> Option<i64> {
    let text = text.trim();
    text.parse().ok().or_else(|| aql_semantic::datetime::parse_absolute(text, &TimeZone::UTC))
}

/// Values of one type.
#[derive(Clone, Debug, Default)]
pub(crate) struct Elements {
    ty: ElementType,
    spellings: FxHashSet<Box<str>>,
    networks: NetworkMap<()>,
}

impl Elements {
    pub(crate) fn new(ty: ElementType) -> Self {
        Elements { ty, ..Elements::default() }
    }

    pub(crate) fn ty(&self) -> ElementType {
        self.ty
    }

    /// Adds an element; not, if the text is none of the type.
    pub(crate) fn insert(&mut self, text: &str) -> bool {
        if self.ty == ElementType::Cidr {
            return Network::new(text).map(|network| *self.networks.entry(network)).is_some();
        }
        match self.ty.spelling(&Datum::text_of(text)) {
            Some(spelling) => {
                self.spellings.insert(spelling.into());
                true
            }
            None => false,
        }
    }

    /// The elements as they are compared, sorted; nothing for networks.
    pub(crate) fn spellings(&self) -> Option<Vec<&str>> {
        if self.ty == ElementType::Cidr {
            return None;
        }
        let mut all: Vec<&str> = self.spellings.iter().map(|spelling| &**spelling).collect();
        all.sort_unstable();
        Some(all)
    }

    /// Is the value among them, or an address in one of the networks? No for a value that is none
    /// of the type.
    pub(crate) fn contains(&self, value: &Datum<'_>) -> bool {
        if self.ty == ElementType::Cidr {
            return value.host().is_some_and(|host| self.networks.around(host).next().is_some());
        }
        self.ty.spelling(value).is_some_and(|spelling| self.spellings.contains(&*spelling))
    }
}

#[cfg(test)]
mod tests {
    use super::{ElementType, Elements};
    use crate::Datum;

    #[test]
    fn types_say_what_is_the_same() {
        let text = |t: &'static str| Datum::text_of(t);
        for (ty, elements, value, expected) in [
            ("ALN", &["Admin"][..], text("Admin"), true),
            ("ALN", &["Admin"], text("admin"), false),
            ("ALN", &["8080"], Datum::Integer(8080), true),
            ("ALN", &["10.0.0.1"], Datum::Host("10.0.0.1".into()), true),
            ("ALNIC", &["Admin"], text("aDMIN"), true),
            ("NUM", &["8080"], text("8080.0"), true),
            ("NUM", &["0.5"], Datum::Double(0.5), true),
            ("NUM", &["8080"], text("web"), false),
            ("IP", &["2001:DB8:0::1"], Datum::Host("2001:db8::1".into()), true),
            ("IP", &["10.0.0.1"], text("host"), false),
            ("PORT", &["443"], Datum::Integer(443), true),
            ("PORT", &["443"], Datum::Integer(80), false),
            ("DATE", &["2023-11-14 22:13:20"], Datum::Integer(1_700_000_000_000), true),
            ("CIDR", &["10.0.0.0/8", "192.0.2.7"], Datum::Host("10.9.9.9".into()), true),
            ("CIDR", &["10.0.0.0/8", "192.0.2.7"], text("192.0.2.7"), true),
            ("CIDR", &["10.0.0.0/8", "192.0.2.7"], text("192.0.2.8"), false),
            ("ALN", &["a"], Datum::Null, false),
            ("CIDR", &["::/0"], Datum::Null, false),
        ] {
            let mut set = Elements::new(ElementType::find(ty).expect("a type"));
            assert!(elements.iter().all(|e| set.insert(e)), "{ty} {elements:?}");
            assert_eq!(set.contains(&value), expected, "{ty} {elements:?} {value:?}");
        }
    }

    #[test]
    fn texts_of_another_type_are_no_elements() {
        for (ty, text) in [
            (ElementType::Num, "many"),
            (ElementType::Ip, "10.0.0.0/8"),
            (ElementType::Port, "65536"),
            (ElementType::Date, "yesterday"),
            (ElementType::Cidr, "10.0.0.0/40"),
        ] {
            assert!(!Elements::new(ty).insert(text), "{} {text}", ty.name());
            assert_eq!(ElementType::find(ty.name()), Some(ty));
        }
        assert_eq!(ElementType::find("TEXT"), None);
    }
}
