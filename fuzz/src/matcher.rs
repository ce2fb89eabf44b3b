//! Any conditions over any rows: matcher, class filter and row filter beside the plain evaluator
//! of `aql-testkit`, which shares no code with them.

use std::sync::{Arc, LazyLock};

use aql_event::{ClassFilter, ClassRow, EventBatch, Needs, RowFilter};
use aql_eval::Context;
use aql_match::{Matcher, RuleFilter, Scratch, WantedRows};
use aql_semantic::{Expr, NullSemantics};
use aql_testkit::{Naive, Random, Row, batch, columns, condition, rows, show, smallest};

type Rule = (Expr, NullSemantics);

static CONTEXT: LazyLock<Arc<Context>> = LazyLock::new(crate::language::context);

fn compile(rules: &[Rule]) -> Matcher {
    let needs = Needs::new(columns());
    let filters: Vec<RuleFilter<'_>> =
        rules.iter().map(|(e, nulls)| RuleFilter { filter: Some(e), nulls: *nulls }).collect();
    Matcher::compile(&filters, needs.columns(), &CONTEXT).expect("generated rules compile")
}

fn plainly((expr, nulls): &Rule, rows: &[Row]) -> Vec<usize> {
    let naive = Naive::new(*nulls);
    (0..rows.len()).filter(|&row| naive.keeps(expr, &rows[row])).collect()
}

fn found(matcher: &Matcher, rule: usize, events: &EventBatch, scratch: &mut Scratch) -> Vec<usize> {
    let hits = matcher.evaluate(events, scratch);
    hits.of(rule).map_or_else(Vec::new, |rows| rows.set_indices().collect())
}

/// Makes rules and rows of the bytes; everyone has to select the same rows.
pub fn check(bytes: &[u8]) {
    let random = &mut Random::of_bytes(bytes);
    let depth = random.below(4);
    let number = if random.chance(10) { 40 } else { 1 + random.below(4) };
    let rules: Vec<Rule> = (0..number)
        .map(|_| {
            let two = random.chance(50);
            let nulls = if two { NullSemantics::TwoValued } else { NullSemantics::Sql };
            (condition(random, depth), nulls)
        })
        .collect();
    let matcher = Arc::new(compile(&rules));
    let wanted = WantedRows::new(Arc::clone(&matcher));
    let mut scratch = Scratch::default();
    // Twice: what one batch leaves behind must not matter to the next.
    for _ in 0..2 {
        let number = random.below(80);
        let rows = rows(random, number);
        let events = batch(random, &rows);
        let hits = matcher.evaluate(&events, &mut scratch);
        let mut any = vec![false; rows.len()];
        for (at, rule) in rules.iter().enumerate() {
            let expected = plainly(rule, &rows);
            let found: Vec<usize> =
                hits.of(at).map_or_else(Vec::new, |rows| rows.set_indices().collect());
            assert!(found == expected, "{}", explain(rule, &rows, &events));
            expected.into_iter().for_each(|row| any[row] = true);
        }
        let passed: Vec<bool> = wanted.wanted(&events).iter().collect();
        assert_eq!(passed, any, "the row filter lets pass what some rule selects");
        for (row, matches) in rows.iter().zip(&any).take(8) {
            check_class(random, &matcher, row, *matches);
        }
    }
}

/// A class of which a matching row is one may match, whichever of its columns are known; and if all
/// are known, only then.
fn check_class(random: &mut Random, matcher: &Matcher, row: &Row, matches: bool) {
    let needs = Needs::new(columns());
    // What is not known has the value of another row.
    let other = rows(random, 1).remove(0);
    let known: Vec<bool> = needs.columns().iter().map(|_| random.chance(60)).collect();
    let class: Row = needs
        .columns()
        .iter()
        .zip(&known)
        .map(|(column, known)| {
            let from = if *known { row } else { &other };
            (column.name.to_string(), from[&*column.name].clone())
        })
        .collect();
    let events = batch(random, &[class]);
    let may = matcher.may_match(&ClassRow { row: &events, known: &known });
    assert!(may || !matches, "ruled out with {known:?}: {row:?}");
    let events = batch(random, std::slice::from_ref(row));
    let known = vec![true; known.len()];
    assert_eq!(matcher.may_match(&ClassRow { row: &events, known: &known }), matches, "{row:?}");
}

/// The smallest condition within a rule that is wrong on its own, and the first row where it is.
fn explain((expr, nulls): &Rule, rows: &[Row], events: &EventBatch) -> String {
    let outcomes = |expr: &Expr| {
        let rule = (expr.clone(), *nulls);
        let matcher = compile(std::slice::from_ref(&rule));
        (found(&matcher, 0, events, &mut Scratch::default()), plainly(&rule, rows))
    };
    let smallest = smallest(expr, &|expr| {
        let (found, expected) = outcomes(expr);
        found != expected
    });
    let (found, expected) = outcomes(&smallest);
    let wrong = (0..rows.len()).find(|row| found.contains(row) != expected.contains(row));
    let row = wrong.map(|row| &rows[row]);
    format!("{} under {nulls:?} selects {found:?}, not {expected:?}: {row:?}", show(&smallest))
}
