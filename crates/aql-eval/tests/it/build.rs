//! Short ways to write expressions and batches.

use std::sync::Arc;

use aql_catalog::Catalog;
use aql_diag::Span;
use aql_eval::{Context, Program};
use aql_event::{BatchBuilder, Column, ColumnKind, Encoding, EventBatch, Needs, Type};
use aql_semantic::{ArithmeticOp, CompareBy, CompareOp, Expr, ExprKind, NullSemantics, Value};

pub(crate) const NOW: i64 = 1_700_000_000_000;

pub(crate) fn context() -> Arc<Context> {
    Arc::new(Context::new(Catalog::get(), NOW))
}

/// The columns of every test: a dictionary, plain text, an address, an integer, a boolean, a
/// double, bytes.
pub(crate) const COLUMNS: [(&str, Type, Encoding); 7] = [
    ("username", Type::Text, Encoding::Dictionary),
    ("command", Type::Text, Encoding::Plain),
    ("sourceip", Type::Host, Encoding::Dictionary),
    ("sourceport", Type::Integer, Encoding::Plain),
    ("hasoffense", Type::Boolean, Encoding::Plain),
    ("score", Type::Double, Encoding::Plain),
    ("payload", Type::Binary, Encoding::Plain),
];

pub(crate) fn column(name: &str) -> Column {
    let (_, ty, encoding) = COLUMNS.iter().find(|c| c.0 == name).expect("a test column");
    Column::new(ColumnKind::Builtin, name, *ty, *encoding)
}

/// Rows of texts in the order of [`COLUMNS`]; `None` is null.
pub(crate) type Row = [Option<String>; 7];

pub(crate) fn batch(rows: &[Row]) -> EventBatch {
    let needs = Needs::new(COLUMNS.iter().map(|c| column(c.0)));
    let mut builder = BatchBuilder::new(&needs);
    for row in rows {
        for (value, (name, ..)) in row.iter().zip(COLUMNS) {
            if let Some(value) = value {
                builder.set_text(needs.index_of(&column(name)).expect("needed"), value);
            }
        }
        builder.end_row();
    }
    builder.finish()
}

fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, span: Span::default() }
}

pub(crate) fn col(name: &str) -> Expr {
    let column = column(name);
    let ty = column.ty;
    expr(ExprKind::Column(column), ty)
}

pub(crate) fn input(index: usize, ty: Type) -> Expr {
    expr(ExprKind::Input(index), ty)
}

pub(crate) fn key(index: usize, ty: Type) -> Expr {
    expr(ExprKind::Key(index), ty)
}

pub(crate) fn aggregate(index: usize, ty: Type) -> Expr {
    expr(ExprKind::Aggregate(index), ty)
}

pub(crate) fn literal(value: Value) -> Expr {
    let ty = match &value {
        Value::Null => Type::Null,
        Value::Text(_) => Type::Text,
        Value::Integer(_) => Type::Integer,
        Value::Double(_) => Type::Double,
        Value::Boolean(_) => Type::Boolean,
        Value::Host(_) => Type::Host,
    };
    expr(ExprKind::Literal(value), ty)
}

pub(crate) fn text(text: &str) -> Expr {
    literal(Value::Text(Arc::from(text)))
}

pub(crate) fn int(value: i64) -> Expr {
    literal(Value::Integer(value))
}

pub(crate) fn double(value: f64) -> Expr {
    literal(Value::Double(value))
}

pub(crate) fn null() -> Expr {
    literal(Value::Null)
}

pub(crate) fn compare(op: CompareOp, by: CompareBy, left: Expr, right: Expr) -> Expr {
    let (left, right) = (Box::new(left), Box::new(right));
    expr(ExprKind::Compare { op, by, left, right }, Type::Boolean)
}

pub(crate) fn like(value: Expr, pattern: Expr, ignore_case: bool) -> Expr {
    let (value, pattern) = (Box::new(value), Box::new(pattern));
    expr(ExprKind::Like { expr: value, pattern, ignore_case }, Type::Boolean)
}

pub(crate) fn matches(value: Expr, pattern: Expr, ignore_case: bool, full: bool) -> Expr {
    let (value, pattern) = (Box::new(value), Box::new(pattern));
    expr(ExprKind::Matches { expr: value, pattern, ignore_case, full }, Type::Boolean)
}

pub(crate) fn is_in(value: Expr, list: Vec<Value>, by: CompareBy) -> Expr {
    expr(ExprKind::In { expr: Box::new(value), list, by }, Type::Boolean)
}

pub(crate) fn is_null(value: Expr) -> Expr {
    expr(ExprKind::IsNull(Box::new(value)), Type::Boolean)
}

pub(crate) fn and(terms: Vec<Expr>) -> Expr {
    expr(ExprKind::And(terms), Type::Boolean)
}

pub(crate) fn or(terms: Vec<Expr>) -> Expr {
    expr(ExprKind::Or(terms), Type::Boolean)
}

pub(crate) fn not(term: Expr) -> Expr {
    expr(ExprKind::Not(Box::new(term)), Type::Boolean)
}

pub(crate) fn arithmetic(op: ArithmeticOp, left: Expr, right: Expr, ty: Type) -> Expr {
    let (left, right) = (Box::new(left), Box::new(right));
    expr(ExprKind::Arithmetic { op, left, right }, ty)
}

pub(crate) fn negate(value: Expr) -> Expr {
    let ty = value.ty;
    expr(ExprKind::Negate(Box::new(value)), ty)
}

pub(crate) fn bit_not(value: Expr) -> Expr {
    expr(ExprKind::BitNot(Box::new(value)), Type::Integer)
}

pub(crate) fn call(function: &str, args: Vec<Expr>, ty: Type) -> Expr {
    expr(ExprKind::Call { function: Arc::from(function), args }, ty)
}

pub(crate) fn case(branches: Vec<(Expr, Expr)>, otherwise: Option<Expr>, ty: Type) -> Expr {
    expr(ExprKind::Case { branches, otherwise: otherwise.map(Box::new) }, ty)
}

pub(crate) fn compile(expr: &Expr, nulls: NullSemantics) -> Program {
    Program::compile(expr, nulls, &context()).expect("the expression compiles")
}
