//! Applying a function of single values to whole operands with as few calls as possible.
//!
//! Constants give one call in all. One dictionary beside constants gives a call per distinct
//! value. Everything else gives a call per row.

use aql_event::Type;
use arrow_array::Array;
use arrow_buffer::{BooleanBuffer, BooleanBufferBuilder};
use rustc_hash::FxHashMap;

use crate::output::{Output, spread};
use crate::values::{Evaluated, View};
use crate::{Condition, Context, Datum, TextColumn};

/// Which operands vary.
enum Lanes<'a> {
    Constant,
    Distinct { operand: usize, column: TextColumn<'a> },
    Rows,
}

fn lanes<'a>(operands: &'a [Evaluated<'_>]) -> Lanes<'a> {
    let mut varying = operands.iter().enumerate().filter(|(_, o)| o.constant().is_none());
    match (varying.next(), varying.next()) {
        (None, _) => Lanes::Constant,
        (Some((operand, one)), None) => match one.dictionary() {
            Some(column) => Lanes::Distinct { operand, column },
            None => Lanes::Rows,
        },
        _ => Lanes::Rows,
    }
}

/// A test of values.
pub(crate) type Test<'t> = dyn FnMut(&[Datum<'_>]) -> Option<bool> + 't;

/// A function of values.
pub(crate) type Map<'t> = dyn for<'x> Fn(&'x [Datum<'x>], &'x Context) -> Datum<'x> + 't;

/// A condition on operands. Outside `active` the outcome means nothing.
pub(crate) fn test(
    rows: usize,
    operands: &[Evaluated<'_>],
    active: Option<&BooleanBuffer>,
    test: &mut Test<'_>,
) -> Condition {
    let views: Vec<View<'_>> = operands.iter().map(Evaluated::view).collect();
    let mut args: Vec<Datum<'_>> = views
        .iter()
        .map(|v| if let View::Constant(value) = v { value.lend() } else { Datum::Null })
        .collect();
    match lanes(operands) {
        Lanes::Constant => Condition::constant(rows, test(&args)),
        Lanes::Distinct { operand, column } => {
            let null = test(&args);
            let host = matches!(views.get(operand), Some(View::Host(_)));
            let mut outcomes = Vec::new();
            for value in column.dictionary().into_iter().flatten() {
                if let Some(arg) = args.get_mut(operand) {
                    *arg = text_datum(value, host);
                }
                outcomes.push(test(&args));
            }
            let outcome =
                |row| column.key(row).and_then(|key| outcomes.get(key)).copied().unwrap_or(null);
            Condition::collect(rows, outcome)
        }
        Lanes::Rows => {
            let (mut truth, mut null) =
                (BooleanBufferBuilder::new(rows), BooleanBufferBuilder::new(rows));
            truth.append_n(rows, false);
            null.append_n(rows, false);
            let mut row = |row| {
                for (arg, view) in args.iter_mut().zip(&views) {
                    if !matches!(view, View::Constant(_)) {
                        *arg = view.get(row);
                    }
                }
                match test(&args) {
                    Some(true) => truth.set_bit(row, true),
                    Some(false) => {}
                    None => null.set_bit(row, true),
                }
            };
            match active {
                Some(active) => active.set_indices().for_each(&mut row),
                None => (0..rows).for_each(&mut row),
            }
            Condition::new(truth.finish(), Some(null.finish()))
        }
    }
}

/// A function of operands; `repeats` says that few distinct arguments are likely, so that each is
/// worth remembering.
pub(crate) fn map(
    rows: usize,
    operands: &[Evaluated<'_>],
    ty: Type,
    repeats: bool,
    cx: &Context,
    function: &Map<'_>,
) -> Evaluated<'static> {
    let views: Vec<View<'_>> = operands.iter().map(Evaluated::view).collect();
    let mut args: Vec<Datum<'_>> = views
        .iter()
        .map(|v| if let View::Constant(value) = v { value.lend() } else { Datum::Null })
        .collect();
    match lanes(operands) {
        Lanes::Constant => Evaluated::Constant(function(&args, cx).coerce(ty).into_owned()),
        Lanes::Distinct { operand, column } => {
            let host = matches!(views.get(operand), Some(View::Host(_)));
            let values = column.dictionary().map_or(0, Array::len);
            let mut out = Output::new(ty, values + 1);
            for value in column.dictionary().into_iter().flatten() {
                if let Some(arg) = args.get_mut(operand) {
                    *arg = text_datum(value, host);
                }
                out.push(&function(&args, cx));
            }
            if let Some(arg) = args.get_mut(operand) {
                *arg = Datum::Null;
            }
            out.push(&function(&args, cx));
            let index = (0..rows).map(|row| index_of(column.key(row).unwrap_or(values))).collect();
            Evaluated::array(spread(ty, &out.finish(), index), ty)
        }
        Lanes::Rows => {
            if repeats && let Some(array) = remembered(rows, &views, &mut args, ty, cx, function) {
                return array;
            }
            let mut out = Output::new(ty, rows);
            for row in 0..rows {
                for (arg, view) in args.iter_mut().zip(&views) {
                    if !matches!(view, View::Constant(_)) {
                        *arg = view.get(row);
                    }
                }
                out.push(&function(&args, cx));
            }
            Evaluated::array(out.finish(), ty)
        }
    }
}

/// Most varying arguments that [`remembered`] takes.
const MAX_REMEMBERED: usize = 2;

/// Calls the function once per distinct combination of arguments; integers and dictionary keys
/// only.
fn remembered<'v>(
    rows: usize,
    views: &'v [View<'_>],
    args: &mut [Datum<'v>],
    ty: Type,
    cx: &Context,
    function: &Map<'_>,
) -> Option<Evaluated<'static>> {
    let varying: Vec<usize> =
        (0..views.len()).filter(|&i| !matches!(views.get(i), Some(View::Constant(_)))).collect();
    let cheap = |i: &usize| match views.get(*i) {
        Some(View::Integer(_)) => true,
        Some(View::Text(t) | View::Host(t)) => t.dictionary().is_some(),
        _ => false,
    };
    if varying.len() > MAX_REMEMBERED || !varying.iter().all(cheap) {
        return None;
    }
    let mut seen: FxHashMap<[Option<i64>; MAX_REMEMBERED], i32> = FxHashMap::default();
    let mut out = Output::new(ty, 16);
    let mut index = Vec::with_capacity(rows);
    for row in 0..rows {
        let mut key = [None; MAX_REMEMBERED];
        for (slot, &i) in key.iter_mut().zip(&varying) {
            *slot = match views.get(i) {
                Some(View::Integer(a)) => a.is_valid(row).then(|| a.value(row)),
                Some(View::Text(t) | View::Host(t)) => {
                    t.key(row).and_then(|k| i64::try_from(k).ok())
                }
                _ => None,
            };
        }
        let next = index_of(seen.len());
        let at = *seen.entry(key).or_insert_with(|| {
            for &i in &varying {
                if let (Some(arg), Some(view)) = (args.get_mut(i), views.get(i)) {
                    *arg = view.get(row);
                }
            }
            out.push(&function(args, cx));
            next
        });
        index.push(at);
    }
    Some(Evaluated::array(spread(ty, &out.finish(), index), ty))
}

/// Batches are far smaller than this could overflow.
fn index_of(at: usize) -> i32 {
    i32::try_from(at).unwrap_or(-1)
}

fn text_datum(value: Option<&str>, host: bool) -> Datum<'_> {
    match value {
        None => Datum::Null,
        Some(text) if host => Datum::Host(text.into()),
        Some(text) => Datum::Text(text.into()),
    }
}
