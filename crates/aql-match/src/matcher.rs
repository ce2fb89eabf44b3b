//! The compiled form of many conditions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aql_diag::Diagnostic;
use aql_eval::Context;
use aql_event::{Column, EventBatch};
use aql_semantic::{Expr, NullSemantics};
use arrow_buffer::BooleanBuffer;

use crate::atom::{Atom, AtomKind, ColumnId, Cost, Stage};
use crate::compile::{Builder, check};
use crate::evaluate::Run;
use crate::integers::Integers;
use crate::node::{Ask, AtomId, Node, NodeId, Nodes};
use crate::pattern::{Form, TextTest};
use crate::scanner::{Scanner, Tests};
use crate::scratch::Scratch;

/// The condition of one rule.
#[derive(Clone, Copy, Debug)]
pub struct RuleFilter<'a> {
    /// The bound WHERE clause; without one every row is selected.
    pub filter: Option<&'a Expr>,
    /// What a comparison with a missing value is in it.
    pub nulls: NullSemantics,
}

impl RuleFilter<'_> {
    /// Can it be compiled? Says what is worth knowing about it, as [`Matcher::notes`] does, and takes
    /// far less time than compiling.
    ///
    /// # Errors
    /// Everything that keeps the rule from running.
    pub fn check(&self, context: &Arc<Context>) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
        let (mut errors, mut notes) = (Vec::new(), Vec::new());
        if let Some(filter) = self.filter {
            check(filter, self.nulls, context, &mut errors, &mut notes);
        }
        if errors.is_empty() { Ok(notes) } else { Err(errors) }
    }
}

/// The conditions of any number of rules, ready to be evaluated together.
///
/// Immutable, so that all threads share one; each brings its own [`Scratch`].
#[derive(Debug)]
pub struct Matcher {
    /// Tells matchers apart, for what a scratch remembers.
    pub(crate) number: u64,
    pub(crate) columns: Vec<Column>,
    /// Scanners of text columns, by column; nothing where tests are made one by one.
    pub(crate) scanners: Vec<Option<Scanner>>,
    /// Tests of integer columns, by column.
    pub(crate) integers: Vec<Option<Integers>>,
    pub(crate) atoms: Vec<Atom>,
    pub(crate) nodes: Nodes,
    pub(crate) rules: Vec<Rule>,
    /// Columns that are evaluated for every row.
    pub(crate) every: Vec<ColumnId>,
    /// What comes after that, in order.
    pub(crate) steps: Vec<Step>,
    /// Up to where steps are expressions over numbers and dictionaries, and up to where, behind
    /// these, plain text. The first may as well come last, see [`Scratch`]; none with many rules.
    pub(crate) early: Range<usize>,
    notes: Vec<(usize, Diagnostic)>,
}

/// A rule.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The whole condition.
    pub(crate) root: NodeId,
    /// Those of its terms that need only what is evaluated for every row.
    pub(crate) first: Box<[NodeId]>,
}

/// Rules, by number, with some of their terms.
pub(crate) type Terms = Vec<(u32, Box<[NodeId]>)>;

/// Terms that are evaluated only for the rows that their rules still wait for.
#[derive(Debug)]
pub(crate) struct Step {
    /// How dear its terms are.
    pub(crate) cost: Cost,
    /// Columns that must be scanned for it, each with the rules that ask for it.
    pub(crate) scans: Vec<(ColumnId, Vec<u32>)>,
    /// Rules, in order, with their terms of this step.
    pub(crate) terms: Terms,
}

/// Tests of a plain text column up to which each is made on its own, row by row as it is asked for.
const FEW_TESTS: usize = 6;
/// Rules up to which it is worth counting how many rows a step leaves.
const FEW_RULES: usize = 16;
/// Constants of an IN up to which they are compared one by one.
const FEW_CONSTANTS: usize = 8;

/// Number of the next matcher; 0 is none.
static NUMBER: AtomicU64 = AtomicU64::new(1);

impl Matcher {
    /// Compiles the conditions of rules; rules are numbered in the order given. `columns` are those
    /// of the needs for which batches will be read ([`aql_event::Needs::columns`]); they say which
    /// columns come as dictionaries.
    ///
    /// # Errors
    /// Everything that keeps a rule from running, with the number of the rule.
    pub fn compile(
        rules: &[RuleFilter<'_>],
        columns: &[Column],
        context: &Arc<Context>,
    ) -> Result<Matcher, Vec<(usize, Diagnostic)>> {
        let mut builder = Builder::new(columns, context);
        let (mut roots, mut errors, mut notes) = (Vec::new(), Vec::new(), Vec::new());
        for (number, rule) in rules.iter().enumerate() {
            roots.push(match rule.filter {
                Some(filter) => builder.condition(filter, false, rule.nulls),
                None => builder.nodes.add(Node::Constant(true)),
            });
            errors.extend(builder.errors.drain(..).map(|e| (number, e)));
            notes.extend(builder.notes.drain(..).map(|n| (number, n)));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Matcher::assemble(builder, roots, notes))
    }

    fn assemble(
        mut builder: Builder<'_>,
        roots: Vec<NodeId>,
        notes: Vec<(usize, Diagnostic)>,
    ) -> Matcher {
        let columns = std::mem::take(&mut builder.columns);
        let costs = std::mem::take(&mut builder.costs);
        let mut atoms = std::mem::take(&mut builder.atoms);
        let nodes = std::mem::take(&mut builder.nodes);
        let stages = stages(&nodes, &atoms);
        let witnesses = witnesses(&nodes, &stages, &atoms, &roots);
        let scanners = scanners(&mut atoms, &costs, &witnesses);
        let integers = (0..).zip(&costs).map(|(column, _)| integers(&atoms, column)).collect();
        let planner = Planner { atoms: &atoms, stages, nodes };
        let (nodes, rules, steps) = planner.plan(&roots);
        let every = (0..)
            .zip(&costs)
            .filter(|(_, cost)| **cost == Cost::Every)
            .map(|(column, _)| column)
            .collect();
        let early = match rules.len() <= FEW_RULES {
            true => steps.iter().take_while(|step| step.cost == Cost::CheapExpression).count(),
            false => 0,
        };
        let texts = steps.iter().skip(early).take_while(|step| step.cost == Cost::Text).count();
        Matcher {
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            columns,
            scanners,
            integers,
            atoms,
            nodes,
            rules,
            every,
            steps,
            early: early..early + texts,
            notes,
        }
    }

    /// Evaluates all rules over a batch.
    pub fn evaluate(&self, batch: &EventBatch, scratch: &mut Scratch) -> Hits {
        Run::new(self, batch, scratch).hits()
    }

    /// Number of rules.
    pub fn rules(&self) -> usize {
        self.rules.len()
    }

    /// Number of distinct tests that the rules are made of.
    pub fn atoms(&self) -> usize {
        self.atoms.len()
    }

    /// The columns that the conditions read.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What is worth knowing about the rules: regular expressions that need backtracking. A rule
    /// that uses the same expression as an earlier one is not named again.
    pub fn notes(&self) -> &[(usize, Diagnostic)] {
        &self.notes
    }

    pub(crate) fn atom(&self, id: AtomId) -> Option<&Atom> {
        self.atoms.get(id as usize)
    }
}

impl Tests for Matcher {
    fn test(&self, atom: u32) -> Option<&TextTest> {
        match &self.atom(atom)?.kind {
            AtomKind::Text { test, .. } => Some(test),
            _ => None,
        }
    }
}

/// The rows that rules select in one batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hits {
    /// The rules that select at least one row, in order.
    pub rules: Vec<RuleHits>,
}

/// The rows that one rule selects.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleHits {
    /// Number of the rule.
    pub rule: usize,
    /// One bit per row of the batch.
    pub rows: BooleanBuffer,
}

impl Hits {
    /// The rows that a rule selects.
    pub fn of(&self, rule: usize) -> Option<&BooleanBuffer> {
        let at = self.rules.binary_search_by_key(&rule, |hits| hits.rule).ok()?;
        self.rules.get(at).map(|hits| &hits.rows)
    }
}

/// Marks the tests that are scanned for, and builds the scanners.
///
/// Columns that are looked at for every row are scanned for all of their tests. Of the dearer
/// columns, `witnesses` are scanned for if there are more than a few; all other tests are made one
/// by one, for the rows that the witnesses leave.
fn scanners(atoms: &mut [Atom], costs: &[Cost], witnesses: &[bool]) -> Vec<Option<Scanner>> {
    let mut number = vec![0usize; costs.len()];
    for (atom, witness) in atoms.iter().zip(witnesses) {
        if let (AtomKind::Text { column, .. }, true) = (&atom.kind, witness) {
            number[*column as usize] += 1;
        }
    }
    for (atom, witness) in atoms.iter_mut().zip(witnesses) {
        if let AtomKind::Text { column, test, scanned } = &mut atom.kind {
            let at = *column as usize;
            let findable = !matches!(test.form, Form::Like(_)) || test.form.required().is_some();
            let long = matches!(&test.form, Form::OneOf(list) if list.len() > FEW_CONSTANTS);
            let wanted = costs[at] == Cost::Every || long || *witness && number[at] > FEW_TESTS;
            *scanned = findable && wanted;
        }
    }
    (0..)
        .zip(costs)
        .map(|(of, _)| {
            let mut tests = (0..)
                .zip(atoms.iter())
                .filter_map(|(id, atom)| match &atom.kind {
                    AtomKind::Text { column, test, scanned: true } if *column == of => {
                        Some((id, test))
                    }
                    _ => None,
                })
                .peekable();
            tests.peek().is_some().then(|| Scanner::new(tests))
        })
        .collect()
}

/// Which tests of dear columns are witnesses: for each rule, those of one term that only rows can
/// satisfy in which at least one of them holds. The term with the longest texts is taken. A rule
/// without such a term has all of its tests as witnesses.
fn witnesses(nodes: &Nodes, stages: &[Stage], atoms: &[Atom], roots: &[NodeId]) -> Vec<bool> {
    let mut witnesses = vec![false; atoms.len()];
    let stage = |node: NodeId| stages.get(node as usize).copied().unwrap_or(Stage::FIRST);
    for root in roots {
        let mut terms = match nodes.get(*root) {
            Node::And(terms) => terms.to_vec(),
            _ => vec![*root],
        };
        terms.retain(|&term| stage(term) != Stage::FIRST);
        terms.sort_by_key(|&term| stage(term));
        for same in terms.chunk_by(|a, b| stage(*a) == stage(*b)) {
            let best = same
                .iter()
                .filter_map(|&term| Some((strength(nodes, atoms, term)?, term)))
                .max_by_key(|&(strength, _)| strength);
            let chosen = best.as_ref().map_or(same, |(_, term)| std::slice::from_ref(term));
            for &term in chosen {
                nodes.visit(term, &mut |atom| {
                    if let Some(witness) = witnesses.get_mut(atom as usize) {
                        *witness = true;
                    }
                });
            }
            if best.is_some() {
                break;
            }
        }
    }
    witnesses
}

/// Bytes of the shortest text of which one must occur for a term to hold; nothing if it can hold
/// without.
fn strength(nodes: &Nodes, atoms: &[Atom], node: NodeId) -> Option<usize> {
    match nodes.get(node) {
        Node::Constant(_) => None,
        Node::Atom(atom, Ask::True) => match &atoms.get(*atom as usize)?.kind {
            AtomKind::Text { test, .. } => match &test.form {
                Form::Any => None,
                Form::Never => Some(usize::MAX),
                Form::OneOf(_) => Some(usize::MAX),
                Form::Prefix(text) | Form::Suffix(text) => Some(text.len() * 2),
                Form::Contains(_) | Form::Like(_) => test.form.required().map(|t| t.len()),
            },
            // Known before.
            AtomKind::Integer { .. } => Some(2),
            AtomKind::IsNull { .. } | AtomKind::Expression(_) => None,
        },
        Node::Atom(..) => None,
        Node::And(below) => below.iter().filter_map(|&n| strength(nodes, atoms, n)).max(),
        Node::Or(below) => below
            .iter()
            .map(|&n| strength(nodes, atoms, n))
            .try_fold(usize::MAX, |least, strength| Some(least.min(strength?))),
    }
}

fn integers(atoms: &[Atom], of: ColumnId) -> Option<Integers> {
    let mut tests = (0..).zip(atoms).filter_map(|(id, atom)| match &atom.kind {
        AtomKind::Integer { column, test } if *column == of => Some((id, test)),
        _ => None,
    });
    let first = tests.next()?;
    Some(Integers::new(std::iter::once(first).chain(tests)))
}

/// For every node, the stage at which all of its atoms can be evaluated.
fn stages(nodes: &Nodes, atoms: &[Atom]) -> Vec<Stage> {
    // A node is made after the nodes below it.
    let mut stages: Vec<Stage> = Vec::with_capacity(nodes.len());
    for id in 0..nodes.len() {
        let id = NodeId::try_from(id).unwrap_or(NodeId::MAX);
        let stage = match nodes.get(id) {
            Node::Constant(_) => Stage::FIRST,
            Node::Atom(atom, _) => {
                atoms.get(*atom as usize).map_or(Stage::FIRST, |atom| atom.stage)
            }
            Node::And(below) | Node::Or(below) => below
                .iter()
                .filter_map(|id| stages.get(*id as usize).copied())
                .max()
                .unwrap_or(Stage::FIRST),
        };
        stages.push(stage);
    }
    stages
}

/// Puts the terms of every rule in the order in which they are evaluated.
struct Planner<'a> {
    atoms: &'a [Atom],
    nodes: Nodes,
    stages: Vec<Stage>,
}

impl Planner<'_> {
    fn plan(mut self, roots: &[NodeId]) -> (Nodes, Vec<Rule>, Vec<Step>) {
        let mut rules = Vec::with_capacity(roots.len());
        let mut steps: BTreeMap<Stage, Terms> = BTreeMap::new();
        for (number, &root) in (0..).zip(roots) {
            let mut terms = match self.nodes.get(root) {
                Node::And(terms) => terms.to_vec(),
                _ => vec![root],
            };
            terms.sort_by_key(|&term| {
                (self.stage(term), self.is_deferred(term), self.looseness(term), term)
            });
            let mut first: Box<[NodeId]> = Box::default();
            for same in terms.chunk_by(|a, b| self.stage(*a) == self.stage(*b)) {
                match same.first().map(|&term| self.stage(term)) {
                    Some(Stage::FIRST) => first = same.into(),
                    Some(stage) => steps.entry(stage).or_default().push((number, same.into())),
                    None => {}
                }
            }
            rules.push(Rule { root, first });
        }
        self.nodes.reorder(|id| self.stages.get(id as usize).copied());
        let steps = steps
            .into_iter()
            .map(|(stage, terms)| Step { cost: stage.cost(), scans: self.scans(&terms), terms })
            .collect();
        self.nodes.freeze();
        (self.nodes, rules, steps)
    }

    /// The columns that are scanned for some terms, but for those that always are.
    fn scans(&self, terms: &[(u32, Box<[NodeId]>)]) -> Vec<(ColumnId, Vec<u32>)> {
        let mut scans: BTreeMap<ColumnId, Vec<u32>> = BTreeMap::new();
        for (rule, terms) in terms {
            let mut columns = BTreeSet::new();
            terms.iter().for_each(|&term| self.scanned(term, &mut columns));
            for column in columns {
                scans.entry(column).or_default().push(*rule);
            }
        }
        scans.into_iter().collect()
    }

    fn scanned(&self, node: NodeId, into: &mut BTreeSet<ColumnId>) {
        self.nodes.visit(node, &mut |atom| match self.atoms.get(atom as usize) {
            Some(Atom { kind: AtomKind::Text { column, scanned: true, .. }, stage })
                if *stage != Stage::FIRST =>
            {
                into.insert(*column);
            }
            _ => {}
        });
    }

    /// Has the node an atom that is evaluated only where it is asked for?
    fn is_deferred(&self, node: NodeId) -> bool {
        let mut deferred = false;
        self.nodes.visit(node, &mut |atom| {
            deferred |= self.atoms.get(atom as usize).is_some_and(Atom::is_deferred);
        });
        deferred
    }

    fn stage(&self, node: NodeId) -> Stage {
        self.stages.get(node as usize).copied().unwrap_or(Stage::FIRST)
    }

    /// A guess at how many rows a term lets through; terms that let few through come first.
    fn looseness(&self, node: NodeId) -> u32 {
        match self.nodes.get(node) {
            Node::Constant(_) => 0,
            Node::Atom(atom, Ask::True) => match self.atoms.get(*atom as usize).map(|a| &a.kind) {
                Some(AtomKind::Text { .. }) => 1,
                Some(AtomKind::Integer { .. }) => 8,
                Some(AtomKind::IsNull { .. }) => 100,
                Some(AtomKind::Expression(_)) | None => 20,
            },
            Node::Atom(..) => 1000,
            Node::And(below) => below.iter().map(|&n| self.looseness(n)).min().unwrap_or(0),
            Node::Or(below) => {
                below.iter().map(|&n| self.looseness(n)).fold(0, u32::saturating_add)
            }
        }
    }
}
