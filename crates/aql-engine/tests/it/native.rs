//! Bound expressions in DataFusion's own words.
//!
//! Nothing of `aql-eval` or `aql-match` is in here, and no function of our own: only operators,
//! LIKE, IN, CASE and casts of DataFusion, put so that they mean what the documentation of
//! `aql_semantic::bound` says. What cannot be put so has no translation: reading text as a number,
//! bytes as text, the order of addresses, functions (this build of DataFusion has none), patterns
//! that are no constants.

use aql_event::Type;
use aql_semantic::{ArithmeticOp, CompareBy, CompareOp, Expr, ExprKind, NullSemantics, Value};
use arrow_schema::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::expr::Like;
use datafusion::logical_expr::{
    Case, Expr as Native, Operator, binary_expr, cast, ident, lit, try_cast,
};

/// A condition; under two-valued logic never null.
pub(crate) fn condition(expr: &Expr, nulls: NullSemantics) -> Option<Native> {
    let outcome = match &expr.kind {
        ExprKind::And(terms) => joined(terms, nulls, Native::and)?,
        ExprKind::Or(terms) => joined(terms, nulls, Native::or)?,
        ExprKind::Not(inner) => Native::Not(Box::new(condition(inner, nulls)?)),
        ExprKind::IsNull(inner) => value(inner, nulls)?.is_null(),
        ExprKind::Compare { op, by, left, right } => {
            let sides = [left, right].map(|side| comparable(side, *by, nulls));
            let [Some(left), Some(right)] = sides else { return None };
            // Addresses are text here, whose order is another.
            if *by == CompareBy::Host && !matches!(op, CompareOp::Eq | CompareOp::NotEq) {
                return None;
            }
            binary_expr(left, operator(*op), right)
        }
        ExprKind::Like { expr, pattern, ignore_case } => {
            let pattern = match &pattern.kind {
                // To DataFusion a backslash escapes, to AQL it is itself.
                ExprKind::Literal(Value::Text(text)) => lit(text.replace('\\', "\\\\")),
                ExprKind::Literal(Value::Null) => lit(ScalarValue::Utf8(None)),
                _ => return None,
            };
            let text = Box::new(comparable(expr, CompareBy::Text, nulls)?);
            Native::Like(Like::new(false, text, Box::new(pattern), None, *ignore_case))
        }
        ExprKind::Matches { expr, pattern, ignore_case, full } => {
            let ExprKind::Literal(Value::Text(pattern)) = &pattern.kind else { return None };
            let pattern = if *full { format!("^(?:{pattern})$") } else { pattern.to_string() };
            let op = if *ignore_case { Operator::RegexIMatch } else { Operator::RegexMatch };
            binary_expr(comparable(expr, CompareBy::Text, nulls)?, op, lit(pattern))
        }
        ExprKind::In { expr, list, by } => in_list(comparable(expr, *by, nulls)?, list, *by)?,
        _ => value(expr, nulls)?,
    };
    Some(match nulls {
        NullSemantics::TwoValued => outcome.is_true(),
        NullSemantics::Sql => outcome,
    })
}

fn joined(
    terms: &[Expr],
    nulls: NullSemantics,
    join: fn(Native, Native) -> Native,
) -> Option<Native> {
    let terms: Option<Vec<_>> = terms.iter().map(|term| condition(term, nulls)).collect();
    terms?.into_iter().reduce(join)
}

/// A value, of the Arrow type that the column or operator gives it.
fn value(expr: &Expr, nulls: NullSemantics) -> Option<Native> {
    Some(match &expr.kind {
        ExprKind::Literal(value) => literal(value, expr.ty),
        ExprKind::Column(column) => ident(column.arrow_name()),
        ExprKind::Arithmetic { op, left, right } => {
            let are_whole =
                [left, right].iter().all(|e| matches!(e.ty, Type::Integer | Type::Time));
            if !are_whole {
                return None;
            }
            arithmetic(*op, expr.ty, value(left, nulls)?, value(right, nulls)?)?
        }
        ExprKind::Call { function, args } if &**function == "CONCAT" => {
            // A missing part counts as empty; `||` would make all of it null.
            let parts: Option<Vec<_>> = args.iter().map(|arg| text(arg, nulls)).collect();
            let parts = parts?
                .into_iter()
                .map(|part| choice(vec![(part.clone().is_null(), lit(""))], Some(part)));
            parts.reduce(|a, b| binary_expr(a, Operator::StringConcat, b))?
        }
        ExprKind::Case { branches, otherwise } => {
            let side = |e: &Expr| {
                if expr.ty == Type::Text { text(e, nulls) } else { value(e, nulls) }
            };
            let branches: Option<Vec<_>> = branches
                .iter()
                .map(|(when, then)| Some((condition(when, nulls)?, side(then)?)))
                .collect();
            let otherwise = match otherwise {
                Some(otherwise) => Some(side(otherwise)?),
                None => None,
            };
            choice(branches?, otherwise)
        }
        ExprKind::Call { .. }
        | ExprKind::Input(_)
        | ExprKind::Key(_)
        | ExprKind::Aggregate(_)
        | ExprKind::InQuery { .. }
        | ExprKind::Negate(_)
        | ExprKind::BitNot(_) => return None,
        _ => condition(expr, nulls)?,
    })
}

/// A value as plain text; texts come as dictionaries, too.
fn text(expr: &Expr, nulls: NullSemantics) -> Option<Native> {
    matches!(expr.ty, Type::Text | Type::Null)
        .then(|| value(expr, nulls).map(|value| cast(value, DataType::Utf8)))?
}

fn choice(branches: Vec<(Native, Native)>, otherwise: Option<Native>) -> Native {
    let branches = branches.into_iter().map(|(when, then)| (Box::new(when), Box::new(then)));
    Native::Case(Case::new(None, branches.collect(), otherwise.map(Box::new)))
}

/// A side of a comparison, if it is of the kind compared, or a constant that can be made so.
fn comparable(expr: &Expr, by: CompareBy, nulls: NullSemantics) -> Option<Native> {
    if let ExprKind::Literal(value) = &expr.kind {
        return constant(value, by);
    }
    let fits = match by {
        CompareBy::Text => matches!(expr.ty, Type::Text | Type::Host),
        CompareBy::Number => expr.ty.is_numeric() || expr.ty == Type::Time,
        CompareBy::Host => expr.ty == Type::Host,
        CompareBy::Boolean => expr.ty == Type::Boolean,
    };
    fits.then(|| value(expr, nulls))?
}

/// A constant as what is compared; null if it is not one.
fn constant(value: &Value, by: CompareBy) -> Option<Native> {
    Some(match (by, value) {
        (CompareBy::Text, Value::Text(_) | Value::Null) => literal(value, Type::Text),
        (CompareBy::Number, Value::Integer(_) | Value::Double(_)) => literal(value, Type::Integer),
        (CompareBy::Number, Value::Null) => literal(value, Type::Integer),
        (CompareBy::Number, Value::Text(text)) => match text.strip_prefix("0x") {
            Some(hex) => lit(i64::from_str_radix(hex, 16).ok()?),
            None => lit(ScalarValue::Float64(text.parse().ok())),
        },
        (CompareBy::Host, Value::Host(_) | Value::Null) => literal(value, Type::Host),
        (CompareBy::Boolean, Value::Boolean(_) | Value::Null) => literal(value, Type::Boolean),
        _ => return None,
    })
}

fn literal(value: &Value, ty: Type) -> Native {
    lit(match value {
        Value::Text(text) => ScalarValue::Utf8(Some(text.to_string())),
        Value::Integer(v) => ScalarValue::Int64(Some(*v)),
        Value::Double(v) => ScalarValue::Float64(Some(*v)),
        Value::Boolean(v) => ScalarValue::Boolean(Some(*v)),
        Value::Host(v) => ScalarValue::Utf8(Some(v.to_string())),
        Value::Null => match ty {
            Type::Text | Type::Host => ScalarValue::Utf8(None),
            Type::Integer | Type::Time => ScalarValue::Int64(None),
            Type::Double => ScalarValue::Float64(None),
            _ => ScalarValue::Boolean(None),
        },
    })
}

fn operator(op: CompareOp) -> Operator {
    match op {
        CompareOp::Eq => Operator::Eq,
        CompareOp::NotEq => Operator::NotEq,
        CompareOp::Lt => Operator::Lt,
        CompareOp::LtEq => Operator::LtEq,
        CompareOp::Gt => Operator::Gt,
        CompareOp::GtEq => Operator::GtEq,
    }
}

/// `IN`, of which nulls in the list are no part.
fn in_list(value: Native, list: &[Value], by: CompareBy) -> Option<Native> {
    let items: Option<Vec<_>> = list.iter().map(|item| constant(item, by)).collect();
    let items = items?.into_iter().filter(|item| !is_null(item));
    // Of one type each: DataFusion would round whole numbers to compare them with doubles.
    let (doubles, others): (Vec<_>, Vec<_>) =
        items.partition(|item| matches!(item, Native::Literal(ScalarValue::Float64(_), _)));
    let never = choice(vec![(value.clone().is_not_null(), lit(false))], None);
    let lists = [(others, value.clone()), (doubles, cast(value, DataType::Float64))];
    Some(
        lists
            .into_iter()
            .filter(|(items, _)| !items.is_empty())
            .map(|(items, value)| value.in_list(items, false))
            .fold(never, Native::or),
    )
}

fn is_null(value: &Native) -> bool {
    matches!(value, Native::Literal(value, _) if value.is_null())
}

/// Arithmetic of whole numbers: too large is null, and so is division by zero.
fn arithmetic(op: ArithmeticOp, ty: Type, left: Native, right: Native) -> Option<Native> {
    // DataFusion's own operator would wrap around, and fail at a division by zero.
    let wide = |value| cast(value, DataType::Decimal128(19, 0));
    let not_zero = |value: Native| choice(vec![(value.clone().not_eq(lit(0_i64)), value)], None);
    let narrow = |value| try_cast(value, DataType::Int64);
    Some(match (op, ty) {
        (ArithmeticOp::Add, Type::Integer) => narrow(wide(left) + wide(right)),
        (ArithmeticOp::Sub, Type::Integer) => narrow(wide(left) - wide(right)),
        (ArithmeticOp::Mul, Type::Integer) => narrow(wide(left) * wide(right)),
        (ArithmeticOp::Rem, Type::Integer) => narrow(wide(left) % wide(not_zero(right))),
        (ArithmeticOp::BitAnd, Type::Integer) => binary_expr(left, Operator::BitwiseAnd, right),
        (ArithmeticOp::Div, Type::Double) => {
            let double = |value| cast(value, DataType::Float64);
            // To DataFusion -0.0 is less than 0.0; the sum of both is 0.0.
            double(left) / double(not_zero(right)) + lit(0.0)
        }
        _ => return None,
    })
}
