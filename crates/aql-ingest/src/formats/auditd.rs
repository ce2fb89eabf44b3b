//! Records of the Linux audit daemon: `type=SYSCALL msg=audit(1364481363.243:24287): arch=… a0=…`,
//! as `audit.log` has them or behind a syslog header, with `node=` in front or without.
//!
//! An event is made of one record or of several: a field is found by its own name in the first
//! record that has it, and in a certain one by `PATH.name`, `PATH#1.name` (the second of its type).
//! Values that the daemon wrote in hexadecimal, because they hold blanks, quotes or other bytes, are
//! decoded. `?` and `(null)` mean no value.
//!
//! Not in here: which records are of one event (`audit_log`); `saddr`, which stays hexadecimal; the
//! kernel's own lines with numbers for types.

use std::borrow::Cow;
use std::ops::Range;

use aql_catalog::Catalog;
use memchr::{memchr, memchr_iter};

use super::syslog::Header;
use super::{Format, Layout};
use crate::normalise::generic::NamedFields;
use crate::normalise::mapped::MappedRecord;
use crate::out::{At, Out};
use crate::time::parse_epoch_seconds;

/// The format.
pub(crate) const FORMAT: Format = Format {
    name: "auditd",
    about: "records of the Linux audit daemon, with or without a syslog header",
    by: "`type=… msg=audit(…):`",
    layout: Layout::Lines,
};

/// The event category: QRadar's is not known.
const CATEGORY: &str = "auditd";

/// A name and a value.
type Pair<'m> = (Cow<'m, str>, Cow<'m, str>);

/// Writes the id of the event that a message from this host is of, and tells whether it is the record
/// that ends the event; nothing if it is no audit record.
pub(super) fn id(message: &str, host: Option<&str>, id: &mut String) -> Option<bool> {
    let record = Record::cut(message)?;
    id.clear();
    let (node, host) = (record.node.unwrap_or_default(), host.unwrap_or_default());
    for (part, behind) in [(node, ' '), (host, ' '), (record.time, ':')] {
        id.push_str(part);
        id.push(behind);
    }
    id.push_str(record.serial);
    Some(record.kind == "EOE")
}

/// Takes the records of one event; `false` if none is an audit record.
pub(super) fn take(
    messages: &[&str],
    header: &Header<'_>,
    payload: &[u8],
    at: At,
    out: &mut Out<'_>,
) -> bool {
    let records: Vec<Record<'_>> = messages.iter().filter_map(|text| Record::cut(text)).collect();
    let Some(first) = records.first() else { return false };
    let Some(mapping) = Catalog::get().mapping(FORMAT.name) else { return false };
    let header_time = parse_epoch_seconds(first.time);
    let mut pairs = pairs(&records, out.has_dotted_names());
    for (name, value) in [("@host", header.host), ("@address", header.address)] {
        pairs.extend(value.map(|value| (name.into(), value.into())));
    }
    let fields = NamedFields::of_pairs(&pairs);
    let record = MappedRecord { mapping, fields, payload, header_time, category: Some(CATEGORY) };
    out.mapped(FORMAT.name, &record, at.record);
    true
}

/// A record, cut into what it begins with and the rest.
#[derive(Clone, Copy, Debug)]
struct Record<'m> {
    node: Option<&'m str>,
    kind: &'m str,
    time: &'m str,
    serial: &'m str,
    body: &'m str,
}

impl<'m> Record<'m> {
    fn cut(message: &'m str) -> Option<Self> {
        let mut rest = message.trim_start();
        let mut node = None;
        if let Some(after) = rest.strip_prefix("node=") {
            let (name, after) = after.split_once(' ')?;
            node = Some(name);
            rest = after.trim_start();
        }
        let (kind, after) = rest.strip_prefix("type=")?.split_once(' ')?;
        let stamp = after.trim_start().strip_prefix("msg=audit(")?;
        let end = memchr_iter(b')', stamp.as_bytes())
            .find(|end| stamp.as_bytes().get(end + 1) == Some(&b':'))?;
        let (stamp, body) = (stamp.get(..end)?, stamp.get(end + 2..)?);
        let (time, serial) = stamp.rsplit_once(':')?;
        Some(Record { node, kind, time, serial, body })
    }
}

/// The pairs of one record among those of its event.
#[derive(Clone, Debug)]
struct Own<'m> {
    /// The type, also of records whose type is that and a number.
    kind: &'m str,
    /// How many of the same type come before it.
    before: usize,
    pairs: Range<usize>,
}

/// The fields of the records of an event, in order. Of several records each field is there a second
/// time, under the name of its record, if such names are `dotted` ones that somebody asks for.
fn pairs<'m>(records: &[Record<'m>], dotted: bool) -> Vec<Pair<'m>> {
    let mut pairs: Vec<Pair<'m>> = Vec::with_capacity(64);
    if let Some(first) = records.first() {
        pairs.extend(first.node.map(|node| ("node".into(), node.into())));
        pairs.push(("type".into(), first.kind.into()));
        pairs.push(("@serial".into(), first.serial.into()));
    }
    let mut own: Vec<Own<'m>> = Vec::with_capacity(records.len());
    for record in records {
        let kind = record.kind;
        let before = own.iter().filter(|other| of_kind(other.kind) == kind).count();
        let start = pairs.len();
        fields(record.body, kind, &mut pairs);
        own.push(Own { kind, before, pairs: start..pairs.len() });
    }
    for own in own.iter().filter(|own| own.kind.starts_with("EXECVE")) {
        let command = command(pairs.get(own.pairs.clone()).unwrap_or_default());
        pairs.extend(command.map(|command| ("@command".into(), command.into())));
    }
    pairs.extend(user(&pairs).map(|user| ("@user".into(), user)));
    let [path, previous] = paths(&own, &pairs);
    pairs.extend(path.map(|path| ("@path".into(), path.into())));
    pairs.extend(previous.map(|path| ("@previous_path".into(), path.into())));
    if let [_, _, ..] = records {
        let kinds: Vec<&str> = records.iter().map(|record| record.kind).collect();
        pairs.push(("@types".into(), kinds.join(";").into()));
        for own in own.iter().filter(|_| dotted) {
            let number = match own.before {
                0 => String::new(),
                before => format!("#{before}"),
            };
            for at in own.pairs.clone() {
                let Some((key, value)) = pairs.get(at).cloned() else { break };
                pairs.push((format!("{}{number}.{key}", own.kind).into(), value));
            }
        }
    }
    pairs
}

/// A type without the number that may stand behind it.
fn of_kind(kind: &str) -> &str {
    kind.split('#').next().unwrap_or(kind)
}

/// Does it stand between fields?
fn is_gap(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\x1d' | b',')
}

/// Splits `key=value key="value" msg='key=value …'`. What follows the byte 0x1d is the daemon's
/// reading of the numbers before it.
fn fields<'m>(text: &'m str, kind: &str, pairs: &mut Vec<Pair<'m>>) {
    let mut rest = text;
    loop {
        let gaps = rest.bytes().take_while(|b| is_gap(*b)).count();
        rest = rest.get(gaps..).unwrap_or_default();
        if rest.is_empty() {
            return;
        }
        let end = rest.bytes().position(|b| b == b'=' || is_gap(b)).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let Some(after) = after.strip_prefix('=') else {
            // A word without a value, as in the text of some records.
            rest = after;
            continue;
        };
        let quote = after.bytes().next().filter(|b| matches!(b, b'"' | b'\''));
        let (value, after) = match quote {
            Some(quote) => {
                let inner = after.get(1..).unwrap_or_default();
                match memchr(quote, inner.as_bytes()) {
                    Some(end) => (inner.get(..end), inner.get(end + 1..)),
                    None => (Some(inner), None),
                }
            }
            None => {
                let end = after.bytes().position(is_gap).unwrap_or(after.len());
                (after.get(..end), after.get(end..))
            }
        };
        let value = value.unwrap_or_default();
        rest = after.unwrap_or_default();
        if quote == Some(b'\'') && key == "msg" {
            // One level only: what is inside has no quotes of this kind.
            fields(value, kind, pairs);
            continue;
        }
        let value = if quote.is_some() { value.into() } else { decoded(key, kind, value) };
        if !matches!(&*value, "" | "?" | "(null)" | "(none)") {
            pairs.push((key.into(), value));
        }
    }
}

/// Is the unquoted value of this field hexadecimal where it needs to be? In EXECVE records, and only
/// there, the arguments are such fields; in SYSCALL records `a0` is a number.
fn is_encoded(key: &str, kind: &str) -> bool {
    let is_argument = || kind == "EXECVE" && is_argument(key);
    matches!(
        key,
        "name"
            | "exe"
            | "comm"
            | "cmd"
            | "cwd"
            | "proctitle"
            | "acct"
            | "key"
            | "data"
            | "path"
            | "dir"
            | "file"
            | "grp"
            | "new_name"
            | "old_name"
            | "vm"
            | "device"
    ) || is_argument()
}

fn decoded<'m>(key: &str, kind: &str, value: &'m str) -> Cow<'m, str> {
    match Some(value).filter(|_| is_encoded(key, kind)).and_then(unhex) {
        Some(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_end_matches('\0');
            // Arguments of a process title are separated by NUL, keys of a rule by 1.
            text.replace('\0', " ").replace('\u{1}', ";").into()
        }
        None => value.into(),
    }
}

/// Hexadecimal that stands for something that could not have been written in quotes.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = digits
        .chunks_exact(2)
        .map(|pair| match pair {
            &[high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect();
    bytes.filter(|bytes| bytes.iter().any(|b| !(0x21..0x7f).contains(b) || *b == b'"'))
}

/// Is it `a0` or, of a long argument, `a0[1]`?
fn is_argument(key: &str) -> bool {
    let number = key.strip_prefix('a').unwrap_or_default();
    let number = number.split('[').next().unwrap_or_default();
    !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// The command line of an EXECVE record: its arguments with blanks between them.
fn command(record: &[Pair<'_>]) -> Option<String> {
    let mut command = String::new();
    for (key, value) in record.iter().filter(|(key, _)| is_argument(key)) {
        // A later piece of the same argument follows without a blank.
        let goes_on = key.contains('[') && !key.ends_with("[0]");
        if !command.is_empty() && !goes_on {
            command.push(' ');
        }
        command.push_str(value);
    }
    (!command.is_empty()).then_some(command)
}

/// The file that the event is about, from its PATH records: the one that came to be, else one that
/// is no folder on the way; and the one that went, if both are there. Names that are relative begin
/// in the folder of the CWD record.
fn paths(records: &[Own<'_>], pairs: &[Pair<'_>]) -> [Option<String>; 2] {
    fn get<'p>(record: &'p [Pair<'_>], key: &str) -> Option<&'p str> {
        record.iter().find(|(name, _)| name == key).map(|(_, value)| &**value)
    }
    let of_kind = |kind: &'static str| {
        let records = records.iter().filter(move |own| of_kind(own.kind) == kind);
        records.map(|own| pairs.get(own.pairs.clone()).unwrap_or_default())
    };
    let paths: Vec<(&str, &str)> = of_kind("PATH")
        .filter_map(|path| Some((get(path, "nametype").unwrap_or_default(), get(path, "name")?)))
        .collect();
    let folder = of_kind("CWD").find_map(|record| get(record, "cwd"));
    let whole = |name: &str| match folder {
        Some(folder) if !name.starts_with('/') => {
            format!("{}/{}", folder.trim_end_matches('/'), name.trim_start_matches("./"))
        }
        _ => name.to_owned(),
    };
    let with = |kind: &str| paths.iter().find(|(of, _)| *of == kind);
    let created = with("CREATE");
    let path = created.or_else(|| paths.iter().find(|(of, _)| *of != "PARENT"));
    let previous = created.and_then(|_| with("DELETE"));
    [path.or(paths.first()), previous].map(|path| path.map(|(_, name)| whole(name)))
}

/// The account that is named, else the one that logged in, by name if the daemon gave it.
fn user<'m>(pairs: &[Pair<'m>]) -> Option<Cow<'m, str>> {
    let is_set = |value: &str| !matches!(value, "4294967295" | "-1" | "unset");
    ["acct", "AUID", "auid"].iter().find_map(|key| {
        pairs.iter().find(|(name, value)| name == key && is_set(value)).map(|(_, v)| v.clone())
    })
}

#[cfg(test)]
mod tests {
    use super::{Record, id, pairs};
    use crate::time::parse_epoch_seconds;

    /// The time of the first of these lines, and the fields of the event.
    fn text(lines: &str) -> String {
        let records: Vec<Record<'_>> = lines.lines().filter_map(Record::cut).collect();
        let Some(first) = records.first() else { return "none".into() };
        let (time, pairs) = (parse_epoch_seconds(first.time), pairs(&records, true));
        let pairs: Vec<_> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
        format!("{} {}", time.map_or("-".into(), |t| t.to_string()), pairs.join("|"))
    }

    #[test]
    fn records() {
        for (line, expected) in [
            (
                "type=SYSCALL msg=audit(1364481363.243:24287): a0=7fffd19c5592 a1=2E20 auid=500 \
                 comm=\"cat\" exe=\"/bin/cat\" key=(null)",
                "1364481363243 type=SYSCALL|@serial=24287|a0=7fffd19c5592|a1=2E20|auid=500|\
                 comm=cat|exe=/bin/cat|@user=500",
            ),
            (
                "node=h type=EXECVE msg=audit(1.5:2): argc=3 a0=\"sh\" a1=\"-c\" a2=6C73202D6C",
                "1500 node=h|type=EXECVE|@serial=2|argc=3|a0=sh|a1=-c|a2=ls -l|@command=sh -c ls -l",
            ),
            (
                "type=EXECVE msg=audit(1:2): a0=\"x\" a1_len=4 a1[0]=\"ab\" a1[1]=\"cd\" a2=\"e\"",
                "1000 type=EXECVE|@serial=2|a0=x|a1_len=4|a1[0]=ab|a1[1]=cd|a2=e|@command=x abcd e",
            ),
            (
                "type=USER_LOGIN msg=audit(1.001:3): pid=9 auid=4294967295 msg='op=login \
                 acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=? addr=192.0.2.1 res=failed'\u{1d}\
                 UID=\"root\" AUID=\"unset\"",
                "1001 type=USER_LOGIN|@serial=3|pid=9|auid=4294967295|op=login|acct=root|\
                 exe=/usr/sbin/sshd|addr=192.0.2.1|res=failed|UID=root|AUID=unset|@user=root",
            ),
            // Only digits of a form that the daemon writes, and only if they need it.
            (
                "type=PATH msg=audit(1.0:4): name=2F746D702F61206200 a=1 exe=6162 comm=ab",
                "1000 type=PATH|@serial=4|name=/tmp/a b|a=1|exe=6162|comm=ab|@path=/tmp/a b",
            ),
            (
                "type=PROCTITLE msg=audit(1.0:5): proctitle=636174002D6E",
                "1000 type=PROCTITLE|@serial=5|proctitle=cat -n",
            ),
            ("type=CWD msg=audit(1.0:6): cwd=\"/open", "1000 type=CWD|@serial=6|cwd=/open"),
            ("type=CWD msg=audit(x:6):", "- type=CWD|@serial=6"),
            ("type=CWD msg=audit(1.0): a=b", "none"),
            ("type=CWD message", "none"),
            ("node=", "none"),
            ("", "none"),
        ] {
            assert_eq!(text(line), expected, "{line}");
        }
    }

    #[test]
    fn records_of_one_event() {
        assert_eq!(
            text(
                "type=SYSCALL msg=audit(1.5:9): a0=ff exe=\"/bin/mv\"\n\
                 type=EXECVE msg=audit(1.5:9): a0=\"mv\" a1=\"a\"\n\
                 type=CWD msg=audit(1.5:9): cwd=\"/home/x\"\n\
                 type=PATH msg=audit(1.5:9): item=0 name=\"/home/x\" nametype=PARENT\n\
                 type=PATH msg=audit(1.5:9): item=1 name=\"./a\" nametype=DELETE\n\
                 type=PATH msg=audit(1.5:9): item=2 name=\"/tmp/b\" nametype=CREATE"
            ),
            "1500 type=SYSCALL|@serial=9|a0=ff|exe=/bin/mv|a0=mv|a1=a|cwd=/home/x|item=0|\
             name=/home/x|nametype=PARENT|item=1|name=./a|nametype=DELETE|item=2|name=/tmp/b|\
             nametype=CREATE|@command=mv a|@path=/tmp/b|@previous_path=/home/x/a|\
             @types=SYSCALL;EXECVE;CWD;PATH;PATH;PATH|SYSCALL.a0=ff|SYSCALL.exe=/bin/mv|\
             EXECVE.a0=mv|EXECVE.a1=a|CWD.cwd=/home/x|PATH.item=0|PATH.name=/home/x|\
             PATH.nametype=PARENT|PATH#1.item=1|PATH#1.name=./a|PATH#1.nametype=DELETE|\
             PATH#2.item=2|PATH#2.name=/tmp/b|PATH#2.nametype=CREATE"
        );
    }

    #[test]
    fn ids_of_events() {
        let of = |message: &str, host| {
            let mut text = String::new();
            id(message, host, &mut text).map(|is_end| (text, is_end))
        };
        let event = |text: &str, is_end| Some((text.to_owned(), is_end));
        assert_eq!(of("type=CWD msg=audit(1.5:9): cwd=1", None), event("  1.5:9", false));
        assert_eq!(of("node=n type=EOE msg=audit(1.5:9):", Some("h")), event("n h 1.5:9", true));
        assert_eq!(of("type=CWD msg=audit(1.5): cwd=1", None), None);
    }
}
