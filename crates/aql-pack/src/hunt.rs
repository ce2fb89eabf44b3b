//! Hunting: every rule of one or more packs over a table of events, in one pass.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use aql_catalog::{Catalog, Profile};
use aql_diag::{Diagnostic, codes};
use aql_engine::{Engine, Plan, RunOptions, WindowMode, WindowPolicy};
use aql_eval::site::add_note;
use aql_eval::{Context, Program, TextColumn};
use aql_event::{
    Column, EventBatch, EventTable, Needs, ScanReport, ScanStep, TimeRange, provenance,
};
use aql_match::{Matcher, RuleFilter};
use aql_semantic::{BoundQuery, Mode, ProfileFile, bind_text};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, UInt32Array};
use serde_json::Value;

use crate::cell::cell_json;
use crate::correlate::{GROUP_TIMES, correlate};
use crate::facts::{Level, RuleFacts};
use crate::finding::Finding;
use crate::load::{Pack, Rule, place};
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
    /// Rules that group events: each runs on its own.
    grouped: Vec<(usize, Plan)>,
    matcher: Arc<Matcher>,
    needs: Needs,
    facts: FindingColumns,
    /// Correlations, each with the rules that it reads in the order in which it names them.
    correlations: Vec<(usize, Vec<usize>)>,
    suppressions: Suppressions,
    remarks: Vec<Diagnostic>,
}

struct SingleRule {
    rule: usize,
    outputs: Vec<(String, Program)>,
    reasons: Reasons,
}

/// Columns that every finding shows, whatever its rule selects.
struct FindingColumns {
    time: Option<Column>,
    user: Option<Column>,
    source_ip: Option<Column>,
    host: Option<Column>,
    file: Option<Column>,
    record: Option<Column>,
    format: Option<Column>,
}

impl FindingColumns {
    fn new(catalog: &Catalog) -> Self {
        let builtin = |name: &str| catalog.event_field(name).map(|f| f.column.clone());
        FindingColumns {
            time: builtin("starttime"),
            user: builtin("username"),
            source_ip: builtin("sourceip"),
            host: catalog.property("Machine Identifier", Profile::Ibm).map(|(column, _)| column),
            file: builtin(provenance::FILE),
            record: builtin(provenance::RECORD),
            format: builtin(provenance::FORMAT),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Column> {
        let FindingColumns { time, user, source_ip, host, file, record, format } = self;
        [time, user, source_ip, host, file, record, format].into_iter().flatten()
    }
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
        let hunt = hunt.finish(&bound, options.time)?;
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
        let scratch: Mutex<Vec<aql_match::Scratch>> = Mutex::default();
        let report = if self.single.is_empty() {
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
        for (rule, plan) in &self.grouped {
            self.run_grouped(*rule, plan, table, &mut outcome);
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
            for (row, why) in single.reasons.evaluate(&events).into_iter().enumerate() {
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
                });
            }
        }
        findings
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
                });
            }
            ControlFlow::Continue(())
        });
        outcome.diagnostics.extend(run.diagnostics);
        if self.single.is_empty() && outcome.report.files.is_empty() {
            outcome.report = run.report;
        }
    }
}

/// Compiles rules one by one; a rule that fails is left out.
struct Compiler<'a> {
    cx: &'a Arc<Context>,
    rules: Vec<HuntRule>,
    single: Vec<SingleRule>,
    grouped: Vec<(usize, Plan)>,
}

impl Compiler<'_> {
    fn add(&mut self, rule: usize, query: &BoundQuery) {
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
        let text = &self.rules[rule].query;
        let reasons = Reasons::new(query.filter.as_ref(), text, query.nulls, self.cx)?;
        // The matcher compiles all rules together; one that cannot is found here.
        let filter = RuleFilter { filter: query.filter.as_ref(), nulls: query.nulls };
        let columns = Needs::new(query.columns());
        let matcher = Matcher::compile(&[filter], columns.columns(), self.cx)
            .map_err(|problems| problems.into_iter().map(|(_, d)| d).collect::<Vec<_>>())?;
        let mut notes = Vec::new();
        let of_outputs = outputs.iter().flat_map(|(_, program)| program.notes());
        for note in matcher.notes().iter().map(|(_, note)| note).chain(of_outputs) {
            add_note(&mut notes, note);
        }
        Ok((SingleRule { rule, outputs, reasons }, notes))
    }

    /// The correlations that can run. The others get a diagnostic that says why not.
    fn correlations(&mut self, bound: &[Option<BoundQuery>]) -> Vec<(usize, Vec<usize>)> {
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

    fn finish(
        self,
        bound: &[Option<BoundQuery>],
        time: Option<TimeRange>,
    ) -> Result<Hunt, Vec<Diagnostic>> {
        let facts = FindingColumns::new(self.cx.catalog);
        let mut columns: BTreeSet<Column> = facts.all().cloned().collect();
        let mut filters = Vec::new();
        for single in &self.single {
            let Some(query) = bound.get(single.rule).and_then(Option::as_ref) else { continue };
            columns.extend(query.columns());
            filters.push(RuleFilter { filter: query.filter.as_ref(), nulls: query.nulls });
        }
        let mut needs = Needs::new(columns);
        let matcher = Matcher::compile(&filters, needs.columns(), self.cx)
            .map_err(|problems| problems.into_iter().map(|(_, d)| d).collect::<Vec<_>>())?;
        let matcher = Arc::new(matcher);
        needs.class_filter = Some(Arc::clone(&matcher) as Arc<dyn aql_event::ClassFilter>);
        needs.time = time;
        needs.log_sources = Arc::clone(&self.cx.log_sources);
        Ok(Hunt {
            rules: self.rules,
            single: self.single,
            grouped: self.grouped,
            matcher,
            needs,
            facts,
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
