//! The matcher against the naive evaluator, on random conditions and rows.

use std::sync::Arc;

use aql_catalog::Catalog;
use aql_eval::Context;
use aql_event::{ClassFilter, ClassRow, EventBatch, Needs};
use aql_match::{Matcher, RuleFilter, Scratch};
use aql_semantic::{Expr, NullSemantics};
use aql_testkit::{self as testkit, Naive, Random, Row};
use proptest::prelude::*;

/// Cases per property; `PROPTEST_CASES` asks for more.
#[expect(clippy::disallowed_methods, reason = "how long to test is for who runs the tests")]
fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(cases),
        failure_persistence: None,
        ..Default::default()
    }
}

fn context() -> Arc<Context> {
    Arc::new(Context::new(Catalog::get(), 0))
}

fn compile(rules: &[(Expr, NullSemantics)]) -> Matcher {
    let needs = Needs::new(testkit::columns());
    let filters: Vec<RuleFilter<'_>> =
        rules.iter().map(|(e, nulls)| RuleFilter { filter: Some(e), nulls: *nulls }).collect();
    Matcher::compile(&filters, needs.columns(), &context()).expect("generated rules compile")
}

fn nulls(random: &mut Random) -> NullSemantics {
    if random.chance(50) { NullSemantics::TwoValued } else { NullSemantics::Sql }
}

fn naive((expr, nulls): &(Expr, NullSemantics), rows: &[Row]) -> Vec<usize> {
    let naive = Naive::new(*nulls);
    (0..rows.len()).filter(|&row| naive.keeps(expr, &rows[row])).collect()
}

/// The rows that every rule selects.
fn selected(matcher: &Matcher, batch: &EventBatch, scratch: &mut Scratch) -> Vec<Vec<usize>> {
    let hits = matcher.evaluate(batch, scratch);
    assert!(hits.rules.is_sorted_by(|a, b| a.rule < b.rule), "rules come in order");
    assert!(hits.rules.iter().all(|h| h.rows.has_true()), "only rules with hits");
    (0..matcher.rules())
        .map(|rule| hits.of(rule).map_or(Vec::new(), |rows| rows.set_indices().collect()))
        .collect()
}

/// A matcher of `rules` finds over random rows what the naive evaluator finds.
fn check(seed: u64, rules: usize, depth: usize, max_rows: usize) {
    let random = &mut Random::new(seed);
    let rules: Vec<(Expr, NullSemantics)> =
        (0..rules).map(|_| (testkit::condition(random, depth), nulls(random))).collect();
    let matcher = compile(&rules);
    let mut scratch = Scratch::default();
    for _ in 0..2 {
        let number = random.below(max_rows);
        let rows = testkit::rows(random, number);
        let batch = testkit::batch(random, &rows);
        let found = selected(&matcher, &batch, &mut scratch);
        for (rule, found) in rules.iter().zip(found) {
            let expected = naive(rule, &rows);
            if found != expected {
                panic!("{}", explain(rule, &rows, &batch));
            }
        }
    }
}

/// The smallest condition within a rule that is wrong on its own, and the first row where it is.
fn explain((expr, nulls): &(Expr, NullSemantics), rows: &[Row], batch: &EventBatch) -> String {
    let outcomes = |expr: &Expr| {
        let rule = (expr.clone(), *nulls);
        let matcher = compile(std::slice::from_ref(&rule));
        let found = selected(&matcher, batch, &mut Scratch::default()).remove(0);
        (found, naive(&rule, rows))
    };
    let smallest = testkit::smallest(expr, &|expr| {
        let (found, expected) = outcomes(expr);
        found != expected
    });
    let (found, expected) = outcomes(&smallest);
    let wrong = (0..rows.len()).find(|row| found.contains(row) != expected.contains(row));
    let row = wrong.map(|row| &rows[row]);
    format!(
        "{} under {nulls:?} should be {} in {row:?}",
        testkit::show(&smallest),
        wrong.is_some_and(|row| expected.contains(&row)),
    )
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn one_rule(seed in any::<u64>()) {
        check(seed, 1, 3, 40);
    }

    #[test]
    fn one_test(seed in any::<u64>()) {
        check(seed, 1, 0, 40);
    }
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn a_pack(seed in any::<u64>()) {
        check(seed, 60, 3, 150);
    }

    #[test]
    fn few_rules_many_rows(seed in any::<u64>()) {
        check(seed, 8, 2, 700);
    }

    /// A class of which some columns are known is not ruled out if a row of it matches; if all are
    /// known, it is ruled out unless the row matches.
    #[test]
    fn classes_are_not_ruled_out_wrongly(seed in any::<u64>()) {
        let random = &mut Random::new(seed);
        let depth = random.below(4);
        let number = 1 + random.below(3);
        let rules: Vec<_> =
            (0..number).map(|_| (testkit::condition(random, depth), nulls(random))).collect();
        let matcher = compile(&rules);
        let width = testkit::columns().len();
        for _ in 0..20 {
            let rows = testkit::rows(random, 2);
            let matches = rules.iter().any(|rule| naive(rule, &rows[..1]) == [0]);
            let known: Vec<bool> = (0..width).map(|_| random.chance(60)).collect();
            let needs = Needs::new(testkit::columns());
            // What is not known is the value of another row.
            let class: Row = needs
                .columns()
                .iter()
                .zip(&known)
                .map(|(column, known)| {
                    let name = column.name.to_string();
                    let cell = rows[usize::from(!known)][&name].clone();
                    (name, cell)
                })
                .collect();
            let row = testkit::batch(random, &[class]);
            let may = matcher.may_match(&ClassRow { row: &row, known: &known });
            let shown: Vec<_> = rules.iter().map(|(e, n)| (testkit::show(e), n)).collect();
            prop_assert!(may || !matches, "{shown:?} with {known:?}");
            let row = testkit::batch(random, &rows[..1]);
            let all = vec![true; width];
            prop_assert_eq!(matcher.may_match(&ClassRow { row: &row, known: &all }), matches);
        }
    }
}

/// One scratch serves several matchers and batches of all sizes.
#[test]
fn a_scratch_belongs_to_no_matcher() {
    let random = &mut Random::new(7);
    let mut scratch = Scratch::default();
    for _ in 0..20 {
        let number = 1 + random.below(30);
        let rules: Vec<_> =
            (0..number).map(|_| (testkit::condition(random, 2), nulls(random))).collect();
        let matcher = compile(&rules);
        for size in [0, 1, 64, 65, 300, 3] {
            let rows = testkit::rows(random, size);
            let batch = testkit::batch(random, &rows);
            let fresh = selected(&matcher, &batch, &mut Scratch::default());
            assert_eq!(selected(&matcher, &batch, &mut scratch), fresh);
        }
    }
}

/// A rule without a filter selects everything and rules no class out; a batch that lacks columns
/// reads as null.
#[test]
fn no_filter_and_no_columns() {
    let nulls = NullSemantics::TwoValued;
    let needs = Needs::new([]);
    let rules = [RuleFilter { filter: None, nulls }];
    let all = Matcher::compile(&rules, needs.columns(), &context()).expect("compiles");
    let random = &mut Random::new(1);
    let rows = testkit::rows(random, 70);
    let batch = testkit::batch(random, &rows);
    let mut scratch = Scratch::default();
    assert_eq!(selected(&all, &batch, &mut scratch), [(0..70).collect::<Vec<_>>()]);
    assert!(all.may_match(&ClassRow { row: &batch, known: &[] }));

    let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(5));
    let schema = Arc::clone(needs.schema());
    let records = arrow_array::RecordBatch::try_new_with_options(schema, vec![], &options);
    let bare = EventBatch::new(Arc::clone(needs.columns()), records.expect("no columns"));
    for seed in 0..300 {
        let random = &mut Random::new(seed);
        let rule = (testkit::condition(random, 2), self::nulls(random));
        let matcher = compile(std::slice::from_ref(&rule));
        let expected = naive(&rule, &vec![Row::new(); 5]);
        let found = selected(&matcher, &bare, &mut scratch);
        assert_eq!(found, [expected], "{}", testkit::show(&rule.0));
    }
}
