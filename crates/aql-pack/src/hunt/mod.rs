//! Hunting: every rule of one or more packs over a table of events, in one pass.
//!
//! Read [`Hunt`] first. `compile` makes rules ready; what is in here runs them.

mod columns;
mod compile;
mod kept;

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aql_diag::{Diagnostic, codes};
use aql_engine::{Plan, RunOptions, WindowMode, WindowPolicy};
use aql_eval::{Context, Program, TextColumn};
use aql_event::{Column, EventBatch, EventTable, Needs, ScanReport, ScanStep, TimeRange};
use aql_match::Matcher;
use aql_semantic::{BoundQuery, Mode, NullSemantics, ProfileFile, bind_text};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, UInt32Array};
use serde_json::Value;

use self::columns::FindingColumns;
use self::compile::Compiler;
use self::kept::Kept;
use crate::cell::cell_json;
use crate::correlate::correlate;
use crate::facts::{Level, RuleFacts};
use crate::finding::Finding;
use crate::load::{Pack, Rule};
use crate::reason::Reasons;
use crate::settings::settings;
use crate::suppress::Suppressions;
use crate::tuning::{Suppression, Tuning};

/// How to hunt.
#[derive(Clone, Debug, Default)]
pub struct HuntOptions {
    /// How faults in rules are met.
    pub mode: Mode,
    /// Only rules of these names; all if empty.
    pub rules: Vec<String>,
    /// Only rules of this level and above.
    pub level: Option<Level>,
    /// Only events whose `starttime` lies in here. The time clauses and limits of the rules do not
    /// count: a hunt looks at all of the evidence.
    pub time: Option<TimeRange>,
    /// What a site calls things. It counts more than the profile files of the rules, except for the
    /// base: whose names a query uses, its rule knows.
    pub profile: ProfileFile,
    /// Keep the raw record of every event that is found.
    pub keep_payload: bool,
    /// What the site puts in place of the packs' parameters, and which findings it knows. A later
    /// one counts more; reference data of the context counts more than all of them.
    pub tunings: Vec<Tuning>,
}

/// A rule that takes part in a hunt.
#[derive(Debug)]
pub struct HuntRule {
    /// Name of the pack.
    pub pack: String,
    /// Name of the rule.
    pub name: String,
    /// Path of the query.
    pub path: String,
    /// The query.
    pub query: String,
    /// Facts.
    pub facts: RuleFacts,
    /// What binding and compiling the query had to say. With an error the rule is left out.
    pub diagnostics: Vec<Diagnostic>,
    /// Was it not chosen, and runs only because a correlation reads its findings?
    pub is_silent: bool,
}

impl HuntRule {
    fn new(pack: &Pack, rule: &Rule, diagnostics: Vec<Diagnostic>, is_silent: bool) -> Self {
        HuntRule {
            pack: pack.facts.name.clone(),
            name: rule.name.clone(),
            path: rule.path.clone(),
            query: rule.query.clone(),
            facts: rule.facts.clone(),
            diagnostics,
            is_silent,
        }
    }

    /// Is the rule left out because its query has an error?
    pub fn is_left_out(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Codes of the repairs that were made to run the rule, in the order of the text.
    pub fn repairs(&self) -> Vec<aql_diag::Code> {
        self.diagnostics.iter().filter(|d| d.repaired.is_some()).map(|d| d.code).collect()
    }
}

/// What a hunt found.
#[derive(Debug, Default)]
pub struct HuntOutcome {
    /// Findings by time, then evidence order, then rule; groups last.
    pub findings: Vec<Finding>,
    /// Findings that a tuning suppresses, in the same order.
    pub suppressed: Vec<Suppressed>,
    /// What was read.
    pub report: ScanReport,
    /// What went wrong while evaluating.
    pub diagnostics: Vec<Diagnostic>,
}

/// A finding that a tuning suppresses.
#[derive(Clone, Debug, PartialEq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Position of what suppresses it in [`Hunt::suppressions`].
    pub by: usize,
}

/// Rules made ready to run over any number of tables.
pub struct Hunt {
    rules: Vec<HuntRule>,
    /// Rules that look at single events, in the order of the matcher.
    single: Vec<SingleRule>,
    /// Rules that group events: each runs on its own, behind the others.
    grouped: Vec<(usize, Plan)>,
    /// Of these, those whose events are kept while the others run: positions in `grouped`. The
    /// matcher has their conditions behind those of `single`, in this order.
    watched: Vec<usize>,
    matcher: Arc<Matcher>,
    needs: Needs,
    facts: FindingColumns,
    /// The queries of the rules, as far as they could be bound.
    bound: Vec<Option<BoundQuery>>,
    cx: Arc<Context>,
    /// Correlations, each with the rules that it reads in the order in which it names them.
    correlations: Vec<(usize, Vec<usize>)>,
    suppressions: Suppressions,
    remarks: Vec<Diagnostic>,
}

struct SingleRule {
    rule: usize,
    outputs: Vec<(String, Program)>,
    /// Made when the rule first finds something: most rules find nothing.
    reasons: OnceLock<Reasons>,
}

impl Hunt {
    /// Binds and compiles the rules. A rule with an error is kept with its diagnostics and left
    /// out of the run.
    ///
    /// # Errors
    /// Diagnostics that belong to no single rule: a name that no rule has, a tuning that cannot be
    /// used.
    pub fn prepare(
        packs: &[Pack],
        options: &HuntOptions,
        cx: &Arc<Context>,
    ) -> Result<Hunt, Vec<Diagnostic>> {
        let mut rules = Vec::new();
        let mut bound: Vec<Option<BoundQuery>> = Vec::new();
        for pack in packs {
            let is_chosen = |rule: &Rule| {
                (options.rules.is_empty() || options.rules.contains(&rule.name))
                    && options.level.is_none_or(|level| rule.facts.level >= level)
            };
            let read: BTreeSet<&String> = pack
                .rules
                .iter()
                .filter(|rule| is_chosen(rule))
                .filter_map(|rule| rule.facts.correlation.as_ref())
                .flat_map(|correlation| &correlation.rules)
                .collect();
            for rule in &pack.rules {
                if !is_chosen(rule) && !read.contains(&rule.name) {
                    continue;
                }
                let is_silent = !is_chosen(rule);
                if rule.facts.correlation.is_some() {
                    bound.push(None);
                    rules.push(HuntRule::new(pack, rule, Vec::new(), is_silent));
                    continue;
                }
                let bind_options = rule.bind_options(options.mode, &options.profile);
                let result = bind_text(&rule.query, &bind_options, cx.catalog);
                bound.push(result.query);
                rules.push(HuntRule::new(pack, rule, result.diagnostics, is_silent));
            }
        }
        let unknown: Vec<Diagnostic> = options
            .rules
            .iter()
            .filter(|name| !packs.iter().any(|p| p.rules.iter().any(|r| r.name == **name)))
            .map(|name| {
                Diagnostic::error(codes::PACK_UNREADABLE, format!("there is no rule `{name}`"))
            })
            .collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let (site, mut remarks) = settings(packs, &options.tunings, &cx.site);
        let (suppressions, said) = Suppressions::new(&options.tunings, packs, cx.now);
        remarks.extend(said);
        if remarks.iter().any(Diagnostic::is_error) {
            return Err(remarks);
        }
        let cx = &Arc::new(Context { site, ..Context::clone(cx) });
        let mut hunt = Compiler { cx, rules, single: Vec::new(), grouped: Vec::new() };
        for (rule, query) in bound.iter().enumerate() {
            if let Some(query) = query {
                hunt.add(rule, query);
            }
        }
        let correlations = hunt.correlations(&bound);
        let hunt = hunt.finish(bound, options)?;
        Ok(Hunt { suppressions, remarks, correlations, ..hunt })
    }

    /// The suppressions that count.
    pub fn suppressions(&self) -> &[Suppression] {
        self.suppressions.list()
    }

    /// What there is to say about the tunings.
    pub fn remarks(&self) -> &[Diagnostic] {
        &self.remarks
    }

    /// The rules that take part, with what there is to say about them.
    pub fn rules(&self) -> &[HuntRule] {
        &self.rules
    }

    /// Runs the rules over a table.
    pub fn run(&self, table: &dyn EventTable) -> HuntOutcome {
        let found: Mutex<Vec<(u64, Finding)>> = Mutex::default();
        let mut kept = Kept::of_rules(self.watched.len());
        let scratch: Mutex<Vec<aql_match::Scratch>> = Mutex::default();
        let report = if self.matcher.rules() == 0 {
            ScanReport::default()
        } else {
            table.scan(&self.needs, &|step| {
                if let ScanStep::Batch { part, events } = step {
                    let mut scratch_here = scratch
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .pop()
                        .unwrap_or_default();
                    let hits = self.matcher.evaluate(&events, &mut scratch_here);
                    let findings = self.findings(&events, &hits);
                    for hit in &hits.rules {
                        let watched = hit.rule.checked_sub(self.single.len());
                        if let Some(Some(kept)) = watched.and_then(|at| kept.get(at)) {
                            kept.add(part, &events, &hit.rows);
                        }
                    }
                    scratch.lock().unwrap_or_else(PoisonError::into_inner).push(scratch_here);
                    if !findings.is_empty() {
                        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                        found.extend(findings.into_iter().map(|f| (part, f)));
                    }
                }
                ControlFlow::Continue(())
            })
        };
        let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        found.sort_by(|(part_a, a), (part_b, b)| {
            (a.time, part_a, a.record, a.rule).cmp(&(b.time, part_b, b.record, b.rule))
        });
        let mut outcome = HuntOutcome {
            findings: found.into_iter().map(|(_, finding)| finding).collect(),
            report,
            ..HuntOutcome::default()
        };
        for (at, (rule, plan)) in self.grouped.iter().enumerate() {
            let watched = self.watched.iter().position(|grouped| *grouped == at);
            let kept = watched.and_then(|watched| kept.get_mut(watched)?.take());
            match kept.and_then(Kept::into_table) {
                // No event, no group.
                Some(events) if events.is_empty() => {}
                Some(events) => self.run_grouped(*rule, plan, &events, &mut outcome),
                None => self.run_grouped(*rule, plan, table, &mut outcome),
            }
        }
        self.suppress(&mut outcome);
        self.correlate(&mut outcome);
        outcome
    }

    /// Moves the findings that a tuning suppresses.
    fn suppress(&self, outcome: &mut HuntOutcome) {
        if self.suppressions.list().is_empty() {
            return;
        }
        let (findings, suppressed) = (&mut outcome.findings, &mut outcome.suppressed);
        for finding in std::mem::take(findings) {
            let rule = self.rules.get(finding.rule);
            match rule.and_then(|rule| self.suppressions.of(rule, &finding)) {
                Some(by) => suppressed.push(Suppressed { finding, by }),
                None => findings.push(finding),
            }
        }
    }

    /// Adds what correlations find in the findings that are left, and takes out those that only
    /// they wanted.
    fn correlate(&self, outcome: &mut HuntOutcome) {
        let last_event = outcome.report.time_span.map(|(_, newest)| newest);
        let mut made = Vec::new();
        for (rule, parts) in &self.correlations {
            let Some(correlation) =
                self.rules.get(*rule).and_then(|rule| rule.facts.correlation.as_ref())
            else {
                continue;
            };
            made.extend(correlate(correlation, *rule, parts, &outcome.findings, last_event));
        }
        if !made.is_empty() {
            outcome.findings.append(&mut made);
            // Groups stay last; what is equal keeps its order.
            outcome.findings.sort_by_key(|f| (f.time.is_none(), f.time));
            self.suppress(outcome);
        }
        let is_silent = |f: &Finding| self.rules.get(f.rule).is_some_and(|rule| rule.is_silent);
        outcome.findings.retain(|finding| !is_silent(finding));
        outcome.suppressed.retain(|suppressed| !is_silent(&suppressed.finding));
    }

    fn findings(&self, events: &EventBatch, hits: &aql_match::Hits) -> Vec<Finding> {
        let mut findings = Vec::new();
        for hit in &hits.rules {
            let Some(single) = self.single.get(hit.rule) else { continue };
            let rows: UInt32Array =
                hit.rows.set_indices().filter_map(|row| u32::try_from(row).ok()).collect();
            let Ok(records) = arrow_select::take::take_record_batch(events.records(), &rows) else {
                continue;
            };
            let events = EventBatch::new(Arc::clone(events.columns()), records);
            let columns: Vec<_> = single
                .outputs
                .iter()
                .map(|(name, program)| (name, program.evaluate(&events)))
                .collect();
            let text = |column: &Option<Column>, row: usize| -> Option<String> {
                let array = events.column(column.as_ref()?)?;
                TextColumn::new(array)?.value(row).map(str::to_string)
            };
            let integer = |column: &Option<Column>, row: usize| -> Option<i64> {
                let array = events.column(column.as_ref()?)?;
                let numbers = array.as_primitive_opt::<Int64Type>()?;
                (!numbers.is_null(row)).then(|| numbers.value(row))
            };
            for (row, why) in self.reasons(single).evaluate(&events).into_iter().enumerate() {
                findings.push(Finding {
                    rule: single.rule,
                    time: integer(&self.facts.time, row),
                    host: text(&self.facts.host, row),
                    user: text(&self.facts.user, row),
                    source_ip: text(&self.facts.source_ip, row),
                    file: text(&self.facts.file, row),
                    record: integer(&self.facts.record, row),
                    format: text(&self.facts.format, row),
                    fields: columns
                        .iter()
                        .map(|(name, array)| ((*name).clone(), cell_json(array, row)))
                        .collect(),
                    why,
                    made_of: Vec::new(),
                    payload: self
                        .facts
                        .payload
                        .as_ref()
                        .and_then(|c| events.column(c))
                        .and_then(|array| cell_json(array, row).as_str().map(str::to_string)),
                });
            }
        }
        findings
    }

    fn reasons<'r>(&self, single: &'r SingleRule) -> &'r Reasons {
        single.reasons.get_or_init(|| {
            let query = self.bound.get(single.rule).and_then(Option::as_ref);
            let text = self.rules.get(single.rule).map_or("", |rule| &rule.query);
            let filter = query.and_then(|query| query.filter.as_ref());
            let nulls = query.map_or(NullSemantics::TwoValued, |query| query.nulls);
            Reasons::new(filter, text, nulls, &self.cx)
        })
    }

    fn run_grouped(
        &self,
        rule: usize,
        plan: &Plan,
        table: &dyn EventTable,
        outcome: &mut HuntOutcome,
    ) {
        let mut options = RunOptions::new(WindowPolicy { now: i64::MAX, mode: WindowMode::Ignore });
        options.time = self.needs.time;
        let names: Vec<String> = plan.columns().iter().map(|(name, _)| name.clone()).collect();
        let findings = &mut outcome.findings;
        let run = plan.run(table, &options, &mut |batch| {
            for row in 0..batch.num_rows() {
                let fields: Vec<(String, Value)> = names
                    .iter()
                    .zip(batch.columns())
                    .map(|(name, array)| (name.clone(), cell_json(array, row)))
                    .collect();
                findings.push(Finding {
                    rule,
                    time: None,
                    host: None,
                    user: None,
                    source_ip: None,
                    file: None,
                    record: None,
                    format: None,
                    fields,
                    why: Vec::new(),
                    made_of: Vec::new(),
                    payload: None,
                });
            }
            ControlFlow::Continue(())
        });
        outcome.diagnostics.extend(run.diagnostics);
        if self.matcher.rules() == 0 && outcome.report.files.is_empty() {
            outcome.report = run.report;
        }
    }
}

/// Findings per level, worst first, for a summary.
pub fn count_by_level(rules: &[HuntRule], findings: &[Finding]) -> Vec<(Level, usize)> {
    Level::ALL
        .iter()
        .map(|&level| {
            let count = findings
                .iter()
                .filter(|f| rules.get(f.rule).is_some_and(|r| r.facts.level == level))
                .count();
            (level, count)
        })
        .collect()
}
