//! A row-by-row evaluator that takes the documentation of the bound expressions at its word.
//!
//! It shares no code with the matcher or the evaluator. LIKE is turned into a regular expression,
//! whose `(?i)` is simple case folding by Unicode's own tables.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::net::IpAddr;

use aql_event::Type;
use aql_semantic::{ArithmeticOp, CompareBy, Expr, ExprKind, NullSemantics, Value};
use regex::Regex;

use crate::{Cell, Row};

/// The evaluator, for one of the two null semantics.
pub struct Naive {
    nulls: NullSemantics,
    regexes: RefCell<HashMap<String, Regex>>,
}

impl Naive {
    /// An evaluator.
    pub fn new(nulls: NullSemantics) -> Self {
        Naive { nulls, regexes: RefCell::default() }
    }

    /// Is the row kept?
    pub fn keeps(&self, expr: &Expr, row: &Row) -> bool {
        self.condition(expr, row) == Some(true)
    }

    /// True, false or null; never null if conditions have two values.
    fn condition(&self, expr: &Expr, row: &Row) -> Option<bool> {
        let outcome = match &expr.kind {
            ExprKind::And(terms) => {
                let outcomes: Vec<_> = terms.iter().map(|t| self.condition(t, row)).collect();
                if outcomes.contains(&Some(false)) {
                    Some(false)
                } else if outcomes.contains(&None) {
                    None
                } else {
                    Some(true)
                }
            }
            ExprKind::Or(terms) => {
                let outcomes: Vec<_> = terms.iter().map(|t| self.condition(t, row)).collect();
                if outcomes.contains(&Some(true)) {
                    Some(true)
                } else if outcomes.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            ExprKind::Not(inner) => self.condition(inner, row).map(|b| !b),
            ExprKind::IsNull(inner) => Some(self.value(inner, row) == Cell::Null),
            ExprKind::Compare { op, by, left, right } => {
                let (left, right) = (self.value(left, row), self.value(right, row));
                compare(*by, &left, &right).map(|ordering| op.holds(ordering))
            }
            ExprKind::Like { expr, pattern, ignore_case } => {
                let (text, pattern) =
                    (text(&self.value(expr, row)), text(&self.value(pattern, row)));
                text.zip(pattern).map(|(text, pattern)| {
                    let mut regex = String::from(if *ignore_case { "(?is)^" } else { "(?s)^" });
                    for c in pattern.chars() {
                        match c {
                            '%' => regex.push_str(".*"),
                            '_' => regex.push('.'),
                            c => regex.push_str(&regex::escape(&c.to_string())),
                        }
                    }
                    regex.push('$');
                    self.is_match(&regex, &text)
                })
            }
            ExprKind::Matches { expr, pattern, ignore_case, full } => {
                let (text, pattern) =
                    (text(&self.value(expr, row)), text(&self.value(pattern, row)));
                text.zip(pattern).map(|(text, pattern)| {
                    let flags = if *ignore_case { "(?i)" } else { "" };
                    let regex = if *full {
                        format!("{flags}^(?:{pattern})$")
                    } else {
                        format!("{flags}{pattern}")
                    };
                    self.is_match(&regex, &text)
                })
            }
            ExprKind::In { expr, list, by } => match self.value(expr, row) {
                Cell::Null => None,
                value => {
                    if convertible(*by, &value) {
                        Some(list.iter().any(|item| {
                            compare(*by, &value, &constant(item)) == Some(Ordering::Equal)
                        }))
                    } else {
                        None
                    }
                }
            },
            _ => match self.value(expr, row) {
                Cell::Boolean(value) => Some(value),
                Cell::Null => None,
                other => panic!("{other:?} as a condition"),
            },
        };
        match self.nulls {
            NullSemantics::TwoValued => Some(outcome == Some(true)),
            NullSemantics::Sql => outcome,
        }
    }

    fn is_match(&self, regex: &str, text: &str) -> bool {
        let mut regexes = self.regexes.borrow_mut();
        let regex = regexes
            .entry(regex.to_owned())
            .or_insert_with(|| Regex::new(regex).expect("generated expressions are sound"));
        regex.is_match(text)
    }

    fn value(&self, expr: &Expr, row: &Row) -> Cell {
        match &expr.kind {
            ExprKind::Literal(value) => constant(value),
            ExprKind::Column(column) => row.get(&*column.name).cloned().unwrap_or(Cell::Null),
            ExprKind::Arithmetic { op, left, right } => {
                let (left, right) = (self.value(left, row), self.value(right, row));
                self.arithmetic(*op, expr.ty, &left, &right)
            }
            ExprKind::Negate(inner) => match number(&self.value(inner, row)) {
                Some(n) if expr.ty == Type::Double => Cell::Double(-n),
                Some(n) => Cell::Integer(-(n as i64)),
                None => Cell::Null,
            },
            ExprKind::Call { function, args } => {
                let args: Vec<Cell> = args.iter().map(|a| self.value(a, row)).collect();
                call(function, &args)
            }
            ExprKind::Case { branches, otherwise } => {
                for (condition, value) in branches {
                    if self.condition(condition, row) == Some(true) {
                        return self.value(value, row);
                    }
                }
                otherwise.as_ref().map_or(Cell::Null, |e| self.value(e, row))
            }
            _ => self.condition(expr, row).map_or(Cell::Null, Cell::Boolean),
        }
    }

    fn arithmetic(&self, op: ArithmeticOp, ty: Type, left: &Cell, right: &Cell) -> Cell {
        let (Some(a), Some(b)) = (number(left), number(right)) else { return Cell::Null };
        let result = match op {
            ArithmeticOp::Add => a + b,
            ArithmeticOp::Sub => a - b,
            ArithmeticOp::Mul => a * b,
            ArithmeticOp::Div if b == 0.0 => return Cell::Null,
            ArithmeticOp::Div => a / b,
            ArithmeticOp::Rem if b == 0.0 => return Cell::Null,
            ArithmeticOp::Rem => a % b,
            ArithmeticOp::BitAnd => ((a as i64) & (b as i64)) as f64,
            other => panic!("{other:?} is not generated"),
        };
        if ty == Type::Double { Cell::Double(result) } else { Cell::Integer(result as i64) }
    }
}

fn call(function: &str, args: &[Cell]) -> Cell {
    match (function, args) {
        ("LOWER", [value]) => text(value).map_or(Cell::Null, |t| Cell::Text(t.to_lowercase())),
        ("UPPER", [value]) => text(value).map_or(Cell::Null, |t| Cell::Text(t.to_uppercase())),
        ("UTF8", [value]) => text(value).map_or(Cell::Null, Cell::Text),
        ("STRLEN", [value]) => {
            text(value).map_or(Cell::Null, |t| Cell::Integer(t.chars().count() as i64))
        }
        ("CONCAT", args) => {
            // A missing part counts as empty.
            Cell::Text(args.iter().filter_map(text).collect())
        }
        ("INCIDR", [network, host]) => {
            let (Some(network), Some(IpAddr::V4(host))) = (text(network), host_of(host)) else {
                return Cell::Boolean(false);
            };
            let (address, bits) = network.split_once('/').expect("a network");
            let address: std::net::Ipv4Addr = address.parse().expect("an address");
            let bits: u32 = bits.parse().expect("a length");
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            Cell::Boolean(u32::from(address) & mask == u32::from(host) & mask)
        }
        (other, _) => panic!("{other} is not generated"),
    }
}

fn constant(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Text(t) => Cell::Text(t.to_string()),
        Value::Integer(v) => Cell::Integer(*v),
        Value::Double(v) => Cell::Double(*v),
        Value::Boolean(v) => Cell::Boolean(*v),
        Value::Host(v) => Cell::Host(*v),
    }
}

fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Null => None,
        Cell::Text(t) => Some(t.clone()),
        Cell::Integer(v) => Some(v.to_string()),
        Cell::Host(h) => Some(h.to_string()),
        Cell::Bytes(b) => Some(String::from_utf8_lossy(b).into_owned()),
        Cell::Double(_) | Cell::Boolean(_) => panic!("{cell:?} as text is not generated"),
    }
}

/// Generated numbers are small enough for a double to be exact.
fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Integer(v) => Some(*v as f64),
        Cell::Double(v) => Some(*v),
        Cell::Text(t) => match t.strip_prefix("0x") {
            Some(hex) => i64::from_str_radix(hex, 16).ok().map(|v| v as f64),
            None if t.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '-') => t.parse().ok(),
            None => None,
        },
        _ => None,
    }
}

fn host_of(cell: &Cell) -> Option<IpAddr> {
    match cell {
        Cell::Host(h) => Some(*h),
        Cell::Text(t) => t.parse::<IpAddr>().ok().map(|h| h.to_canonical()),
        _ => None,
    }
}

fn convertible(by: CompareBy, cell: &Cell) -> bool {
    match by {
        CompareBy::Text => true,
        CompareBy::Number => number(cell).is_some(),
        CompareBy::Host => host_of(cell).is_some(),
        CompareBy::Boolean => matches!(cell, Cell::Boolean(_)),
    }
}

fn compare(by: CompareBy, left: &Cell, right: &Cell) -> Option<Ordering> {
    match by {
        CompareBy::Text => Some(text(left)?.chars().cmp(text(right)?.chars())),
        CompareBy::Number => number(left)?.partial_cmp(&number(right)?),
        CompareBy::Host => match (host_of(left)?, host_of(right)?) {
            (IpAddr::V4(a), IpAddr::V4(b)) => Some(u32::from(a).cmp(&u32::from(b))),
            (IpAddr::V6(a), IpAddr::V6(b)) => Some(u128::from(a).cmp(&u128::from(b))),
            (IpAddr::V4(_), IpAddr::V6(_)) => Some(Ordering::Less),
            (IpAddr::V6(_), IpAddr::V4(_)) => Some(Ordering::Greater),
        },
        CompareBy::Boolean => match (left, right) {
            (Cell::Boolean(a), Cell::Boolean(b)) => Some(a.cmp(b)),
            _ => None,
        },
    }
}
