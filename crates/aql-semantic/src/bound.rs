//! The bound query: what a query means, with every name resolved and every type known.
//!
//! Linter, translators, matcher and engine accept only this. Read [`BoundQuery`] first, then
//! [`Expr`].

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use aql_diag::Span;
use aql_event::{Column, ColumnKind, Encoding, TimeRange, Type};
use jiff::tz::TimeZone;

use crate::datetime::parse_datetime;

/// A query that can run.
///
/// Rows flow `source → filter → session → aggregate → having → order_by → limit → output`. Without
/// `aggregate`, the expressions of `order_by` and `output` read the rows of the source; with it
/// they read its keys and calls ([`ExprKind::Key`], [`ExprKind::Aggregate`]).
#[derive(Clone, Debug, PartialEq)]
pub struct BoundQuery {
    /// Where the rows come from.
    pub source: Source,
    /// WHERE, TEXT SEARCH included; a boolean expression.
    pub filter: Option<Expr>,
    /// SESSION BY. With it, everything from `aggregate` on may read [`session_id`].
    pub session: Option<Session>,
    /// GROUP BY and aggregate functions.
    pub aggregate: Option<Aggregate>,
    /// HAVING; a boolean expression.
    pub having: Option<Expr>,
    /// The result columns, in order. Names may repeat.
    pub output: Vec<Output>,
    /// ORDER BY.
    pub order_by: Vec<Order>,
    /// LIMIT.
    pub limit: Option<u64>,
    /// The time clause.
    pub window: Window,
    /// INTO.
    pub into: Option<String>,
    /// `EXECUTIONTIMELIMIT` in milliseconds.
    pub time_limit: Option<u64>,
    /// What a comparison with a missing value is.
    pub nulls: NullSemantics,
}

/// Where rows come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// The `events` database.
    Events,
    /// The `flows` database.
    Flows,
    /// The `simarc` database.
    Simarc,
    /// The result of another query; its columns are read as [`ExprKind::Input`].
    Query(Box<BoundQuery>),
}

/// SESSION BY: rows are taken in the order of a time, and those of one tuple of values are cut into
/// sessions (IBM AQL guide, grouping related events into sessions).
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The time that the rows are ordered by; a number, in milliseconds.
    pub time: Expr,
    /// The values that all rows of a session share.
    pub by: Vec<Expr>,
    /// BEGIN.
    pub begin: Option<SessionEdge>,
    /// END.
    pub end: Option<SessionEdge>,
    /// TIMEOUT: a longer gap between two rows, in milliseconds, closes the session.
    pub timeout: Option<Expr>,
    /// TIMEWINDOW: a row that is later after the first one, in milliseconds, closes the session.
    pub time_window: Option<Expr>,
}

/// BEGIN or END of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionEdge {
    /// Nothing but the condition begins (ends) a session.
    pub explicit: bool,
    /// A boolean expression.
    pub condition: Expr,
}

/// The column that SESSION BY adds to the rows: the number of the session, from 1 in the order in
/// which sessions begin; null for a row that belongs to none.
pub fn session_id() -> Column {
    Column::new(ColumnKind::Builtin, "sessionid", Type::Integer, Encoding::Plain)
}

/// Grouping.
#[derive(Clone, Debug, PartialEq)]
pub struct Aggregate {
    /// The values that make a group; empty for one group of all rows.
    pub keys: Vec<Expr>,
    /// The aggregate calls, without duplicates.
    pub calls: Vec<AggregateCall>,
}

/// One aggregate call.
#[derive(Clone, Debug, PartialEq)]
pub struct AggregateCall {
    /// Which function.
    pub function: AggregateFunction,
    /// Its argument; nothing for `COUNT(*)`.
    pub argument: Option<Expr>,
    /// Result type: double for numeric ones, as the appliance answers; the argument's type for
    /// FIRST, LAST, MIN and MAX of anything that is no number.
    pub ty: Type,
}

/// Aggregate functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AggregateFunction {
    /// COUNT of rows or of values that are not null.
    Count,
    /// SUM.
    Sum,
    /// AVG.
    Avg,
    /// MIN.
    Min,
    /// MAX.
    Max,
    /// FIRST: the value of the first row in evidence order.
    First,
    /// LAST: the value of the last row in evidence order.
    Last,
    /// STDEV: sample.
    StdevSample,
    /// STDEVP: population.
    StdevPopulation,
    /// UNIQUECOUNT: exact.
    UniqueCount,
    /// DISTINCTCOUNT: approximate.
    DistinctCount,
}

/// One result column.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// The column's name.
    pub name: String,
    /// Its value.
    pub expr: Expr,
}

/// One item of ORDER BY. Nulls come first ascending, last descending.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The value.
    pub expr: Expr,
    /// DESC?
    pub descending: bool,
}

/// What a comparison with a missing value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NullSemantics {
    /// False; and NOT of it is true. Conditions are never null.
    #[default]
    TwoValued,
    /// Null, as in SQL: a row is kept only where the condition is true.
    Sql,
}

/// The time clause, not yet held against a clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// None was written.
    None,
    /// `LAST n unit`, in milliseconds.
    Last(i64),
    /// `START a STOP b`.
    Range {
        /// First moment.
        start: Moment,
        /// Last moment.
        stop: Moment,
    },
    /// `TIMES OFFENSE_TIME(id)`: the time that an offense covers. Whoever runs the query looks it
    /// up and puts a range in its place.
    Offense(i64),
}

/// A moment that may depend on the clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Epoch milliseconds.
    At(i64),
    /// Now.
    Now,
    /// What PARSEDATETIME makes of this text; binding has checked that it can be read.
    Text {
        /// Such as `1 hour ago`.
        text: Arc<str>,
        /// The zone in which days begin.
        zone: TimeZone,
    },
}

impl Moment {
    /// Epoch milliseconds.
    pub fn resolve(&self, now: i64) -> i64 {
        match self {
            Moment::At(time) => *time,
            Moment::Now => now,
            Moment::Text { text, zone } => parse_datetime(text, now, zone).unwrap_or(now),
        }
    }
}

const MINUTE: i64 = 60_000;

impl Window {
    /// The range of `starttime` that the window holds, to the minute: the start is rounded down,
    /// the stop up (IBM AQL guide, time criteria: `START '15:51:20' STOP '17:00:20'` covers
    /// 15:51:00 to 17:00:59). Nothing without a time clause, and nothing for the time of an offense,
    /// which must be looked up first.
    pub fn resolve(&self, now: i64) -> Option<TimeRange> {
        let (start, stop) = match self {
            Window::None | Window::Offense(_) => return None,
            Window::Last(ms) => (now.saturating_sub(*ms), now),
            Window::Range { start, stop } => (start.resolve(now), stop.resolve(now)),
        };
        let floor = start.div_euclid(MINUTE).saturating_mul(MINUTE);
        let ceil = stop.saturating_add(MINUTE - 1).div_euclid(MINUTE).saturating_mul(MINUTE);
        Some(TimeRange { start: floor, end: ceil })
    }
}

/// An expression with its type and the place of its text.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Type of its value.
    pub ty: Type,
    /// Place in the query text; not part of equality.
    pub span: Span,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.ty == other.ty && self.kind == other.kind
    }
}

/// Kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Value),
    /// A column of the event.
    Column(Column),
    /// Output column of the inner query, by position.
    Input(usize),
    /// A key of the aggregate, by position.
    Key(usize),
    /// A call of the aggregate, by position.
    Aggregate(usize),
    /// A comparison.
    Compare {
        /// Operator.
        op: CompareOp,
        /// As what the two sides are compared.
        by: CompareBy,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// LIKE, ILIKE. The pattern knows `%` and `_` and nothing else: no escapes; a backslash is
    /// itself. It must cover the whole value. `_` is one character; neither stops at line breaks.
    Like {
        /// The value; text.
        expr: Box<Expr>,
        /// The pattern; text, mostly a literal.
        pattern: Box<Expr>,
        /// ILIKE? Compares with simple Unicode case folding.
        ignore_case: bool,
    },
    /// MATCHES, IMATCHES: a Java regular expression.
    Matches {
        /// The value; text.
        expr: Box<Expr>,
        /// The expression; text, mostly a literal.
        pattern: Box<Expr>,
        /// IMATCHES?
        ignore_case: bool,
        /// Must it cover the whole value (else it may be found anywhere)?
        full: bool,
    },
    /// `x IN (constants)`; nulls in the list are left out.
    In {
        /// The value.
        expr: Box<Expr>,
        /// The list.
        list: Vec<Value>,
        /// As what they are compared.
        by: CompareBy,
    },
    /// `x IN (SELECT …)`: the query has one output column; at most 10,000 values count.
    InQuery {
        /// The value.
        expr: Box<Expr>,
        /// The inner query.
        query: Box<BoundQuery>,
        /// As what they are compared.
        by: CompareBy,
    },
    /// `x IS NULL`; never null itself.
    IsNull(Box<Expr>),
    /// All hold. Two or more terms.
    And(Vec<Expr>),
    /// One holds. Two or more terms.
    Or(Vec<Expr>),
    /// Does not hold.
    Not(Box<Expr>),
    /// Arithmetic and bitwise operators. Integer `+ - * %` and bitwise operators give integers and
    /// are null on overflow; `^` gives a double, and so does `/`, unless its type is integer: then
    /// it cuts off towards zero. Division by zero is null. Text is read as a number, null if it is
    /// none.
    Arithmetic {
        /// Operator.
        op: ArithmeticOp,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `-x`.
    Negate(Box<Expr>),
    /// `~x`.
    BitNot(Box<Expr>),
    /// A scalar function of the catalog.
    Call {
        /// Its name as the catalog spells it, in upper case: `QIDNAME`, `GEO::LOOKUP`.
        function: Arc<str>,
        /// Arguments, their number and types checked.
        args: Vec<Expr>,
    },
    /// The first branch whose condition is true; null if none and no ELSE. The simple form of CASE
    /// and IF are bound to this form.
    Case {
        /// Condition and value.
        branches: Vec<(Expr, Expr)>,
        /// ELSE.
        otherwise: Option<Box<Expr>>,
    },
}

/// Constants.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// NULL.
    Null,
    /// Text.
    Text(Arc<str>),
    /// Integer or time.
    Integer(i64),
    /// Double.
    Double(f64),
    /// Boolean.
    Boolean(bool),
    /// Address.
    Host(IpAddr),
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareOp {
    /// `=`
    Eq,
    /// `!=`
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
}

impl CompareOp {
    /// Does the outcome of a comparison satisfy the operator?
    pub fn holds(self, ordering: std::cmp::Ordering) -> bool {
        match self {
            CompareOp::Eq => ordering.is_eq(),
            CompareOp::NotEq => ordering.is_ne(),
            CompareOp::Lt => ordering.is_lt(),
            CompareOp::LtEq => ordering.is_le(),
            CompareOp::Gt => ordering.is_gt(),
            CompareOp::GtEq => ordering.is_ge(),
        }
    }

    /// The operator with its sides exchanged: `a < b` is `b > a`.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::LtEq => CompareOp::GtEq,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::GtEq => CompareOp::LtEq,
            same => same,
        }
    }
}

/// As what two values are compared. A side of another type is converted; where that fails the
/// comparison is false ([`NullSemantics::TwoValued`]) or null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareBy {
    /// Text, by code points, case-sensitive.
    Text,
    /// Numbers; text is read as a number (`11`, `'11'`, `0xb`).
    Number,
    /// Addresses; equal if the same address, ordered by family, then number.
    Host,
    /// Booleans.
    Boolean,
}

/// Arithmetic and bitwise operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArithmeticOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`, of doubles unless the expression's type is integer
    Div,
    /// `%`
    Rem,
    /// `^`, power
    Pow,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `#`
    BitXor,
}

impl Expr {
    /// Calls `f` for this expression and all below it, outermost first. Inner queries are not
    /// entered.
    pub fn walk<'a>(&'a self, f: &mut dyn FnMut(&'a Expr)) {
        f(self);
        match &self.kind {
            ExprKind::Literal(_)
            | ExprKind::Column(_)
            | ExprKind::Input(_)
            | ExprKind::Key(_)
            | ExprKind::Aggregate(_) => {}
            ExprKind::Compare { left, right, .. } | ExprKind::Arithmetic { left, right, .. } => {
                left.walk(f);
                right.walk(f);
            }
            ExprKind::Like { expr, pattern, .. } | ExprKind::Matches { expr, pattern, .. } => {
                expr.walk(f);
                pattern.walk(f);
            }
            ExprKind::In { expr, .. } | ExprKind::InQuery { expr, .. } => expr.walk(f),
            ExprKind::IsNull(e) | ExprKind::Not(e) | ExprKind::Negate(e) | ExprKind::BitNot(e) => {
                e.walk(f)
            }
            ExprKind::And(list) | ExprKind::Or(list) => list.iter().for_each(|e| e.walk(f)),
            ExprKind::Call { args, .. } => args.iter().for_each(|e| e.walk(f)),
            ExprKind::Case { branches, otherwise } => {
                for (condition, value) in branches {
                    condition.walk(f);
                    value.walk(f);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.walk(f);
                }
            }
        }
    }

    /// Calls `f` for each expression directly below this one, in the order of [`Expr::walk`]. Inner
    /// queries are not entered.
    pub fn for_each_child(&mut self, f: &mut dyn FnMut(&mut Expr)) {
        crate::lift::for_each_child(&mut self.kind, f);
    }

    /// The event columns that the expression reads.
    pub fn columns(&self, into: &mut BTreeSet<Column>) {
        self.walk(&mut |e| {
            if let ExprKind::Column(column) = &e.kind {
                into.insert(column.clone());
            }
        });
    }
}

impl BoundQuery {
    /// Every expression of this query (not of inner queries).
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let session = self.session.iter().flat_map(|session| {
            let edges = session.begin.iter().chain(&session.end).map(|edge| &edge.condition);
            let times = session.timeout.iter().chain(&session.time_window);
            std::iter::once(&session.time).chain(&session.by).chain(edges).chain(times)
        });
        self.filter
            .iter()
            .chain(session)
            .chain(self.aggregate.iter().flat_map(|a| {
                a.keys.iter().chain(a.calls.iter().filter_map(|c| c.argument.as_ref()))
            }))
            .chain(self.having.iter())
            .chain(self.output.iter().map(|o| &o.expr))
            .chain(self.order_by.iter().map(|o| &o.expr))
    }

    /// The same, to be changed, in the same order.
    pub fn expressions_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        let session = self.session.iter_mut().flat_map(|session| {
            let edges = session.begin.iter_mut().chain(&mut session.end);
            let times = session.timeout.iter_mut().chain(&mut session.time_window);
            std::iter::once(&mut session.time)
                .chain(&mut session.by)
                .chain(edges.map(|edge| &mut edge.condition))
                .chain(times)
        });
        let groups = self.aggregate.iter_mut().flat_map(|a| {
            a.keys.iter_mut().chain(a.calls.iter_mut().filter_map(|c| c.argument.as_mut()))
        });
        self.filter
            .iter_mut()
            .chain(session)
            .chain(groups)
            .chain(self.having.iter_mut())
            .chain(self.output.iter_mut().map(|o| &mut o.expr))
            .chain(self.order_by.iter_mut().map(|o| &mut o.expr))
    }

    /// The event columns that this query reads itself (not those of inner queries), and
    /// [`session_id`] where it is used.
    pub fn columns(&self) -> BTreeSet<Column> {
        let mut columns = BTreeSet::new();
        for expr in self.expressions() {
            expr.columns(&mut columns);
        }
        columns
    }
}
