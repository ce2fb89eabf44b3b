//! Making rules ready to run: programs, one matcher for all of them, plans of those that group.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use aql_diag::{Diagnostic, codes};
use aql_engine::{Engine, Plan};
use aql_eval::site::add_note;
use aql_eval::{Context, Program};
use aql_event::{Column, Needs};
use aql_match::{Matcher, RuleFilter, WantedRows};
use aql_semantic::BoundQuery;

use super::columns::{FindingColumns, OfRules};
use super::{Hunt, HuntOptions, HuntRule, SingleRule};
use crate::correlate::GROUP_TIMES;
use crate::load::place;
use crate::suppress::Suppressions;

/// Compiles rules one by one; a rule that fails is left out.
pub(super) struct Compiler<'a> {
    pub(super) cx: &'a Arc<Context>,
    pub(super) rules: Vec<HuntRule>,
    pub(super) single: Vec<SingleRule>,
    pub(super) grouped: Vec<(usize, Plan)>,
}

impl Compiler<'_> {
    pub(super) fn add(&mut self, rule: usize, query: &BoundQuery) {
        let compiled = if query.aggregate.is_some() || !is_plain(query) {
            // Limits and time clauses are for the appliance's screen; a hunt wants everything.
            let query = BoundQuery { limit: None, ..query.clone() };
            Engine::prepare(&query, self.cx).map(|plan| {
                let notes = plan.notes();
                self.grouped.push((rule, plan));
                notes
            })
        } else {
            self.single(rule, query).map(|(single, notes)| {
                self.single.push(single);
                notes
            })
        };
        if let (Ok(said) | Err(said), Some(rule)) = (compiled, self.rules.get_mut(rule)) {
            rule.diagnostics.extend(said);
        }
    }

    /// A rule that looks at single events, and what is worth knowing about it.
    fn single(
        &self,
        rule: usize,
        query: &BoundQuery,
    ) -> Result<(SingleRule, Vec<Diagnostic>), Vec<Diagnostic>> {
        let outputs = query
            .output
            .iter()
            .map(|output| {
                let program = Program::compile(&output.expr, query.nulls, self.cx)?;
                Ok((output.name.clone(), program))
            })
            .collect::<Result<Vec<_>, Vec<Diagnostic>>>()?;
        // The matcher compiles all rules together; one that cannot is found here.
        let filter = RuleFilter { filter: query.filter.as_ref(), nulls: query.nulls };
        let of_filter = filter.check(self.cx)?;
        let mut notes = Vec::new();
        let of_outputs = outputs.iter().flat_map(|(_, program)| program.notes());
        for note in of_filter.iter().chain(of_outputs) {
            add_note(&mut notes, note);
        }
        Ok((SingleRule { rule, outputs, reasons: OnceLock::new() }, notes))
    }

    /// The correlations that can run. The others get a diagnostic that says why not.
    pub(super) fn correlations(
        &mut self,
        bound: &[Option<BoundQuery>],
    ) -> Vec<(usize, Vec<usize>)> {
        let mut runnable = Vec::new();
        let mut said = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            let Some(correlation) = &rule.facts.correlation else { continue };
            let mut wrong = Vec::new();
            let mut parts = Vec::new();
            for name in &correlation.rules {
                let part = self
                    .rules
                    .iter()
                    .position(|other| other.pack == rule.pack && other.name == *name);
                let query = part.and_then(|part| bound.get(part)?.as_ref());
                let (Some(part), Some(query)) = (part, query) else {
                    wrong.push(format!("it reads rule `{name}`, which is left out"));
                    continue;
                };
                if self.rules[part].is_left_out() {
                    wrong.push(format!("it reads rule `{name}`, which is left out"));
                }
                let is_group = query.aggregate.is_some();
                let selects = |field: &str| query.output.iter().any(|o| o.name == field);
                let has = |field: &&String| {
                    let common = ["host", "user", "source_ip", "file"].contains(&field.as_str());
                    selects(field) || common && !is_group
                };
                let fields = correlation.by.iter().chain(&correlation.distinct);
                wrong.extend(
                    fields
                        .filter(|field| !has(field))
                        .map(|field| format!("rule `{name}` selects no `{field}`")),
                );
                if is_group && !GROUP_TIMES.iter().any(|field| selects(field)) {
                    let [first, last] = GROUP_TIMES;
                    wrong.push(format!(
                        "rule `{name}` groups events and selects no `{first}` and `{last}`, so its \
                         findings have no time"
                    ));
                }
                parts.push(part);
            }
            if wrong.is_empty() {
                runnable.push((at, parts));
            }
            said.extend(wrong.into_iter().map(|message| (at, message)));
        }
        for (at, message) in said {
            let diagnostic = Diagnostic::error(codes::PACK_QUERY, message);
            let place = place(&self.rules[at].path);
            self.rules[at].diagnostics.push(diagnostic.input(place));
        }
        runnable
    }

    pub(super) fn finish(
        self,
        bound: Vec<Option<BoundQuery>>,
        options: &HuntOptions,
    ) -> Result<Hunt, Vec<Diagnostic>> {
        let facts = FindingColumns::new(self.cx.catalog, options.keep_payload);
        let mut of_rules: Vec<BTreeSet<Column>> = Vec::new();
        let mut filters = Vec::new();
        for single in &self.single {
            let Some(query) = bound.get(single.rule).and_then(Option::as_ref) else { continue };
            of_rules.push(query.columns().into_iter().chain(facts.all().cloned()).collect());
            filters.push(RuleFilter { filter: query.filter.as_ref(), nulls: query.nulls });
        }
        let mut watched = Vec::new();
        for (at, (rule, _)) in self.grouped.iter().enumerate() {
            let Some(query) = bound.get(*rule).and_then(Option::as_ref) else { continue };
            let Some(filter) = query.filter.as_ref().filter(|_| is_watchable(query)) else {
                continue;
            };
            of_rules.push(query.columns().into_iter().collect());
            filters.push(RuleFilter { filter: Some(filter), nulls: query.nulls });
            watched.push(at);
        }
        let all = of_rules.iter().flatten().chain(facts.all());
        let mut needs = Needs::new(all.cloned());
        let matcher = Matcher::compile(&filters, needs.columns(), self.cx)
            .map_err(|problems| problems.into_iter().map(|(_, d)| d).collect::<Vec<_>>())?;
        let matcher = Arc::new(matcher);
        let filter = OfRules::new(Arc::clone(&matcher), of_rules);
        needs.class_filter = Some(Arc::new(filter));
        needs.row_filter = Some(Arc::new(WantedRows::new(Arc::clone(&matcher))));
        needs.time = options.time;
        needs.log_sources = Arc::clone(&self.cx.log_sources);
        Ok(Hunt {
            rules: self.rules,
            single: self.single,
            grouped: self.grouped,
            watched,
            matcher,
            needs,
            facts,
            bound,
            cx: Arc::clone(self.cx),
            correlations: Vec::new(),
            suppressions: Suppressions::default(),
            remarks: Vec::new(),
        })
    }
}

/// Reads events, filters and projects, and nothing else.
fn is_plain(query: &BoundQuery) -> bool {
    let mut inner =
        !matches!(query.source, aql_semantic::Source::Events) || query.session.is_some();
    for expr in query.expressions() {
        expr.walk(&mut |e| inner |= matches!(e.kind, aql_semantic::ExprKind::InQuery { .. }));
    }
    !inner
}

/// Does it group events by something, so that all it needs are those that pass its WHERE, and finds
/// nothing where none does?
fn is_watchable(query: &BoundQuery) -> bool {
    is_plain(query) && query.aggregate.as_ref().is_some_and(|aggregate| !aggregate.keys.is_empty())
}
