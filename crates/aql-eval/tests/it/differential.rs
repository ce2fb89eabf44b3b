//! Random expressions over random rows: the evaluator against the interpreter of `naive`.

use std::sync::Arc;

use aql_eval::{Rows, text as text_of};
use aql_event::Type;
use aql_semantic::{ArithmeticOp, CompareBy, CompareOp, Expr, NullSemantics, Value};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use proptest::option;
use proptest::prelude::*;

use crate::build::*;
use crate::naive::{self, Plain};

fn small_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("alice"),
        Just("ALICE"),
        Just("é_ß"),
        Just("5"),
        Just("0xb"),
        Just("2.5"),
        Just(""),
        Just("10.0.0.1"),
        Just("true"),
        Just("a\nb"),
        Just("C:\\x.exe"),
        Just("K"),
    ]
    .prop_map(str::to_owned)
}

fn row() -> impl Strategy<Value = Row> {
    let host = prop_oneof![Just("10.0.0.1"), Just("10.0.0.2"), Just("2001:db8::1"), Just("nohost")];
    (
        option::of(small_text()),
        option::of(small_text()),
        option::of(host.prop_map(str::to_owned)),
        option::of((-3_i64..12).prop_map(|v| v.to_string())),
        option::of(any::<bool>().prop_map(|v| v.to_string())),
        option::of((-4_i32..5).prop_map(|v| (f64::from(v) / 2.0).to_string())),
        option::of(small_text()),
    )
        .prop_map(|(a, b, c, d, e, f, g)| [a, b, c, d, e, f, g])
}

fn pattern() -> impl Strategy<Value = String> {
    "[al5_%éA]{0,5}"
}

fn regexes() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("^a"), Just("[0-9]+"), Just("l|b"), Just("^(alice|5)$"), Just("")]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        small_text().prop_map(|t| Value::Text(Arc::from(t))),
        (-3_i64..12).prop_map(Value::Integer),
        (-4_i32..5).prop_map(|v| Value::Double(f64::from(v) / 2.0)),
        any::<bool>().prop_map(Value::Boolean),
        Just(Value::Null),
        Just(Value::Host("10.0.0.1".parse().expect("an address"))),
    ]
}

fn compare_by() -> impl Strategy<Value = CompareBy> {
    prop_oneof![
        Just(CompareBy::Text),
        Just(CompareBy::Number),
        Just(CompareBy::Host),
        Just(CompareBy::Boolean),
    ]
}

fn compare_op() -> impl Strategy<Value = CompareOp> {
    prop_oneof![
        Just(CompareOp::Eq),
        Just(CompareOp::NotEq),
        Just(CompareOp::Lt),
        Just(CompareOp::LtEq),
        Just(CompareOp::Gt),
        Just(CompareOp::GtEq),
    ]
}

/// Values of every type, conditions among them.
fn expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        3 => (0..COLUMNS.len()).prop_map(|i| col(COLUMNS[i].0)),
        1 => value().prop_map(literal),
    ];
    leaf.prop_recursive(4, 40, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            (compare_op(), compare_by(), two.clone())
                .prop_map(|(op, by, (l, r))| compare(op, by, l, r)),
            (inner.clone(), pattern(), any::<bool>()).prop_map(|(e, p, i)| like(e, text(&p), i)),
            (two.clone(), any::<bool>()).prop_map(|((e, p), i)| like(e, p, i)),
            (inner.clone(), regexes(), any::<bool>(), any::<bool>())
                .prop_map(|(e, p, i, f)| matches(e, text(p), i, f)),
            (inner.clone(), prop::collection::vec(value(), 0..4), compare_by())
                .prop_map(|(e, l, by)| is_in(e, l, by)),
            inner.clone().prop_map(is_null),
            inner.clone().prop_map(not),
            prop::collection::vec(inner.clone(), 2..4).prop_map(and),
            prop::collection::vec(inner.clone(), 2..4).prop_map(or),
            (two.clone(), 0..9_usize, any::<bool>()).prop_map(|((l, r), op, double)| {
                use ArithmeticOp as Op;
                let op = [
                    Op::Add,
                    Op::Sub,
                    Op::Mul,
                    Op::Div,
                    Op::Rem,
                    Op::Pow,
                    Op::BitAnd,
                    Op::BitOr,
                    Op::BitXor,
                ][op];
                let ty = match op {
                    Op::Div | Op::Pow => Type::Double,
                    Op::BitAnd | Op::BitOr | Op::BitXor => Type::Integer,
                    _ if double => Type::Double,
                    _ => Type::Integer,
                };
                arithmetic(op, l, r, ty)
            }),
            inner.clone().prop_map(|e| if e.ty.is_numeric() { negate(e) } else { bit_not(e) }),
            (two.clone(), 0..7_usize).prop_map(|((a, b), which)| match which {
                0 => call("LOWER", vec![a], Type::Text),
                1 => call("STR", vec![a], Type::Text),
                2 => call("STRLEN", vec![a], Type::Integer),
                3 => call("CONCAT", vec![a, b], Type::Text),
                4 => call("SUBSTRING", vec![a, int(1)], Type::Text),
                5 => call("UTF8", vec![col("payload")], Type::Text),
                _ => call(
                    "CATEGORYNAME",
                    vec![arithmetic(
                        ArithmeticOp::Sub,
                        int(-100),
                        col("sourceport"),
                        Type::Integer
                    )],
                    Type::Text,
                ),
            }),
            (two, inner.clone(), option::of(inner), 0..3_usize).prop_map(
                |((when, then), other, otherwise, ty)| {
                    let ty = [Type::Text, Type::Integer, Type::Double][ty];
                    let branches = vec![(when, then), (is_null(col("username")), other)];
                    case(branches, otherwise, ty)
                }
            ),
        ]
    })
}

#[test]
fn two_signs_of_zero_cancel() {
    let text = |value| call("LOWER", vec![value], Type::Text);
    for (value, shown) in [
        (negate(double(0.0)), "-0.0"),
        (negate(negate(double(0.0))), "0.0"),
        (negate(negate(col("score"))), "0.0"),
    ] {
        let rows = [[None, None, None, None, None, Some("0".to_owned()), None]];
        let values = compile(&text(value), NullSemantics::Sql).evaluate(&batch(&rows));
        assert_eq!(plain_at(&values, 0), Plain::Text(shown.to_owned()));
    }
}

fn plain_at(array: &ArrayRef, row: usize) -> Plain {
    use arrow_schema::DataType;
    if let Some(text) = text_of(array) {
        return text.value(row).map_or(Plain::Null, |t| Plain::Text(t.to_owned()));
    }
    if array.is_null(row) {
        return Plain::Null;
    }
    match array.data_type() {
        DataType::Int64 => Plain::Integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Plain::Double(array.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => Plain::Boolean(array.as_boolean().value(row)),
        DataType::Binary => Plain::Bytes(array.as_binary::<i32>().value(row).to_vec()),
        other => panic!("unexpected layout {other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn evaluator_agrees_with_interpreter(
        expr in expression(),
        rows in prop::collection::vec(row(), 0..12),
        sql in any::<bool>(),
    ) {
        let nulls = if sql { NullSemantics::Sql } else { NullSemantics::TwoValued };
        let events = batch(&rows);
        let program = compile(&expr, nulls);
        let values = program.evaluate(&events);
        let outcomes = program.evaluate_condition(&events);
        prop_assert_eq!((values.len(), outcomes.len()), (rows.len(), Rows::len(&events)));
        for (index, row) in rows.iter().enumerate() {
            let expected = naive::evaluate(&expr, row, nulls);
            let got = plain_at(&values, index);
            let same = match (&got, &expected) {
                // -0.0 and 0.0 are one number.
                (Plain::Double(a), Plain::Double(b)) => a == b,
                (a, b) => a == b,
            };
            prop_assert!(same, "row {}: {:?}, expected {:?}\n{:#?}", index, got, expected, expr);
            let expected = naive::condition(&expr, row, nulls);
            prop_assert_eq!(outcomes.value(index), expected, "row {} as a condition\n{:#?}", index, expr);
        }
    }
}
