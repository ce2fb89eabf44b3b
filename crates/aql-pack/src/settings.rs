//! The reference data of a hunt: what packs give their parameters, under what tunings say, under
//! what the site's context folder has.

use std::collections::BTreeMap;

use aql_diag::{Diagnostic, codes};
use aql_eval::SiteData;
use aql_eval::site::{ElementType, ReferenceMap, ReferenceMapOfSets, ReferenceSet};

use crate::load::{Pack, place, problem};
use crate::parameter::{Parameter, ReferenceKind, Values};
use crate::tuning::Tuning;

/// Reference data on its way into the site data.
#[derive(Default)]
struct Reference<'a> {
    name: &'a str,
    /// File that said something about it, for messages.
    file: &'a str,
    element_type: Option<ElementType>,
    key_type: Option<ElementType>,
    /// Entries, with keys where there are any.
    entries: Vec<(Option<&'a str>, &'a str)>,
    has_default: bool,
}

/// The data of the site, with the reference data of packs and tunings where the site has none of
/// that name. A later tuning counts more than an earlier one.
///
/// Also says what cannot be used: as an error where a value would be lost, as a warning where a
/// tuning sets what no rule reads.
pub fn settings(
    packs: &[Pack],
    tunings: &[Tuning],
    site: &SiteData,
) -> (SiteData, Vec<Diagnostic>) {
    let mut problems = Vec::new();
    // By kind and folded name.
    let mut all: BTreeMap<(ReferenceKind, String), Reference<'_>> = BTreeMap::new();
    for (file, parameter) in packs.iter().flat_map(parameters) {
        let key = (parameter.kind, parameter.reference.to_lowercase());
        let known = all.entry(key).or_insert_with(|| Reference {
            name: &parameter.reference,
            file,
            ..Reference::default()
        });
        known.element_type = known.element_type.or(parameter.element_type);
        known.key_type = known.key_type.or(parameter.key_type);
        if let Some(values) = parameter.default.as_ref().filter(|_| !known.has_default) {
            known.entries = values.entries();
            known.has_default = true;
        }
    }
    for tuning in tunings {
        for (kind, tuned) in tuning.facts.references() {
            let key = (kind, tuned.name.to_lowercase());
            if !all.contains_key(&key) {
                let message =
                    format!("no rule has a parameter that reads {} `{}`", kind.name(), tuned.name);
                problems.push(
                    Diagnostic::warning(codes::PACK_TUNING_UNREAD, message)
                        .input(place(&tuning.path)),
                );
            }
            let known = all
                .entry(key)
                .or_insert_with(|| Reference { name: &tuned.name, ..Reference::default() });
            known.file = &tuning.path;
            known.element_type = known.element_type.or(tuned.element_type);
            known.key_type = known.key_type.or(tuned.key_type);
            if tuned.replace {
                known.entries.clear();
            }
            known.entries.extend(tuned.values.entries());
        }
    }
    let mut site = site.clone();
    let mut defaults = SiteData::default();
    for ((kind, _), reference) in &all {
        reference.put(*kind, &mut defaults, &mut problems);
    }
    site.fill_references(defaults);
    (site, problems)
}

impl Reference<'_> {
    fn put(&self, kind: ReferenceKind, site: &mut SiteData, problems: &mut Vec<Diagnostic>) {
        let key = self.key_type.unwrap_or_default();
        let ty = self.element_type.unwrap_or_default();
        let mut lost = Vec::new();
        match kind {
            ReferenceKind::Set => {
                let elements: Vec<&str> = self.entries.iter().map(|(_, value)| *value).collect();
                let (set, rejected) = ReferenceSet::of(self.element_type, &elements);
                lost.extend(rejected.into_iter().map(|text| (text, set.element_type())));
                site.insert_reference_set(self.name, set);
            }
            ReferenceKind::Map => {
                let mut map = ReferenceMap::new(key);
                for (k, value) in &self.entries {
                    let k = k.unwrap_or_default();
                    if !map.insert(k, value) {
                        lost.push((k, key));
                    }
                }
                site.insert_reference_map(self.name, map);
            }
            ReferenceKind::MapOfSets => {
                let mut map = ReferenceMapOfSets::new(key);
                for (k, value) in &self.entries {
                    let k = k.unwrap_or_default();
                    if !map.insert(k, ty, value) {
                        lost.push((value, ty));
                    }
                }
                site.insert_reference_map_of_sets(self.name, map);
            }
        }
        for (text, ty) in lost {
            let message = format!(
                "`{text}` of {} `{}` is no element of type {}",
                kind.name(),
                self.name,
                ty.name()
            );
            problems.push(problem(codes::PACK_TUNING, self.file, message));
        }
    }
}

/// The parameters of a pack's rules, each with the file that declares it.
pub(crate) fn parameters(pack: &Pack) -> impl Iterator<Item = (&str, &Parameter)> {
    pack.rules
        .iter()
        .flat_map(|rule| rule.facts.parameters.iter().map(|p| (rule.facts_path.as_str(), p)))
}

/// What is wrong with the parameters of a pack's rules, taken together.
pub(crate) fn check_parameters(pack: &Pack) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut defaults: BTreeMap<(ReferenceKind, String), (&str, &Values)> = BTreeMap::new();
    for (file, parameter) in parameters(pack) {
        let Some(values) = &parameter.default else { continue };
        let (name, kind) = (&parameter.name, parameter.kind);
        if !values.fit(kind) {
            let shape = Values::expected(kind);
            let message = format!("the default of parameter `{name}` has to be {shape}");
            problems.push(problem(codes::PACK_FACTS, file, message));
            continue;
        }
        let key = (kind, parameter.reference.to_lowercase());
        match defaults.get(&key) {
            Some((other, known)) if *known != values => {
                let message = format!(
                    "parameter `{name}` gives {} `{}` another default than {other}",
                    kind.name(),
                    parameter.reference
                );
                problems.push(
                    problem(codes::PACK_FACTS, file, message)
                        .help("leave `default` out in all rules but one"),
                );
            }
            Some(_) => {}
            None => {
                defaults.insert(key, (file, values));
            }
        }
    }
    problems
}
