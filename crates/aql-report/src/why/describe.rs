//! Bound expressions as text: what a condition was turned into.

use aql_semantic::{ArithmeticOp, CompareOp, Expr, ExprKind, Value};

/// Constants of a list that are shown; the others are counted.
const MAX_LIST: usize = 12;
/// Levels below which an expression is shown as `...`.
const MAX_DEPTH: usize = 12;

/// The expression in the manner of AQL. It is for reading: parts may be left out.
pub(super) fn describe(expr: &Expr) -> String {
    let mut out = String::new();
    write(expr, MAX_DEPTH, &mut out);
    out
}

/// A constant as it would be written in a query.
pub(super) fn constant(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => aql_eval::text_of_double(*number),
        Value::Boolean(value) => value.to_string(),
        Value::Host(address) => format!("'{address}'"),
    }
}

/// A column as it would be written in a query.
pub(super) fn column_name(name: &str) -> String {
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !name.bytes().any(|b| b.is_ascii_uppercase());
    if plain { name.to_owned() } else { format!("\"{name}\"") }
}

fn write(expr: &Expr, depth: usize, out: &mut String) {
    let Some(depth) = depth.checked_sub(1) else { return out.push_str("...") };
    match &expr.kind {
        ExprKind::Literal(value) => out.push_str(&constant(value)),
        ExprKind::Column(column) => out.push_str(&column_name(&column.name)),
        ExprKind::Input(n) => out.push_str(&format!("column {} of the inner query", n + 1)),
        ExprKind::Key(n) => out.push_str(&format!("key {} of the group", n + 1)),
        ExprKind::Aggregate(n) => out.push_str(&format!("aggregate {}", n + 1)),
        ExprKind::Compare { op, left, right, .. } => {
            pair(left, compare_sign(*op), right, depth, out);
        }
        ExprKind::Like { expr, pattern, ignore_case } => {
            pair(expr, if *ignore_case { "ILIKE" } else { "LIKE" }, pattern, depth, out);
        }
        ExprKind::Matches { expr, pattern, ignore_case, .. } => {
            pair(expr, if *ignore_case { "IMATCHES" } else { "MATCHES" }, pattern, depth, out);
        }
        ExprKind::In { expr, list, .. } => {
            write(expr, depth, out);
            out.push_str(" IN (");
            let shown: Vec<String> = list.iter().take(MAX_LIST).map(constant).collect();
            out.push_str(&shown.join(", "));
            if list.len() > MAX_LIST {
                out.push_str(&format!(", and {} more", list.len() - MAX_LIST));
            }
            out.push(')');
        }
        ExprKind::InQuery { expr, .. } => {
            write(expr, depth, out);
            out.push_str(" IN (SELECT ...)");
        }
        ExprKind::IsNull(value) => {
            write(value, depth, out);
            out.push_str(" IS NULL");
        }
        ExprKind::And(terms) => join(terms, " AND ", depth, out),
        ExprKind::Or(terms) => join(terms, " OR ", depth, out),
        ExprKind::Not(value) => {
            out.push_str("NOT ");
            write(value, depth, out);
        }
        ExprKind::Arithmetic { op, left, right } => {
            pair(left, arithmetic_sign(*op), right, depth, out);
        }
        ExprKind::Negate(value) => {
            out.push('-');
            write(value, depth, out);
        }
        ExprKind::BitNot(value) => {
            out.push('~');
            write(value, depth, out);
        }
        ExprKind::Call { function, args } => {
            out.push_str(function);
            out.push('(');
            for (i, arg) in args.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write(arg, depth, out);
            }
            out.push(')');
        }
        ExprKind::Case { branches, otherwise } => {
            out.push_str("CASE");
            for (condition, value) in branches {
                out.push_str(" WHEN ");
                write(condition, depth, out);
                out.push_str(" THEN ");
                write(value, depth, out);
            }
            if let Some(value) = otherwise {
                out.push_str(" ELSE ");
                write(value, depth, out);
            }
            out.push_str(" END");
        }
    }
}

fn pair(left: &Expr, sign: &str, right: &Expr, depth: usize, out: &mut String) {
    write(left, depth, out);
    out.push(' ');
    out.push_str(sign);
    out.push(' ');
    write(right, depth, out);
}

fn join(terms: &[Expr], word: &str, depth: usize, out: &mut String) {
    out.push('(');
    for (i, term) in terms.iter().enumerate() {
        if i > 0 {
            out.push_str(word);
        }
        write(term, depth, out);
    }
    out.push(')');
}

fn compare_sign(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Eq => "=",
        CompareOp::NotEq => "!=",
        CompareOp::Lt => "<",
        CompareOp::LtEq => "<=",
        CompareOp::Gt => ">",
        CompareOp::GtEq => ">=",
    }
}

fn arithmetic_sign(op: ArithmeticOp) -> &'static str {
    match op {
        ArithmeticOp::Add => "+",
        ArithmeticOp::Sub => "-",
        ArithmeticOp::Mul => "*",
        ArithmeticOp::Div => "/",
        ArithmeticOp::Rem => "%",
        ArithmeticOp::Pow => "^",
        ArithmeticOp::BitAnd => "&",
        ArithmeticOp::BitOr => "|",
        ArithmeticOp::BitXor => "#",
    }
}
