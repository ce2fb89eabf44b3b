//! Random conditions over random events keep the same rows three ways: through the matcher, through
//! DataFusion's own expressions, and through the row-by-row evaluator.
//!
//! DataFusion gets what `native` can say in its own terms; tests that it has no words for are made
//! again, so that every condition compared is compared whole. Those tests are compared by the tests
//! of `aql-match`, two ways.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use aql_catalog::Catalog;
use aql_eval::Context;
use aql_event::{EventBatch, Needs};
use aql_match::{Matcher, RuleFilter, Scratch};
use aql_semantic::{Expr, NullSemantics};
use aql_testkit::{self as testkit, Naive, Random, Row};
use arrow_array::cast::AsArray;
use datafusion::common::DFSchema;
use datafusion::prelude::SessionContext;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use crate::native;

static SESSION: LazyLock<SessionContext> = LazyLock::new(SessionContext::new);

fn by_matcher(condition: &Expr, nulls: NullSemantics, batch: &EventBatch) -> Vec<usize> {
    let needs = Needs::new(testkit::columns());
    let context = Arc::new(Context::new(Catalog::get(), 0));
    let rules = [RuleFilter { filter: Some(condition), nulls }];
    let matcher = Matcher::compile(&rules, needs.columns(), &context).expect("compiles");
    let mut scratch = Scratch::default();
    let hits = matcher.evaluate(batch, &mut scratch);
    hits.of(0).map_or(Vec::new(), |rows| rows.set_indices().collect())
}

fn by_datafusion(condition: &Expr, nulls: NullSemantics, batch: &EventBatch) -> Vec<usize> {
    let records = batch.records();
    let schema = DFSchema::try_from(records.schema()).expect("names are distinct");
    let condition = native::condition(condition, nulls).expect("only these are generated");
    let shown = condition.to_string();
    let physical = SESSION
        .create_physical_expr(condition, &schema)
        .unwrap_or_else(|error| panic!("{shown}: {error}"));
    let outcome = physical
        .evaluate(records)
        .and_then(|value| value.into_array(records.num_rows()))
        .unwrap_or_else(|error| panic!("{shown}: {error}"));
    let outcome = outcome.as_boolean().iter().enumerate();
    outcome.filter(|(_, kept)| *kept == Some(true)).map(|(row, _)| row).collect()
}

fn by_rows(condition: &Expr, nulls: NullSemantics, rows: &[Row]) -> Vec<usize> {
    let naive = Naive::new(nulls);
    (0..rows.len()).filter(|&row| naive.keeps(condition, &rows[row])).collect()
}

/// What has been compared.
#[derive(Debug, Default)]
struct Tally {
    conditions: usize,
    /// Conditions that keep some rows and not all: the others say little.
    telling: usize,
    rows: usize,
    /// Single tests that DataFusion can express, and those made again because it cannot.
    expressible: usize,
    inexpressible: usize,
    /// Kinds of expression in the conditions compared.
    kinds: BTreeMap<String, usize>,
}

impl Tally {
    fn check(&mut self, seed: u64) -> Result<(), TestCaseError> {
        let random = &mut Random::new(seed);
        let nulls = if random.chance(50) { NullSemantics::TwoValued } else { NullSemantics::Sql };
        let depth = random.below(4);
        let condition = testkit::condition_that(random, depth, &mut |test| {
            let has_words = native::condition(test, nulls).is_some();
            *(if has_words { &mut self.expressible } else { &mut self.inexpressible }) += 1;
            has_words
        });
        let number = 1 + random.below(60);
        let rows = testkit::rows(random, number);
        let batch = testkit::batch(random, &rows);
        let three = |condition: &Expr| {
            [
                by_matcher(condition, nulls, &batch),
                by_datafusion(condition, nulls, &batch),
                by_rows(condition, nulls, &rows),
            ]
        };
        let is_wrong = |condition: &Expr| {
            let [matcher, datafusion, naive] = three(condition);
            matcher != naive || datafusion != naive
        };
        if is_wrong(&condition) {
            let smallest = testkit::smallest(&condition, &is_wrong);
            let [matcher, datafusion, naive] = three(&smallest);
            let kept = |row| [&matcher, &datafusion, &naive].map(|rows| rows.contains(&row));
            let row = (0..rows.len()).find(|&row| kept(row) != [kept(row)[0]; 3]);
            let [matcher, datafusion, naive] = row.map(kept).unwrap_or_default();
            return Err(TestCaseError::fail(format!(
                "{} under {nulls:?}, for DataFusion {}: matcher {matcher}, DataFusion \
                 {datafusion}, row by row {naive} in {:?}",
                testkit::show(&smallest),
                native::condition(&smallest, nulls).expect("a part of what has words"),
                row.map(|row| &rows[row]),
            )));
        }
        let kept = by_rows(&condition, nulls, &rows).len();
        self.conditions += 1;
        self.telling += usize::from(kept > 0 && kept < rows.len());
        self.rows += rows.len();
        condition.walk(&mut |part| {
            let name = format!("{:?}", part.kind);
            let end = name.find(|c: char| !c.is_alphanumeric()).unwrap_or(name.len());
            *self.kinds.entry(name[..end].to_owned()).or_default() += 1;
        });
        Ok(())
    }
}

/// So many conditions have all kinds among them.
const ENOUGH: usize = 400;

/// Cases; `PROPTEST_CASES` asks for more.
#[expect(clippy::disallowed_methods, reason = "how long to test is for who runs the tests")]
fn config() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(ENOUGH as u32),
        failure_persistence: None,
        ..Default::default()
    }
}

#[test]
fn three_ways_keep_the_same_rows() {
    let tally = std::cell::RefCell::new(Tally::default());
    let outcome = TestRunner::new(config())
        .run(&any::<u64>().no_shrink(), |seed| tally.borrow_mut().check(seed));
    let tally = tally.into_inner();
    println!("{tally:?}");
    if let Err(error) = outcome {
        panic!("{error}");
    }
    if tally.conditions < ENOUGH {
        return;
    }
    assert!(
        tally.telling * 3 > tally.conditions,
        "most conditions keep all rows or none: {tally:?}"
    );
    for kind in [
        "And",
        "Or",
        "Not",
        "Compare",
        "Like",
        "Matches",
        "In",
        "IsNull",
        "Arithmetic",
        "Case",
        "Call",
        "Column",
        "Literal",
    ] {
        assert!(tally.kinds.contains_key(kind), "no {kind} among the conditions: {tally:?}");
    }
}
