//! A WHERE clause, taken apart into conditions that can be asked one by one.

use std::collections::BTreeSet;
use std::sync::Arc;

use aql_diag::Diagnostic;
use aql_eval::{Condition, Context, Program, Rows};
use aql_event::{Column, Needs, Type};
use aql_match::{Matcher, RuleFilter};
use aql_semantic::{BoundQuery, Expr, ExprKind, NullSemantics, Source, Value};

use super::describe::{column_name, constant, describe};

/// Operands of one leaf that are shown.
const MAX_OPERANDS: usize = 8;

/// The condition of one query, ready to be asked about events.
#[derive(Debug)]
pub struct Explainer {
    /// In the order of the text, a group before its terms. Never empty.
    nodes: Vec<Node>,
    filter: Option<Expr>,
    nulls: NullSemantics,
    columns: BTreeSet<Column>,
    is_grouped: bool,
}

/// A part of the condition: a group of terms, or a leaf.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// As written in the query, on one line.
    pub text: String,
    /// What the condition was turned into, where that is not what was written: a repaired pattern,
    /// a predicate that was taken apart. Leaves only.
    pub bound: Option<String>,
    /// The constants that values are compared with. Leaves only.
    pub constants: Vec<String>,
    /// Positions of the terms.
    pub below: Vec<usize>,
    /// Levels above it.
    pub depth: usize,
    pub(super) leaf: Option<Leaf>,
}

/// What a part of the condition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All terms hold.
    And,
    /// One of the terms holds.
    Or,
    /// The only term does not hold.
    Not,
    /// One condition, which is asked as a whole.
    Leaf,
}

#[derive(Debug)]
pub(super) struct Leaf {
    /// The condition, as the query means it.
    pub(super) program: Program,
    /// The same with nulls as SQL has them: tells a missing value from one that differs.
    pub(super) sql: Program,
    pub(super) operands: Vec<Operand>,
}

/// A value that a leaf looks at.
#[derive(Debug)]
pub(super) struct Operand {
    pub(super) text: String,
    pub(super) program: Program,
}

impl Explainer {
    /// Takes the WHERE clause of a query apart; of a query over another query that of the innermost
    /// one, which is the one that looks at events. `text` is the text that was bound.
    ///
    /// # Errors
    /// Everything that keeps the condition from running, as for the matcher.
    pub fn new(
        query: &BoundQuery,
        text: &str,
        cx: &Arc<Context>,
    ) -> Result<Explainer, Vec<Diagnostic>> {
        let mut innermost = query;
        while let Source::Query(inner) = &innermost.source {
            innermost = inner;
        }
        let mut builder = Builder {
            text,
            nulls: innermost.nulls,
            cx,
            nodes: Vec::new(),
            columns: BTreeSet::new(),
        };
        match &innermost.filter {
            Some(filter) => {
                filter.columns(&mut builder.columns);
                builder.add(filter, 0)?;
            }
            None => {
                let kind = ExprKind::Literal(Value::Boolean(true));
                let all =
                    Expr { kind, ty: Type::Boolean, span: aql_diag::Span { start: 0, end: 0 } };
                builder.add(&all, 0)?;
                if let Some(root) = builder.nodes.first_mut() {
                    root.text = "no WHERE clause: every event".to_owned();
                    root.bound = None;
                }
            }
        }
        Ok(Explainer {
            nodes: builder.nodes,
            filter: innermost.filter.clone(),
            nulls: innermost.nulls,
            columns: builder.columns,
            is_grouped: !std::ptr::eq(innermost, query)
                || query.aggregate.is_some()
                || query.session.is_some(),
        })
    }

    /// The parts of the condition in the order of the text, each group before its terms; the first
    /// is the whole.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The event columns that the condition reads.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter()
    }

    /// What a comparison with a missing value is in this query.
    pub fn nulls(&self) -> NullSemantics {
        self.nulls
    }

    /// Does the query do more with the events than to select them by this condition (GROUP BY,
    /// SESSION BY, an outer query)? Then an event that satisfies it need not be in the result.
    pub fn is_grouped(&self) -> bool {
        self.is_grouped
    }

    /// What a hunt asks about whole classes of records before it decodes one: those that can be true
    /// for none of their events are left out unread.
    ///
    /// # Errors
    /// As for [`Explainer::new`].
    pub fn class_filter(
        &self,
        needs: &Needs,
        cx: &Arc<Context>,
    ) -> Result<Matcher, Vec<Diagnostic>> {
        let filter = RuleFilter { filter: self.filter.as_ref(), nulls: self.nulls };
        Matcher::compile(&[filter], needs.columns(), cx)
            .map_err(|problems| problems.into_iter().map(|(_, problem)| problem).collect())
    }

    /// The outcome of every part for every row. That of the first is the matcher's answer.
    pub(super) fn outcomes(&self, rows: &dyn Rows) -> Vec<Condition> {
        let mut outcomes = vec![Condition::constant(0, None); self.nodes.len()];
        // Terms stand behind their group.
        for (at, node) in self.nodes.iter().enumerate().rev() {
            let below = |i: &usize| outcomes.get(*i).cloned();
            let outcome = match (&node.leaf, node.kind) {
                (Some(leaf), _) => Some(leaf.program.evaluate_condition(rows)),
                (None, Kind::Or) => node.below.iter().filter_map(below).reduce(|a, b| a.or(&b)),
                (None, Kind::Not) => node.below.first().and_then(below).map(|c| c.negated()),
                (None, _) => node.below.iter().filter_map(below).reduce(|a, b| a.and(&b)),
            };
            if let (Some(outcome), Some(slot)) = (outcome, outcomes.get_mut(at)) {
                *slot = outcome;
            }
        }
        outcomes
    }
}

struct Builder<'a> {
    text: &'a str,
    nulls: NullSemantics,
    cx: &'a Arc<Context>,
    nodes: Vec<Node>,
    columns: BTreeSet<Column>,
}

impl Builder<'_> {
    /// Adds an expression and everything below it; gives its position.
    fn add(&mut self, expr: &Expr, depth: usize) -> Result<usize, Vec<Diagnostic>> {
        let (kind, terms): (Kind, &[Expr]) = match &expr.kind {
            // Terms that all have the place of the whole were made from one predicate of the text:
            // BETWEEN, IN with values of two kinds, a name that is tried in two spellings.
            ExprKind::And(terms) if !is_one_predicate(expr, terms) => (Kind::And, terms),
            ExprKind::Or(terms) if !is_one_predicate(expr, terms) => (Kind::Or, terms),
            ExprKind::Not(term) if term.span != expr.span => {
                (Kind::Not, std::slice::from_ref(&**term))
            }
            _ => (Kind::Leaf, &[]),
        };
        let at = self.nodes.len();
        self.nodes.push(Node {
            kind,
            text: unwrapped(&one_line(expr.span.slice(self.text))).to_owned(),
            bound: None,
            constants: Vec::new(),
            below: Vec::new(),
            depth,
            leaf: None,
        });
        if kind == Kind::Leaf {
            self.leaf(at, expr)?;
        }
        for term in terms {
            let below = self.add(term, depth + 1)?;
            if let Some(node) = self.nodes.get_mut(at) {
                node.below.push(below);
            }
        }
        Ok(at)
    }

    fn leaf(&mut self, at: usize, expr: &Expr) -> Result<(), Vec<Diagnostic>> {
        let leaf = Leaf {
            program: Program::compile(expr, self.nulls, self.cx)?,
            sql: Program::compile(expr, NullSemantics::Sql, self.cx)?,
            operands: self.operands(expr)?,
        };
        let mut constants = Vec::new();
        literals(expr, &mut constants);
        if let Some(node) = self.nodes.get_mut(at) {
            let written = constants.iter().all(|c| node.text.contains(&one_line(c)));
            let one = !matches!(expr.kind, ExprKind::And(_) | ExprKind::Or(_));
            let bound = describe(expr);
            node.bound = (!(written && one && !calls_differ(expr, &node.text))).then_some(bound);
            node.constants = constants;
            node.leaf = Some(leaf);
        }
        Ok(())
    }

    fn operands(&self, expr: &Expr) -> Result<Vec<Operand>, Vec<Diagnostic>> {
        let mut found: Vec<&Expr> = Vec::new();
        operands(expr, &mut found);
        // What a computed operand was computed from.
        let computed: Vec<&Expr> =
            found.iter().copied().filter(|e| !matches!(e.kind, ExprKind::Column(_))).collect();
        for operand in computed {
            operand.walk(&mut |e| {
                if matches!(e.kind, ExprKind::Column(_)) && !found.contains(&e) {
                    found.push(e);
                }
            });
        }
        found.truncate(MAX_OPERANDS);
        found
            .into_iter()
            .map(|expr| {
                let text = match &expr.kind {
                    ExprKind::Column(column) => column_name(&column.name),
                    _ => describe(expr),
                };
                Ok(Operand { text, program: Program::compile(expr, self.nulls, self.cx)? })
            })
            .collect()
    }
}

fn is_one_predicate(whole: &Expr, terms: &[Expr]) -> bool {
    terms.iter().all(|term| term.span == whole.span)
}

/// The values that a leaf compares: its operands that are no constants.
fn operands<'a>(expr: &'a Expr, into: &mut Vec<&'a Expr>) {
    let mut add = |e: &'a Expr| {
        if !matches!(e.kind, ExprKind::Literal(_)) && !into.contains(&e) {
            into.push(e);
        }
    };
    match &expr.kind {
        ExprKind::Literal(_) => {}
        ExprKind::Compare { left, right, .. } => [left, right].into_iter().for_each(|e| add(e)),
        ExprKind::Like { expr, pattern, .. } | ExprKind::Matches { expr, pattern, .. } => {
            [expr, pattern].into_iter().for_each(|e| add(e));
        }
        ExprKind::In { expr, .. } | ExprKind::InQuery { expr, .. } => add(expr),
        ExprKind::IsNull(value) => add(value),
        ExprKind::Not(value) => operands(value, into),
        ExprKind::And(terms) | ExprKind::Or(terms) => terms.iter().for_each(|e| operands(e, into)),
        ExprKind::Call { args, .. } => args.iter().for_each(add),
        _ => add(expr),
    }
}

/// The constants that operands are compared with, not those that go into computing them.
fn literals(expr: &Expr, into: &mut Vec<String>) {
    let mut add = |e: &Expr| {
        if let ExprKind::Literal(value) = &e.kind {
            let text = constant(value);
            if !into.contains(&text) {
                into.push(text);
            }
        }
    };
    match &expr.kind {
        ExprKind::Compare { left, right, .. } => [left, right].into_iter().for_each(|e| add(e)),
        ExprKind::Like { pattern, .. } | ExprKind::Matches { pattern, .. } => add(pattern),
        ExprKind::In { list, .. } => {
            for value in list {
                let text = constant(value);
                if !into.contains(&text) {
                    into.push(text);
                }
            }
        }
        ExprKind::Not(value) => literals(value, into),
        ExprKind::And(terms) | ExprKind::Or(terms) => terms.iter().for_each(|e| literals(e, into)),
        ExprKind::Call { args, .. } => args.iter().for_each(add),
        _ => {}
    }
}

/// Does the condition read a column that its text does not name?
fn calls_differ(expr: &Expr, text: &str) -> bool {
    let mut columns = BTreeSet::new();
    expr.columns(&mut columns);
    let text = text.to_lowercase();
    columns.iter().any(|column| !text.contains(&column.name.to_lowercase()))
}

/// A text without the parentheses around all of it.
fn unwrapped(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else {
        return text;
    };
    // Those of `(a) OR (b)` belong to its parts, and those in quotes to nobody.
    let (mut depth, mut quote) = (0i32, None);
    for c in inner.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '(') => depth += 1,
            (None, ')') if depth == 0 => return text,
            (None, ')') => depth -= 1,
            _ => {}
        }
    }
    unwrapped(inner.trim())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::unwrapped;

    #[test]
    fn parentheses_around_all_of_it_go() {
        for (text, inner) in [
            ("(a = 1)", "a = 1"),
            ("((a) OR (b))", "(a) OR (b)"),
            ("(a) OR (b)", "(a) OR (b)"),
            ("(a = ')')", "a = ')'"),
            ("(a = '(') OR (b)", "(a = '(') OR (b)"),
            ("( (a) )", "a"),
            ("a", "a"),
        ] {
            assert_eq!(unwrapped(text), inner);
        }
    }
}
