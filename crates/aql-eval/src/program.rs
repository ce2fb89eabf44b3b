//! Compiling a bound expression: functions found, patterns read, constants computed.

use std::net::IpAddr;
use std::sync::Arc;

use aql_diag::{Diagnostic, Span, codes};
use aql_event::{Column, Type};
use aql_semantic::{ArithmeticOp, CompareBy, CompareOp, Expr, ExprKind, NullSemantics, Value};
use arrow_array::ArrayRef;
use rustc_hash::FxHashSet;

use crate::datum::Number;
use crate::functions::{self, Call, Prepared};
use crate::like::LikePattern;
use crate::regex::{JavaRegex, Mode, RegexError};
use crate::site::add_note;
use crate::{Condition, Context, Datum, Rows, ValueRows};

/// A compiled expression. Cheap to evaluate many times and from several threads.
pub struct Program {
    pub(crate) root: Node,
    pub(crate) nulls: NullSemantics,
    pub(crate) cx: Arc<Context>,
    notes: Vec<Diagnostic>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("ty", &self.root.ty).finish_non_exhaustive()
    }
}

pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) ty: Type,
    /// Rough cost of a row, to order the terms of a conjunction.
    pub(crate) cost: u32,
}

pub(crate) enum Kind {
    Constant(Datum<'static>),
    Column(Column),
    Input(usize),
    Key(usize),
    Aggregate(usize),
    Compare { op: CompareOp, by: CompareBy, left: Box<Node>, right: Box<Node> },
    Like { expr: Box<Node>, pattern: Pattern<LikePattern>, ignore_case: bool },
    Matches { expr: Box<Node>, pattern: Pattern<JavaRegex>, ignore_case: bool, mode: Mode },
    In { expr: Box<Node>, set: Set },
    IsNull(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Arithmetic { op: ArithmeticOp, left: Box<Node>, right: Box<Node> },
    Negate(Box<Node>),
    BitNot(Box<Node>),
    Call { call: Called, args: Vec<Node>, repeats: bool, varies: bool, column: Option<ByColumn> },
    Case { branches: Vec<(Node, Node)>, otherwise: Option<Box<Node>> },
}

pub(crate) type ByColumn = fn(&ArrayRef) -> Option<ArrayRef>;

/// A pattern, read once where it is constant.
pub(crate) enum Pattern<T> {
    Fixed(T),
    /// The pattern is null: nothing matches.
    Null,
    Dynamic(Box<Node>),
}

pub(crate) enum Called {
    Plain(Call),
    Prepared(Prepared),
}

impl Called {
    pub(crate) fn call<'a>(&self, args: &'a [Datum<'a>], cx: &'a Context) -> Datum<'a> {
        match self {
            Called::Plain(call) => call(args, cx),
            Called::Prepared(call) => call(args, cx),
        }
    }
}

/// The list of an IN.
pub(crate) enum Set {
    Text(FxHashSet<Box<str>>),
    Number { integers: FxHashSet<i64>, doubles: Vec<f64> },
    Host(FxHashSet<IpAddr>),
    Boolean([bool; 2]),
}

impl Set {
    fn new(list: &[Value], by: CompareBy) -> Self {
        let data = || list.iter().map(Datum::from);
        match by {
            CompareBy::Text => {
                Set::Text(data().filter_map(|d| d.text().map(|t| Box::from(&*t))).collect())
            }
            CompareBy::Number => {
                let (mut integers, mut doubles) = (FxHashSet::default(), Vec::new());
                for number in data().filter_map(|d| d.number()) {
                    match number {
                        Number::Integer(v) => {
                            integers.insert(v);
                        }
                        Number::Double(v) => doubles.push(v),
                    }
                }
                Set::Number { integers, doubles }
            }
            CompareBy::Host => Set::Host(data().filter_map(|d| d.host()).collect()),
            CompareBy::Boolean => {
                let mut set = [false; 2];
                for value in data().filter_map(|d| d.boolean()) {
                    set[usize::from(value)] = true;
                }
                Set::Boolean(set)
            }
        }
    }

    /// Is the value in the list? Nothing if it is null or of another kind.
    pub(crate) fn holds(&self, value: &Datum<'_>) -> Option<bool> {
        Some(match self {
            Set::Text(set) => set.contains(&*value.text()?),
            Set::Number { integers, doubles } => match value.number()? {
                Number::Integer(v) => integers.contains(&v),
                Number::Double(v) => doubles.contains(&v),
            },
            Set::Host(set) => set.contains(&value.host()?),
            Set::Boolean(set) => set[usize::from(value.boolean()?)],
        })
    }
}

impl Program {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Everything that keeps it from running: functions that are not implemented (`AQL109`),
    /// regular expressions (`AQL117`), networks (`AQL123`) and other constant arguments that
    /// cannot be read, nesting beyond any that a parser lets through (`AQL024`). An `IN (SELECT …)` has to be replaced by the list of its values first.
    pub fn compile(
        expr: &Expr,
        nulls: NullSemantics,
        cx: &Arc<Context>,
    ) -> Result<Program, Vec<Diagnostic>> {
        let mut compiler = Compiler { nulls, cx, depth: 0, errors: Vec::new(), notes: Vec::new() };
        let root = compiler.node(expr);
        if compiler.errors.is_empty() {
            Ok(Program { root, nulls, cx: Arc::clone(cx), notes: compiler.notes })
        } else {
            Err(compiler.errors)
        }
    }

    /// What is worth knowing about it: regular expressions that need backtracking (`AQL124`), and
    /// site data that it asks for and that is not there (`AQL140`, `AQL141`), once each.
    pub fn notes(&self) -> &[Diagnostic] {
        &self.notes
    }

    /// The type of its value.
    pub fn ty(&self) -> Type {
        self.root.ty
    }

    /// Its value if it is the same for every row.
    pub fn constant(&self) -> Option<&Datum<'static>> {
        self.root.constant()
    }

    /// Its value for every row.
    ///
    /// Text and addresses come as `Utf8` or `Dictionary(Int32, Utf8)`, whichever is cheaper for
    /// this batch ([`to_plain`](crate::to_plain) and [`to_dictionary`](crate::to_dictionary) give
    /// one layout); integers and times as `Int64`; the rest as [`Column::arrow_type`] says.
    /// Booleans that are conditions are null only under [`NullSemantics::Sql`].
    pub fn evaluate(&self, rows: &dyn Rows) -> ArrayRef {
        let array = self.evaluator().value(&self.root, rows).into_array(self.root.ty, rows.len());
        debug_assert_eq!(array.len(), rows.len());
        array
    }

    /// Its value for every row, as a condition: a value that is no boolean, or null, is null, and
    /// so false under [`NullSemantics::TwoValued`].
    pub fn evaluate_condition(&self, rows: &dyn Rows) -> Condition {
        self.evaluator().condition(&self.root, rows, None)
    }

    fn evaluator(&self) -> crate::evaluate::Evaluator<'_> {
        crate::evaluate::Evaluator { nulls: self.nulls, cx: &self.cx }
    }
}

impl Node {
    pub(crate) fn constant(&self) -> Option<&Datum<'static>> {
        match &self.kind {
            Kind::Constant(value) => Some(value),
            _ => None,
        }
    }
}

/// Deepest nesting of an expression; the parser stops at 200, and aliases can add to that.
const MAX_DEPTH: u32 = 256;

struct Compiler<'a> {
    nulls: NullSemantics,
    cx: &'a Arc<Context>,
    depth: u32,
    errors: Vec<Diagnostic>,
    notes: Vec<Diagnostic>,
}

impl Compiler<'_> {
    fn boxed(&mut self, expr: &Expr) -> Box<Node> {
        Box::new(self.node(expr))
    }

    fn node(&mut self, expr: &Expr) -> Node {
        self.depth += 1;
        let (kind, cost) =
            if self.depth > MAX_DEPTH { self.too_deep(expr.span) } else { self.kind(expr) };
        self.depth -= 1;
        self.folded(Node { kind, ty: expr.ty, cost: cost.min(1 << 16) })
    }

    /// The kind and the cost. What a kind needs beyond its operands is in a function of its own, so
    /// that it does not add up on the stack.
    fn kind(&mut self, expr: &Expr) -> (Kind, u32) {
        match &expr.kind {
            ExprKind::Literal(value) => (Kind::Constant(Datum::from(value).into_owned()), 0),
            ExprKind::Column(column) => (Kind::Column(column.clone()), 1),
            ExprKind::Input(index) => (Kind::Input(*index), 1),
            ExprKind::Key(index) => (Kind::Key(*index), 1),
            ExprKind::Aggregate(index) => (Kind::Aggregate(*index), 1),
            ExprKind::Compare { op, by, left, right } => {
                let (left, right) = (self.boxed(left), self.boxed(right));
                let cost = left.cost + right.cost + 2;
                (Kind::Compare { op: *op, by: *by, left, right }, cost)
            }
            ExprKind::Like { expr: value, pattern, ignore_case } => {
                let value = self.boxed(value);
                let pattern = self.like(pattern, *ignore_case);
                let cost = value.cost + 10;
                (Kind::Like { expr: value, pattern, ignore_case: *ignore_case }, cost)
            }
            ExprKind::Matches { expr: value, pattern, ignore_case, full } => {
                let value = self.boxed(value);
                let mode = if *full { Mode::Full } else { Mode::Find };
                let pattern = self.matches(pattern, *ignore_case, mode);
                let cost = value.cost + 50;
                (Kind::Matches { expr: value, pattern, ignore_case: *ignore_case, mode }, cost)
            }
            ExprKind::In { expr: value, list, by } => {
                let value = self.boxed(value);
                let cost = value.cost + 3;
                (Kind::In { expr: value, set: Set::new(list, *by) }, cost)
            }
            ExprKind::InQuery { .. } => {
                self.not_implemented(expr.span, "IN (SELECT ...) in this place");
                (Kind::Constant(Datum::Null), 0)
            }
            ExprKind::IsNull(value) => self.unary(value, Kind::IsNull),
            ExprKind::And(terms) => self.terms(terms, Kind::And),
            ExprKind::Or(terms) => self.terms(terms, Kind::Or),
            ExprKind::Not(value) => self.unary(value, Kind::Not),
            ExprKind::Arithmetic { op, left, right } => {
                let (left, right) = (self.boxed(left), self.boxed(right));
                let cost = left.cost + right.cost + 2;
                (Kind::Arithmetic { op: *op, left, right }, cost)
            }
            ExprKind::Negate(value) => self.unary(value, Kind::Negate),
            ExprKind::BitNot(value) => self.unary(value, Kind::BitNot),
            ExprKind::Call { function, args } => {
                let mut nodes = Vec::with_capacity(args.len());
                for arg in args {
                    nodes.push(self.node(arg));
                }
                self.call(expr.span, function, args, nodes)
            }
            ExprKind::Case { branches, otherwise } => self.case(branches, otherwise.as_deref()),
        }
    }

    fn unary(&mut self, value: &Expr, kind: fn(Box<Node>) -> Kind) -> (Kind, u32) {
        let value = self.boxed(value);
        let cost = value.cost + 1;
        (kind(value), cost)
    }

    fn case(&mut self, branches: &[(Expr, Expr)], otherwise: Option<&Expr>) -> (Kind, u32) {
        let mut cost = 2;
        let mut nodes = Vec::with_capacity(branches.len());
        for (condition, value) in branches {
            let (condition, value) = (self.node(condition), self.node(value));
            cost += condition.cost + value.cost;
            nodes.push((condition, value));
        }
        let otherwise = otherwise.map(|value| self.boxed(value));
        cost += otherwise.as_ref().map_or(0, |o| o.cost);
        (Kind::Case { branches: nodes, otherwise }, cost)
    }

    fn terms(&mut self, terms: &[Expr], kind: fn(Vec<Node>) -> Kind) -> (Kind, u32) {
        let mut nodes = Vec::with_capacity(terms.len());
        for term in terms {
            nodes.push(self.node(term));
        }
        // The order does not change the outcome; cheap terms first spare the dear ones rows.
        nodes.sort_by_key(|t| t.cost);
        let cost = nodes.iter().map(|t| t.cost).sum();
        (kind(nodes), cost)
    }

    fn too_deep(&mut self, span: Span) -> (Kind, u32) {
        if self.errors.iter().all(|e| e.code != codes::TOO_DEEP) {
            self.errors.push(
                Diagnostic::error(codes::TOO_DEEP, "expression is nested too deeply")
                    .at(span, format!("the limit of {MAX_DEPTH} levels is reached")),
            );
        }
        (Kind::Constant(Datum::Null), 0)
    }

    /// The node, or the constant that it always gives.
    fn folded(&self, node: Node) -> Node {
        let constant = match &node.kind {
            Kind::Constant(_)
            | Kind::Column(_)
            | Kind::Input(_)
            | Kind::Key(_)
            | Kind::Aggregate(_) => false,
            Kind::Compare { left, right, .. } | Kind::Arithmetic { left, right, .. } => {
                left.constant().is_some() && right.constant().is_some()
            }
            Kind::Like { expr, pattern, .. } => {
                expr.constant().is_some() && !matches!(pattern, Pattern::Dynamic(_))
            }
            Kind::Matches { expr, pattern, .. } => {
                expr.constant().is_some() && !matches!(pattern, Pattern::Dynamic(_))
            }
            Kind::In { expr, .. } => expr.constant().is_some(),
            Kind::IsNull(e) | Kind::Not(e) | Kind::Negate(e) | Kind::BitNot(e) => {
                e.constant().is_some()
            }
            Kind::And(terms) | Kind::Or(terms) => terms.iter().all(|t| t.constant().is_some()),
            Kind::Call { args, varies, .. } => {
                !varies && args.iter().all(|a| a.constant().is_some())
            }
            Kind::Case { branches, otherwise } => {
                branches.iter().all(|(c, v)| c.constant().is_some() && v.constant().is_some())
                    && otherwise.as_ref().is_none_or(|o| o.constant().is_some())
            }
        };
        if constant { self.computed(&node) } else { node }
    }

    fn computed(&self, node: &Node) -> Node {
        let evaluator = crate::evaluate::Evaluator { nulls: self.nulls, cx: self.cx };
        let one = ValueRows { rows: 1, ..ValueRows::default() };
        let value = evaluator.value(node, &one);
        let value = value.view().get(0).into_owned();
        Node { kind: Kind::Constant(value), ty: node.ty, cost: 0 }
    }

    fn like(&mut self, pattern: &Expr, ignore_case: bool) -> Pattern<LikePattern> {
        let node = self.boxed(pattern);
        match node.constant() {
            None => Pattern::Dynamic(node),
            Some(value) => match value.text() {
                Some(text) => Pattern::Fixed(LikePattern::new(&text, ignore_case)),
                None => Pattern::Null,
            },
        }
    }

    fn matches(&mut self, pattern: &Expr, ignore_case: bool, mode: Mode) -> Pattern<JavaRegex> {
        let node = self.boxed(pattern);
        let Some(value) = node.constant() else { return Pattern::Dynamic(node) };
        let Some(text) = value.text() else { return Pattern::Null };
        match JavaRegex::new(&text, ignore_case, mode) {
            Ok(regex) => {
                if regex.backtracks() {
                    self.notes.push(
                        Diagnostic::note_severity(
                            codes::REGEX_LOOKAROUND,
                            "regular expression needs backtracking",
                        )
                        .at(pattern.span, "")
                        .note(
                            "look-around, back-references and possessive quantifiers take the \
                             slower of two engines; a value that would take it too many steps \
                             does not match",
                        ),
                    );
                }
                Pattern::Fixed(regex)
            }
            Err(error) => {
                self.errors.push(bad_regex(&error).at(pattern.span, ""));
                Pattern::Null
            }
        }
    }

    fn call(&mut self, span: Span, name: &str, exprs: &[Expr], args: Vec<Node>) -> (Kind, u32) {
        let Some(function) = functions::find(name) else {
            self.not_implemented(span, name);
            return (Kind::Constant(Datum::Null), 0);
        };
        let constants: Vec<Option<Datum<'static>>> =
            args.iter().map(|a| a.constant().cloned()).collect();
        let remark = function.remark.and_then(|remark| remark(&constants, self.cx));
        if let Some(remark) = remark {
            add_note(&mut self.notes, &remark.at(span, ""));
        }
        let prepared = match function.prepare {
            Some(prepare) => prepare(&constants, self.cx).unwrap_or_else(|complaint| {
                let place = exprs.get(complaint.argument).map_or(span, |e| e.span);
                let mut diagnostic =
                    Diagnostic::error(complaint.code, complaint.message).at(place, "");
                if let Some(help) = complaint.help {
                    diagnostic = diagnostic.help(help);
                }
                self.errors.push(diagnostic);
                None
            }),
            None => None,
        };
        let call = prepared.map_or(Called::Plain(function.call), Called::Prepared);
        let cost = 20 + args.iter().map(|a| a.cost).sum::<u32>();
        let (repeats, varies, column) = (function.repeats, function.varies, function.column);
        (Kind::Call { call, args, repeats, varies, column }, cost)
    }

    fn not_implemented(&mut self, span: Span, what: &str) {
        self.errors.push(
            Diagnostic::error(codes::NOT_IMPLEMENTED, format!("{what} is not implemented yet"))
                .at(span, ""),
        );
    }
}

fn bad_regex(error: &RegexError) -> Diagnostic {
    Diagnostic::error(codes::BAD_REGEX, format!("regular expression cannot be read: {error}"))
}
