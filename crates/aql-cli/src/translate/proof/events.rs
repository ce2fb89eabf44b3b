//! Which events conditions find.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use aql_catalog::Catalog;
use aql_eval::{Context, TextColumn};
use aql_event::{Column, EventBatch, EventTable, Needs, ScanStep};
use aql_match::{Matcher, RuleFilter, Scratch};
use aql_semantic::{BoundQuery, Expr, ExprKind, NullSemantics, Output};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use super::whole;

/// Where an event was read.
const PLACE: [&str; 2] = ["aql.file", "aql.record"];

/// The columns that say where an event was read: file and record.
pub(super) fn place_columns() -> [Option<Column>; 2] {
    PLACE.map(|name| Catalog::get().event_field(name).map(|field| field.column.clone()))
}

/// The query that lists the places of the events that a query's WHERE finds.
pub(super) fn listing(query: &BoundQuery) -> BoundQuery {
    let span = query.output.first().map(|o| o.expr.span).unwrap_or_default();
    let output = place_columns().into_iter().flatten().map(|column| {
        let name = column.name.to_string();
        Output { name, expr: Expr { ty: column.ty, kind: ExprKind::Column(column), span } }
    });
    BoundQuery {
        output: output.collect(),
        session: None,
        aggregate: None,
        having: None,
        ..whole(query)
    }
}

/// A condition over events.
pub(super) struct Filter {
    expr: Option<Expr>,
    nulls: NullSemantics,
    columns: BTreeSet<Column>,
    cx: Arc<Context>,
}

impl Filter {
    /// The condition of a query.
    pub(super) fn new(query: &BoundQuery, cx: &Arc<Context>) -> Filter {
        Filter {
            expr: query.filter.clone(),
            nulls: query.nulls,
            columns: listing(query).columns(),
            cx: Arc::clone(cx),
        }
    }
}

/// An event: number of the file, and the record.
pub(super) type Place = (u32, i64);

/// Events that a condition finds.
pub(super) type Found = BTreeSet<Place>;

/// Numbers of files.
#[derive(Default)]
pub(super) struct Places {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Places {
    /// The event of this file and record.
    pub(super) fn enter(&mut self, file: &str, record: i64) -> Place {
        if let Some(number) = self.numbers.get(file) {
            return (*number, record);
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(file.to_owned());
        self.numbers.insert(file.to_owned(), number);
        (number, record)
    }

    /// The event in words.
    pub(super) fn words(&self, (file, record): Place) -> String {
        let file = usize::try_from(file).ok().and_then(|at| self.names.get(at));
        format!("{}, record {record}", file.map_or("", String::as_str))
    }
}

/// The events that each condition finds, and the number of all events. The table is read once.
pub(super) fn find(
    table: &dyn EventTable,
    filters: &[Filter],
    places: &mut Places,
) -> anyhow::Result<(Vec<Found>, u64)> {
    let mut columns: BTreeSet<Column> = place_columns().into_iter().flatten().collect();
    columns.extend(filters.iter().flat_map(|filter| filter.columns.iter().cloned()));
    let needs = Needs::new(columns);
    let matchers = matchers(filters, &needs)?;
    let result = Mutex::new((vec![Found::new(); filters.len()], 0_u64, std::mem::take(places)));
    let scratch: Mutex<Vec<Scratch>> = Mutex::default();
    table.scan(&needs, &|step| {
        let ScanStep::Batch { events, .. } = step else { return ControlFlow::Continue(()) };
        let take = || scratch.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut own = take().unwrap_or_default();
        let hits: Vec<_> = matchers
            .iter()
            .map(|(of, matcher)| (of, matcher.evaluate(&events, &mut own)))
            .collect();
        scratch.lock().unwrap_or_else(PoisonError::into_inner).push(own);
        let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
        let (found, count, places) = &mut *result;
        *count += events.num_rows() as u64;
        for (of, hits) in hits {
            for hit in &hits.rules {
                let found = of.get(hit.rule).and_then(|filter| found.get_mut(*filter));
                let Some(found) = found else { continue };
                for row in hit.rows.set_indices() {
                    found.extend(
                        place(&events, row).map(|(file, record)| places.enter(&file, record)),
                    );
                }
            }
        }
        ControlFlow::Continue(())
    });
    let (found, count, known) = result.into_inner().unwrap_or_else(PoisonError::into_inner);
    *places = known;
    Ok((found, count))
}

/// One matcher for all conditions that share a context, with the positions of these.
fn matchers(filters: &[Filter], needs: &Needs) -> anyhow::Result<Vec<(Vec<usize>, Matcher)>> {
    let mut shared: Vec<(&Arc<Context>, Vec<usize>)> = Vec::new();
    for (at, filter) in filters.iter().enumerate() {
        match shared.iter_mut().find(|(cx, _)| Arc::ptr_eq(cx, &filter.cx)) {
            Some((_, of)) => of.push(at),
            None => shared.push((&filter.cx, vec![at])),
        }
    }
    let compile = |(cx, of): (&Arc<Context>, Vec<usize>)| {
        // Names of log sources are looked up among those that this scan meets.
        let log_sources = Arc::clone(&needs.log_sources);
        let cx = &Arc::new(Context { log_sources, ..Context::clone(cx) });
        let rules: Vec<RuleFilter<'_>> = of
            .iter()
            .filter_map(|at| filters.get(*at))
            .map(|filter| RuleFilter { filter: filter.expr.as_ref(), nulls: filter.nulls })
            .collect();
        let matcher = Matcher::compile(&rules, needs.columns(), cx).map_err(|problems| {
            let why = problems.first().map_or("", |(_, problem)| problem.message.as_str());
            anyhow!("an original cannot be run: {why}")
        })?;
        Ok((of, matcher))
    };
    shared.into_iter().map(compile).collect()
}

/// Where the event of a row was read.
pub(super) fn place(events: &EventBatch, row: usize) -> Option<(String, i64)> {
    let [file, record] = place_columns();
    let file = TextColumn::new(events.column(&file?)?)?.value(row)?.to_owned();
    let record = events.column(&record?)?.as_primitive_opt::<Int64Type>()?.value(row);
    Some((file, record))
}
