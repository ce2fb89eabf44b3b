//! An interpreter of bound expressions that goes row by row and value by value, written from the
//! documentation of `aql_semantic::bound` and with nothing of the evaluator.

use std::cmp::Ordering;
use std::net::IpAddr;

use aql_event::{Type, canonical_host};
use aql_semantic::{ArithmeticOp, CompareBy, Expr, ExprKind, NullSemantics, Value};

use crate::build::{COLUMNS, Row};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Plain {
    Null,
    Text(String),
    Integer(i64),
    Double(f64),
    Boolean(bool),
    Bytes(Vec<u8>),
}

impl Plain {
    pub(crate) fn text(&self) -> Option<String> {
        Some(match self {
            Plain::Null => return None,
            Plain::Text(t) => t.clone(),
            Plain::Integer(v) => v.to_string(),
            Plain::Double(v) if v.fract() == 0.0 => format!("{v:.1}"),
            Plain::Double(v) => v.to_string(),
            Plain::Boolean(v) => v.to_string(),
            Plain::Bytes(b) => String::from_utf8_lossy(b).into_owned(),
        })
    }

    fn integer(&self) -> Option<i64> {
        match self {
            Plain::Integer(v) => Some(*v),
            Plain::Boolean(v) => Some((*v).into()),
            Plain::Double(v) => whole(*v),
            Plain::Text(t) => match hex(t) {
                Some(v) => Some(v),
                None => t.trim().parse().ok().or_else(|| whole(decimal(t)?)),
            },
            _ => None,
        }
    }

    fn double(&self) -> Option<f64> {
        match self {
            Plain::Integer(v) => Some(*v as f64),
            Plain::Boolean(v) => Some(f64::from(u8::from(*v))),
            Plain::Double(v) => Some(*v),
            Plain::Text(t) => hex(t).map(|v| v as f64).or_else(|| decimal(t)),
            _ => None,
        }
    }

    fn host(&self) -> Option<IpAddr> {
        if let Plain::Text(t) = self { canonical_host(t) } else { None }
    }

    fn boolean(&self) -> Option<bool> {
        match self {
            Plain::Boolean(v) => Some(*v),
            Plain::Integer(v @ (0 | 1)) => Some(*v == 1),
            Plain::Text(t) => match t.trim().to_ascii_lowercase().as_str() {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

fn whole(value: f64) -> Option<i64> {
    let cut = value.trunc();
    (cut >= -(2f64.powi(63)) && cut < 2f64.powi(63)).then_some(cut as i64)
}

fn hex(text: &str) -> Option<i64> {
    let text = text.trim();
    i64::from_str_radix(text.strip_prefix("0x").or(text.strip_prefix("0X"))?, 16).ok()
}

fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    let only = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
    if !text.chars().all(only) {
        return None;
    }
    text.parse().ok().filter(|v: &f64| v.is_finite())
}

pub(crate) fn column(row: &Row, name: &str) -> Plain {
    let index = COLUMNS.iter().position(|c| c.0 == name).expect("a test column");
    let Some(text) = &row[index] else { return Plain::Null };
    match COLUMNS[index].1 {
        Type::Text => Plain::Text(text.clone()),
        Type::Host => canonical_host(text).map_or(Plain::Null, |h| Plain::Text(h.to_string())),
        Type::Integer => text.parse().map_or(Plain::Null, Plain::Integer),
        Type::Double => text.parse().map_or(Plain::Null, Plain::Double),
        Type::Boolean => text.parse().map_or(Plain::Null, Plain::Boolean),
        _ => Plain::Bytes(text.as_bytes().to_vec()),
    }
}

fn value_of(value: &Value) -> Plain {
    match value {
        Value::Null => Plain::Null,
        Value::Text(t) => Plain::Text(t.to_string()),
        Value::Integer(v) => Plain::Integer(*v),
        Value::Double(v) => Plain::Double(*v),
        Value::Boolean(v) => Plain::Boolean(*v),
        Value::Host(h) => Plain::Text(h.to_string()),
    }
}

fn compare(by: CompareBy, a: &Plain, b: &Plain) -> Option<Ordering> {
    match by {
        CompareBy::Text => Some(a.text()?.chars().cmp(b.text()?.chars())),
        // The test values are small: doubles hold them exactly.
        CompareBy::Number => a.double()?.partial_cmp(&b.double()?),
        CompareBy::Host => {
            let order = |h: IpAddr| match h {
                IpAddr::V4(v4) => (4, u128::from(u32::from(v4))),
                IpAddr::V6(v6) => (6, u128::from(v6)),
            };
            Some(order(a.host()?).cmp(&order(b.host()?)))
        }
        CompareBy::Boolean => Some(u8::from(a.boolean()?).cmp(&u8::from(b.boolean()?))),
    }
}

/// LIKE by recursion.
pub(crate) fn like(pattern: &[char], value: &[char], same: &dyn Fn(char, char) -> bool) -> bool {
    match pattern.split_first() {
        None => value.is_empty(),
        Some(('%', rest)) => (0..=value.len()).any(|skip| like(rest, &value[skip..], same)),
        Some((p, rest)) => match value.split_first() {
            Some((v, after)) => (*p == '_' || same(*p, *v)) && like(rest, after, same),
            None => false,
        },
    }
}

pub(crate) fn same_ignoring_case(a: char, b: char) -> bool {
    a == b || a.to_lowercase().eq(b.to_lowercase()) || a.to_uppercase().eq(b.to_uppercase())
}

/// The value of an expression in a row.
pub(crate) fn evaluate(expr: &Expr, row: &Row, nulls: NullSemantics) -> Plain {
    let value = |e: &Expr| evaluate(e, row, nulls);
    let outcome = |o: Option<bool>| match (o, nulls) {
        (Some(v), _) => Plain::Boolean(v),
        (None, NullSemantics::TwoValued) => Plain::Boolean(false),
        (None, NullSemantics::Sql) => Plain::Null,
    };
    match &expr.kind {
        ExprKind::Literal(v) => value_of(v),
        ExprKind::Column(c) => column(row, &c.name),
        ExprKind::Input(_) | ExprKind::Key(_) | ExprKind::Aggregate(_) => Plain::Null,
        ExprKind::Compare { op, by, left, right } => {
            outcome(compare(*by, &value(left), &value(right)).map(|o| op.holds(o)))
        }
        ExprKind::Like { expr, pattern, ignore_case } => {
            let (v, p) = (value(expr).text(), value(pattern).text());
            outcome(v.zip(p).map(|(v, p)| {
                let (v, p): (Vec<char>, Vec<char>) = (v.chars().collect(), p.chars().collect());
                if *ignore_case {
                    like(&p, &v, &same_ignoring_case)
                } else {
                    like(&p, &v, &|a, b| a == b)
                }
            }))
        }
        ExprKind::Matches { expr, pattern, ignore_case, full } => {
            let (v, p) = (value(expr).text(), value(pattern).text());
            outcome(v.zip(p).and_then(|(v, p)| {
                let p = if *full { format!("^(?:{p})$") } else { p };
                let regex = regex::RegexBuilder::new(&p).case_insensitive(*ignore_case).build();
                Some(regex.ok()?.is_match(&v))
            }))
        }
        ExprKind::In { expr, list, by } => {
            let v = value(expr);
            let known = compare(*by, &v, &v).is_some();
            let found = list
                .iter()
                .any(|item| compare(*by, &v, &value_of(item)).is_some_and(Ordering::is_eq));
            outcome(known.then_some(found))
        }
        ExprKind::InQuery { .. } => Plain::Null,
        ExprKind::IsNull(e) => Plain::Boolean(value(e) == Plain::Null),
        ExprKind::And(terms) => {
            let terms: Vec<_> = terms.iter().map(|t| condition(t, row, nulls)).collect();
            outcome(if terms.contains(&Some(false)) {
                Some(false)
            } else if terms.contains(&None) {
                None
            } else {
                Some(true)
            })
        }
        ExprKind::Or(terms) => {
            let terms: Vec<_> = terms.iter().map(|t| condition(t, row, nulls)).collect();
            outcome(if terms.contains(&Some(true)) {
                Some(true)
            } else if terms.contains(&None) {
                None
            } else {
                Some(false)
            })
        }
        ExprKind::Not(e) => outcome(condition(e, row, nulls).map(|v| !v)),
        ExprKind::Arithmetic { op, left, right } => {
            arithmetic(*op, expr.ty, &value(left), &value(right))
        }
        ExprKind::Negate(e) if expr.ty == Type::Double => {
            value(e).double().map_or(Plain::Null, |v| Plain::Double(-v))
        }
        ExprKind::Negate(e) => {
            value(e).integer().and_then(i64::checked_neg).map_or(Plain::Null, Plain::Integer)
        }
        ExprKind::BitNot(e) => value(e).integer().map_or(Plain::Null, |v| Plain::Integer(!v)),
        ExprKind::Call { function, args } => {
            let args: Vec<Plain> = args.iter().map(value).collect();
            call(function, &args)
        }
        ExprKind::Case { branches, otherwise } => {
            for (when, then) in branches {
                if condition(when, row, nulls) == Some(true) {
                    return convert(value(then), expr.ty);
                }
            }
            otherwise.as_ref().map_or(Plain::Null, |e| convert(value(e), expr.ty))
        }
    }
}

fn convert(value: Plain, ty: Type) -> Plain {
    match ty {
        Type::Text => value.text().map_or(Plain::Null, Plain::Text),
        Type::Integer => value.integer().map_or(Plain::Null, Plain::Integer),
        Type::Double => value.double().map_or(Plain::Null, Plain::Double),
        _ => value,
    }
}

/// The outcome of a condition in a row.
pub(crate) fn condition(expr: &Expr, row: &Row, nulls: NullSemantics) -> Option<bool> {
    match (evaluate(expr, row, nulls).boolean(), nulls) {
        (None, NullSemantics::TwoValued) => Some(false),
        (outcome, _) => outcome,
    }
}

fn arithmetic(op: ArithmeticOp, ty: Type, a: &Plain, b: &Plain) -> Plain {
    use ArithmeticOp as Op;
    let doubles = ty == Type::Double;
    if doubles {
        let (Some(a), Some(b)) = (a.double(), b.double()) else { return Plain::Null };
        let result = match op {
            Op::Add => a + b,
            Op::Sub => a - b,
            Op::Mul => a * b,
            Op::Div if b == 0.0 => return Plain::Null,
            Op::Div => a / b,
            Op::Rem => a % b,
            _ => a.powf(b),
        };
        return if result.is_finite() { Plain::Double(result) } else { Plain::Null };
    }
    let (Some(a), Some(b)) = (a.integer(), b.integer()) else { return Plain::Null };
    let (a, b) = (i128::from(a), i128::from(b));
    let result = match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Rem if b == 0 => return Plain::Null,
        Op::Rem => a % b,
        Op::BitAnd => a & b,
        Op::BitOr => a | b,
        _ => a ^ b,
    };
    i64::try_from(result).map_or(Plain::Null, Plain::Integer)
}

/// A few functions, enough to see calls in every place.
fn call(function: &str, args: &[Plain]) -> Plain {
    let text = |at: usize| args[at].text();
    match function {
        "LOWER" => text(0).map_or(Plain::Null, |t| Plain::Text(t.to_lowercase())),
        "STR" => text(0).map_or(Plain::Null, Plain::Text),
        "UTF8" => text(0).map_or(Plain::Null, Plain::Text),
        "STRLEN" => text(0).map_or(Plain::Null, |t| Plain::Integer(t.chars().count() as i64)),
        "CONCAT" => Plain::Text(args.iter().filter_map(Plain::text).collect()),
        "SUBSTRING" => match (text(0), args[1].integer()) {
            (Some(t), Some(from)) => Plain::Text(t.chars().skip(from.max(0) as usize).collect()),
            _ => Plain::Null,
        },
        "CATEGORYNAME" => args[0]
            .integer()
            .map_or(Plain::Null, |id| Plain::Text(format!("Unknown category {id}"))),
        other => unreachable!("{other} is not used"),
    }
}
