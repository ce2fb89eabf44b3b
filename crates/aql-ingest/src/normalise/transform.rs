//! What is done to the text of a raw field on its way into a column.

use std::borrow::Cow;

use aql_catalog::Transform;

use jiff::tz::TimeZone;

use super::address;
use crate::time::parse_iso;

/// 2026: years of two digits are those from 1946 to 2045, whatever the clock says.
pub(crate) const CENTURY: i64 = 1_767_225_600_000;

/// Applies a transform to a value. [`Transform::WithDomain`], [`Transform::WithFile`] and
/// [`Transform::If`] need a second field and [`Transform::Json`] the raw text, so they are left to
/// the caller and do nothing here. Nothing if the value has no such part.
pub(crate) fn apply<'v>(transform: &Transform, value: Cow<'v, str>) -> Option<Cow<'v, str>> {
    match transform {
        Transform::Identity
        | Transform::WithDomain(_)
        | Transform::WithFile(_)
        | Transform::If(_)
        | Transform::Json => Some(value),
        Transform::Present => Some("true".into()),
        Transform::Basename => Some(cut(value, |v| match v.rfind(['\\', '/']) {
            Some(at) => (at + 1, v.len()),
            None => (0, v.len()),
        })),
        Transform::Directory => {
            value.rfind(['\\', '/'])?;
            Some(cut(value, |v| (0, v.rfind(['\\', '/']).unwrap_or(0))))
        }
        Transform::Hash(algorithm) => hash(&value, algorithm).map(|h| Cow::Owned(h.to_owned())),
        Transform::Address => split_port(&value).0.map(|address| Cow::Owned(address.to_owned())),
        Transform::Port => split_port(&value).1.map(|port| Cow::Owned(port.to_owned())),
        Transform::Smtp => Some(without_smtp(value)),
        Transform::After(mark) => {
            let start = value.find(mark.as_str())? + mark.len();
            Some(cut(value, |v| {
                let rest = v.get(start..).unwrap_or_default();
                let end = start + rest.find(['\r', '\n']).unwrap_or(rest.len());
                let line = v.get(start..end).unwrap_or_default();
                let from = end - line.trim_start().len();
                (from, from.max(start + line.trim_end().len()))
            }))
        }
        Transform::Extension => {
            let name = value.rfind(['\\', '/']).map_or(0, |at| at + 1);
            let (_, extension) = value.get(name..)?.rsplit_once('.')?;
            Some(Cow::Owned(extension.to_lowercase()))
        }
        Transform::Number => number(&value).map(|n| Cow::Owned(n.to_string())),
        Transform::Time => parse_iso(&value).map(|time| Cow::Owned(time.to_string())),
        Transform::Epoch => {
            value.trim().parse::<i64>().ok().map(|time| Cow::Owned(time.to_string()))
        }
        Transform::TimeFormat(pattern) => {
            let time = pattern.parse(value.trim(), &TimeZone::UTC, CENTURY)?;
            Some(Cow::Owned(time.to_string()))
        }
        Transform::Protocol => {
            address::protocol_number(&value).map(|number| Cow::Owned(number.to_string()))
        }
    }
}

/// Decimal or `0x` hexadecimal.
fn number(text: &str) -> Option<i128> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok().map(i128::from),
        None => text.parse().ok(),
    }
}

/// A part of a text that is not copied if it was borrowed.
fn cut<'v>(value: Cow<'v, str>, range: impl Fn(&str) -> (usize, usize)) -> Cow<'v, str> {
    let (start, end) = range(&value);
    match value {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(start..end).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(start..end).unwrap_or_default().to_owned()),
    }
}

/// The value of one algorithm in `SHA1=…,MD5=…`; algorithm names in any case.
fn hash<'v>(hashes: &'v str, algorithm: &str) -> Option<&'v str> {
    hashes
        .split(',')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case(algorithm))
        .map(|(_, hash)| hash.trim())
}

/// Splits `a.b.c.d:port`, `[v6]:port` and bare addresses of both kinds.
fn split_port(text: &str) -> (Option<&str>, Option<&str>) {
    let text = text.trim();
    if let Some((address, rest)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        return (some(address), rest.strip_prefix(':').and_then(some));
    }
    match text.split_once(':') {
        // More than one colon: a bare IPv6 address.
        Some((address, port)) if !port.contains(':') => (some(address), some(port)),
        _ => (some(text), None),
    }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Takes `smtp:` off every address of a list.
fn without_smtp(value: Cow<'_, str>) -> Cow<'_, str> {
    let is_smtp =
        |part: &str| part.trim_start().get(..5).is_some_and(|p| p.eq_ignore_ascii_case("smtp:"));
    if !value.split(';').any(is_smtp) {
        return value;
    }
    let parts = value.split(';').map(|part| {
        if is_smtp(part) { part.trim_start().get(5..).unwrap_or_default() } else { part }
    });
    Cow::Owned(parts.collect::<Vec<_>>().join(";"))
}

#[cfg(test)]
mod tests {
    use aql_catalog::Transform;

    use super::apply;

    #[test]
    fn values() {
        let cases: &[(Transform, &str, Option<&str>)] = &[
            (Transform::Basename, "C:\\a\\b.pst", Some("b.pst")),
            (Transform::Basename, "b.pst", Some("b.pst")),
            (Transform::Basename, "/usr/bin/é", Some("é")),
            (Transform::Directory, "C:\\a\\b.pst", Some("C:\\a")),
            (Transform::Directory, "b.pst", None),
            (Transform::Hash("MD5".into()), "SHA1=AB,md5=CD", Some("CD")),
            (Transform::Hash("MD5".into()), "SHA1=AB", None),
            (Transform::Address, "10.0.0.1:7414", Some("10.0.0.1")),
            (Transform::Port, "10.0.0.1:7414", Some("7414")),
            (Transform::Address, "[2a09::1]:25138", Some("2a09::1")),
            (Transform::Port, "[2a09::1]:25138", Some("25138")),
            (Transform::Address, "2a09::1", Some("2a09::1")),
            (Transform::Port, "2a09::1", None),
            (Transform::Address, "", None),
            (Transform::Smtp, "smtp:a@b;SMTP:c@d;e", Some("a@b;c@d;e")),
            (Transform::After(";".into()), "Client=OWA; Mozilla;x", Some("Mozilla;x")),
            (Transform::After(";".into()), "Client=OWA", None),
            (Transform::After("b:".into()), "a: 1\r\nb:  2 \r\nc: 3", Some("2")),
            (Transform::After("b:".into()), "b:  ", Some("")),
            (Transform::Extension, "C:\\a.b\\Archive.PST", Some("pst")),
            (Transform::Extension, "C:\\a.b\\c", None),
            (Transform::Number, "0x1F", Some("31")),
            (Transform::Number, "x", None),
            (Transform::Time, "1970-01-01T00:00:01", Some("1000")),
        ];
        for (transform, value, expected) in cases {
            for value in [(*value).into(), std::borrow::Cow::Owned((*value).to_owned())] {
                assert_eq!(apply(transform, value).as_deref(), *expected, "{transform:?}");
            }
        }
    }
}
