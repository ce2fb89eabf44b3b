//! Converted Sigma rules as a pack: in memory for a hunt, and as files.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use aql_catalog::Profile;
use aql_diag::SourceText;
use aql_pack::{
    Attack, Correlation, CorrelationKind, Level, Pack, PackFacts, Reference, Rule, RuleFacts,
};
use aql_semantic::ProfileFile;
use aql_sigma::{Converted, Outcome, PackCorrelation};

/// Tags say no version of ATT&CK.
const UNSTATED: &str = "unstated";

/// What the pack of rules without a folder is called.
const NAME: &str = "sigma";

/// A pack of what could be converted, the names of rules that stand for a correlation alone, and
/// which documents were left out.
pub(crate) fn build(
    converted: &[Converted],
    files: &[SourceText],
    profile: Profile,
) -> (Pack, Vec<String>, Vec<usize>) {
    let names = names(converted, files);
    let usable: Vec<bool> = converted.iter().map(is_usable).collect();
    let mut pack = Pack {
        facts: pack_facts(NAME),
        rules: Vec::new(),
        playbook: None,
        references: None,
        tunings: vec![],
    };
    let mut silent = Vec::new();
    let mut left_out = Vec::new();
    for (at, one) in converted.iter().enumerate() {
        if one.is_filter && one.outcome() != Outcome::Refused {
            continue;
        }
        let correlation = one.correlation.as_ref().filter(|_| usable.get(at) == Some(&true));
        // A query that counts would count over all of the evidence, not over its window.
        let is_event_rule = one.source.is_some() && one.query.is_some();
        if usable.get(at) != Some(&true) || !(is_event_rule || correlation.is_some()) {
            left_out.push(at);
            continue;
        }
        let Some(name) = names.get(at) else { continue };
        if one.silent {
            silent.push(name.clone());
        }
        let correlation = correlation.and_then(|c| pack_correlation(c, &names));
        let (file, _) = ProfileFile::parse(&one.profile_file());
        let path = files.get(one.file).map_or_else(String::new, |file| file.name.clone());
        let query = match &correlation {
            Some(_) => String::new(),
            None => one.query.clone().unwrap_or_default(),
        };
        pack.rules.push(Rule {
            name: name.clone(),
            path: path.clone(),
            query,
            facts_path: path,
            facts: facts(one, name, profile, correlation),
            profile: file,
        });
    }
    (pack, silent, left_out)
}

fn is_usable(one: &Converted) -> bool {
    one.outcome() != Outcome::Refused
}

/// A name for each document: that of its file, with a number where a file has several.
pub(super) fn names(converted: &[Converted], files: &[SourceText]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    converted
        .iter()
        .map(|one| {
            let path = files.get(one.file).map_or("", |file| file.name.as_str());
            let stem = Path::new(path).file_stem().map_or_else(String::new, |s| {
                let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
                s.to_string_lossy().chars().map(|c| if keep(c) { c } else { '_' }).collect()
            });
            let own = one.about.name.clone().filter(|name| {
                name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
            });
            let first = own.unwrap_or(stem);
            let mut name = first.clone();
            let mut number = 1;
            while !taken.insert(name.to_lowercase()) {
                number += 1;
                name = format!("{first}-{number}");
            }
            name
        })
        .collect()
}

fn pack_correlation(from: &PackCorrelation, names: &[String]) -> Option<Correlation> {
    let rules = from.rules.iter().map(|at| names.get(*at).cloned()).collect::<Option<_>>()?;
    Some(Correlation {
        kind: if from.kind == "sequence" {
            CorrelationKind::Sequence
        } else {
            CorrelationKind::Count
        },
        rules,
        by: from.by.clone(),
        within: from.within,
        at_least: from.at_least,
        distinct: from.distinct.clone(),
    })
}

fn pack_facts(name: &str) -> PackFacts {
    PackFacts {
        format: 1,
        id: uuid_of(name),
        name: name.to_owned(),
        title: "Sigma rules".to_owned(),
        version: "1".to_owned(),
        description: "Converted from Sigma rules.".to_owned(),
        license: UNSTATED.to_owned(),
        author: "the authors of the rules".to_owned(),
        requires: env!("CARGO_PKG_VERSION").to_owned(),
        attack: Vec::new(),
    }
}

/// The same name gives the same id.
fn uuid_of(name: &str) -> String {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:08x}-{:04x}-4000-8000-{:012x}", hash >> 32, hash >> 16 & 0xffff, hash & 0xffff_ffff)
}

fn facts(
    one: &Converted,
    name: &str,
    profile: Profile,
    correlation: Option<Correlation>,
) -> RuleFacts {
    let about = &one.about;
    let tags = || about.tags.iter().filter_map(|tag| tag.strip_prefix("attack."));
    let is_technique = |tag: &&str| {
        tag.strip_prefix('t').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let is_other = |tag: &&str| {
        tag.starts_with(['s', 'g', 'c'])
            && tag.get(1..).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    };
    let source = one.source.as_ref().map(|source| {
        let parts = [&source.product, &source.category, &source.service];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("/")
    });
    RuleFacts {
        id: about.id.clone().unwrap_or_else(|| uuid_of(name)),
        title: about.title.clone(),
        description: about.description.clone().unwrap_or_default(),
        level: level(about.level.as_deref()),
        status: about.status.clone().unwrap_or_else(|| UNSTATED.to_owned()),
        author: about.author.clone().unwrap_or_default(),
        profile,
        profile_file: None,
        attack: tags()
            .filter(is_technique)
            .map(|tag| Attack { id: tag.to_uppercase(), version: UNSTATED.to_owned() })
            .collect(),
        tactics: tags()
            .filter(|tag| !is_technique(tag) && !is_other(tag))
            .map(|tag| tag.replace('_', "-"))
            .collect(),
        log_sources: source.into_iter().collect(),
        data_components: Vec::new(),
        false_positives: about.false_positives.clone(),
        blind_spots: Vec::new(),
        references: about
            .references
            .iter()
            .map(|url| Reference { url: url.clone(), state: "unchecked".to_owned() })
            .collect(),
        triage: Vec::new(),
        correlation,
        parameters: Vec::new(),
        max_per_million: None,
        published_faults: Vec::new(),
    }
}

fn level(word: Option<&str>) -> Level {
    let named = Level::ALL.into_iter().find(|level| Some(level.name()) == word);
    named.unwrap_or(Level::Medium)
}

/// Writes the pack as a folder that `aql hunt --pack` and `aql pack check` read; gives the documents
/// that are not in it.
pub(crate) fn write(
    folder: &Path,
    converted: &[Converted],
    files: &[SourceText],
    profile: Profile,
) -> anyhow::Result<Vec<usize>> {
    let (mut pack, _, left_out) = build(converted, files, profile);
    let names = names(converted, files);
    let stem = folder.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    pack.facts = pack_facts(&stem);
    for inner in ["rules", "profiles"] {
        let path = folder.join(inner);
        fs::create_dir_all(&path).with_context(|| format!("{}: cannot be made", path.display()))?;
    }
    let save = |inner: String, text: &str| {
        let path = folder.join(inner);
        fs::write(&path, text).with_context(|| format!("{}: cannot be written", path.display()))
    };
    save("pack.toml".to_owned(), &pack_toml(&pack.facts))?;
    for rule in &pack.rules {
        let one = names.iter().position(|n| *n == rule.name).and_then(|at| converted.get(at));
        let Some(one) = one else { continue };
        let mut facts = rule.facts.clone();
        if rule.facts.correlation.is_none() {
            save(format!("rules/{}.aql", rule.name), &rule.query)?;
            let profile_file = format!("profiles/{}.toml", rule.name);
            save(profile_file.clone(), &one.profile_file())?;
            facts.profile_file = Some(profile_file);
        }
        save(format!("rules/{}.toml", rule.name), &facts_toml(&facts))?;
    }
    Ok(left_out)
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn quoted_list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

/// Writing into a string cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { let _ = writeln!($out, $($arg)*); };
}

fn pack_toml(facts: &PackFacts) -> String {
    let mut out = String::new();
    put!(out, "format = {}", facts.format);
    for (key, value) in [
        ("id", &facts.id),
        ("name", &facts.name),
        ("title", &facts.title),
        ("version", &facts.version),
        ("description", &facts.description),
        ("license", &facts.license),
        ("author", &facts.author),
        ("requires", &facts.requires),
    ] {
        put!(out, "{key} = {}", quoted(value));
    }
    put!(out, "attack = []");
    out
}

fn facts_toml(facts: &RuleFacts) -> String {
    let mut out = String::new();
    for (key, value) in [
        ("id", &facts.id),
        ("title", &facts.title),
        ("description", &facts.description),
        ("status", &facts.status),
        ("author", &facts.author),
    ] {
        put!(out, "{key} = {}", quoted(value));
    }
    put!(out, "level = {}", quoted(facts.level.name()));
    let profile = if facts.profile == Profile::Raw { "raw" } else { "ibm" };
    put!(out, "profile = {}", quoted(profile));
    if let Some(path) = &facts.profile_file {
        put!(out, "profile_file = {}", quoted(path));
    }
    let attack: Vec<String> = facts
        .attack
        .iter()
        .map(|a| format!("{{ id = {}, version = {} }}", quoted(&a.id), quoted(&a.version)))
        .collect();
    put!(out, "attack = [{}]", attack.join(", "));
    for (key, list) in [
        ("tactics", &facts.tactics),
        ("log_sources", &facts.log_sources),
        ("false_positives", &facts.false_positives),
    ] {
        if !list.is_empty() {
            put!(out, "{key} = {}", quoted_list(list));
        }
    }
    for reference in &facts.references {
        put!(out, "\n[[references]]\nurl = {}", quoted(&reference.url));
        put!(out, "state = {}", quoted(&reference.state));
    }
    if let Some(c) = &facts.correlation {
        let kind = if c.kind == CorrelationKind::Sequence { "sequence" } else { "count" };
        put!(out, "\n[correlation]\nkind = {}", quoted(kind));
        put!(out, "rules = {}", quoted_list(&c.rules));
        put!(out, "by = {}", quoted_list(&c.by));
        put!(out, "within = {}", quoted(&format!("{}s", c.within / 1000)));
        if let Some(n) = c.at_least {
            put!(out, "at_least = {n}");
        }
        if let Some(field) = &c.distinct {
            put!(out, "distinct = {}", quoted(field));
        }
    }
    out
}
