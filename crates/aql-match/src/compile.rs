//! From bound conditions to atoms and programs.
//!
//! Read [`Builder`] first. What is a plain test of a column becomes an atom of its own kind;
//! everything else becomes an expression, which `aql-eval` evaluates. Both are there once however
//! many rules use them.

use std::collections::BTreeSet;
use std::sync::Arc;

use aql_diag::Diagnostic;
use aql_eval::functions::FUNCTIONS;
use aql_eval::regex::required;
use aql_eval::{Context, Program};
use aql_event::{Column, Encoding, Type};
use aql_semantic::{CompareBy, CompareOp, Expr, ExprKind, NullSemantics, Value};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::atom::{Atom, AtomKind, ColumnId, Cost, Expression, IntegerTest, Stage};
use crate::node::{Ask, AtomId, Node, NodeId, Nodes};
use crate::pattern::{Change, Form, TextTest};

/// Collects the atoms and nodes of all rules.
pub(crate) struct Builder<'a> {
    needs: &'a [Column],
    context: &'a Arc<Context>,
    pub(crate) columns: Vec<Column>,
    pub(crate) costs: Vec<Cost>,
    column_ids: FxHashMap<Column, ColumnId>,
    pub(crate) atoms: Vec<Atom>,
    atom_ids: FxHashMap<Key, AtomId>,
    /// Expressions by the hash of their structure.
    expressions: FxHashMap<u64, Vec<(Expr, NullSemantics, AtomId)>>,
    pub(crate) nodes: Nodes,
    /// What keeps the conditions from running.
    pub(crate) errors: Vec<Diagnostic>,
    /// What is worth knowing about expressions.
    pub(crate) notes: Vec<Diagnostic>,
}

/// What makes two atoms the same.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Text(ColumnId, Change, Form),
    Integer(ColumnId, IntegerTest),
    IsNull(ColumnId),
}

/// A column whose text is tested.
struct Subject<'e> {
    column: &'e Column,
    change: Change,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(needs: &'a [Column], context: &'a Arc<Context>) -> Self {
        Builder {
            needs,
            context,
            columns: Vec::new(),
            costs: Vec::new(),
            column_ids: FxHashMap::default(),
            atoms: Vec::new(),
            atom_ids: FxHashMap::default(),
            expressions: FxHashMap::default(),
            nodes: Nodes::default(),
            errors: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The node of a condition, or of its negation.
    pub(crate) fn condition(&mut self, expr: &Expr, negated: bool, nulls: NullSemantics) -> NodeId {
        match &expr.kind {
            ExprKind::And(terms) => self.join(terms, true, negated, nulls),
            ExprKind::Or(terms) => self.join(terms, false, negated, nulls),
            ExprKind::Not(inner) => self.condition(inner, !negated, nulls),
            ExprKind::Literal(Value::Boolean(value)) => {
                self.nodes.add(Node::Constant(*value != negated))
            }
            ExprKind::Literal(Value::Null) => {
                self.nodes.add(Node::Constant(negated && nulls == NullSemantics::TwoValued))
            }
            _ => {
                let (atom, inverse) = match self.plain(expr) {
                    Some(found) => found,
                    None => (self.expression(expr, nulls), false),
                };
                let ask = ask(inverse, negated, nulls);
                let node = self.nodes.add(Node::Atom(atom, ask));
                match self.necessary(expr).filter(|_| ask == Ask::True) {
                    Some(text) => self.nodes.join(true, vec![text, node]),
                    None => node,
                }
            }
        }
    }

    fn join(&mut self, terms: &[Expr], all: bool, negated: bool, nulls: NullSemantics) -> NodeId {
        let terms = terms.iter().map(|term| self.condition(term, negated, nulls)).collect();
        self.nodes.join(all != negated, terms)
    }

    /// The atom of a plain test of a column, and whether the condition is true where the atom is
    /// false. Nothing if it is no such test.
    fn plain(&mut self, expr: &Expr) -> Option<(AtomId, bool)> {
        match &expr.kind {
            ExprKind::Like { expr, pattern, ignore_case } => {
                let Subject { column, change } = subject(expr)?;
                let ExprKind::Literal(Value::Text(pattern)) = &pattern.kind else { return None };
                let change = if *ignore_case { change.folded() } else { change };
                Some((self.text(column, change, Form::like(change, pattern)), false))
            }
            ExprKind::Compare { op, by, left, right } => {
                let (op, left, constant) = match (&left.kind, &right.kind) {
                    (_, ExprKind::Literal(value)) => (*op, left, value),
                    (ExprKind::Literal(value), _) => (op.swapped(), right, value),
                    _ => return None,
                };
                self.compare(op, *by, left, constant)
            }
            ExprKind::In { expr, list, by } => match by {
                CompareBy::Text => {
                    let Subject { column, change } = subject(expr)?;
                    let texts = list
                        .iter()
                        .filter(|value| **value != Value::Null)
                        .map(|value| match value {
                            Value::Text(text) => Some(&**text),
                            _ => None,
                        })
                        .collect::<Option<Vec<&str>>>()?;
                    let form = Form::one_of(change, texts.into_iter());
                    Some((self.text(column, change, form), false))
                }
                CompareBy::Number => {
                    let column = integer_column(expr)?;
                    let mut numbers = list
                        .iter()
                        .filter(|value| **value != Value::Null)
                        .map(|value| match value {
                            Value::Integer(number) => Some(*number),
                            _ => None,
                        })
                        .collect::<Option<Vec<i64>>>()?;
                    numbers.sort_unstable();
                    numbers.dedup();
                    Some((self.integer(column, IntegerTest::OneOf(numbers)), false))
                }
                CompareBy::Host | CompareBy::Boolean => None,
            },
            ExprKind::IsNull(inner) => {
                let ExprKind::Column(column) = &inner.kind else { return None };
                let column = self.column(column);
                let stage = Stage::of_column(self.cost(column), column);
                let id = self.atom(Key::IsNull(column), stage, |_| AtomKind::IsNull { column });
                Some((id, false))
            }
            _ => None,
        }
    }

    fn compare(
        &mut self,
        op: CompareOp,
        by: CompareBy,
        value: &Expr,
        constant: &Value,
    ) -> Option<(AtomId, bool)> {
        match (by, constant) {
            (CompareBy::Text, Value::Text(text)) => {
                let inverse = match op {
                    CompareOp::Eq => false,
                    CompareOp::NotEq => true,
                    _ => return None,
                };
                let Subject { column, change } = subject(value)?;
                let form = Form::one_of(change, std::iter::once(&**text));
                Some((self.text(column, change, form), inverse))
            }
            (CompareBy::Host, Value::Host(host)) => {
                let inverse = match op {
                    CompareOp::Eq => false,
                    CompareOp::NotEq => true,
                    _ => return None,
                };
                // An address column holds the canonical text and nothing else.
                let ExprKind::Column(column) = &value.kind else { return None };
                if column.ty != Type::Host {
                    return None;
                }
                let text = host.to_canonical().to_string();
                let form = Form::one_of(Change::None, std::iter::once(text.as_str()));
                Some((self.text(column, Change::None, form), inverse))
            }
            (CompareBy::Number, Value::Integer(number)) => {
                let column = integer_column(value)?;
                let (op, inverse) =
                    if op == CompareOp::NotEq { (CompareOp::Eq, true) } else { (op, false) };
                let test = IntegerTest::compare(op, *number)?;
                Some((self.integer(column, test), inverse))
            }
            _ => None,
        }
    }

    /// A plain test that holds wherever a regular expression matches, and is far cheaper.
    fn necessary(&mut self, expr: &Expr) -> Option<NodeId> {
        let ExprKind::Matches { expr, pattern, ignore_case, .. } = &expr.kind else { return None };
        let Subject { column, change } = subject(expr)?;
        let ExprKind::Literal(Value::Text(pattern)) = &pattern.kind else { return None };
        let text = required(pattern).filter(|text| !text.contains(['%', '_']))?;
        // Both fold letters alike; the text of LOWER and UPPER is changed before it is folded.
        let change = match (change, ignore_case) {
            (Change::None, true) => change.folded(),
            (Change::None, false) => change,
            _ => return None,
        };
        let atom = self.text(column, change, Form::like(change, &format!("%{text}%")));
        Some(self.nodes.add(Node::Atom(atom, Ask::True)))
    }

    fn column(&mut self, column: &Column) -> ColumnId {
        if let Some(&id) = self.column_ids.get(column) {
            return id;
        }
        let id = ColumnId::try_from(self.columns.len()).unwrap_or(ColumnId::MAX);
        // The needs say how the column will come; two queries may differ about the encoding.
        let found = self.needs.binary_search(column).ok().and_then(|at| self.needs.get(at));
        let column = found.unwrap_or(column);
        self.costs.push(match (column.ty, column.encoding) {
            (Type::Text | Type::Host, Encoding::Plain) => Cost::Text,
            (Type::Binary, _) => Cost::Bytes,
            _ => Cost::Every,
        });
        self.columns.push(column.clone());
        self.column_ids.insert(column.clone(), id);
        id
    }

    fn cost(&self, column: ColumnId) -> Cost {
        self.costs.get(column as usize).copied().unwrap_or(Cost::BytesExpression)
    }

    fn text(&mut self, column: &Column, change: Change, form: Form) -> AtomId {
        let column = self.column(column);
        let stage = Stage::of_column(self.cost(column), column);
        self.atom(Key::Text(column, change, form), stage, |key| match key {
            Key::Text(column, change, form) => AtomKind::Text {
                column: *column,
                test: TextTest::new(*change, form.clone()),
                scanned: false,
            },
            Key::Integer(column, _) | Key::IsNull(column) => AtomKind::IsNull { column: *column },
        })
    }

    fn integer(&mut self, column: &Column, test: IntegerTest) -> AtomId {
        let column = self.column(column);
        let stage = Stage::of_column(self.cost(column), column);
        let kind = AtomKind::Integer { column, test: test.clone() };
        self.atom(Key::Integer(column, test), stage, |_| kind)
    }

    fn atom(&mut self, key: Key, stage: Stage, kind: impl FnOnce(&Key) -> AtomKind) -> AtomId {
        if let Some(&id) = self.atom_ids.get(&key) {
            return id;
        }
        let id = self.push(Atom { kind: kind(&key), stage });
        self.atom_ids.insert(key, id);
        id
    }

    fn push(&mut self, atom: Atom) -> AtomId {
        let id = AtomId::try_from(self.atoms.len()).unwrap_or(AtomId::MAX);
        self.atoms.push(atom);
        id
    }

    fn expression(&mut self, expr: &Expr, nulls: NullSemantics) -> AtomId {
        let hash = structure_hash(expr);
        let same = self.expressions.get(&hash).into_iter().flatten();
        if let Some((_, _, id)) = same.into_iter().find(|(e, n, _)| *n == nulls && e == expr) {
            return *id;
        }
        let program = match Program::compile(expr, nulls, self.context) {
            Ok(program) => program,
            Err(errors) => {
                self.errors.extend(errors);
                return AtomId::MAX;
            }
        };
        self.notes.extend_from_slice(program.notes());
        let mut columns = BTreeSet::new();
        expr.columns(&mut columns);
        let columns: Vec<ColumnId> = columns.iter().map(|c| self.column(c)).collect();
        let stage = Stage::of_expression(columns.iter().map(|&c| self.cost(c)));
        let expression = Expression { program, columns, settled: is_settled(expr) };
        let id = self.push(Atom { kind: AtomKind::Expression(Box::new(expression)), stage });
        self.expressions.entry(hash).or_default().push((expr.clone(), nulls, id));
        id
    }
}

/// What keeps a condition from running, and what is worth knowing about it, without the tests and
/// programs that a matcher would make of it.
pub(crate) fn check(
    expr: &Expr,
    nulls: NullSemantics,
    context: &Arc<Context>,
    errors: &mut Vec<Diagnostic>,
    notes: &mut Vec<Diagnostic>,
) {
    match &expr.kind {
        ExprKind::And(terms) | ExprKind::Or(terms) => {
            terms.iter().for_each(|term| check(term, nulls, context, errors, notes));
        }
        ExprKind::Not(inner) => check(inner, nulls, context, errors, notes),
        // A plain test of text, as `Builder::plain` has it: any pattern will do.
        ExprKind::Like { expr, pattern, .. }
            if subject(expr).is_some()
                && matches!(&pattern.kind, ExprKind::Literal(Value::Text(_))) => {}
        _ => match Program::compile(expr, nulls, context) {
            Ok(program) => notes.extend_from_slice(program.notes()),
            Err(wrong) => errors.extend(wrong),
        },
    }
}

/// What is asked of an atom whose condition may be the inverse of it, and may be negated.
///
/// A comparison with a missing value is false ([`NullSemantics::TwoValued`]) or null, `=` and `!=`
/// alike; so that `x != c` is true where `x = c` is false, and `NOT x = c` where it is not true.
fn ask(inverse: bool, negated: bool, nulls: NullSemantics) -> Ask {
    match (inverse, negated, nulls) {
        (false, false, _) | (true, true, NullSemantics::Sql) => Ask::True,
        (false, true, NullSemantics::TwoValued) => Ask::NotTrue,
        (false, true, NullSemantics::Sql) | (true, false, _) => Ask::False,
        (true, true, NullSemantics::TwoValued) => Ask::NotFalse,
    }
}

/// The column, and the change of it, that an expression stands for.
fn subject(expr: &Expr) -> Option<Subject<'_>> {
    match &expr.kind {
        ExprKind::Column(column) if matches!(column.ty, Type::Text | Type::Host) => {
            Some(Subject { column, change: Change::None })
        }
        ExprKind::Call { function, args } => {
            let [arg] = args.as_slice() else { return None };
            if &**function == "UTF8" {
                return match &arg.kind {
                    ExprKind::Column(column) if column.ty == Type::Binary => {
                        Some(Subject { column, change: Change::None })
                    }
                    _ => None,
                };
            }
            let inner = subject(arg)?;
            let change = match (&**function, inner.change) {
                ("LOWER", Change::None) => Change::Lower,
                ("UPPER", Change::None) => Change::Upper,
                _ => return None,
            };
            Some(Subject { column: inner.column, change })
        }
        _ => None,
    }
}

fn integer_column(expr: &Expr) -> Option<&Column> {
    match &expr.kind {
        ExprKind::Column(column) if matches!(column.ty, Type::Integer | Type::Time) => Some(column),
        _ => None,
    }
}

/// Does an expression depend on nothing but its columns and what is known from the start? Names of
/// log sources, for one, become known while evidence is read.
fn is_settled(expr: &Expr) -> bool {
    let mut settled = true;
    expr.walk(&mut |e| match &e.kind {
        ExprKind::Call { function, .. } => {
            let found = FUNCTIONS.iter().find(|f| f.name == &**function);
            settled &= found.is_some_and(|f| !f.varies);
        }
        ExprKind::InQuery { .. } => settled = false,
        _ => {}
    });
    settled
}

/// A hash of everything in an expression but doubles and places.
fn structure_hash(expr: &Expr) -> u64 {
    use std::hash::{BuildHasher, Hash, Hasher};
    fn value(value: &Value, hasher: &mut impl Hasher) {
        std::mem::discriminant(value).hash(hasher);
        match value {
            Value::Text(text) => text.hash(hasher),
            Value::Integer(number) => number.hash(hasher),
            Value::Boolean(boolean) => boolean.hash(hasher),
            Value::Host(host) => host.hash(hasher),
            Value::Null | Value::Double(_) => {}
        }
    }
    let mut hasher = FxBuildHasher.build_hasher();
    expr.walk(&mut |e| {
        std::mem::discriminant(&e.kind).hash(&mut hasher);
        match &e.kind {
            ExprKind::Literal(literal) => value(literal, &mut hasher),
            ExprKind::Column(column) => column.hash(&mut hasher),
            ExprKind::Compare { op, by, .. } => (op, by).hash(&mut hasher),
            ExprKind::In { list, by, .. } => {
                by.hash(&mut hasher);
                list.iter().for_each(|item| value(item, &mut hasher));
            }
            ExprKind::Call { function, args } => (function, args.len()).hash(&mut hasher),
            ExprKind::And(list) | ExprKind::Or(list) => list.len().hash(&mut hasher),
            _ => {}
        }
    });
    hasher.finish()
}
