//! The packs in the binary.

use std::collections::BTreeSet;
use std::path::Path;

use aql_catalog::Catalog;
use aql_pack::Pack;
use aql_semantic::{BindOptions, Mode, bind_text};

fn packs() -> Vec<Pack> {
    Pack::bundled_names()
        .into_iter()
        .map(|name| Pack::bundled(name).expect("a bundled pack").expect("a good pack"))
        .collect()
}

#[test]
fn bundled_packs_load_and_are_those_of_the_repository() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let folders: BTreeSet<String> = std::fs::read_dir(&root)
        .expect("packs")
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    let names: BTreeSet<String> = Pack::bundled_names().into_iter().map(str::to_string).collect();
    assert_eq!(names, folders);
    for pack in packs() {
        let loaded = Pack::load(&root.join(&pack.facts.name)).expect("loads from its folder");
        let queries = |p: &Pack| -> Vec<(String, String)> {
            p.rules.iter().map(|r| (r.name.clone(), r.query.clone())).collect()
        };
        assert_eq!(queries(&pack), queries(&loaded));
    }
}

/// What is shipped pastes into QRadar: our own rules are accepted as the appliance would accept
/// them, without a warning.
#[test]
fn our_own_rules_bind_strictly_without_a_warning() {
    for pack in packs() {
        for rule in pack.rules.iter().filter(|r| r.facts.status != "as published") {
            if rule.facts.correlation.is_some() {
                continue;
            }
            let options = BindOptions {
                mode: Mode::Strict,
                profile: rule.facts.profile,
                ..BindOptions::default()
            };
            let bound = bind_text(&rule.query, &options, Catalog::get());
            assert!(bound.query.is_some(), "{}: {:#?}", rule.name, bound.diagnostics);
            let remarks: Vec<_> =
                bound.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
            assert!(remarks.is_empty(), "{}: {remarks:?}", rule.name);
        }
    }
}

#[test]
fn facts_are_complete() {
    let mut ids = BTreeSet::new();
    for pack in packs() {
        assert!(ids.insert(pack.facts.id.clone()));
        for rule in &pack.rules {
            let facts = &rule.facts;
            assert!(ids.insert(facts.id.clone()), "{}: id used twice", rule.name);
            assert!(is_uuid(&facts.id), "{}: {}", rule.name, facts.id);
            for (what, empty) in [
                ("attack", facts.attack.is_empty()),
                ("tactics", facts.tactics.is_empty()),
                ("log_sources", facts.log_sources.is_empty()),
                ("false_positives", facts.false_positives.is_empty()),
                ("blind_spots", facts.blind_spots.is_empty()),
                ("references", facts.references.is_empty()),
                ("triage", facts.triage.is_empty()),
                ("max_per_million", facts.max_per_million.is_none()),
            ] {
                assert!(!empty, "{}: no {what}", rule.name);
            }
            for reference in &facts.references {
                let known = ["current", "moved", "dead", "unchecked"];
                assert!(known.contains(&reference.state.as_str()), "{}", rule.name);
            }
        }
    }
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|p| p.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|p| p.bytes().all(|b| b.is_ascii_hexdigit()))
}
