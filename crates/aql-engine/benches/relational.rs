//! Grouping, distinct values, sorting and regular expressions over two million rows, beside
//! DataFusion.
//!
//! `cargo bench -p aql-engine --bench relational [-- ROUNDS [NAME]]`. Both sides read the same Arrow
//! batches in memory. DataFusion runs a plan of the same SQL on one partition and one thread;
//! Aquiline binds the AQL, and reads with one thread. The rounds of the two sides alternate. Two figures
//! are given: the time by the clock of the fastest round, since other work on the machine only ever
//! adds to it, and the CPU time of all threads in the mean of all rounds (Linux only), which other
//! work adds less to. Aquiline's reading and pulling threads can overlap where there are two cores:
//! `taskset -c 0` takes that away.
//!
//! The sides must agree on the number of rows, which is checked; that they agree on the rows is what
//! the tests are for.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aql_catalog::Catalog;
use aql_engine::{Engine, RunOptions, WindowMode, WindowPolicy};
use aql_eval::Context;
use aql_event::{EventBatch, EventTable, Needs, ScanReport, ScanStep};
use aql_semantic::{BindOptions, bind_text};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
};
use arrow_schema::{Field, Schema};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::MemTable;
use datafusion::functions_aggregate::expr_fn as agg;
use datafusion::logical_expr::{Expr, Operator, binary_expr, col, lit};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;

const ROWS: usize = 2_000_000;
const BATCH: usize = 8192;

/// One query in both languages.
struct Case {
    name: &'static str,
    aql: &'static str,
    sql: &'static str,
    plan: fn(DataFrame) -> DataFrame,
}

const CASES: &[Case] = &[
    Case {
        name: "group, 200 groups",
        aql: "SELECT username, COUNT(*), SUM(sourceport) FROM events GROUP BY username",
        sql: "SELECT username, count(*), sum(sourceport) FROM t GROUP BY username",
        plan: |t| {
            let calls = vec![agg::count(lit(1_i64)), agg::sum(col("sourceport"))];
            t.aggregate(vec![col("username")], calls).unwrap()
        },
    },
    Case {
        name: "group, many groups",
        aql: "SELECT sourceip, username, COUNT(*) FROM events GROUP BY sourceip, username",
        sql: "SELECT sourceip, username, count(*) FROM t GROUP BY sourceip, username",
        plan: |t| {
            let keys = vec![col("sourceip"), col("username")];
            t.aggregate(keys, vec![agg::count(lit(1_i64))]).unwrap()
        },
    },
    Case {
        name: "distinct count",
        aql: "SELECT username, UNIQUECOUNT(sourceip) FROM events GROUP BY username",
        sql: "SELECT username, count(DISTINCT sourceip) FROM t GROUP BY username",
        plan: |t| {
            t.aggregate(vec![col("username")], vec![agg::count_distinct(col("sourceip"))]).unwrap()
        },
    },
    Case {
        name: "distinct rows",
        aql: "SELECT username, sourceport FROM events GROUP BY username, sourceport",
        sql: "SELECT DISTINCT username, sourceport FROM t",
        plan: |t| t.select(vec![col("username"), col("sourceport")]).unwrap().distinct().unwrap(),
    },
    Case {
        name: "sort",
        aql: "SELECT username, sourceip, sourceport FROM events ORDER BY sourceport DESC, username",
        sql: "SELECT username, sourceip, sourceport FROM t ORDER BY sourceport DESC, username",
        plan: |t| {
            t.select(vec![col("username"), col("sourceip"), col("sourceport")])
                .unwrap()
                .sort(vec![descending("sourceport"), col("username").sort(true, true)])
                .unwrap()
        },
    },
    Case {
        name: "sort, limit",
        aql: "SELECT username, sourceip, \"Process CommandLine\" FROM events \
              ORDER BY sourceport DESC LIMIT 100",
        sql: "SELECT username, sourceip, command FROM t ORDER BY sourceport DESC LIMIT 100",
        plan: |t| {
            t.sort(vec![descending("sourceport")])
                .unwrap()
                .limit(0, Some(100))
                .unwrap()
                .select(vec![col("username"), col("sourceip"), col(COMMAND)])
                .unwrap()
        },
    },
    Case {
        name: "regex",
        aql: "SELECT username, sourceip FROM events \
              WHERE \"Process CommandLine\" MATCHES 'tool[0-9]+7\\.exe .*-enc [a-f]+1'",
        sql: "SELECT username, sourceip FROM t WHERE command ~ 'tool[0-9]+7\\.exe .*-enc [a-f]+1'",
        plan: |t| {
            let pattern = lit("tool[0-9]+7\\.exe .*-enc [a-f]+1");
            t.filter(binary_expr(col(COMMAND), Operator::RegexMatch, pattern))
                .unwrap()
                .select(vec![col("username"), col("sourceip")])
                .unwrap()
        },
    },
];

const COMMAND: &str = "\"process commandline\"";

fn descending(name: &str) -> datafusion::logical_expr::SortExpr {
    let column: Expr = col(name);
    column.sort(false, false)
}

/// The rows: users and paths come as dictionaries, as readers give them.
fn data() -> Vec<RecordBatch> {
    let users: Vec<String> = (0..200).map(|i| format!("DOMAIN\\user{i}")).collect();
    let users = Arc::new(StringArray::from(users));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |n: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 20) % n
    };
    (0..ROWS.div_ceil(BATCH))
        .map(|batch| {
            let rows = BATCH.min(ROWS - batch * BATCH);
            let keys: Int32Array = (0..rows).map(|_| i32::try_from(below(200)).unwrap()).collect();
            let user = DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(&users) as ArrayRef);
            let ip = |_| {
                let n = below(5000);
                format!("10.{}.{}.{}", n % 7, n / 250, n % 250)
            };
            let ips: Vec<String> = (0..rows).map(ip).collect();
            let ports: Int64Array =
                (0..rows).map(|_| i64::try_from(below(65_536)).unwrap()).collect();
            let commands: Vec<String> = (0..rows)
                .map(|_| {
                    let (tool, file, code) = (below(300), below(100_000), below(1 << 32));
                    format!("C:\\Windows\\tool{tool}.exe --file C:\\tmp\\{file}.dat -enc {code:x}")
                })
                .collect();
            let columns: Vec<(&str, ArrayRef)> = vec![
                ("username", Arc::new(user.unwrap())),
                ("sourceip", Arc::new(StringArray::from(ips))),
                ("sourceport", Arc::new(ports)),
                ("process commandline", Arc::new(StringArray::from(commands))),
            ];
            let fields: Vec<Field> =
                columns.iter().map(|(n, a)| Field::new(*n, a.data_type().clone(), true)).collect();
            let arrays = columns.into_iter().map(|(_, array)| array).collect();
            RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
        })
        .collect()
}

/// The batches as a table that one thread reads.
struct Table(Vec<RecordBatch>);

impl EventTable for Table {
    fn scan(
        &self,
        needs: &Needs,
        visit: &(dyn Fn(ScanStep) -> ControlFlow<()> + Sync),
    ) -> ScanReport {
        let Some(first) = self.0.first() else { return ScanReport::default() };
        let places: Vec<usize> = needs
            .columns()
            .iter()
            .map(|c| first.schema().index_of(&c.name.to_lowercase()).unwrap())
            .collect();
        for batch in &self.0 {
            let records = batch.project(&places).unwrap();
            let fields: Vec<Field> = needs
                .columns()
                .iter()
                .zip(records.columns())
                .map(|(c, a)| Field::new(c.arrow_name(), a.data_type().clone(), true))
                .collect();
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            let records = RecordBatch::try_new_with_options(
                Arc::new(Schema::new(fields)),
                records.columns().to_vec(),
                &options,
            );
            let events = EventBatch::new(Arc::clone(needs.columns()), records.unwrap());
            if visit(ScanStep::Batch { part: 0, events }).is_break() {
                return ScanReport::default();
            }
        }
        let _ = visit(ScanStep::PartDone { part: 0 });
        ScanReport::default()
    }
}

/// Time and rows of Aquiline, from the text of the query on.
fn aquiline(case: &Case, table: &Table) -> (Duration, usize) {
    let context = Arc::new(Context::new(Catalog::get(), 0));
    let start = Instant::now();
    let bound = bind_text(case.aql, &BindOptions::default(), Catalog::get());
    let query = bound.query.unwrap_or_else(|| panic!("{:?}", bound.diagnostics));
    let plan = Engine::prepare(&query, &context).unwrap();
    let options = RunOptions::new(WindowPolicy { now: 0, mode: WindowMode::Ignore });
    let mut rows = 0;
    let outcome = plan.run(table, &options, &mut |batch| {
        rows += batch.num_rows();
        ControlFlow::Continue(())
    });
    assert!(outcome.is_complete(), "{:?}", outcome.diagnostics);
    (start.elapsed(), rows)
}

/// Time and rows of DataFusion, from the building of its plan on.
fn datafusion(case: &Case, table: &Arc<MemTable>) -> (Duration, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let start = Instant::now();
    let config = SessionConfig::new().with_target_partitions(1);
    let context = SessionContext::new_with_config(config);
    let rows = runtime.block_on(async {
        let table = context.read_table(Arc::clone(table) as _).unwrap();
        let mut stream = (case.plan)(table).execute_stream().await.unwrap();
        let mut rows = 0;
        while let Some(batch) = stream.next().await {
            rows += batch.unwrap().num_rows();
        }
        rows
    });
    (start.elapsed(), rows)
}

/// CPU time of the process so far, in hundredths of a second, as Linux counts it for user space.
fn ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program, in parentheses, may hold spaces.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

fn main() {
    // `cargo bench` adds `--bench`.
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let rounds: usize = args.first().map_or(7, |n| n.parse().unwrap());
    let only = args.get(1).map_or("", String::as_str);
    let batches = data();
    let schema = batches[0].schema();
    let memory = Arc::new(MemTable::try_new(schema, vec![batches.clone()]).unwrap());
    let table = Table(batches);
    println!(
        "| query | SQL | rows | Aquiline (ms) | DataFusion (ms) | ratio | Aquiline CPU (ms) | \
         DataFusion CPU (ms) | ratio |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for case in CASES.iter().filter(|c| c.name.contains(only)) {
        let mut best = [Duration::MAX; 2];
        let mut cpu = [0; 2];
        let mut rows = 0;
        // The rounds of both sides alternate: the machine's mood is shared.
        for _ in 0..rounds {
            let before = ticks();
            let (ours, our_rows) = aquiline(case, &table);
            let between = ticks();
            let (theirs, their_rows) = datafusion(case, &memory);
            cpu = [cpu[0] + between - before, cpu[1] + ticks() - between];
            assert_eq!(our_rows, their_rows, "rows of {}", case.name);
            best = [best[0].min(ours), best[1].min(theirs)];
            rows = our_rows;
        }
        let [ours, theirs] = best.map(|d| d.as_secs_f64() * 1000.0);
        let [our_cpu, their_cpu] = cpu.map(|ticks| ticks as f64 * 10.0 / rounds as f64);
        println!(
            "| {} | `{}` | {rows} | {ours:.1} | {theirs:.1} | {:.2} | {our_cpu:.1} | \
             {their_cpu:.1} | {:.2} |",
            case.name,
            case.sql.replace('|', "\\|"),
            ours / theirs,
            our_cpu / their_cpu
        );
    }
}
