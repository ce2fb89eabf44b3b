//! Random conditions and random rows, from a seed.

use std::net::IpAddr;
use std::sync::Arc;

use aql_diag::Span;
use aql_event::{Column, ColumnKind, Encoding, EventBatch, Needs, Type};
use aql_semantic::{ArithmeticOp, CompareBy, CompareOp, Expr, ExprKind, Value};
use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray};

use crate::naive::{Cell, Row};

/// A small generator of pseudo-random numbers (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 33) as usize) % n
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// What texts and patterns are made of: pairs that differ in case, characters that mean something
/// in patterns, and characters whose case is peculiar.
const PIECES: [&str; 40] = [
    "a",
    "A",
    "b",
    "\\",
    "%",
    "_",
    "'",
    "\"",
    "k",
    "K",
    "\u{212a}",
    "s",
    "S",
    "ſ",
    "ß",
    "SS",
    "ẞ",
    "İ",
    "i",
    "I",
    "ı",
    "σ",
    "ς",
    "Σ",
    "é",
    "É",
    ".exe",
    ".EXE",
    "power",
    "Power",
    "shell",
    " ",
    "\n",
    "😀",
    "\\cmd.exe",
    "11",
    "0xb",
    "[",
    "{",
    "`@",
];

fn text(random: &mut Random) -> String {
    let pieces = random.below(6);
    (0..pieces).map(|_| *random.pick(&PIECES)).collect()
}

/// A text that may be read as a number.
fn number_text(random: &mut Random) -> String {
    (*random.pick(&["11", "0xb", "-3", "2.5", "x", "", "12", "443"])).to_owned()
}

fn pattern(random: &mut Random) -> String {
    let pieces = 1 + random.below(3);
    let middle: String = (0..pieces)
        .map(|_| match random.below(10) {
            0 => "%",
            1 => "_",
            _ => *random.pick(&PIECES),
        })
        .collect();
    let before = if random.chance(60) { "%" } else { "" };
    let after = if random.chance(60) { "%" } else { "" };
    format!("{before}{middle}{after}")
}

/// The columns of all generated conditions; some come as dictionaries.
pub(crate) fn columns() -> Vec<Column> {
    use ColumnKind::{Builtin, Field, Property};
    use Encoding::{Dictionary, Plain};
    vec![
        Column::new(Property, "Image", Type::Text, Dictionary),
        Column::new(Property, "Parent", Type::Text, Dictionary),
        Column::new(Property, "Command", Type::Text, Plain),
        Column::new(Field, "Target", Type::Text, Plain),
        Column::new(Property, "Event ID", Type::Text, Dictionary),
        Column::new(Builtin, "sourceip", Type::Host, Plain),
        Column::new(Builtin, "qid", Type::Integer, Plain),
        Column::new(Builtin, "starttime", Type::Time, Plain),
        Column::new(Builtin, "magnitude", Type::Double, Plain),
        Column::new(Builtin, "hasoffense", Type::Boolean, Plain),
        Column::new(Builtin, "payload", Type::Binary, Plain),
    ]
}

fn column(name: &str) -> Column {
    columns().into_iter().find(|c| &*c.name == name).expect("one of ours")
}

pub(crate) fn expr(kind: ExprKind, ty: Type) -> Expr {
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

const HOSTS: [&str; 5] = ["10.0.0.1", "10.0.0.2", "192.0.2.77", "2001:db8::1", "::1"];

fn host(random: &mut Random) -> IpAddr {
    random.pick(&HOSTS).parse().expect("an address")
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

/// A random condition.
pub(crate) fn condition(random: &mut Random, depth: usize) -> Expr {
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

/// A value for a column.
fn cell(random: &mut Random, column: &Column) -> Cell {
    if random.chance(12) {
        return Cell::Null;
    }
    match column.ty {
        Type::Text if &*column.name == "Event ID" => Cell::Text(number_text(random)),
        Type::Text if &*column.name == "Parent" && random.chance(30) => {
            Cell::Text((*random.pick(&HOSTS)).to_owned())
        }
        Type::Text => Cell::Text(text(random)),
        Type::Host => Cell::Host(host(random)),
        Type::Integer => Cell::Integer(match random.below(12) {
            0 => 443,
            1 => 11,
            n => n as i64 - 4,
        }),
        Type::Time => Cell::Integer(random.below(10) as i64),
        Type::Double => Cell::Double(random.below(16) as f64 / 2.0 - 2.0),
        Type::Boolean => Cell::Boolean(random.chance(50)),
        Type::Binary => {
            let mut bytes = text(random).into_bytes();
            if random.chance(15) {
                bytes.push(0xff);
            }
            Cell::Bytes(bytes)
        }
        Type::IntegerList | Type::Null => Cell::Null,
    }
}

/// Random rows; dictionary columns repeat their values.
pub(crate) fn rows(random: &mut Random, number: usize) -> Vec<Row> {
    let columns = columns();
    let pools: Vec<Vec<Cell>> =
        columns.iter().map(|c| (0..20).map(|_| cell(random, c)).collect()).collect();
    (0..number)
        .map(|_| {
            columns
                .iter()
                .zip(&pools)
                .map(|(column, pool)| {
                    let cell = match column.encoding {
                        Encoding::Dictionary => random.pick(pool).clone(),
                        Encoding::Plain => cell(random, column),
                    };
                    (column.name.to_string(), cell)
                })
                .collect()
        })
        .collect()
}

/// The rows as a batch; text may come in the other layout than announced, dictionaries may hold
/// nulls, duplicates and values that do not occur, and the arrays may begin in the middle.
pub(crate) fn batch(random: &mut Random, rows: &[Row]) -> EventBatch {
    let needs = Needs::new(columns());
    let lead = random.below(3);
    let lead_row = Row::new();
    let padded: Vec<&Row> =
        std::iter::repeat_n(&lead_row, lead).chain(rows).chain([&lead_row]).collect();
    let arrays: Vec<ArrayRef> =
        needs.columns().iter().map(|column| array(random, column, &padded)).collect();
    let fields: Vec<_> = needs
        .columns()
        .iter()
        .zip(&arrays)
        .map(|(c, a)| arrow_schema::Field::new(c.arrow_name(), a.data_type().clone(), true))
        .collect();
    let schema = Arc::new(arrow_schema::Schema::new(fields));
    let records = RecordBatch::try_new(schema, arrays).expect("arrays of one length");
    EventBatch::new(Arc::clone(needs.columns()), records.slice(lead, rows.len()))
}

fn array(random: &mut Random, column: &Column, rows: &[&Row]) -> ArrayRef {
    let cells = || rows.iter().map(|row| row.get(&*column.name).unwrap_or(&Cell::Null));
    match column.ty {
        Type::Text | Type::Host => {
            let text = |cell: &Cell| match cell {
                Cell::Text(t) => Some(t.clone()),
                Cell::Host(h) => Some(h.to_string()),
                _ => None,
            };
            let dictionary = (column.encoding == Encoding::Dictionary) != random.chance(10);
            if !dictionary {
                let mut builder = StringBuilder::new();
                cells().for_each(|cell| builder.append_option(text(cell)));
                return Arc::new(builder.finish());
            }
            // A value that never occurs, and a null value.
            let mut values = vec![Some("never".to_owned()), None];
            let mut keys = Vec::new();
            for cell in cells() {
                let value = text(cell);
                let known = values.iter().position(|v| *v == value);
                keys.push(match (value, known) {
                    (None, _) => random.chance(50).then_some(1),
                    (Some(_), Some(at)) if random.chance(90) => Some(at as i32),
                    (value, _) => {
                        values.push(value);
                        Some(values.len() as i32 - 1)
                    }
                });
            }
            let values: ArrayRef = Arc::new(values.into_iter().collect::<StringArray>());
            let keys: Int32Array = keys.into_iter().collect();
            Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values).expect("keys in range"))
        }
        Type::Integer | Type::Time => {
            let mut builder = Int64Builder::new();
            cells().for_each(|cell| match cell {
                Cell::Integer(v) => builder.append_value(*v),
                _ => builder.append_null(),
            });
            Arc::new(builder.finish())
        }
        Type::Double => {
            let mut builder = Float64Builder::new();
            cells().for_each(|cell| match cell {
                Cell::Double(v) => builder.append_value(*v),
                _ => builder.append_null(),
            });
            Arc::new(builder.finish())
        }
        Type::Boolean => {
            let mut builder = BooleanBuilder::new();
            cells().for_each(|cell| match cell {
                Cell::Boolean(v) => builder.append_value(*v),
                _ => builder.append_null(),
            });
            Arc::new(builder.finish())
        }
        Type::Binary => {
            let mut builder = BinaryBuilder::new();
            cells().for_each(|cell| match cell {
                Cell::Bytes(v) => builder.append_value(v),
                _ => builder.append_null(),
            });
            Arc::new(builder.finish())
        }
        Type::IntegerList | Type::Null => panic!("not generated"),
    }
}

/// A condition in few words.
pub(crate) fn show(expr: &Expr) -> String {
    let list = |list: &[Expr]| list.iter().map(show).collect::<Vec<_>>().join(", ");
    match &expr.kind {
        ExprKind::Literal(value) => format!("{value:?}"),
        ExprKind::Column(column) => format!("{:?}", column.name),
        ExprKind::Compare { op, by, left, right } => {
            format!("({} {op:?} {} by {by:?})", show(left), show(right))
        }
        ExprKind::Like { expr, pattern, ignore_case } => {
            let i = if *ignore_case { "I" } else { "" };
            format!("({} {i}LIKE {})", show(expr), show(pattern))
        }
        ExprKind::Matches { expr, pattern, full, .. } => {
            format!("({} MATCHES {} full {full})", show(expr), show(pattern))
        }
        ExprKind::In { expr, list, by } => format!("({} IN {list:?} by {by:?})", show(expr)),
        ExprKind::IsNull(inner) => format!("({} IS NULL)", show(inner)),
        ExprKind::And(terms) => format!("AND({})", list(terms)),
        ExprKind::Or(terms) => format!("OR({})", list(terms)),
        ExprKind::Not(inner) => format!("NOT {}", show(inner)),
        ExprKind::Call { function, args } => format!("{function}({})", list(args)),
        ExprKind::Arithmetic { op, left, right } => {
            format!("({} {op:?} {})", show(left), show(right))
        }
        ExprKind::Case { branches, otherwise } => {
            let branches: Vec<_> = branches
                .iter()
                .map(|(c, v)| format!("WHEN {} THEN {}", show(c), show(v)))
                .collect();
            let otherwise = otherwise.as_ref().map(|e| show(e));
            format!("CASE {} ELSE {otherwise:?} END", branches.join(" "))
        }
        other => format!("{other:?}"),
    }
}
