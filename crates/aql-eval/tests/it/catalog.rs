//! The functions of the catalog and those of this crate are the same.

use std::fs;
use std::path::Path;

use aql_catalog::Catalog;
use aql_eval::functions::{NOT_YET, find};
use aql_eval::{Rows as _, ValueRows, text as view};
use aql_event::Type;
use aql_semantic::{Expr, NullSemantics};
use arrow_array::Array as _;

use crate::build::{call, compile, double, int, null, text};

#[test]
fn every_scalar_function_is_implemented_or_announced() {
    let functions = Catalog::get().functions();
    let missing: Vec<&str> = functions
        .iter()
        .filter(|f| !f.aggregate)
        .map(|f| &*f.name)
        .filter(|name| find(name).is_none() && !NOT_YET.contains(name))
        .collect();
    assert_eq!(missing, [""; 0], "neither implemented in src/functions nor in NOT_YET");
}

/// What is in NOT_YET stands only behind FROM and TIMES, and is no function of values.
#[test]
fn every_scalar_function_has_a_file_with_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/functions");
    for function in Catalog::get().functions() {
        let name = &*function.name;
        if function.aggregate || NOT_YET.contains(&name) {
            continue;
        }
        let file = folder.join(format!("{}.rs", name.to_lowercase().replace("::", "_")));
        let text = fs::read_to_string(&file).unwrap_or_default();
        assert!(text.contains("#[test]"), "{name}: no test in {}", file.display());
    }
    assert_eq!(NOT_YET, ["GLOBALVIEW", "OFFENSE_TIME"]);
}

#[test]
fn functions_to_come_are_functions_of_the_catalog() {
    let catalog = Catalog::get();
    assert!(!catalog.functions().is_empty());
    let unknown: Vec<&&str> = NOT_YET.iter().filter(|n| catalog.function(n).is_none()).collect();
    assert_eq!(unknown, [&""; 0]);
}

/// A constant of the examples.
fn constant(text_of: &str) -> Option<Expr> {
    if let Some(inner) = text_of.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        return Some(text(&inner.replace("''", "'")));
    }
    match text_of {
        "NULL" => Some(null()),
        number => number.parse().map(int).or_else(|_| number.parse().map(double)).ok(),
    }
}

/// The arguments of an example, if all are constants. No example has a comma in a text.
fn arguments(example: &str) -> Option<Vec<Expr>> {
    let (_, arguments) = example.strip_suffix(')')?.split_once('(')?;
    if arguments.is_empty() {
        return Some(Vec::new());
    }
    arguments.split(", ").map(constant).collect()
}

/// The examples that need no event give the results that stand beside them.
#[test]
fn examples_of_the_catalog_hold() {
    let mut checked = Vec::new();
    for function in Catalog::get().functions() {
        if function.aggregate || find(&function.name).is_none() {
            continue;
        }
        let (Some(args), Some(ty)) = (arguments(&function.example), function.result) else {
            continue;
        };
        let rows = ValueRows { rows: 1, ..ValueRows::default() };
        let array = compile(&call(&function.name, args, ty), NullSemantics::Sql).evaluate(&rows);
        assert_eq!(array.len(), rows.len());
        let str_of =
            compile(&call("STR", vec![crate::build::input(0, ty)], Type::Text), NullSemantics::Sql);
        let result = str_of.evaluate(&ValueRows { rows: 1, inputs: vec![array], ..rows });
        let result = view(&result).and_then(|t| t.value(0)).unwrap_or("null").to_owned();
        let expected = function.example_result.split(" at ").next().unwrap_or_default();
        assert_eq!(result, expected.trim_matches('\''), "{}", function.example);
        checked.push(function.name.to_string());
    }
    // Those left out read columns.
    for name in ["LOWER", "NOW", "REPLACEALL", "QIDNAME", "INCIDR", "PARSETIMESTAMP", "LONG"] {
        assert!(checked.iter().any(|c| c == name), "the example of {name} was not checked");
    }
}
