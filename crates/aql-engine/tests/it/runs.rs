//! How a run behaves: order, early ends, limits, inner queries. Queries are made by hand, so that
//! nothing here depends on the language.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aql_catalog::Catalog;
use aql_diag::Span;
use aql_engine::{Engine, RunOptions, RunOutcome, WindowMode, WindowPolicy};
use aql_eval::Context;
use aql_event::{
    Column, ColumnKind, Encoding, EventTable, Needs, ScanReport, ScanStep, TimeRange, Type,
};
use aql_semantic::{
    Aggregate, AggregateCall, AggregateFunction, BoundQuery, CompareBy, CompareOp, Expr, ExprKind,
    Moment, NullSemantics, Order, Output, Source, Value, Window,
};

use crate::slt::print;
use crate::table::MemoryTable;

fn expr(kind: ExprKind, ty: Type) -> Expr {
    Expr { kind, ty, span: Span { start: 0, end: 0 } }
}

fn column(name: &str, ty: Type) -> Expr {
    let encoding = Encoding::Dictionary;
    expr(ExprKind::Column(Column::new(ColumnKind::Builtin, name, ty, encoding)), ty)
}

fn user() -> Expr {
    column("username", Type::Text)
}

fn port() -> Expr {
    column("sourceport", Type::Integer)
}

fn select(source: Source, outputs: impl IntoIterator<Item = Expr>) -> BoundQuery {
    BoundQuery {
        source,
        filter: None,
        session: None,
        aggregate: None,
        having: None,
        output: outputs.into_iter().map(|expr| Output { name: "x".to_owned(), expr }).collect(),
        order_by: Vec::new(),
        limit: None,
        window: Window::None,
        into: None,
        time_limit: None,
        nulls: NullSemantics::TwoValued,
    }
}

fn call(function: AggregateFunction, argument: Option<Expr>, ty: Type) -> AggregateCall {
    AggregateCall { function, argument, ty }
}

/// `SELECT user, SUM(port), FIRST(port), LAST(user) … GROUP BY user`
fn grouped() -> BoundQuery {
    let calls = vec![
        call(AggregateFunction::Sum, Some(port()), Type::Double),
        call(AggregateFunction::First, Some(port()), Type::Integer),
        call(AggregateFunction::Last, Some(user()), Type::Text),
    ];
    let outputs = std::iter::once(expr(ExprKind::Key(0), Type::Text))
        .chain(calls.iter().enumerate().map(|(i, call)| expr(ExprKind::Aggregate(i), call.ty)));
    BoundQuery {
        aggregate: Some(Aggregate { keys: vec![user()], calls: calls.clone() }),
        ..select(Source::Events, outputs)
    }
}

fn options<'a>(mode: WindowMode) -> RunOptions<'a> {
    RunOptions::new(WindowPolicy { now: 0, mode })
}

fn run(
    query: &BoundQuery,
    table: &dyn EventTable,
    options: &RunOptions<'_>,
) -> (Vec<String>, RunOutcome) {
    let context = Arc::new(Context::new(Catalog::get(), options.window.now));
    let plan = Engine::prepare(query, &context).expect("a query that compiles");
    let mut rows = Vec::new();
    let outcome = plan.run(table, options, &mut |batch| {
        rows.extend(print(&batch));
        ControlFlow::Continue(())
    });
    (rows, outcome)
}

fn codes(outcome: &RunOutcome) -> Vec<&'static str> {
    outcome.diagnostics.iter().map(|d| d.code.as_str()).collect()
}

/// Row `i` of part `p` has user `u<i % 7>` and port `1000 p + i`, none for every fifth.
fn large(threads: usize) -> MemoryTable {
    let header = ["starttime", "username", "sourceport"].map(str::to_owned).to_vec();
    let row = |part: usize, i: usize| {
        let port = (i % 5 != 4).then(|| (1000 * part + i).to_string());
        vec![Some((part * 100 + i).to_string()), Some(format!("u{}", i % 7)), port]
    };
    let parts = (0..40).map(|p| (0..(p * 7) % 23).map(|i| row(p, i)).collect()).collect();
    MemoryTable { header, parts, threads, batch: 2 }
}

#[test]
fn threads_do_not_change_rows() {
    let ordered = BoundQuery {
        // Ties by the hundred.
        order_by: vec![Order { expr: user(), descending: true }],
        limit: Some(50),
        ..select(Source::Events, [user(), port()])
    };
    let plain = select(Source::Events, [port(), user()]);
    let limited = BoundQuery { limit: Some(11), ..plain.clone() };
    for query in [plain, limited, ordered, grouped()] {
        let (one, _) = run(&query, &large(1), &options(WindowMode::Auto));
        assert!(!one.is_empty());
        for _ in 0..5 {
            let (four, _) = run(&query, &large(4), &options(WindowMode::Auto));
            assert_eq!(one, four);
        }
    }
}

#[test]
fn plain_rows_come_in_evidence_order_and_groups_by_first_appearance() {
    let table = MemoryTable::parse([
        "username | sourceport",
        "b | 1",
        "a | 2",
        "part",
        "b | -",
        "c | 4",
        "part",
        "a | 5",
    ]);
    let (rows, _) =
        run(&select(Source::Events, [user(), port()]), &table, &options(WindowMode::Ignore));
    assert_eq!(rows, ["b | 1", "a | 2", "b | -", "c | 4", "a | 5"]);
    let (rows, _) = run(&grouped(), &table, &options(WindowMode::Ignore));
    assert_eq!(rows, ["b | 1.0 | 1 | b", "a | 7.0 | 2 | a", "c | 4.0 | 4 | c"]);
}

/// Counts what is read of another table.
struct Counted<T>(T, AtomicU64);

impl<T: EventTable> EventTable for Counted<T> {
    fn scan(
        &self,
        needs: &Needs,
        visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport {
        self.0.scan(needs, &|step| {
            if let ScanStep::Batch { events, .. } = &step {
                self.1.fetch_add(events.num_rows() as u64, Ordering::Relaxed);
            }
            visit(step)
        })
    }
}

/// A table of 100,000 rows.
fn long() -> MemoryTable {
    let row = vec![Some("a".to_owned()), Some("1".to_owned())];
    MemoryTable {
        header: ["username", "sourceport"].map(str::to_owned).to_vec(),
        parts: vec![vec![row; 100]; 1000],
        threads: 2,
        batch: 10,
    }
}

#[test]
fn a_limit_stops_the_scan() {
    let table = Counted(long(), AtomicU64::new(0));
    let query = BoundQuery { limit: Some(3), ..select(Source::Events, [user()]) };
    let (rows, outcome) = run(&query, &table, &options(WindowMode::Ignore));
    assert_eq!((rows.len(), outcome.rows), (3, 3));
    assert!(outcome.is_complete());
    assert!(table.1.load(Ordering::Relaxed) < 50_000, "the scan went on");
}

#[test]
fn a_sink_that_breaks_stops_the_scan() {
    let table = Counted(long(), AtomicU64::new(0));
    let context = Arc::new(Context::new(Catalog::get(), 0));
    let query = select(Source::Events, [user()]);
    let plan = Engine::prepare(&query, &context).expect("a query that compiles");
    let outcome = plan.run(&table, &options(WindowMode::Ignore), &mut |_| ControlFlow::Break(()));
    assert!(outcome.rows > 0 && outcome.is_complete());
    assert!(table.1.load(Ordering::Relaxed) < 50_000, "the scan went on");
}

#[test]
fn a_deadline_ends_plain_and_grouped_queries() {
    let asked = AtomicU64::new(0);
    let is_over = || asked.fetch_add(1, Ordering::Relaxed) > 20;
    let limits = RunOptions { deadline: Some(&is_over), ..options(WindowMode::Ignore) };
    let plain = BoundQuery { time_limit: Some(30), ..select(Source::Events, [user()]) };
    let (_, outcome) = run(&plain, &long(), &limits);
    assert_eq!(codes(&outcome), ["RUN001"]);
    assert!(outcome.diagnostics[0].message.contains("30 ms"));
    asked.store(0, Ordering::Relaxed);
    let (rows, outcome) = run(&grouped(), &long(), &limits);
    assert_eq!((rows.len(), codes(&outcome)), (0, vec!["RUN001"]), "no half counts");
}

#[test]
fn a_memory_limit_ends_grouping_with_a_reason() {
    let header = vec!["username".to_owned(), "sourceport".to_owned()];
    let rows = (0..50_000).map(|i| vec![Some(format!("user number {i}")), None]).collect();
    let table = MemoryTable { header, parts: vec![rows], threads: 1, batch: 8192 };
    let limits = RunOptions { memory_limit: Some(500_000), ..options(WindowMode::Ignore) };
    let (rows, outcome) = run(&grouped(), &table, &limits);
    assert_eq!((rows.len(), codes(&outcome)), (0, vec!["RUN002"]));
}

#[test]
fn what_does_not_fit_into_memory_goes_to_disk() {
    let header = vec!["username".to_owned(), "sourceport".to_owned()];
    let row = |i: usize| vec![Some(format!("user number {}", i * 7 % 60_013)), Some(i.to_string())];
    let table = MemoryTable {
        header,
        parts: vec![(0..60_000).map(row).collect()],
        threads: 1,
        batch: 8192,
    };
    let ordered = BoundQuery {
        order_by: vec![Order { expr: user(), descending: false }],
        ..select(Source::Events, [user(), port()])
    };
    let small = |bytes| RunOptions {
        memory_limit: Some(bytes),
        spill: Some(env!("CARGO_TARGET_TMPDIR").into()),
        ..options(WindowMode::Ignore)
    };
    let mut summed = grouped();
    // FIRST and LAST keep more in memory than the merge of spilled groups allows for here.
    if let Some(aggregate) = &mut summed.aggregate {
        aggregate.calls.truncate(1);
    }
    summed.output.truncate(2);
    for (query, bytes) in [(ordered, 4_000_000), (summed, 6_000_000)] {
        let small = small(bytes);
        let (in_memory, _) = run(&query, &table, &options(WindowMode::Ignore));
        let without_disk = RunOptions { spill: None, ..small.clone() };
        let (_, outcome) = run(&query, &table, &without_disk);
        assert_eq!(codes(&outcome), ["RUN002"], "the limit is too high for this test");
        let (on_disk, outcome) = run(&query, &table, &small);
        assert_eq!(outcome.diagnostics, []);
        assert!(in_memory == on_disk, "rows differ");
    }
}

#[test]
fn inner_queries_run_first_and_are_cut() {
    let in_query = |inner: BoundQuery| {
        let kind = ExprKind::InQuery {
            expr: Box::new(user()),
            query: Box::new(inner),
            by: CompareBy::Text,
        };
        BoundQuery {
            filter: Some(expr(kind, Type::Boolean)),
            ..select(Source::Events, [user(), port()])
        }
    };
    let table = MemoryTable::parse(["username | sourceport", "a | 1", "b | 2", "a | 3"]);
    let is_one = ExprKind::Compare {
        op: CompareOp::Eq,
        by: CompareBy::Number,
        left: Box::new(port()),
        right: Box::new(expr(ExprKind::Literal(Value::Integer(1)), Type::Integer)),
    };
    let inner = BoundQuery {
        filter: Some(expr(is_one, Type::Boolean)),
        ..select(Source::Events, [user()])
    };
    let (rows, outcome) = run(&in_query(inner), &table, &options(WindowMode::Ignore));
    assert_eq!(rows, ["a | 1", "a | 3"]);
    assert!(outcome.diagnostics.is_empty());

    let header = vec!["username".to_owned(), "sourceport".to_owned()];
    // Every name twice: distinct values count.
    let names = (0..20_002).map(|i| vec![Some(format!("user{}", i / 2)), None]).collect();
    let table = MemoryTable { header, parts: vec![names], threads: 1, batch: 8192 };
    let inner = select(Source::Events, [user()]);
    let (rows, outcome) = run(&in_query(inner), &table, &options(WindowMode::Ignore));
    assert_eq!((rows.len(), codes(&outcome)), (20_000, vec!["RUN004"]));
}

#[test]
fn outer_queries_read_inner_rows() {
    let inner = grouped();
    let big = ExprKind::Compare {
        op: CompareOp::Gt,
        by: CompareBy::Number,
        left: Box::new(expr(ExprKind::Input(1), Type::Double)),
        right: Box::new(expr(ExprKind::Literal(Value::Integer(3)), Type::Integer)),
    };
    let outer = BoundQuery {
        filter: Some(expr(big, Type::Boolean)),
        order_by: vec![Order { expr: expr(ExprKind::Input(1), Type::Double), descending: true }],
        ..select(
            Source::Query(Box::new(inner)),
            [expr(ExprKind::Input(0), Type::Text), expr(ExprKind::Input(1), Type::Double)],
        )
    };
    let table =
        MemoryTable::parse(["username | sourceport", "c | 4", "a | 2", "b | 3", "part", "a | 5"]);
    let (rows, _) = run(&outer, &table, &options(WindowMode::Ignore));
    assert_eq!(rows, ["a | 7.0", "c | 4.0"]);
}

/// A reader with a fault.
struct Broken;

impl EventTable for Broken {
    fn scan(
        &self,
        _needs: &Needs,
        _visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport {
        panic!("a fault in a reader, on purpose");
    }
}

#[test]
fn a_reader_that_breaks_off_is_an_error() {
    for query in [select(Source::Events, [user()]), grouped()] {
        let (rows, outcome) = run(&query, &Broken, &options(WindowMode::Auto));
        assert_eq!((rows.len(), codes(&outcome)), (0, vec!["RUN003"]));
    }
}

#[test]
fn flows_are_empty_with_a_note() {
    let (rows, outcome) =
        run(&select(Source::Flows, [port()]), &long(), &options(WindowMode::Auto));
    assert_eq!((rows.len(), codes(&outcome)), (0, vec!["RUN005"]));
    assert!(outcome.is_complete());
}

#[test]
fn an_empty_window_is_not_the_last_word() {
    const MINUTE: i64 = 60_000;
    let table = MemoryTable::parse([
        "starttime | username",
        "60000   | a",
        "part",
        "6000000 | c",
        "5990000 | b",
    ]);
    let now = 1_000 * MINUTE;
    let last = BoundQuery { window: Window::Last(MINUTE), ..select(Source::Events, [user()]) };
    let with = |mode| RunOptions::new(WindowPolicy { now, mode });
    // All of the evidence, with a warning.
    let (rows, outcome) = run(&last, &table, &with(WindowMode::Auto));
    assert_eq!((rows.len(), codes(&outcome), outcome.window), (3, vec!["AQL127"], None));
    let text = format!("{:?}", outcome.diagnostics);
    assert!(text.contains("1970-01-01T00:01:00Z to 1970-01-01T01:40:00Z"), "{text}");

    // 6,000,000 is minute 100; the newest event has to be in the window that ends with it.
    let (rows, outcome) = run(&last, &table, &with(WindowMode::Newest));
    assert_eq!((rows, codes(&outcome)), (vec!["c".into(), "b".into()], vec![]));
    assert_eq!(outcome.window, Some(TimeRange { start: 99 * MINUTE, end: 101 * MINUTE }));

    let (rows, outcome) = run(&last, &table, &with(WindowMode::Honour));
    assert_eq!((rows.len(), codes(&outcome)), (0, vec!["AQL127"]));
    let text = format!("{:?}", outcome.diagnostics);
    assert!(text.contains("--now 1970-01-01T01:40:00.001Z"), "{text}");
    let (rows, outcome) = run(&last, &table, &with(WindowMode::Ignore));
    assert_eq!((rows.len(), codes(&outcome), outcome.window), (3, vec![], None));

    // One row, not two, though the evidence is read twice.
    let count = BoundQuery {
        aggregate: Some(Aggregate {
            keys: Vec::new(),
            calls: vec![call(AggregateFunction::Count, None, Type::Double)],
        }),
        output: vec![Output {
            name: "n".to_owned(),
            expr: expr(ExprKind::Aggregate(0), Type::Double),
        }],
        ..last.clone()
    };
    let (rows, _) = run(&count, &table, &with(WindowMode::Newest));
    assert_eq!(rows, ["2.0"]);
    let (rows, _) = run(&count, &table, &with(WindowMode::Auto));
    assert_eq!(rows, ["3.0"]);

    // A window between the events holds nothing, but the evidence is on both sides.
    let gap = BoundQuery {
        window: Window::Range { start: Moment::At(120_000), stop: Moment::At(180_000) },
        ..last.clone()
    };
    let (rows, outcome) = run(&gap, &table, &with(WindowMode::Auto));
    assert_eq!((rows.len(), codes(&outcome)), (0, vec![]));
    // Absolute windows stay where they are.
    let absolute = BoundQuery {
        window: Window::Range { start: Moment::At(now - MINUTE), stop: Moment::At(now) },
        ..last
    };
    let (rows, outcome) = run(&absolute, &table, &with(WindowMode::Auto));
    assert_eq!((rows.len(), codes(&outcome)), (0, vec!["AQL127"]));
}

#[test]
fn aggregates_are_exact_and_addresses_sort_as_addresses() {
    let table = MemoryTable::parse([
        "username | sourceport       | sourceip",
        "2        | 9007199254740993 | 10.0.0.9",
        "x        | 2                | 10.0.0.10",
        "4.5      | -9007199254740993| -",
    ]);
    let address = || column("sourceip", Type::Host);
    use AggregateFunction as F;
    let calls = vec![
        call(F::Sum, Some(port()), Type::Double),
        call(F::Avg, Some(port()), Type::Double),
        call(F::Sum, Some(user()), Type::Double),
        call(F::Avg, Some(user()), Type::Double),
        call(F::Max, Some(address()), Type::Host),
        call(F::Min, Some(user()), Type::Text),
        call(F::Count, Some(address()), Type::Double),
        call(F::Count, None, Type::Double),
        call(F::UniqueCount, Some(user()), Type::Double),
        call(F::DistinctCount, Some(user()), Type::Double),
        call(F::Last, Some(address()), Type::Host),
        call(F::StdevPopulation, Some(user()), Type::Double),
    ];
    let outputs: Vec<_> =
        calls.iter().enumerate().map(|(i, c)| expr(ExprKind::Aggregate(i), c.ty)).collect();
    let query = BoundQuery {
        aggregate: Some(Aggregate { keys: Vec::new(), calls }),
        ..select(Source::Events, outputs)
    };
    let (rows, outcome) = run(&query, &table, &options(WindowMode::Ignore));
    assert!(outcome.is_complete(), "{:?}", outcome.diagnostics);
    let third = 2.0_f64 / 3.0;
    assert_eq!(
        rows,
        [format!(
            "2.0 | {third:?} | 6.5 | 3.25 | 10.0.0.10 | 2 | 2.0 | 3.0 | 3.0 | 3.0 | - | 1.25"
        )]
    );
    let empty = MemoryTable { parts: Vec::new(), ..table.clone() };
    let (rows, _) = run(&query, &empty, &options(WindowMode::Ignore));
    assert_eq!(rows, ["- | - | - | - | - | - | 0.0 | 0.0 | 0.0 | 0.0 | - | -"]);

    let sorted = BoundQuery {
        order_by: vec![Order { expr: address(), descending: false }],
        ..select(Source::Events, [address()])
    };
    let (rows, _) = run(&sorted, &table, &options(WindowMode::Ignore));
    assert_eq!(rows, ["-", "10.0.0.9", "10.0.0.10"]);
}

#[test]
fn every_type_can_be_grouped_aggregated_and_sorted() {
    use AggregateFunction as F;
    let functions = [
        F::Count,
        F::Sum,
        F::Avg,
        F::Min,
        F::Max,
        F::First,
        F::Last,
        F::StdevSample,
        F::StdevPopulation,
        F::UniqueCount,
        F::DistinctCount,
    ];
    let types = [
        Type::Text,
        Type::Integer,
        Type::Double,
        Type::Boolean,
        Type::Host,
        Type::Time,
        Type::Binary,
        Type::IntegerList,
        Type::Null,
    ];
    // `1` is a value of most types; of the others it is none, which is a case as well.
    let table = MemoryTable::parse(["x | y", "1 | 1", "- | -", "1 | 2"]);
    for ty in types {
        let x = || column("x", ty);
        for function in functions {
            let result = match function {
                F::First | F::Last => ty,
                F::Min | F::Max if !ty.is_numeric() => ty,
                _ => Type::Double,
            };
            let query = BoundQuery {
                aggregate: Some(Aggregate {
                    keys: vec![x()],
                    calls: vec![call(function, Some(x()), result)],
                }),
                order_by: vec![
                    Order { expr: expr(ExprKind::Aggregate(0), result), descending: true },
                    Order { expr: expr(ExprKind::Key(0), ty), descending: false },
                ],
                ..select(
                    Source::Events,
                    [expr(ExprKind::Literal(Value::Integer(7)), Type::Integer)],
                )
            };
            let (rows, outcome) = run(&query, &table, &options(WindowMode::Ignore));
            assert_eq!(outcome.diagnostics, [], "{function:?} of {ty}");
            let groups = if matches!(ty, Type::Host | Type::IntegerList) { 1 } else { 2 };
            assert_eq!(rows.len(), groups, "{function:?} of {ty}");
        }
    }
}
