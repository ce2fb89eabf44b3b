//! Expressions on one line.

use crate::ast::{BinaryOp, Expr, ExprKind, Literal, Name, Quote, UnaryOp};
use crate::token::{Keyword, is_plain_identifier};

/// How tightly an expression binds; one that binds more loosely than its place asks for gets
/// parentheses. The numbers are those of the parser, with IF below all: its last branch takes
/// everything that follows.
pub(super) fn binds(expr: &Expr) -> u8 {
    match &expr.kind {
        ExprKind::If { .. } => 0,
        ExprKind::Or(_) => 1,
        ExprKind::And(_) => 2,
        ExprKind::Not(_) => 3,
        ExprKind::Pattern { .. }
        | ExprKind::InList { .. }
        | ExprKind::InQuery { .. }
        | ExprKind::Between { .. }
        | ExprKind::IsNull { .. } => 4,
        ExprKind::Binary { op, .. } => binary_binds(*op),
        // The one number whose sign is its own.
        ExprKind::Unary { .. } | ExprKind::Literal(Literal::Integer(i64::MIN)) => 9,
        ExprKind::Literal(_)
        | ExprKind::Name(_)
        | ExprKind::Call { .. }
        | ExprKind::Case { .. }
        | ExprKind::Error => 10,
    }
}

pub(super) fn binary_binds(op: BinaryOp) -> u8 {
    match op {
        op if op.is_comparison() => 4,
        BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => 5,
        BinaryOp::Add | BinaryOp::Sub => 6,
        BinaryOp::Pow => 8,
        _ => 7,
    }
}

/// What a term of AND or OR must bind like: AND inside OR gets parentheses, too.
pub(super) const TERM: u8 = 3;
/// What an operand of a predicate must bind like: bitwise operators get parentheses, which every
/// published query gives them, since no guide says how tightly they bind.
pub(super) const OPERAND: u8 = 6;
/// What the operand of a prefix operator must bind like: `- -x` would begin a comment without a
/// blank, so a second one gets parentheses.
pub(super) const PREFIXED: u8 = 10;
/// A whole expression that is not IF, before a THEN or ELSE that IF would take for its own.
pub(super) const NOT_IF: u8 = 1;

/// What an operand of an infix operator must bind like.
pub(super) fn operand_binds(op: BinaryOp) -> (u8, u8) {
    if op.is_comparison() {
        (OPERAND, OPERAND)
    } else if op == BinaryOp::Pow {
        // `-a ^ 2` is `(-a) ^ 2` here and the opposite elsewhere; say it.
        (PREFIXED, PREFIXED)
    } else {
        (binary_binds(op), binary_binds(op) + 1)
    }
}

/// The expression on one line of at most `limit` bytes; `None` if it is longer or holds a
/// subquery. `text` is the source, for the notation of numbers.
pub(super) fn flat(expr: &Expr, least: u8, limit: usize, text: &str) -> Option<String> {
    let mut flat = Flat { out: String::new(), limit, over: false, text };
    flat.expr(expr, least);
    (!flat.over).then_some(flat.out)
}

struct Flat<'a> {
    out: String,
    limit: usize,
    /// Too long, or not to be written on one line at all.
    over: bool,
    text: &'a str,
}

impl Flat<'_> {
    fn push(&mut self, text: &str) {
        if self.over || self.out.len() + text.len() > self.limit {
            self.over = true;
        } else {
            self.out.push_str(text);
        }
    }

    fn list(&mut self, list: &[Expr], least: u8, separator: &str) {
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.push(separator);
            }
            if self.over {
                return;
            }
            self.expr(item, least);
        }
    }

    fn expr(&mut self, expr: &Expr, least: u8) {
        if self.over {
            return;
        }
        if binds(expr) < least {
            self.push("(");
            self.expr(expr, 0);
            self.push(")");
            return;
        }
        match &expr.kind {
            ExprKind::Literal(value) => {
                let text = literal(value, expr.span.slice(self.text));
                self.push(&text);
            }
            ExprKind::Name(n) => self.push(&name(n)),
            ExprKind::Error => self.push("<error>"),
            ExprKind::Call { name: n, args, star } => {
                self.push(&function_name(n));
                self.push("(");
                if *star {
                    self.push("*");
                }
                self.list(args, 0, ", ");
                self.push(")");
            }
            ExprKind::Unary { op, expr } => {
                self.push(unary(*op));
                self.expr(expr, PREFIXED);
            }
            ExprKind::Binary { op, left, right, .. } => {
                let (l, r) = operand_binds(*op);
                self.expr(left, l);
                self.push(" ");
                self.push(op.symbol());
                self.push(" ");
                self.expr(right, r);
            }
            ExprKind::And(terms) => self.list(terms, TERM, " AND "),
            ExprKind::Or(terms) => self.list(terms, TERM, " OR "),
            ExprKind::Not(inner) => {
                self.push("NOT ");
                self.expr(inner, TERM);
            }
            ExprKind::Pattern { op, negated, expr, pattern, .. } => {
                self.expr(expr, OPERAND);
                self.push(if *negated { " NOT " } else { " " });
                self.push(op.keyword());
                self.push(" ");
                self.expr(pattern, OPERAND);
            }
            ExprKind::InList { negated, expr, list } => {
                self.expr(expr, OPERAND);
                self.push(if *negated { " NOT IN (" } else { " IN (" });
                self.list(list, 0, ", ");
                self.push(")");
            }
            ExprKind::InQuery { .. } => self.over = true,
            ExprKind::Between { negated, expr, low, high } => {
                self.expr(expr, OPERAND);
                self.push(if *negated { " NOT BETWEEN " } else { " BETWEEN " });
                self.expr(low, OPERAND);
                self.push(" AND ");
                self.expr(high, OPERAND);
            }
            ExprKind::IsNull { negated, expr } => {
                self.expr(expr, OPERAND);
                self.push(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            ExprKind::Case { operand, branches, otherwise } => {
                self.push("CASE");
                if let Some(operand) = operand {
                    self.push(" ");
                    self.expr(operand, NOT_IF);
                }
                for (when, then) in branches {
                    self.push(" WHEN ");
                    self.expr(when, NOT_IF);
                    self.push(" THEN ");
                    self.expr(then, NOT_IF);
                }
                if let Some(otherwise) = otherwise {
                    self.push(" ELSE ");
                    self.expr(otherwise, 0);
                }
                self.push(" END");
            }
            ExprKind::If { condition, then, otherwise } => {
                self.push("IF ");
                self.expr(condition, NOT_IF);
                self.push(" THEN ");
                self.expr(then, NOT_IF);
                if let Some(otherwise) = otherwise {
                    self.push(" ELSE ");
                    self.expr(otherwise, 0);
                }
            }
        }
    }
}

pub(super) fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Minus => "-",
        UnaryOp::Plus => "+",
        UnaryOp::BitNot => "~",
    }
}

/// A constant; `written` is its text in the source, if known.
pub(super) fn literal(value: &Literal, written: &str) -> String {
    match value {
        Literal::Text(text) => string(text),
        Literal::Integer(number) => {
            let hex = written.strip_prefix("0x").or_else(|| written.strip_prefix("0X"));
            match hex.and_then(|digits| i64::from_str_radix(digits, 16).ok()) {
                Some(same) if same == *number => written.to_owned(),
                _ => number.to_string(),
            }
        }
        Literal::Double(number) => {
            let text = number.to_string();
            if text.contains('.') { text } else { format!("{text}.0") }
        }
        Literal::Boolean(true) => "TRUE".to_owned(),
        Literal::Boolean(false) => "FALSE".to_owned(),
        Literal::Null => "NULL".to_owned(),
    }
}

/// A string literal.
pub(super) fn string(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name, quoted as it was written or as it needs to be.
pub(super) fn name(name: &Name) -> String {
    match name.quote {
        Quote::Single => string(&name.text),
        Quote::None if is_plain_identifier(&name.text) => name.text.clone(),
        Quote::None | Quote::Double => format!("\"{}\"", name.text.replace('"', "\"\"")),
    }
}

/// The name of a function; a quoted one is quoted part by part, as namespaces are.
pub(super) fn function_name(n: &Name) -> String {
    if n.quote != Quote::Double {
        return name(n);
    }
    let parts = n.text.split("::").map(|part| format!("\"{}\"", part.replace('"', "\"\"")));
    parts.collect::<Vec<_>>().join("::")
}

/// A name where a reserved word would not be taken for one.
pub(super) fn safe_name(n: &Name) -> String {
    if n.quote == Quote::None && Keyword::find(&n.text).is_some() {
        return format!("\"{}\"", n.text);
    }
    name(n)
}
