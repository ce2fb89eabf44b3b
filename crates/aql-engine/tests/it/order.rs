//! ORDER BY with LIMIT gives the head of what ORDER BY alone gives, whatever is left out early.

use std::ops::ControlFlow;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_engine::{Engine, RunOptions, WindowMode, WindowPolicy};
use aql_eval::Context;
use aql_semantic::{BindOptions, bind_text};
use aql_testkit::Random;

use crate::slt::print;
use crate::table::MemoryTable;

/// Rows with many ties and nulls; `number` tells them apart.
fn table(random: &mut Random, threads: usize) -> MemoryTable {
    let header = ["sourceport", "username", "sourceip", "magnitude", "number"];
    let mut number = 0;
    let mut parts = Vec::new();
    for _ in 0..4 {
        let mut rows = Vec::new();
        for _ in 0..random.below(200) {
            let cell = |random: &mut Random, text: String| (!random.chance(20)).then_some(text);
            number += 1;
            let (port, user) = (random.below(8), random.below(6));
            let (host, double) = (random.below(5), random.below(5));
            rows.push(vec![
                cell(random, port.to_string()),
                cell(random, format!("user{user}")),
                cell(random, format!("10.0.0.{}", host * 9)),
                cell(random, format!("{double}")),
                Some(number.to_string()),
            ]);
        }
        parts.push(rows);
    }
    let header = header.map(str::to_owned).to_vec();
    MemoryTable { header, parts, threads, batch: 1 + random.below(70) }
}

fn rows(query: &str, table: &MemoryTable) -> Vec<String> {
    let bound = bind_text(query, &BindOptions::default(), Catalog::get());
    let query = bound.query.unwrap_or_else(|| panic!("{query}: {:?}", bound.diagnostics));
    let plan = Engine::prepare(&query, &Arc::new(Context::new(Catalog::get(), 0))).expect("a plan");
    let options = RunOptions::new(WindowPolicy { now: 0, mode: WindowMode::Ignore });
    let mut rows = Vec::new();
    let outcome = plan.run(table, &options, &mut |batch| {
        rows.extend(print(&batch));
        ControlFlow::Continue(())
    });
    assert!(outcome.is_complete(), "{:?}", outcome.diagnostics);
    rows
}

#[test]
fn limit_gives_the_head() {
    let random = &mut Random::new(3);
    let keys = ["sourceport", "username", "sourceip", "magnitude", "sourceport % 3"];
    for round in 0..150 {
        let table = table(random, 1 + round % 3);
        let order: Vec<String> = (0..1 + random.below(3))
            .map(|_| {
                let direction = if random.chance(50) { " DESC" } else { "" };
                format!("{}{direction}", random.pick(&keys))
            })
            .collect();
        let filter = if random.chance(30) { "WHERE sourceport > 2" } else { "" };
        let query = format!(
            "SELECT \"number\", sourceport, username FROM events {filter} ORDER BY {}",
            order.join(", ")
        );
        let mut expected = rows(&query, &table);
        let limit = *random.pick(&[1, 2, 7, 40, 150, 5000]);
        expected.truncate(limit);
        assert_eq!(rows(&format!("{query} LIMIT {limit}"), &table), expected, "{query} {limit}");
    }
}
