//! Explanations agree with the matcher, and say what they should.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use aql_catalog::Catalog;
use aql_eval::Context;
use aql_event::{EventBatch, EventTable, Needs, ScanStep};
use aql_ingest::{Evidence, Options};
use aql_match::{Matcher, RuleFilter, Scratch};
use aql_pack::Pack;
use aql_report::why::{Explainer, Kind};
use aql_semantic::{BindOptions, BoundQuery, Mode, ProfileFile, bind_text};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn bind(text: &str) -> BoundQuery {
    let bound = bind_text(text, &BindOptions::default(), Catalog::get());
    bound.query.unwrap_or_else(|| panic!("{text}: {:?}", bound.diagnostics))
}

/// Every batch of the examples, with what the queries read.
fn batches(queries: &[&BoundQuery], cx: &Arc<Context>) -> Vec<EventBatch> {
    let (evidence, problems) =
        Evidence::open(&[root().join("examples/evidence")], Options::default());
    assert!(problems.is_empty(), "{problems:?}");
    let record = Catalog::get().event_field("aql.record").map(|f| f.column.clone());
    let columns = queries.iter().flat_map(|query| query.columns());
    let mut needs = Needs::new(columns.chain(record));
    needs.log_sources = Arc::clone(&cx.log_sources);
    let found = Mutex::new(Vec::new());
    evidence.scan(&needs, &|step| {
        if let ScanStep::Batch { events, .. } = step {
            found.lock().expect("no panic").push(events);
        }
        ControlFlow::Continue(())
    });
    found.into_inner().expect("no panic")
}

fn context() -> Arc<Context> {
    Arc::new(Context::new(Catalog::get(), 0))
}

/// Compares the root of the explanation with the matcher for every event; gives the numbers of
/// events and of matches.
fn agree(
    name: &str,
    query: &BoundQuery,
    text: &str,
    batches: &[EventBatch],
    cx: &Arc<Context>,
) -> (usize, usize) {
    let explainer = Explainer::new(query, text, cx).expect("compiles");
    let filter = RuleFilter { filter: query.filter.as_ref(), nulls: query.nulls };
    let columns = batches.first().expect("a batch").columns();
    let matcher = Matcher::compile(&[filter], columns, cx).expect("compiles");
    let (mut events, mut matches) = (0, 0);
    let mut funnel = explainer.empty_funnel();
    for batch in batches {
        let hits = matcher.evaluate(batch, &mut Scratch::default());
        funnel.add(&explainer.count(batch));
        for row in 0..batch.num_rows() {
            let hit = hits.of(0).is_some_and(|rows| rows.value(row));
            let explanation = explainer.explain(batch, row);
            assert_eq!(explanation.matches, hit, "{name}, row {row}: {explanation:?}");
            assert_eq!(explanation.killed_by.is_none(), hit, "{name}, row {row}");
            events += 1;
            matches += usize::from(hit);
        }
    }
    assert_eq!((funnel.events, funnel.matches()), (events as u64, matches as u64), "{name}");
    assert_eq!(explainer.died_at(&funnel).is_some(), matches == 0, "{name}");
    (events, matches)
}

#[test]
fn the_root_is_the_answer_of_the_matcher_for_every_event_and_rule() {
    let mut rules = Vec::new();
    for pack in Pack::bundled_names() {
        let pack = Pack::bundled(pack).expect("is there").expect("loads");
        for rule in pack.rules.into_iter().filter(|rule| rule.facts.correlation.is_none()) {
            let options = rule.bind_options(Mode::Lenient, &ProfileFile::default());
            let query = bind_text(&rule.query, &options, Catalog::get()).query.expect("binds");
            rules.push((rule, query));
        }
    }
    let cx = context();
    let queries: Vec<&BoundQuery> = rules.iter().map(|(_, query)| query).collect();
    let batches = batches(&queries, &cx);
    let mut found = 0;
    for (rule, query) in &rules {
        let (events, matches) = agree(&rule.name, query, &rule.query, &batches, &cx);
        assert!(events > 50, "{}: only {events} events", rule.name);
        found += matches;
    }
    assert!(found > 20, "only {found} matches: the comparison shows nothing");
}

#[test]
fn the_same_holds_for_null_and_for_every_shape_of_condition() {
    for condition in [
        "username IS NULL OR NOT (\"Process Path\" ILIKE '%powershell%')",
        "NOT (\"Event ID\" = 11 AND \"Process Path\" NOT ILIKE '%outlook%')",
        "\"Event ID\" BETWEEN 1 AND 11 AND NOT \"File Path\" ILIKE '%.ost'",
        "\"Event ID\" IN (1, 3, 11, 4104) OR sourceip = '10.0.0.1'",
        "NOT (NOT (\"Event ID\" = 1))",
        "NOT (username = 'x' OR username != 'x')",
        "username != NULL",
    ] {
        let text = format!("SELECT username FROM events WHERE {condition} LAST 1 DAYS");
        let mut query = bind(&text);
        let cx = context();
        let batches = batches(&[&query], &cx);
        agree(condition, &query, &text, &batches, &cx);
        query.nulls = aql_semantic::NullSemantics::Sql;
        agree(condition, &query, &text, &batches, &cx);
    }
    let text = "SELECT username FROM events LAST 1 DAYS";
    let (query, cx) = (bind(text), context());
    let (events, matches) = agree("no condition", &query, text, &batches(&[&query], &cx), &cx);
    assert_eq!(events, matches);
}

/// The killing part of the first event with this id, as text.
fn killer(condition: &str, event_id: i64) -> (Kind, String, Option<String>) {
    let text = format!(
        "SELECT \"Event ID\" FROM events WHERE \"Event ID\" = {event_id} AND ({condition})"
    );
    let query = bind(&text);
    let cx = context();
    let explainer = Explainer::new(&query, &text, &cx).expect("compiles");
    for batch in batches(&[&query], &cx) {
        for row in 0..batch.num_rows() {
            let explanation = explainer.explain(&batch, row);
            if explanation.nodes[1].value != Some(true) {
                continue;
            }
            let node = &explainer.nodes()[explanation.killed_by.expect("does not match")];
            let nearest = explanation.nearest.map(|at| explainer.nodes()[at].text.clone());
            return (node.kind, node.text.clone(), nearest);
        }
    }
    panic!("no event {event_id}");
}

#[test]
fn the_condition_that_killed_is_the_first_that_is_not_as_it_should_be() {
    let leaf = |text: &str| (Kind::Leaf, text.to_owned(), None);
    assert_eq!(killer("devicetype = 12 AND devicetype = 13", 11), leaf("devicetype = 13"));
    assert_eq!(killer("devicetype = 12 AND NOT (devicetype = 12)", 11), leaf("devicetype = 12"));
    assert_eq!(
        killer("NOT (devicetype = 13 OR devicetype = 12)", 11),
        leaf("devicetype = 12"),
        "under NOT it is the alternative that holds"
    );
    let (kind, _, nearest) =
        killer("devicetype = 1 OR (devicetype = 12 AND qideventcategory = 'x')", 11);
    assert_eq!(kind, Kind::Or);
    assert_eq!(nearest.as_deref(), Some("qideventcategory = 'x'"));
}

#[test]
fn a_missing_value_is_told_from_one_that_differs() {
    let text =
        "SELECT username FROM events WHERE \"Script Block Text\" ILIKE '%x%' AND devicetype = 1";
    let query = bind(text);
    let cx = context();
    let explainer = Explainer::new(&query, text, &cx).expect("compiles");
    let (mut null, mut differs) = (0, 0);
    for batch in batches(&[&query], &cx) {
        for row in 0..batch.num_rows() {
            let explanation = explainer.explain(&batch, row);
            let leaf = &explanation.nodes[1];
            assert_eq!(leaf.is_null, leaf.operands[0].value.is_null());
            if leaf.is_null {
                assert_eq!(leaf.value, Some(false), "nulls are two-valued by default");
                null += 1;
            } else {
                differs += 1;
            }
            assert!(explanation.nodes[2].is_settled != (leaf.value == Some(true)));
        }
    }
    assert!(null > 0 && differs > 0, "{null} {differs}");
}

#[test]
fn a_repaired_condition_shows_what_it_runs_as() {
    let text = "SELECT username FROM events WHERE \"Process Path\" ILIKE '%\\\\powershell.exe' \
                AND \"Event ID\" BETWEEN 1 AND 3";
    let explainer = Explainer::new(&bind(text), text, &context()).expect("compiles");
    let bound: Vec<_> = explainer.nodes().iter().filter_map(|n| n.bound.as_deref()).collect();
    assert_eq!(
        bound,
        [r#""Process Path" ILIKE '%\powershell.exe'"#, r#"("Event ID" >= 1 AND "Event ID" <= 3)"#]
    );
}
