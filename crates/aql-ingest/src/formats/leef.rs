//! Log Event Extended Format, 1.0 and 2.0 (IBM, "LEEF guide"), with the deviations of IBM's own
//! products: a missing delimiter field in 2.0, the delimiter in hexadecimal.

use aql_event::DatePattern;
use jiff::tz::TimeZone;
use memchr::{memchr, memchr_iter};

use super::syslog::Pair;
use super::text::trimmed;
use super::{Format, Layout};
use crate::normalise::transform::CENTURY;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "leef",
    about: "LEEF 1.0 and 2.0, with or without a syslog header",
    by: "`LEEF:` at the start of a line, or behind a syslog header",
    layout: Layout::Lines,
};

/// Header fields and attributes of a message that begins with `LEEF:`, in order; nothing if it is
/// not LEEF after all.
pub(super) fn pairs(message: &str) -> Option<Vec<Pair<'_>>> {
    let rest = message.strip_prefix("LEEF:")?;
    let mut parts = rest.splitn(6, '|');
    let version = parts.next()?;
    if !matches!(version, "1.0" | "2.0" | "1" | "2") {
        return None;
    }
    let mut pairs: Vec<Pair<'_>> = Vec::with_capacity(64);
    for name in ["@vendor", "@product", "@version", "@eventid"] {
        pairs.push((name.into(), parts.next()?.trim().into()));
    }
    let mut rest = parts.next().unwrap_or_default();
    let mut delimiter = '\t';
    if version.starts_with('2')
        && let Some((field, attributes)) = rest.split_once('|')
        && let Some(own) = delimiter_of(field)
    {
        (delimiter, rest) = (own, attributes);
    }
    match u8::try_from(delimiter).ok().filter(u8::is_ascii) {
        Some(delimiter) => {
            let mut start = 0;
            for end in memchr_iter(delimiter, rest.as_bytes()).chain([rest.len()]) {
                pairs.extend(attribute(rest.get(start..end).unwrap_or_default()));
                start = end + 1;
            }
        }
        None => pairs.extend(rest.split(delimiter).filter_map(attribute)),
    }
    Some(pairs)
}

/// The key and the value of an attribute.
fn attribute(text: &str) -> Option<Pair<'_>> {
    let (key, value) = text.split_at(memchr(b'=', text.as_bytes())?);
    let value = value.get(1..)?;
    let value = match value.as_bytes().last() {
        Some(b'\r' | b'\n') => value.trim_end_matches(['\r', '\n']),
        _ => value,
    };
    Some((trimmed(key).into(), value.into()))
}

/// The time of `devTime` as `devTimeFormat` says, a pattern of Java's `SimpleDateFormat`; nothing
/// if there is none.
///
/// # Errors
/// The pattern is none, or the time does not fit it.
pub(super) fn device_time(pairs: &[Pair<'_>]) -> Result<Option<i64>, String> {
    let get = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, value)| &**value);
    let (Some(time), Some(format)) = (get("devTime"), get("devTimeFormat")) else {
        return Ok(None);
    };
    let pattern = DatePattern::new(format).map_err(|error| format!("`devTimeFormat`: {error}"))?;
    match pattern.parse(time.trim(), &TimeZone::UTC, CENTURY) {
        Some(time) => Ok(Some(time)),
        None => Err(format!("`devTime` is `{time}`, which does not fit `{format}`")),
    }
}

/// The delimiter that the sixth field of LEEF 2.0 names: itself, hexadecimal, or nothing for a tab.
/// Nothing if the field is none, since some products leave it out.
fn delimiter_of(field: &str) -> Option<char> {
    let mut chars = field.chars();
    match (chars.next(), chars.next()) {
        (None, _) => return Some('\t'),
        (Some(c), None) => return Some(c),
        _ => {}
    }
    let hex = field
        .strip_prefix("0x")
        .or_else(|| field.strip_prefix("0X"))
        .or_else(|| field.strip_prefix(['x', 'X']))?;
    if hex.len() > 4 {
        return None;
    }
    char::from_u32(u32::from_str_radix(hex, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::{device_time, pairs};

    fn text(message: &str) -> String {
        let Some(pairs) = pairs(message) else { return "none".into() };
        pairs.iter().skip(3).map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(";")
    }

    #[test]
    fn delimiters() {
        for (message, expected) in [
            ("LEEF:1.0|V|P|1|id|a=1\tb c=2=3\td", "@eventid=id;a=1;b c=2=3"),
            ("LEEF:2.0|V|P|1|id|^|a=1^b=2", "@eventid=id;a=1;b=2"),
            ("LEEF:2.0|V|P|1|id|0x5E|a=1^b=2", "@eventid=id;a=1;b=2"),
            ("LEEF:2.0|V|P|1|id|x7c|a=1|b=2", "@eventid=id;a=1;b=2"),
            ("LEEF:2.0|V|P|1|id||a=1\tb=2", "@eventid=id;a=1;b=2"),
            // No delimiter field at all; a pipe later in the line is data.
            ("LEEF:2.0|V|P|1|id|a=1|2\tb=2", "@eventid=id;a=1|2;b=2"),
            ("LEEF:1.0|V|P|1|id", "@eventid=id"),
            ("LEEF:1.0|V|P", "none"),
            ("LEEF:3.0|V|P|1|id|", "none"),
        ] {
            assert_eq!(text(message), expected, "{message}");
        }
    }

    #[test]
    fn times_in_a_form_of_their_own() {
        let time = |attributes: &str| {
            device_time(&pairs(&format!("LEEF:1.0|V|P|1|id|{attributes}")).expect("LEEF"))
        };
        let expected = Ok(Some(1_276_511_135_000));
        for attributes in [
            "devTime=Jun 14 2010 10:25:35.000 UTC\tdevTimeFormat=MMM dd yyyy HH:mm:ss.SSS z",
            "devTime=2010-06-14T12:25:35.000+02\tdevTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSX",
            "devTimeFormat=yyyyMMddHHmmss\tdevTime=20100614102535",
        ] {
            assert_eq!(time(attributes), expected, "{attributes}");
        }
        assert_eq!(time("devTime=1276511135000"), Ok(None));
        assert_eq!(
            time("devTime=1276511135000\tdevTimeFormat=yyyy/MM/dd"),
            Err("`devTime` is `1276511135000`, which does not fit `yyyy/MM/dd`".to_owned())
        );
        assert!(time("devTime=1\tdevTimeFormat=bad").is_err());
    }
}
