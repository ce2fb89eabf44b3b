//! `aql pack new`: a skeleton that passes `aql pack check` apart from what it leaves to write, and
//! whose cases pass.

use std::fs;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::{Outcome, messages};

/// The files, with `{name}`, `{technique}` and `{id}` to be filled in; every `{id}` is a new UUID.
const FILES: [(&str, &str); 10] = [
    ("pack.toml", include_str!("pack_new/pack.toml")),
    ("README.md", include_str!("pack_new/README.md")),
    ("references.toml", include_str!("pack_new/references.toml")),
    ("tests.toml", include_str!("pack_new/tests.toml")),
    ("rules/first-rule.aql", include_str!("pack_new/first-rule.aql")),
    ("rules/first-rule.toml", include_str!("pack_new/first-rule.toml")),
    ("cases/attack/case.toml", include_str!("pack_new/attack.toml")),
    ("cases/attack/evidence/audit.json", include_str!("pack_new/attack.json")),
    ("cases/everyday-work/case.toml", include_str!("pack_new/everyday-work.toml")),
    ("cases/everyday-work/evidence/audit.json", include_str!("pack_new/everyday-work.json")),
];

pub(crate) fn run(folder: &Path, technique: &str) -> anyhow::Result<Outcome> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name.filter(|name| is_name(name)) else {
        bail!("a pack is named with small letters, digits and hyphens, such as `t1098-devices`");
    };
    if !is_technique(technique) {
        bail!("`{technique}` is no ATT&CK technique; write it as `T1098` or `T1098.005`");
    }
    if folder.exists() {
        bail!("{}: exists already", folder.display());
    }
    for (inner, text) in FILES {
        let path = folder.join(inner);
        let cannot = || format!("{}: cannot be written", path.display());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(cannot)?;
        }
        let mut text = text.replace("{name}", &name).replace("{technique}", technique);
        while text.contains("{id}") {
            text = text.replacen("{id}", &uuid(), 1);
        }
        fs::write(&path, text).with_context(cannot)?;
    }
    let shown = folder.display();
    messages::line(&format!("{shown}: made; `aql pack check {shown}` says what is left to write"));
    Ok(Outcome::Done)
}

fn is_name(name: &str) -> bool {
    !name.starts_with('-')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_technique(text: &str) -> bool {
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_digit());
    let (main, sub) = text.split_once('.').map_or((text, None), |(main, sub)| (main, Some(sub)));
    main.strip_prefix('T').is_some_and(|n| digits(n, 4)) && sub.is_none_or(|n| digits(n, 3))
}

/// A random UUID (version 4): hashers of the standard library are seeded by the system.
fn uuid() -> String {
    let random = || RandomState::new().build_hasher().finish();
    let (high, low) = (random(), random());
    let bits = (u128::from(high) << 64 | u128::from(low)) & !(0xf << 76) & !(0x3 << 62)
        | 0x4 << 76
        | 0x2 << 62;
    let hex = format!("{bits:032x}");
    let (a, rest) = hex.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    format!("{a}-{b}-{c}-{d}-{e}")
}

#[cfg(test)]
mod tests {
    use super::{is_name, is_technique, uuid};

    #[test]
    fn names_and_techniques() {
        assert!(is_name("t1098-devices"));
        assert!(["T1098", "a b", "-a", "a/b", "a_b"].iter().all(|name| !is_name(name)));
        assert!(["T1098", "T1098.005"].iter().all(|text| is_technique(text)));
        assert!(["1098", "T109", "T1098.5", "T1098.", "t1098"].iter().all(|t| !is_technique(t)));
    }

    #[test]
    fn ids_are_random_uuids() {
        let (a, b) = (uuid(), uuid());
        assert_ne!(a, b);
        let lengths: Vec<usize> = a.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&a[14..15], "4");
        assert!("89ab".contains(&a[19..20]), "{a}");
    }
}
