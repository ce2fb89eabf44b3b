//! Random conditions.

use std::sync::Arc;

use aql_diag::Span;
use aql_event::Type;
use aql_semantic::{ArithmeticOp, CompareBy, CompareOp, Expr, ExprKind, Value};

use crate::Random;
use crate::rows::column;
use crate::words::{host, number_text, piece, text};

fn pattern(random: &mut Random) -> String {
    let pieces = 1 + random.below(3);
    let middle: String = (0..pieces)
        .map(|_| match random.below(10) {
            0 => "%".to_owned(),
            1 => "_".to_owned(),
            _ => piece(random),
        })
        .collect();
    let before = if random.chance(60) { "%" } else { "" };
    let after = if random.chance(60) { "%" } else { "" };
    format!("{before}{middle}{after}")
}

/// An expression that stands nowhere in a text.
pub fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, span: Span::default() }
}

fn read(name: &str) -> Expr {
    let column = column(name);
    let ty = column.ty;
    expr(ExprKind::Column(column), ty)
}

fn literal(value: Value) -> Expr {
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

fn text_literal(text: String) -> Value {
    Value::Text(Arc::from(text))
}

fn call(function: &str, args: Vec<Expr>, ty: Type) -> Expr {
    expr(ExprKind::Call { function: Arc::from(function), args }, ty)
}

fn text_column(random: &mut Random) -> Expr {
    match random.below(12) {
        0 => call("UTF8", vec![read("payload")], Type::Text),
        1 => read("Event ID"),
        2..=4 => read("Command"),
        5 => read("Target"),
        6..=8 => read("Image"),
        9 => read("Parent"),
        10 => read("Command"),
        _ => read("Image"),
    }
}

fn text_expr(random: &mut Random, depth: usize) -> Expr {
    let base = text_column(random);
    match random.below(12) {
        0..=5 => base,
        6 | 7 => call("LOWER", vec![base], Type::Text),
        8 => call("UPPER", vec![base], Type::Text),
        9 => {
            let other = text_column(random);
            call("CONCAT", vec![base, other], Type::Text)
        }
        10 => {
            let inner = call("UPPER", vec![base], Type::Text);
            call("LOWER", vec![inner], Type::Text)
        }
        _ if depth > 0 => {
            let condition = condition(random, depth - 1);
            let otherwise = random.chance(50).then(|| Box::new(text_column(random)));
            expr(ExprKind::Case { branches: vec![(condition, base)], otherwise }, Type::Text)
        }
        _ => base,
    }
}

fn number_expr(random: &mut Random) -> Expr {
    match random.below(8) {
        0..=3 => read("qid"),
        4 => read("starttime"),
        5 => read("magnitude"),
        6 => {
            let text = text_column(random);
            call("STRLEN", vec![text], Type::Integer)
        }
        _ => {
            let op = *random.pick(&[
                ArithmeticOp::Add,
                ArithmeticOp::Sub,
                ArithmeticOp::Mul,
                ArithmeticOp::Rem,
                ArithmeticOp::BitAnd,
                ArithmeticOp::Div,
            ]);
            let ty = if op == ArithmeticOp::Div { Type::Double } else { Type::Integer };
            let right =
                if random.chance(50) { read("starttime") } else { literal(integer(random)) };
            let (left, right) = (Box::new(read("qid")), Box::new(right));
            expr(ExprKind::Arithmetic { op, left, right }, ty)
        }
    }
}

fn integer(random: &mut Random) -> Value {
    Value::Integer(random.below(16) as i64 - 4)
}

fn number(random: &mut Random) -> Value {
    match random.below(8) {
        0 => Value::Double(random.below(16) as f64 / 2.0 - 2.0),
        1 => text_literal(number_text(random)),
        2 => Value::Integer(*random.pick(&[i64::MIN, i64::MAX, 443, 11])),
        _ => integer(random),
    }
}

fn op(random: &mut Random) -> CompareOp {
    use CompareOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    *random.pick(&[Eq, Eq, Eq, NotEq, NotEq, Lt, LtEq, Gt, GtEq])
}

fn compare(random: &mut Random, by: CompareBy, left: Expr, right: Expr) -> Expr {
    let (left, right) = if random.chance(15) { (right, left) } else { (left, right) };
    let op = op(random);
    let (left, right) = (Box::new(left), Box::new(right));
    expr(ExprKind::Compare { op, by, left, right }, Type::Boolean)
}

fn maybe_null(random: &mut Random, value: Value) -> Value {
    if random.chance(4) { Value::Null } else { value }
}

fn list(random: &mut Random, mut item: impl FnMut(&mut Random) -> Value) -> Vec<Value> {
    let len = *random.pick(&[1, 2, 3, 5, 12]);
    (0..len)
        .map(|_| {
            let value = item(random);
            maybe_null(random, value)
        })
        .collect()
}

/// A random condition whose innermost parts are all accepted; others are made again.
pub fn condition_that(
    random: &mut Random,
    depth: usize,
    accepts: &mut dyn FnMut(&Expr) -> bool,
) -> Expr {
    if depth > 0 && random.chance(55) {
        let len = 2 + random.below(4);
        let mut inner = |random: &mut Random| condition_that(random, depth - 1, accepts);
        let kind = match random.below(5) {
            0 | 1 => ExprKind::And((0..len).map(|_| inner(random)).collect()),
            2 | 3 => ExprKind::Or((0..len).map(|_| inner(random)).collect()),
            _ => ExprKind::Not(Box::new(inner(random))),
        };
        return expr(kind, Type::Boolean);
    }
    loop {
        let test = condition(random, depth.min(1));
        if accepts(&test) {
            return test;
        }
    }
}

/// A random condition.
pub fn condition(random: &mut Random, depth: usize) -> Expr {
    let kind = if depth > 0 && random.chance(55) { random.below(5) } else { 5 + random.below(30) };
    let kind = match kind {
        0 | 1 => ExprKind::And(terms(random, depth - 1)),
        2 | 3 => ExprKind::Or(terms(random, depth - 1)),
        4 => ExprKind::Not(Box::new(condition(random, depth - 1))),
        5..=14 => {
            let expr = Box::new(text_expr(random, depth.min(1)));
            let pattern = if random.chance(3) {
                read("Target")
            } else {
                let text = pattern(random);
                literal(maybe_null(random, text_literal(text)))
            };
            ExprKind::Like { expr, pattern: Box::new(pattern), ignore_case: random.chance(60) }
        }
        15..=18 => {
            let (left, right) = (text_expr(random, depth.min(1)), text(random));
            let right = literal(maybe_null(random, text_literal(right)));
            return compare(random, CompareBy::Text, left, right);
        }
        19 | 20 => {
            let expr = Box::new(text_expr(random, 0));
            let list = list(random, |r| text_literal(text(r)));
            ExprKind::In { expr, list, by: CompareBy::Text }
        }
        21..=23 => {
            let left = number_expr(random);
            let right = number(random);
            let right = literal(maybe_null(random, right));
            return compare(random, CompareBy::Number, left, right);
        }
        24 => {
            let expr = Box::new(number_expr(random));
            let list = list(random, number);
            ExprKind::In { expr, list, by: CompareBy::Number }
        }
        25 => {
            let (left, right) = (read("Event ID"), literal(number(random)));
            return compare(random, CompareBy::Number, left, right);
        }
        26 => {
            // BETWEEN, as it is bound.
            let (low, high) = (literal(integer(random)), literal(integer(random)));
            let value = number_expr(random);
            let side = |op, right| {
                let (left, right) = (Box::new(value.clone()), Box::new(right));
                let kind = ExprKind::Compare { op, by: CompareBy::Number, left, right };
                expr(kind, Type::Boolean)
            };
            ExprKind::And(vec![side(CompareOp::GtEq, low), side(CompareOp::LtEq, high)])
        }
        27 => {
            let left = read(if random.chance(80) { "sourceip" } else { "Parent" });
            let right = literal(Value::Host(host(random)));
            return compare(random, CompareBy::Host, left, right);
        }
        28 => match random.below(3) {
            0 => {
                let list = list(random, |r| Value::Host(host(r)));
                ExprKind::In { expr: Box::new(read("sourceip")), list, by: CompareBy::Host }
            }
            1 => {
                let network = *random.pick(&["10.0.0.0/8", "10.0.0.2/31", "192.0.2.0/24"]);
                let network = literal(text_literal(network.into()));
                return call("INCIDR", vec![network, read("sourceip")], Type::Boolean);
            }
            _ => {
                let pattern = literal(text_literal((*random.pick(&["10.%", "%:%", "%1"])).into()));
                ExprKind::Like {
                    expr: Box::new(read("sourceip")),
                    pattern: Box::new(pattern),
                    ignore_case: random.chance(50),
                }
            }
        },
        29 => ExprKind::IsNull(Box::new(match random.below(4) {
            0 => text_expr(random, 0),
            1 => condition(random, 0),
            2 => number_expr(random),
            _ => {
                let names = ["Image", "Command", "qid", "hasoffense", "payload", "sourceip"];
                read(names[random.below(names.len())])
            }
        })),
        30 => return read("hasoffense"),
        31 => {
            let (left, right) = (read("hasoffense"), literal(Value::Boolean(random.chance(50))));
            return compare(random, CompareBy::Boolean, left, right);
        }
        32 => {
            let pattern =
                (*random.pick(&["a.*b", "[a-c]+\\\\", "^po", "x.*e", "\\d\\d", "s+"])).into();
            ExprKind::Matches {
                expr: Box::new(text_expr(random, 0)),
                pattern: Box::new(literal(text_literal(pattern))),
                ignore_case: false,
                full: random.chance(30),
            }
        }
        33 => ExprKind::Literal(match random.below(3) {
            0 => Value::Null,
            1 => Value::Boolean(true),
            _ => Value::Boolean(false),
        }),
        _ => {
            let branches = vec![(condition(random, 0), condition(random, 0))];
            let otherwise = random.chance(50).then(|| Box::new(condition(random, 0)));
            ExprKind::Case { branches, otherwise }
        }
    };
    expr(kind, Type::Boolean)
}

fn terms(random: &mut Random, depth: usize) -> Vec<Expr> {
    let len = 2 + random.below(4);
    (0..len).map(|_| condition(random, depth)).collect()
}
