//! Common Event Format (ArcSight, "Implementing ArcSight Common Event Format").

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::syslog::Pair;
use super::{Format, Layout};

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "cef",
    about: "CEF 0 and 1, with or without a syslog header",
    by: "`CEF:` at the start of a line, or behind a syslog header",
    layout: Layout::Lines,
};

/// Header fields, then the extension, in order, then custom keys under their labels, of a message
/// that begins with `CEF:`; nothing if it is not CEF after all.
pub(super) fn pairs(message: &str) -> Option<Vec<Pair<'_>>> {
    let mut rest = message.strip_prefix("CEF:")?;
    let version = cut_header(&mut rest)?;
    if !matches!(&*version, "0" | "1") {
        return None;
    }
    let mut pairs: Vec<Pair<'_>> = Vec::with_capacity(64);
    for name in ["@vendor", "@product", "@version", "@class", "@name"] {
        pairs.push((name.into(), cut_header(&mut rest)?));
    }
    // A message without extension may end without its last pipe.
    let severity = cut_header(&mut rest).unwrap_or_else(|| std::mem::take(&mut rest).into());
    pairs.push(("@severity".into(), severity));
    if let Some(id) = windows_event_id(&pairs) {
        pairs.push(("@eventid".into(), id));
        pairs.push(("@channel".into(), "Security".into()));
    }
    extension(rest, &mut pairs);
    let labelled: Vec<Pair<'_>> = pairs.iter().filter_map(|pair| labelled(pair, &pairs)).collect();
    pairs.extend(labelled);
    Some(pairs)
}

/// Takes a header field off the front: up to a pipe that no backslash escapes.
fn cut_header<'m>(rest: &mut &'m str) -> Option<Cow<'m, str>> {
    let mut escaped = false;
    let end = rest.bytes().position(|b| {
        let is_end = b == b'|' && !escaped;
        escaped = b == b'\\' && !escaped;
        is_end
    })?;
    let field = rest.get(..end)?.trim();
    *rest = rest.get(end + 1..)?;
    Some(unescape(field))
}

/// The event id of an event of Windows' Security log: class
/// `Microsoft-Windows-Security-Auditing:4624`.
fn windows_event_id<'m>(pairs: &[Pair<'m>]) -> Option<Cow<'m, str>> {
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    if !value("@vendor")?.eq_ignore_ascii_case("Microsoft") {
        return None;
    }
    let id = value("@class")?.strip_prefix("Microsoft-Windows-Security-Auditing:")?;
    id.bytes().all(|b| b.is_ascii_digit()).then(|| Cow::Owned(id.to_owned()))
}

/// Splits at each `=` in front of which a key stands. A key is the last word before it; any other
/// `=` is data, since many senders do not escape it.
fn extension<'m>(text: &'m str, pairs: &mut Vec<Pair<'m>>) {
    let bytes = text.as_bytes();
    let mut open: Option<(&str, usize)> = None;
    // Behind the last backslash; most values have none.
    let mut escaped = 0;
    let text_of = |value: &'m str, start: usize, escaped: usize| -> Cow<'m, str> {
        if escaped > start { unescape(value) } else { value.into() }
    };
    let mut at = 0;
    while let Some(found) = memchr2(b'=', b'\\', bytes.get(at..).unwrap_or_default()) {
        at += found;
        if bytes.get(at) == Some(&b'\\') {
            // What follows is escaped.
            escaped = at + 1;
            at += 2;
            continue;
        }
        if let Some((start, key)) = key_before(text, at)
            && open.is_none_or(|(_, value)| start > value)
        {
            if let Some((key, value)) = open {
                // The blank in front of the key is no part of the value.
                let text = text.get(value..start - 1).unwrap_or_default();
                pairs.push((key.into(), text_of(text, value, escaped)));
            }
            open = Some((key, at + 1));
        }
        at += 1;
    }
    if let Some((key, value)) = open {
        let text = text.get(value..).unwrap_or_default().trim_end();
        pairs.push((key.into(), text_of(text, value, escaped)));
    }
}

/// The key that ends at an offset, and where it starts.
fn key_before(text: &str, end: usize) -> Option<(usize, &str)> {
    let before = text.get(..end)?;
    let start = memchr::memrchr(b' ', before.as_bytes()).map_or(0, |blank| blank + 1);
    let key = before.get(start..)?;
    let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-[]".contains(&b));
    is_key.then_some((start, key))
}

fn unescape(text: &str) -> Cow<'_, str> {
    let Some(first) = memchr(b'\\', text.as_bytes()) else { return text.into() };
    let mut out = String::with_capacity(text.len());
    let (mut plain, mut rest) = text.split_at(first);
    loop {
        out.push_str(plain);
        let mut chars = rest.chars();
        let Some(slash) = chars.next() else { return out.into() };
        let after = chars.as_str();
        let known = match chars.next() {
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some(next @ ('\\' | '=' | '|')) => Some(next),
            _ => None,
        };
        out.push(known.unwrap_or(slash));
        rest = if known.is_some() { chars.as_str() } else { after };
        let next = memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len());
        (plain, rest) = rest.split_at(next);
    }
}

/// The value of a custom key under the name that its label gives it: `cs1` under `cs1Label`.
fn labelled<'m>(label: &Pair<'m>, pairs: &[Pair<'m>]) -> Option<Pair<'m>> {
    let key = label.0.strip_suffix("Label")?;
    let (_, value) = pairs.iter().find(|(name, _)| name == key)?;
    // Some senders put their labels in quotes.
    let name = label.1.trim_matches('"');
    (!name.is_empty() && !value.is_empty()).then(|| (Cow::Owned(name.to_owned()), value.clone()))
}

#[cfg(test)]
mod tests {
    use super::pairs;

    fn text(message: &str) -> String {
        let Some(pairs) = pairs(message) else { return "none".into() };
        pairs.iter().skip(3).map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(";")
    }

    #[test]
    fn headers_and_extensions() {
        for (message, expected) in [
            ("CEF:0|V|P|1|id|a\\|b|5|", "@class=id;@name=a|b;@severity=5"),
            ("CEF:0|V|P|1|id|n|High", "@class=id;@name=n;@severity=High"),
            (
                "CEF:1|V|P|1|id|n|5|msg=two  words act=x  c=d\\=e|f  ",
                "@class=id;@name=n;@severity=5;msg=two  words;act=x ;c=d=e|f",
            ),
            (
                "CEF:0|V|P|1|id|n|5|url=http://h/?a=b&c=d cs1Label=Safe Name cs1=red app= x=\\n",
                "@class=id;@name=n;@severity=5;url=http://h/?a=b&c=d;cs1Label=Safe Name;cs1=red;\
                 app=;x=\n;Safe Name=red",
            ),
            (
                "CEF:0|Microsoft|Microsoft Windows|1|Microsoft-Windows-Security-Auditing:4624|n|1|",
                "@class=Microsoft-Windows-Security-Auditing:4624;@name=n;@severity=1;@eventid=4624;\
                 @channel=Security",
            ),
            ("CEF:0|V|P|1|id", "none"),
            ("CEF:7|V|P|1|id|n|5|", "none"),
        ] {
            assert_eq!(text(message), expected, "{message}");
        }
    }
}
