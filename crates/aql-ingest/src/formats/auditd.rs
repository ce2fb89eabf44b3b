//! Records of the Linux audit daemon: `type=SYSCALL msg=audit(1364481363.243:24287): arch=… a0=…`,
//! as `audit.log` has them or behind a syslog header, with `node=` in front or without.
//!
//! Every line is an event: the records of one event (SYSCALL, CWD, PATH, …) are not joined; they
//! have the same time and `@serial`. Values that the daemon wrote in hexadecimal, because they hold
//! blanks, quotes or other bytes, are decoded. `?` and `(null)` mean no value.
//!
//! Not in here: `saddr`, which stays hexadecimal, and the kernel's own lines with numbers for types.

use std::borrow::Cow;

use aql_catalog::Catalog;

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

/// Takes a message; `false` if it is no audit record.
pub(super) fn take(
    message: &str,
    header: &Header<'_>,
    payload: &[u8],
    at: At,
    out: &mut Out<'_>,
) -> bool {
    let Some((time, mut pairs)) = pairs(message) else { return false };
    if let Some(host) = header.host {
        pairs.push(("@host".into(), host.into()));
    }
    let Some(mapping) = Catalog::get().mapping(FORMAT.name) else { return false };
    let fields = NamedFields::Pairs(&pairs);
    let record =
        MappedRecord { mapping, fields, payload, header_time: time, category: Some(CATEGORY) };
    out.mapped(FORMAT.name, &record, at.record);
    true
}

/// The time of a record, and its fields in order.
fn pairs(message: &str) -> Option<(Option<i64>, Vec<Pair<'_>>)> {
    let mut rest = message.trim_start();
    let mut pairs: Vec<Pair<'_>> = Vec::new();
    if let Some(after) = rest.strip_prefix("node=") {
        let (node, after) = after.split_once(' ')?;
        pairs.push(("node".into(), node.into()));
        rest = after.trim_start();
    }
    let (kind, after) = rest.strip_prefix("type=")?.split_once(' ')?;
    let (stamp, body) = after.trim_start().strip_prefix("msg=audit(")?.split_once("):")?;
    let (time, serial) = stamp.rsplit_once(':')?;
    pairs.push(("type".into(), kind.into()));
    pairs.push(("@serial".into(), serial.into()));
    fields(body, kind, &mut pairs);
    add_command(kind, &mut pairs);
    add_user(&mut pairs);
    Some((parse_epoch_seconds(time), pairs))
}

/// Splits `key=value key="value" msg='key=value …'`. What follows the byte 0x1d is the daemon's
/// reading of the numbers before it.
fn fields<'m>(text: &'m str, kind: &str, pairs: &mut Vec<Pair<'m>>) {
    let is_gap = |c: char| matches!(c, ' ' | '\t' | '\u{1d}' | ',');
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(is_gap);
        let end = rest.find(|c| c == '=' || is_gap(c)).unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        if rest.is_empty() {
            return;
        }
        let Some(after) = after.strip_prefix('=') else {
            // A word without a value, as in the text of some records.
            rest = after;
            continue;
        };
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => {
                let inner = after.get(1..).unwrap_or_default();
                inner.split_once(quote).unwrap_or((inner, ""))
            }
            None => after.split_at(after.find(is_gap).unwrap_or(after.len())),
        };
        rest = after;
        if quote == Some('\'') && key == "msg" {
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

/// Fields whose unquoted value is hexadecimal where it needs to be. In EXECVE records, and only
/// there, the arguments are such fields; in SYSCALL records `a0` is a number.
const ENCODED: &[&str] = &[
    "name",
    "exe",
    "comm",
    "cmd",
    "cwd",
    "proctitle",
    "acct",
    "key",
    "data",
    "path",
    "dir",
    "file",
    "grp",
    "new_name",
    "old_name",
    "vm",
    "device",
];

fn decoded<'m>(key: &str, kind: &str, value: &'m str) -> Cow<'m, str> {
    let is_encoded = ENCODED.contains(&key) || (kind == "EXECVE" && is_argument(key));
    match unhex(value).filter(|_| is_encoded) {
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
fn add_command(kind: &str, pairs: &mut Vec<Pair<'_>>) {
    if kind != "EXECVE" {
        return;
    }
    let mut command = String::new();
    for (key, value) in pairs.iter().filter(|(key, _)| is_argument(key)) {
        // A later piece of the same argument follows without a blank.
        let goes_on = key.contains('[') && !key.ends_with("[0]");
        if !command.is_empty() && !goes_on {
            command.push(' ');
        }
        command.push_str(value);
    }
    if !command.is_empty() {
        pairs.push(("@command".into(), command.into()));
    }
}

/// The account that is named, else the one that logged in, by name if the daemon gave it.
fn add_user(pairs: &mut Vec<Pair<'_>>) {
    let is_set = |value: &str| !matches!(value, "4294967295" | "-1" | "unset");
    let user = ["acct", "AUID", "auid"].iter().find_map(|key| {
        pairs.iter().find(|(name, value)| name == key && is_set(value)).map(|(_, v)| v.clone())
    });
    if let Some(user) = user {
        pairs.push(("@user".into(), user));
    }
}

#[cfg(test)]
mod tests {
    use super::pairs;

    fn text(line: &str) -> String {
        let Some((time, pairs)) = pairs(line) else { return "none".into() };
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
                "1000 type=PATH|@serial=4|name=/tmp/a b|a=1|exe=6162|comm=ab",
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
}
