//! `aql pack check`: is a pack complete, and does it hold what it promises?
//!
//! Not in here: what keeps a pack from loading at all (`load`, `proof::case`), and whether its cases
//! pass ([`Proof::run`](crate::Proof::run)).

use std::collections::{BTreeMap, BTreeSet};

use aql_catalog::Catalog;
use aql_diag::{Diagnostic, SourceText, codes};
use aql_lint::{Config, check};
use aql_semantic::{BoundQuery, ExprKind, Mode, ProfileFile, Value};

use crate::facts::RuleFacts;
use crate::load::{Pack, Rule, place, problem};
use crate::parameter::ReferenceKind;
use crate::proof::{Case, CaseKind, Proof};

/// What a fact holds until its author writes something else.
pub const TODO: &str = "TODO";

/// States that a reference can have.
const STATES: [&str; 4] = ["current", "moved", "dead", "unchecked"];

/// Something to say about a pack, and the query it is about.
#[derive(Clone, Debug)]
pub struct PackRemark {
    /// What there is to say.
    pub diagnostic: Diagnostic,
    /// The query that its places are in, if it is about one.
    pub source: Option<SourceText>,
}

/// Everything there is to say about a pack that could be loaded, rule by rule.
pub fn check_pack(proof: &Proof) -> Vec<PackRemark> {
    let mut remarks = Vec::new();
    let mut say = |diagnostic: Diagnostic| remarks.push(PackRemark { diagnostic, source: None });
    let pack = &proof.pack;
    if !is_uuid(&pack.facts.id) {
        say(problem(codes::PACK_FACTS, "pack.toml", format!("`{}` is no UUID", pack.facts.id)));
    }
    let facts = &pack.facts;
    for (key, text) in
        [("title", &facts.title), ("description", &facts.description), ("author", &facts.author)]
    {
        todo(&mut say, "pack.toml", key, text);
    }
    for rule in &pack.rules {
        rule_facts(rule, &mut say);
        proved(rule, &proof.cases, &mut say);
    }
    references_resolve(pack, &mut say);
    for case in &proof.cases {
        let facts = &case.facts;
        for (key, text) in [("title", &facts.title), ("why", &facts.why), ("origin", &facts.origin)]
        {
            todo(&mut say, &case.path, key, text);
        }
        if facts.kind == CaseKind::Positive && facts.twin.is_none() {
            let message = "it is positive and has no benign twin";
            say(Diagnostic::warning(codes::PACK_UNPROVED, message).input(place(&case.path)));
        }
    }
    for rule in pack.rules.iter().filter(|rule| rule.facts.correlation.is_none()) {
        query(rule, &mut remarks);
    }
    remarks
}

fn todo(say: &mut dyn FnMut(Diagnostic), file: &str, key: &str, text: &str) {
    if text.contains(TODO) {
        let message = format!("`{key}` is still to be written");
        say(Diagnostic::warning(codes::PACK_TODO, message).input(place(file)));
    }
}

/// What its `.toml` says, and what it leaves out.
fn rule_facts(rule: &Rule, say: &mut dyn FnMut(Diagnostic)) {
    let file = rule.facts_path.as_str();
    let facts = &rule.facts;
    if !is_uuid(&facts.id) {
        say(problem(codes::PACK_FACTS, file, format!("its id `{}` is no UUID", facts.id)));
    }
    for (key, text) in texts(facts) {
        todo(say, file, key, text);
    }
    let urls: Vec<&str> = facts.references.iter().map(|r| r.url.as_str()).collect();
    for (key, empty) in [
        ("attack", facts.attack.is_empty()),
        ("tactics", facts.tactics.is_empty()),
        ("log_sources", facts.log_sources.is_empty()),
        ("false_positives", facts.false_positives.is_empty()),
        ("blind_spots", facts.blind_spots.is_empty()),
        ("references", urls.is_empty()),
        ("triage", facts.triage.is_empty()),
    ] {
        if empty {
            let message = format!("`{key}` is empty");
            say(Diagnostic::warning(codes::PACK_FACTS, message).input(place(file)));
        }
    }
    for reference in &facts.references {
        state(say, file, &reference.url, &reference.state);
    }
    let mut seen = BTreeSet::new();
    for url in urls.iter().filter(|url| !seen.insert(**url)) {
        let message = format!("reference {url} stands twice");
        say(Diagnostic::warning(codes::PACK_REFERENCE, message).input(place(file)));
    }
}

/// Is it one of the states that there are?
fn state(say: &mut dyn FnMut(Diagnostic), file: &str, url: &str, state: &str) {
    if !STATES.contains(&state) {
        let states = STATES.join(", ");
        let message = format!("the state of reference {url} is `{state}`; it is one of {states}");
        say(problem(codes::PACK_REFERENCE, file, message));
    }
}

/// Does every reference of the rules stand in the pack's list, in the same state, and does the list
/// say nothing that is wrong or that no rule needs?
fn references_resolve(pack: &Pack, say: &mut dyn FnMut(Diagnostic)) {
    const LIST: &str = "references.toml";
    let used: BTreeSet<&str> =
        pack.rules.iter().flat_map(|r| &r.facts.references).map(|r| r.url.as_str()).collect();
    let Some(list) = &pack.references else {
        if !used.is_empty() {
            let message = "is missing: it lists what the rules refer to, with title and state";
            say(Diagnostic::warning(codes::PACK_REFERENCE, message).input(place(LIST)));
        }
        return;
    };
    let mut listed = BTreeMap::new();
    for reference in &list.reference {
        let url = reference.url.as_str();
        state(say, LIST, url, &reference.state);
        todo(say, LIST, "title", &reference.title);
        if listed.insert(url, reference.state.as_str()).is_some() {
            let message = format!("reference {url} stands twice");
            say(problem(codes::PACK_REFERENCE, LIST, message));
        }
        if !used.contains(url) {
            let message = format!("no rule refers to {url}");
            say(Diagnostic::warning(codes::PACK_REFERENCE, message).input(place(LIST)));
        }
        if ["dead", "moved"].contains(&reference.state.as_str()) && reference.note.is_none() {
            let message = format!(
                "reference {url} is {}: say in its `note` what stands in for it",
                reference.state
            );
            say(Diagnostic::warning(codes::PACK_REFERENCE, message).input(place(LIST)));
        }
    }
    for rule in &pack.rules {
        for reference in &rule.facts.references {
            let (url, state) = (&reference.url, &reference.state);
            let message = match listed.get(url.as_str()) {
                None => format!("reference {url} is not in the pack's `{LIST}`"),
                Some(other) if other != state => {
                    format!("reference {url} is `{state}` here and `{other}` in `{LIST}`")
                }
                Some(_) => continue,
            };
            say(problem(codes::PACK_REFERENCE, &rule.facts_path, message));
        }
    }
}

fn texts(facts: &RuleFacts) -> Vec<(&'static str, &str)> {
    let mut texts = vec![
        ("title", facts.title.as_str()),
        ("description", &facts.description),
        ("author", &facts.author),
    ];
    for (key, list) in [
        ("log_sources", &facts.log_sources),
        ("data_components", &facts.data_components),
        ("false_positives", &facts.false_positives),
        ("blind_spots", &facts.blind_spots),
        ("triage", &facts.triage),
    ] {
        texts.extend(list.iter().map(|text| (key, text.as_str())));
    }
    texts.extend(facts.references.iter().map(|r| ("references", r.url.as_str())));
    texts
}

/// Is there a positive case that expects the rule, and has it a twin?
fn proved(rule: &Rule, cases: &[Case], say: &mut dyn FnMut(Diagnostic)) {
    let expects = |case: &&Case| {
        case.facts.kind == CaseKind::Positive
            && case.facts.expect.iter().any(|expect| expect.rule == rule.name)
    };
    let positive: Vec<&Case> = cases.iter().filter(expects).collect();
    let message = if positive.is_empty() {
        format!("rule `{}` has no positive case", rule.name)
    } else if positive.iter().all(|case| case.facts.twin.is_none()) {
        format!("no positive case of rule `{}` has a benign twin", rule.name)
    } else {
        return;
    };
    say(problem(codes::PACK_UNPROVED, &rule.facts_path, message));
}

/// What the checker says about the query, and whether parameters and query are about the same
/// reference data. A query that is kept as it was published is as it is.
fn query(rule: &Rule, remarks: &mut Vec<PackRemark>) {
    let options = rule.bind_options(Mode::Lenient, &ProfileFile::default());
    let checked = check(&rule.query, &options, &Config::default(), Catalog::get());
    let source = SourceText::new(rule.path.clone(), rule.query.clone());
    if rule.facts.status != "as published" {
        remarks.extend(
            checked
                .diagnostics
                .into_iter()
                .map(|diagnostic| PackRemark { diagnostic, source: Some(source.clone()) }),
        );
    }
    let read = checked.query.as_ref().map(references).unwrap_or_default();
    let declared: BTreeSet<(ReferenceKind, String)> =
        rule.facts.parameters.iter().map(|p| (p.kind, p.reference.to_lowercase())).collect();
    let mut say = |message: String| {
        let diagnostic =
            Diagnostic::warning(codes::PACK_PARAMETER, message).input(place(&rule.facts_path));
        remarks.push(PackRemark { diagnostic, source: None });
    };
    for (kind, name) in read.difference(&declared) {
        say(format!("the query reads {} `{name}`, which is no parameter of the rule", kind.name()));
    }
    for (kind, name) in declared.difference(&read) {
        say(format!("{} `{name}` is a parameter, and the query does not read it", kind.name()));
    }
}

/// The reference data that a query reads, with folded names.
fn references(query: &BoundQuery) -> BTreeSet<(ReferenceKind, String)> {
    let mut found = BTreeSet::new();
    for expr in query.expressions() {
        expr.walk(&mut |e| {
            let ExprKind::Call { function, args } = &e.kind else { return };
            let kind = match &**function {
                "REFERENCESETCONTAINS" => ReferenceKind::Set,
                "REFERENCEMAP" => ReferenceKind::Map,
                "REFERENCEMAPSETCONTAINS" => ReferenceKind::MapOfSets,
                _ => return,
            };
            if let Some(ExprKind::Literal(Value::Text(name))) = args.first().map(|a| &a.kind) {
                found.insert((kind, name.to_lowercase()));
            }
        });
    }
    found
}

/// Eight, four, four, four and twelve hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|b| b.is_ascii_hexdigit()))
}
