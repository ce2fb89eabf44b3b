//! What is done to the text of a raw field on its way into a column.

use aql_event::DatePattern;

/// Why a word is no transform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BadTransform {
    /// There is none of this name.
    Unknown,
    /// The pattern of a time cannot be read.
    Pattern(String),
}

/// What is done to the text of a raw field.
#[derive(Clone, Debug, PartialEq)]
pub enum Transform {
    /// Nothing.
    Identity,
    /// Last path component (after `\` or `/`).
    Basename,
    /// All but the last path component.
    Directory,
    /// One hash of `MD5=…,SHA256=…`.
    Hash(String),
    /// `DOMAIN\user` from two fields: this one is the user, the named one the domain.
    WithDomain(String),
    /// A path whose last part is the text of the named field: it is appended if the path is that of
    /// the folder alone.
    WithFile(String),
    /// The text, if the named field has a value.
    If(String),
    /// `true`, whatever the text is.
    Present,
    /// An address without its port and brackets.
    Address,
    /// The port of an address with a port.
    Port,
    /// Without a `smtp:` in front.
    Smtp,
    /// The rest of the line behind the first occurrence of this text, without blanks around;
    /// nothing if the text does not occur.
    After(String),
    /// Text behind the last dot of the last path component, in lower case; nothing without one.
    Extension,
    /// A number, decimal or `0x` hexadecimal, in decimal digits.
    Number,
    /// Name (`tcp`, `TcpV4`) or number of an IP protocol, as its number.
    Protocol,
    /// ISO 8601 time, UTC when no zone is given, as epoch milliseconds.
    Time,
    /// Epoch milliseconds, however few digits they have.
    Epoch,
    /// A time in a form of its own, as epoch milliseconds.
    TimeFormat(DatePattern),
    /// JSON text of the value; a text stays as it is.
    Json,
}

impl Transform {
    /// The words of [`Transform::parse`], for messages.
    pub(crate) const NAMES: &[&str] = &[
        "basename",
        "directory",
        "extension",
        "number",
        "protocol",
        "address",
        "port",
        "smtp",
        "time",
        "epoch",
        "timeformat:PATTERN",
        "json",
        "hash:NAME",
        "domain:FIELD",
        "file:FIELD",
        "if:FIELD",
        "present",
        "after:TEXT",
    ];

    /// The transform that a data file means by a word: `basename`, `hash:MD5`.
    pub(crate) fn parse(text: &str) -> Result<Self, BadTransform> {
        let (word, argument) = match text.split_once(':') {
            Some((word, argument)) => (word, Some(argument.to_owned())),
            None => (text, None),
        };
        Ok(match (word, argument) {
            ("", None) => Transform::Identity,
            ("basename", None) => Transform::Basename,
            ("directory", None) => Transform::Directory,
            ("extension", None) => Transform::Extension,
            ("number", None) => Transform::Number,
            ("protocol", None) => Transform::Protocol,
            ("address", None) => Transform::Address,
            ("port", None) => Transform::Port,
            ("smtp", None) => Transform::Smtp,
            ("time", None) => Transform::Time,
            ("epoch", None) => Transform::Epoch,
            ("json", None) => Transform::Json,
            ("hash", Some(name)) => Transform::Hash(name),
            ("domain", Some(field)) => Transform::WithDomain(field),
            ("file", Some(field)) => Transform::WithFile(field),
            ("if", Some(field)) => Transform::If(field),
            ("present", None) => Transform::Present,
            ("after", Some(text)) => Transform::After(text),
            ("timeformat", Some(pattern)) => match DatePattern::new(&pattern) {
                Ok(pattern) => Transform::TimeFormat(pattern),
                Err(error) => return Err(BadTransform::Pattern(error.to_string())),
            },
            _ => return Err(BadTransform::Unknown),
        })
    }

    /// [`Transform::parse`] of a cell of an embedded file.
    pub(crate) fn read(file: &str, text: &str) -> Self {
        Self::parse(text)
            .unwrap_or_else(|why| panic!("embedded {file}: transform {text:?}: {why:?}"))
    }
}
