//! Real rules: all that bind of a public rule set, as one pack, against the expression evaluator.

use std::path::PathBuf;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_eval::{Context, Program};
use aql_event::{BatchBuilder, Column, EventBatch, Needs, Type};
use aql_match::{Matcher, RuleFilter, Scratch};
use aql_semantic::{BindOptions, BoundQuery, Expr, ExprKind, Value, bind_text};
use aql_testkit::Random;

fn rules() -> Option<Vec<BoundQuery>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/corpus/aql/sigma-qradar.jsonl");
    let text = std::fs::read_to_string(path).ok()?;
    let bind = |line: &str| {
        let rule: serde_json::Value = serde_json::from_str(line).expect("a rule per line");
        let text = rule["aql"].as_str().expect("a query");
        bind_text(text, &BindOptions::default(), Catalog::get()).query
    };
    Some(text.lines().filter_map(bind).collect())
}

/// The texts of the constants, without wildcards, by the column of their test.
fn texts(filter: &Expr, into: &mut Vec<(Column, String)>) {
    filter.walk(&mut |e| {
        let (value, texts): (&Expr, Vec<&Value>) = match &e.kind {
            ExprKind::Like { expr, pattern, .. } => match &pattern.kind {
                ExprKind::Literal(value) => (expr, vec![value]),
                _ => return,
            },
            ExprKind::In { expr, list, .. } => (expr, list.iter().collect()),
            _ => return,
        };
        let mut columns = std::collections::BTreeSet::new();
        value.columns(&mut columns);
        for column in columns {
            for text in &texts {
                if let Value::Text(text) = text {
                    into.push((column.clone(), text.replace('%', "")));
                }
            }
        }
    });
}

/// Events made of the constants of the rules, so that many rules match something.
fn events(needs: &Needs, filters: &[&Expr], rows: usize) -> Vec<EventBatch> {
    let random = &mut Random::new(3);
    let mut builder = BatchBuilder::new(needs);
    let mut batches = Vec::new();
    for _ in 0..rows {
        let mut cells: Vec<String> = vec![String::new(); needs.columns().len()];
        for _ in 0..1 + random.below(2) {
            let mut found = Vec::new();
            texts(filters[random.below(filters.len())], &mut found);
            for (column, text) in found {
                if random.chance(70)
                    && let Some(at) = needs.index_of(&column)
                {
                    let text = if random.chance(30) { text.to_uppercase() } else { text };
                    cells[at].push_str(&text);
                }
            }
        }
        for (at, column) in needs.columns().iter().enumerate() {
            match column.ty {
                Type::Integer => builder.set_integer(at, if random.chance(70) { 12 } else { 352 }),
                _ if cells[at].is_empty() => {}
                _ => builder.set_text(at, &cells[at]),
            }
        }
        builder.end_row();
        if builder.rows() == 1000 {
            batches.push(builder.finish());
        }
    }
    batches.push(builder.finish());
    batches
}

#[test]
fn sigma_rules_as_one_pack() {
    let Some(queries) = rules() else {
        eprintln!("skipped: no ../shared/corpus/aql/sigma-qradar.jsonl");
        return;
    };
    let filters: Vec<(&Expr, _)> =
        queries.iter().filter_map(|q| Some((q.filter.as_ref()?, q.nulls))).collect();
    eprintln!("{} rules bind", filters.len());
    assert!(!filters.is_empty(), "no rule binds");
    let context = Arc::new(Context::new(Catalog::get(), 0));
    let needs = Needs::new(queries.iter().flat_map(BoundQuery::columns));
    let rules: Vec<RuleFilter<'_>> =
        filters.iter().map(|(e, n)| RuleFilter { filter: Some(e), nulls: *n }).collect();
    let matcher = match Matcher::compile(&rules, needs.columns(), &context) {
        Ok(matcher) => matcher,
        Err(errors) => panic!("{:?}", errors.first()),
    };
    let expressions: Vec<&Expr> = filters.iter().map(|(e, _)| *e).collect();
    let mut scratch = Scratch::default();
    let mut hits = 0;
    let batches = events(&needs, &expressions, 2000);
    let programs: Vec<Program> = filters
        .iter()
        .map(|(e, n)| Program::compile(e, *n, &context).expect("the matcher compiles it too"))
        .collect();
    for batch in &batches {
        let found = matcher.evaluate(batch, &mut scratch);
        for (rule, program) in programs.iter().enumerate() {
            let expected = program.evaluate_condition(batch).truth;
            let expected: Vec<usize> = expected.set_indices().collect();
            let found: Vec<usize> =
                found.of(rule).map_or(Vec::new(), |rows| rows.set_indices().collect());
            assert_eq!(found, expected, "rule {rule}");
            hits += found.len();
        }
    }
    eprintln!("{hits} hits, {} atoms", matcher.atoms());
    assert!(hits > 1000, "the events match too little to show anything");
}
