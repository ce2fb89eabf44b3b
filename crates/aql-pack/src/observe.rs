//! Which rules of a pack can see anything in some evidence.
//!
//! An [`Observer`] is the class filter of a scan. It rules nothing out, but asks every rule about
//! every class of records that is met: a rule that can be true for none of them is blind there,
//! whatever the records say. Whether a rule finds something is no question of this module
//! ([`Hunt`](crate::Hunt)).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aql_diag::Diagnostic;
use aql_eval::Context;
use aql_event::{ClassFilter, ClassRow, Column, Needs};
use aql_match::{Matcher, RuleFilter};
use aql_semantic::{Mode, ProfileFile, bind_text};

use crate::facts::Level;
use crate::load::Pack;

/// Watches which rules could be true for the classes of records that a scan meets.
pub struct Observer {
    rules: Vec<ObservedRule>,
    columns: BTreeSet<Column>,
}

/// A rule that is watched.
pub struct ObservedRule {
    /// Name of the pack.
    pub pack: String,
    /// Name of the rule.
    pub name: String,
    /// How much a finding of it matters.
    pub level: Level,
    /// What has to be collected for the rule to see anything, as the rule's facts say.
    pub log_sources: Vec<String>,
    /// Without one the rule's query has an error, and nothing is known of what it sees.
    matcher: Option<Matcher>,
    observable: AtomicBool,
}

impl ObservedRule {
    /// Could the rule be true for a record of some class that was met? Nothing if its query
    /// cannot be run.
    pub fn is_observable(&self) -> Option<bool> {
        self.matcher.as_ref().map(|_| self.observable.load(Ordering::Relaxed))
    }
}

impl Observer {
    /// Watches all rules of the packs that look at events.
    pub fn new(packs: &[Pack], cx: &Arc<Context>) -> Observer {
        let mut observer = Observer { rules: Vec::new(), columns: BTreeSet::new() };
        for pack in packs {
            for rule in pack.rules.iter().filter(|rule| rule.facts.correlation.is_none()) {
                let options = rule.bind_options(Mode::Lenient, &ProfileFile::default());
                let bound = bind_text(&rule.query, &options, cx.catalog);
                let has_error = bound.diagnostics.iter().any(Diagnostic::is_error);
                let matcher = bound.query.filter(|_| !has_error).and_then(|query| {
                    let filter = RuleFilter { filter: query.filter.as_ref(), nulls: query.nulls };
                    let needs = Needs::new(query.columns());
                    let matcher = Matcher::compile(&[filter], needs.columns(), cx).ok()?;
                    observer.columns.extend(needs.columns().iter().cloned());
                    Some(matcher)
                });
                observer.rules.push(ObservedRule {
                    pack: pack.facts.name.clone(),
                    name: rule.name.clone(),
                    level: rule.facts.level,
                    log_sources: rule.facts.log_sources.clone(),
                    matcher,
                    observable: AtomicBool::new(false),
                });
            }
        }
        observer
    }

    /// The columns that the rules read. A scan that asks for them tells the observer what is known
    /// of each class.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// The rules, in the order of the packs.
    pub fn rules(&self) -> &[ObservedRule] {
        &self.rules
    }
}

impl ClassFilter for Observer {
    fn may_match(&self, class: &ClassRow<'_>) -> bool {
        for rule in &self.rules {
            if let Some(matcher) = &rule.matcher
                && !rule.observable.load(Ordering::Relaxed)
                && matcher.may_match(class)
            {
                rule.observable.store(true, Ordering::Relaxed);
            }
        }
        true
    }
}
