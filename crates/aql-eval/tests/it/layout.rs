//! How results lie in memory, and what is evaluated how often.

use std::sync::Arc;

use aql_eval::{Program, Rows, ValueRows, text as view, to_plain};
use aql_event::Type;
use aql_semantic::NullSemantics;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{
    Array, ArrayRef, Float64Array, Int32Array, Int64Array, LargeStringArray, StringArray,
    StringViewArray, UInt64Array,
};
use arrow_schema::DataType;

use crate::build::*;

fn users(names: &[Option<&str>]) -> Vec<Row> {
    let row = |name: &Option<&str>| -> Row {
        [name.map(str::to_owned), None, None, name.map(|n| n.len().to_string()), None, None, None]
    };
    names.iter().map(row).collect()
}

#[test]
fn functions_of_a_dictionary_stay_a_dictionary() {
    let rows = users(&[Some("A"), None, Some("B"), Some("A"), None, Some("B")]);
    let program = compile(&call("LOWER", vec![col("username")], Type::Text), NullSemantics::Sql);
    let result = program.evaluate(&batch(&rows));
    let text = view(&result).expect("text");
    assert!(text.dictionary().is_some());
    assert_eq!(
        text.iter().collect::<Vec<_>>(),
        [Some("a"), None, Some("b"), Some("a"), None, Some("b")]
    );
    assert_eq!(result.null_count(), 2, "nulls are in the keys");
}

#[test]
fn names_of_ids_become_a_dictionary() {
    let rows = users(&[Some("ab"), Some("cd"), None, Some("e")]);
    let program = compile(
        &call("CATEGORYNAME", vec![negate(col("sourceport"))], Type::Text),
        NullSemantics::Sql,
    );
    let result = program.evaluate(&batch(&rows));
    let text = view(&result).expect("text");
    assert_eq!(text.dictionary().map(Array::len), Some(3), "two ids and null");
    assert_eq!(text.value(1), Some("Unknown category -2"));
    assert_eq!(text.value(2), None);
}

#[test]
fn a_dictionary_larger_than_the_batch_is_read_by_row() {
    let rows = users(&[Some("A"), Some("B"), Some("C")]);
    let events = batch(&rows);
    let one = events.records().slice(1, 1);
    let one = aql_event::EventBatch::new(Arc::clone(events.columns()), one);
    let program = compile(&call("LOWER", vec![col("username")], Type::Text), NullSemantics::Sql);
    let result = program.evaluate(&one);
    assert_eq!(result.data_type(), &DataType::Utf8);
    assert_eq!(result.as_string::<i32>().value(0), "b");
}

#[test]
fn slices_of_batches_give_slices_of_results() {
    let rows = users(&[Some("A"), None, Some("B"), Some("A"), Some("C")]);
    let events = batch(&rows);
    let part = events.records().slice(1, 3);
    let part = aql_event::EventBatch::new(Arc::clone(events.columns()), part);
    let exprs = [
        call("CONCAT", vec![col("username"), col("sourceport")], Type::Text),
        call("LOWER", vec![col("username")], Type::Text),
        is_null(col("username")),
        compare(
            aql_semantic::CompareOp::Eq,
            aql_semantic::CompareBy::Number,
            col("sourceport"),
            int(1),
        ),
        case(vec![(is_null(col("username")), text("none"))], Some(text("some")), Type::Text),
    ];
    for expr in exprs {
        let program = compile(&expr, NullSemantics::Sql);
        let whole = to_plain(&program.evaluate(&events).slice(1, 3));
        assert_eq!(&to_plain(&program.evaluate(&part)), &whole, "{expr:?}");
        let condition = program.evaluate_condition(&part);
        let values = program.evaluate_condition(&events);
        for row in 0..3 {
            assert_eq!(condition.value(row), values.value(row + 1), "{expr:?} row {row}");
        }
    }
}

#[test]
fn constants_are_computed_once() {
    let program = compile(
        &call("CONCAT", vec![text("a"), call("LOWER", vec![text("B")], Type::Text)], Type::Text),
        NullSemantics::Sql,
    );
    assert_eq!(program.constant().and_then(|c| c.text()).as_deref(), Some("ab"));
    let rows = ValueRows { rows: 3, ..ValueRows::default() };
    let array = program.evaluate(&rows);
    assert_eq!(view(&array).and_then(|t| t.dictionary()).map(Array::len), Some(1));
    assert_eq!(array.len(), 3);
    let none = program.evaluate(&ValueRows::default());
    assert_eq!(none.len(), 0);
}

#[test]
fn log_sources_met_later_have_names() {
    let cx = context();
    let sources = &cx.log_sources;
    let id = aql_event::LogSources::default().enter(12, "WindowsAuthServer", "host");
    let expr = call("LOGSOURCENAME", vec![int(id)], Type::Text);
    let program = Program::compile(&expr, NullSemantics::Sql, &cx).expect("compiles");
    assert_eq!(program.constant(), None);
    let rows = ValueRows { rows: 1, ..ValueRows::default() };
    assert!(view(&program.evaluate(&rows)).is_some_and(|t| t.value(0).is_none()));
    sources.enter(12, "WindowsAuthServer", "host");
    let named = program.evaluate(&rows);
    assert_eq!(view(&named).and_then(|t| t.value(0)), Some("WindowsAuthServer @ host"));
}

#[test]
fn rows_of_other_sources() {
    let rows = ValueRows {
        rows: 2,
        inputs: vec![
            Arc::new(StringViewArray::from(vec![Some("A"), None])) as ArrayRef,
            Arc::new(LargeStringArray::from(vec![Some("B"), None])),
            Arc::new(StringArray::from(vec![Some("C"), None])),
        ],
        keys: vec![
            Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef,
            Arc::new(UInt64Array::from(vec![Some(u64::MAX), Some(7)])),
        ],
        aggregates: vec![
            Arc::new(Float64Array::from(vec![2.5, 14.0])) as ArrayRef,
            Arc::new(Int64Array::from(vec![1])),
        ],
    };
    let texts = |expr: &aql_semantic::Expr| -> Vec<Option<String>> {
        let array = compile(expr, NullSemantics::Sql).evaluate(&rows);
        view(&array).expect("text").iter().map(|t| t.map(str::to_owned)).collect()
    };
    let some = |t: &str| Some(t.to_owned());
    for (index, name) in ["a", "b", "c"].into_iter().enumerate() {
        let lower = call("LOWER", vec![input(index, Type::Text)], Type::Text);
        assert_eq!(texts(&lower), [some(name), None]);
    }
    let str_of = |e| call("STR", vec![e], Type::Text);
    assert_eq!(texts(&str_of(key(0, Type::Integer))), [some("1"), None]);
    assert_eq!(texts(&str_of(key(1, Type::Integer))), [None, some("7")], "too large is null");
    assert_eq!(texts(&str_of(aggregate(0, Type::Double))), [some("2.5"), some("14.0")]);
    assert_eq!(texts(&str_of(aggregate(1, Type::Integer))), [None, None], "wrong length is null");
    assert_eq!(texts(&str_of(input(9, Type::Text))), [None, None], "missing is null");
    let long = call("LONG", vec![aggregate(0, Type::Double)], Type::Integer);
    let long = compile(&long, NullSemantics::Sql).evaluate(&rows);
    assert_eq!(long.as_primitive::<Int64Type>().values().to_vec(), [2, 14]);
    assert!(!Rows::is_empty(&rows));
}
