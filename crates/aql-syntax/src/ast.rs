//! The syntax tree: what was written, with its place, before any name means anything.
//!
//! Read [`Query`] first. Every node carries the [`Span`] of its text. The tree is that of the
//! grammar in `docs/aql.md`; constructs that AQL does not have never reach the tree, the parser
//! reports them and puts [`ExprKind::Error`] (or nothing) in their place.

use aql_diag::Span;

/// One `SELECT`, with its clauses in the order in which AQL wants them.
///
/// The tree does not remember in which order the clauses were written; a wrong order is a
/// diagnostic of the parser.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// From `SELECT` to the last clause.
    pub span: Span,
    /// The select list; at least one item unless there was a syntax error.
    pub select: Vec<SelectItem>,
    /// What is read; missing only after a syntax error.
    pub from: Option<From>,
    /// `INTO name`.
    pub into: Option<Name>,
    /// `WHERE TEXT SEARCH 'words'`.
    pub text_search: Option<Text>,
    /// `WHERE condition` (without the TEXT SEARCH part).
    pub condition: Option<Expr>,
    /// `SESSION BY …`.
    pub session: Option<Session>,
    /// `GROUP BY …`.
    pub group_by: Vec<Expr>,
    /// `HAVING condition`.
    pub having: Option<Expr>,
    /// `ORDER BY …`.
    pub order_by: Vec<OrderItem>,
    /// `LIMIT n`.
    pub limit: Option<Limit>,
    /// `LAST …`, `START … STOP …`, `TIMES …`.
    pub time: Option<TimeClause>,
    /// `PARAMETERS a=b, …`.
    pub parameters: Vec<Parameter>,
}

/// A name as written: of a field, function, alias, database, parameter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The name without quotes, doubled quotes undone; a namespace stays in front (`GEO::LOOKUP`).
    pub text: String,
    /// How it was quoted.
    pub quote: Quote,
    /// Its place, quotes included.
    pub span: Span,
}

/// How a name was quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quote {
    /// Not at all.
    None,
    /// `"name"`.
    Double,
    /// `'name'`, allowed for an alias.
    Single,
}

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The value, doubled quotes undone; a backslash is an ordinary character.
    pub value: String,
    /// Its place, quotes included.
    pub span: Span,
}

/// One item of the select list.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    /// `*`.
    Star(Span),
    /// `expr [AS alias]`.
    Expr {
        /// The value.
        expr: Expr,
        /// The column name asked for.
        alias: Option<Name>,
    },
}

/// What a query reads.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    /// `FROM events`.
    Database(Name),
    /// `FROM (SELECT …)`, with an alias that AQL does not document.
    Subquery {
        /// The inner query.
        query: Box<Query>,
        /// Alias behind the parenthesis.
        alias: Option<Name>,
        /// From `(` to `)`.
        span: Span,
    },
    /// `FROM GLOBALVIEW('saved search', 'NORMAL')`.
    GlobalView {
        /// Name of the saved search.
        search: Text,
        /// `NORMAL`, `HOURLY` or `DAILY`.
        interval: Text,
        /// The whole call.
        span: Span,
    },
}

/// `SESSION BY time list BEGIN … END … TIMEOUT … TIMEWINDOW …`.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The whole clause.
    pub span: Span,
    /// The expression whose order the rows are taken in.
    pub time: Expr,
    /// The values that keep a session together.
    pub by: Vec<Expr>,
    /// `[EXPLICIT] BEGIN e`.
    pub begin: Option<SessionEdge>,
    /// `[EXPLICIT] END e`.
    pub end: Option<SessionEdge>,
    /// `TIMEOUT t`.
    pub timeout: Option<Expr>,
    /// `TIMEWINDOW t`.
    pub time_window: Option<Expr>,
    /// The unit behind it; milliseconds without one.
    pub time_window_unit: Option<TimeUnit>,
}

/// `BEGIN` or `END` of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionEdge {
    /// Was `EXPLICIT` written?
    pub explicit: bool,
    /// The condition.
    pub condition: Expr,
}

/// One item of ORDER BY.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    /// The value to order by.
    pub expr: Expr,
    /// `Some(true)` for DESC, `Some(false)` for ASC, `None` if not written.
    pub descending: Option<bool>,
    /// `COLLATE 'tag'`.
    pub collate: Option<Text>,
}

/// `LIMIT n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The number of rows.
    pub rows: u64,
    /// From `LIMIT` to the number.
    pub span: Span,
}

/// The time clause.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeClause {
    /// The whole clause.
    pub span: Span,
    /// Which of the three forms.
    pub kind: TimeKind,
}

/// The forms of the time clause.
#[derive(Clone, Debug, PartialEq)]
pub enum TimeKind {
    /// `LAST n unit`.
    Last {
        /// How many.
        count: u64,
        /// Of what.
        unit: TimeUnit,
    },
    /// `START a [STOP b]`: each a string, a number (epoch milliseconds) or a function call.
    Range {
        /// The first moment.
        start: Expr,
        /// The last moment; now if missing.
        stop: Option<Expr>,
    },
    /// `TIMES OFFENSE_TIME(id)`.
    Offense(Expr),
}

/// Units of LAST and TIMEWINDOW.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// `SECONDS`, of TIMEWINDOW only.
    Seconds,
    /// `MINUTES`.
    Minutes,
    /// `HOURS`.
    Hours,
    /// `DAYS`.
    Days,
}

impl TimeUnit {
    /// Length of one unit in milliseconds.
    pub fn milliseconds(self) -> i64 {
        match self {
            TimeUnit::Seconds => 1_000,
            TimeUnit::Minutes => 60_000,
            TimeUnit::Hours => 3_600_000,
            TimeUnit::Days => 86_400_000,
        }
    }

    /// The keyword, in upper case.
    pub fn keyword(self) -> &'static str {
        match self {
            TimeUnit::Seconds => "SECONDS",
            TimeUnit::Minutes => "MINUTES",
            TimeUnit::Hours => "HOURS",
            TimeUnit::Days => "DAYS",
        }
    }
}

/// One `name=value` of PARAMETERS.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The name as written.
    pub name: Name,
    /// The value.
    pub value: Expr,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its place; for a parenthesised expression the parentheses are included.
    pub span: Span,
}

/// Kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// A field, property or alias.
    Name(Name),
    /// `f(a, b)`; `COUNT(*)` has `star`.
    Call {
        /// The function.
        name: Name,
        /// Its arguments.
        args: Vec<Expr>,
        /// Was it called with `*`?
        star: bool,
    },
    /// `-x`, `+x`, `~x`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        expr: Box<Expr>,
    },
    /// Arithmetic, bitwise and comparison operators.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Place of the operator itself.
        op_span: Span,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `a AND b AND …`: two or more terms.
    And(Vec<Expr>),
    /// `a OR b OR …`: two or more terms.
    Or(Vec<Expr>),
    /// `NOT x`.
    Not(Box<Expr>),
    /// `x [NOT] LIKE y` and its three relatives.
    Pattern {
        /// Which operator.
        op: PatternOp,
        /// Was NOT written?
        negated: bool,
        /// Place of the operator (with NOT).
        op_span: Span,
        /// The value.
        expr: Box<Expr>,
        /// The pattern.
        pattern: Box<Expr>,
    },
    /// `x [NOT] IN (a, b)`.
    InList {
        /// Was NOT written?
        negated: bool,
        /// The value.
        expr: Box<Expr>,
        /// The list.
        list: Vec<Expr>,
    },
    /// `x [NOT] IN (SELECT …)`.
    InQuery {
        /// Was NOT written?
        negated: bool,
        /// The value.
        expr: Box<Expr>,
        /// The inner query.
        query: Box<Query>,
    },
    /// `x [NOT] BETWEEN a AND b`.
    Between {
        /// Was NOT written?
        negated: bool,
        /// The value.
        expr: Box<Expr>,
        /// Lower bound, inclusive.
        low: Box<Expr>,
        /// Upper bound, inclusive.
        high: Box<Expr>,
    },
    /// `x IS [NOT] NULL`.
    IsNull {
        /// Was NOT written?
        negated: bool,
        /// The value.
        expr: Box<Expr>,
    },
    /// `CASE [x] WHEN … THEN … [ELSE …] END`.
    Case {
        /// The value that each WHEN is compared with, in the simple form.
        operand: Option<Box<Expr>>,
        /// WHEN and THEN.
        branches: Vec<(Expr, Expr)>,
        /// ELSE.
        otherwise: Option<Box<Expr>>,
    },
    /// `IF c THEN a [ELSE b]`.
    If {
        /// The condition.
        condition: Box<Expr>,
        /// Value when true.
        then: Box<Expr>,
        /// Value otherwise; null if missing.
        otherwise: Option<Box<Expr>>,
    },
    /// Something stood here that could not be read; a diagnostic says what.
    Error,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `'text'`.
    Text(String),
    /// `42`, `0x2a`. Numbers beyond 64 bits are a diagnostic.
    Integer(i64),
    /// `2.0`.
    Double(f64),
    /// `TRUE`, `FALSE`.
    Boolean(bool),
    /// `NULL`.
    Null,
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Minus,
    /// `+`
    Plus,
    /// `~`
    BitNot,
}

/// Infix operators, without the logical ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `=` (also written `==`)
    Eq,
    /// `!=` (also written `<>`)
    NotEq,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `^`, power
    Pow,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `#`, exclusive or
    BitXor,
}

impl BinaryOp {
    /// Is it one of the six comparisons?
    pub fn is_comparison(self) -> bool {
        use BinaryOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
        matches!(self, Eq | NotEq | Lt | LtEq | Gt | GtEq)
    }

    /// The canonical spelling.
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Eq => "=",
            BinaryOp::NotEq => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::LtEq => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::GtEq => ">=",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
            BinaryOp::Pow => "^",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitOr => "|",
            BinaryOp::BitXor => "#",
        }
    }
}

/// The four pattern operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PatternOp {
    /// `LIKE`
    Like,
    /// `ILIKE`
    ILike,
    /// `MATCHES`
    Matches,
    /// `IMATCHES`
    IMatches,
}

impl PatternOp {
    /// The keyword.
    pub fn keyword(self) -> &'static str {
        match self {
            PatternOp::Like => "LIKE",
            PatternOp::ILike => "ILIKE",
            PatternOp::Matches => "MATCHES",
            PatternOp::IMatches => "IMATCHES",
        }
    }
}

/// A comment, kept for the formatter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// With its delimiters (`-- …` or `/* … */`).
    pub text: String,
    /// Its place.
    pub span: Span,
}
