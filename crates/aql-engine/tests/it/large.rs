//! Long and deep queries, and those that grow while they are bound: they run, or are refused.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::Arc;

use aql_catalog::Catalog;
use aql_engine::{Engine, RunOptions, WindowMode, WindowPolicy};
use aql_eval::Context;
use aql_semantic::{BindOptions, bind_text};

use crate::slt::print;
use crate::table::MemoryTable;

const TABLE: [&str; 4] = [
    "starttime | username | sourceport | Process Path",
    "1000      | bob      | 9999       | C:\\a\\name-0000077.exe",
    "part",
    "2000      | alice    | -          | C:\\b\\other.exe",
];

/// The rows, or the codes of the errors.
fn answer(query: &str) -> Vec<String> {
    let mut table = MemoryTable::parse(TABLE.iter().copied());
    table.threads = 2;
    let bound = bind_text(query, &BindOptions::default(), Catalog::get());
    let Some(query) = bound.query else {
        let errors = bound.diagnostics.iter().filter(|d| d.is_error());
        return errors.map(|d| d.code.to_string()).collect();
    };
    let context = Arc::new(Context::new(Catalog::get(), 0));
    let plan = match Engine::prepare(&query, &context) {
        Ok(plan) => plan,
        Err(errors) => return errors.iter().map(|d| d.code.to_string()).collect(),
    };
    let options = RunOptions::new(WindowPolicy { now: 0, mode: WindowMode::Ignore });
    let mut rows = Vec::new();
    let outcome = plan.run(&table, &options, &mut |batch| {
        rows.extend(print(&batch));
        ControlFlow::Continue(())
    });
    rows.extend(outcome.diagnostics.iter().map(|d| d.code.to_string()));
    rows
}

/// So many terms, joined.
fn joined(terms: usize, by: &str, mut term: impl FnMut(usize) -> String) -> String {
    let mut text = String::new();
    for i in 0..terms {
        let _ = write!(text, "{}{}", if i > 0 { by } else { "" }, term(i));
    }
    text
}

#[test]
fn a_megabyte_of_conditions() {
    let pad = "x".repeat(60);
    let terms = joined(10_000, " OR ", |i| {
        format!("\"Process Path\" ILIKE '%name-{i:07}.exe' OR username = '{pad}'")
    });
    let query = format!("SELECT username FROM events WHERE {terms}");
    assert!(query.len() > 1 << 20);
    assert_eq!(answer(&query), ["bob"]);
    let all = format!("SELECT username FROM events WHERE NOT ({terms})");
    assert_eq!(answer(&all), ["alice"]);
}

#[test]
fn a_megabyte_of_values() {
    let values = joined(60_000, ", ", |i| format!("'value {i:010}'"));
    let query = format!("SELECT username FROM events WHERE username NOT IN ({values}, 'bob')");
    assert!(query.len() > 1 << 20);
    assert_eq!(answer(&query), ["alice"]);
}

#[test]
fn a_thousand_columns_keys_and_sort_keys() {
    let columns = joined(1_000, ", ", |i| format!("sourceport + {i} AS c{i}"));
    let keys = joined(1_000, ", ", |i| format!("c{i}"));
    let query = format!("SELECT {columns} FROM events ORDER BY {keys}");
    let rows = answer(&query);
    assert_eq!(rows.len(), 2);
    assert!(rows[1].starts_with("9999 | 10000 |") && rows[1].ends_with("| 10998"), "{}", rows[1]);
    let query = format!("SELECT {columns}, COUNT(*) FROM events GROUP BY {keys} ORDER BY c1 DESC");
    let rows = answer(&query);
    assert_eq!(rows.len(), 2);
    assert!(rows[0].ends_with("| 10998 | 1.0"), "{}", rows[0]);
}

/// `open` so many times, the middle, `close` as often.
fn nested(open: &str, middle: &str, close: &str, levels: usize) -> String {
    format!("{}{middle}{}", open.repeat(levels), close.repeat(levels))
}

/// The deepest nesting that binds runs; what is one deeper is refused.
fn deepest(query: impl Fn(usize) -> String, levels: usize, expected: &[&str]) {
    assert_eq!(answer(&query(levels)), expected);
    for levels in [levels + 1, 20_000] {
        let found = answer(&query(levels));
        assert!(found.iter().any(|code| code == "AQL024"), "{levels}: {found:?}");
    }
}

fn limit(query: &dyn Fn(usize) -> String) -> usize {
    let binds = |levels| bind_text(&query(levels), &BindOptions::default(), Catalog::get());
    (1..250).take_while(|levels| !binds(*levels).has_errors()).last().unwrap_or(0)
}

#[test]
fn deep_nesting() {
    let calls = |n| {
        let deep = nested("LOWER(", "username", ")", n);
        format!("SELECT {deep} AS x FROM events WHERE x = 'bob' ORDER BY x")
    };
    let nots = |n| {
        format!(
            "SELECT username FROM events WHERE {}sourceport = 9999",
            nested("NOT (", "", "", n) + "FALSE OR " + ""
        ) + &")".repeat(n)
    };
    let cases = |n| {
        let deep = nested("CASE WHEN sourceport = 1 THEN 0 ELSE ", "sourceport", " END", n);
        format!("SELECT username FROM events WHERE {deep} = 9999 GROUP BY username")
    };
    let sources = |n| {
        format!("SELECT username FROM {}", nested("(SELECT username FROM ", "events", ")", n))
            + " WHERE username = 'bob'"
    };
    let lists = |n| {
        let open = "username IN (SELECT username FROM events WHERE ";
        format!("SELECT username FROM events WHERE {}", nested(open, "sourceport = 9999", ")", n))
    };
    let sessions = |n| {
        let deep = nested("CONCAT(", "username", ")", n);
        format!(
            "SELECT {deep} FROM events WHERE sourceport > 0 SESSION BY starttime {deep} BEGIN {deep} = 'x'"
        )
    };
    let levels = limit(&calls);
    assert!(levels >= 90, "{levels}");
    deepest(calls, levels, &["bob"]);
    let levels = limit(&nots);
    assert!(levels >= 60, "{levels}");
    deepest(nots, levels, if levels.is_multiple_of(2) { &["bob"] } else { &["alice"] });
    let levels = limit(&cases);
    assert!(levels >= 50, "{levels}");
    deepest(cases, levels, &["bob"]);
    let levels = limit(&sources);
    assert!(levels >= 30, "{levels}");
    deepest(sources, levels, &["bob"]);
    let levels = limit(&lists);
    assert!(levels >= 20, "{levels}");
    deepest(lists, levels, &["bob"]);
    let levels = limit(&sessions);
    assert!(levels >= 90, "{levels}");
    deepest(sessions, levels, &["bob"]);
}

#[test]
fn what_doubles_is_bounded() {
    // Each level uses the one below twice.
    let between = |n| {
        let deep = nested("(", "sourceport", " BETWEEN 0 AND 1)", n);
        format!("SELECT username FROM events WHERE {deep}")
    };
    let case = |n| {
        let deep = nested("CASE ", "sourceport", " WHEN 1 THEN 1 WHEN 2 THEN 2 END", n);
        format!("SELECT username FROM events WHERE {deep} = 1")
    };
    // 9999 and nothing are not between 0 and 1: false, which is between false and true.
    assert_eq!(answer(&between(1)), Vec::<String>::new());
    assert_eq!(answer(&between(3)), ["bob", "alice"]);
    assert_eq!(answer(&between(40)), ["AQL024"]);
    assert_eq!(answer(&case(3)), Vec::<String>::new());
    assert_eq!(answer(&case(40)), ["AQL024"]);
    // A long alias, used often.
    let long = joined(2_000, " + ", |i| format!("STRLEN('{i}')"));
    let alias = |n| {
        let uses = joined(n, " OR ", |i| format!("a = {i}"));
        format!(
            "SELECT CONCAT(username, {}) AS a FROM events WHERE {uses}",
            long.replace(" + ", ", ")
        )
    };
    assert_eq!(answer(&alias(3)), Vec::<String>::new());
    assert_eq!(answer(&alias(20_000)), ["AQL024"]);
}
