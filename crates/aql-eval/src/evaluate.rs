//! Evaluating a compiled expression over rows.

use std::sync::Arc;

use aql_event::Type;
use aql_semantic::{ArithmeticOp, CompareBy, CompareOp, NullSemantics};
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::BooleanBuffer;
use rustc_hash::FxHashMap;

use crate::datum::{Number, integer_of_double};
use crate::like::LikePattern;
use crate::output::{Output, spread};
use crate::program::{Called, Kind, Node, Pattern, Set};
use crate::regex::JavaRegex;
use crate::values::{Evaluated, View, normalise};
use crate::{Condition, Context, Datum, Rows, compare_as, lanes};

pub(crate) struct Evaluator<'p> {
    pub(crate) nulls: NullSemantics,
    pub(crate) cx: &'p Context,
}

impl<'p> Evaluator<'p> {
    /// The value of a node in every row.
    ///
    /// Recursion goes through here and [`Self::condition`], so both leave the work to functions of
    /// their own: what these keep on the stack does not add up.
    pub(crate) fn value(&self, node: &'p Node, rows: &dyn Rows) -> Evaluated<'p> {
        match &node.kind {
            Kind::Constant(value) => Evaluated::Constant(value.lend()),
            Kind::Column(column) => leaf(rows.column(column), node.ty, rows.len()),
            Kind::Input(index) => leaf(rows.input(*index), node.ty, rows.len()),
            Kind::Key(index) => leaf(rows.key(*index), node.ty, rows.len()),
            Kind::Aggregate(index) => leaf(rows.aggregate(*index), node.ty, rows.len()),
            Kind::Compare { .. }
            | Kind::Like { .. }
            | Kind::Matches { .. }
            | Kind::In { .. }
            | Kind::IsNull(_)
            | Kind::And(_)
            | Kind::Or(_)
            | Kind::Not(_) => condition_value(&self.condition(node, rows, None)),
            Kind::Arithmetic { op, left, right } => {
                let operands = [self.value(left, rows), self.value(right, rows)];
                self.arithmetic(*op, node.ty, &operands, rows.len())
            }
            Kind::Negate(operand) => self.negated(node.ty, self.value(operand, rows), rows.len()),
            Kind::BitNot(operand) => self.inverted(self.value(operand, rows), rows.len()),
            Kind::Call { call, args, .. } => {
                let mut operands = Vec::with_capacity(args.len());
                for arg in args {
                    operands.push(self.value(arg, rows));
                }
                self.call(node, call, &operands, rows.len())
            }
            Kind::Case { branches, otherwise } => {
                self.case(node.ty, branches, otherwise.as_deref(), rows)
            }
        }
    }

    fn arithmetic(
        &self,
        op: ArithmeticOp,
        ty: Type,
        operands: &[Evaluated<'_>; 2],
        count: usize,
    ) -> Evaluated<'p> {
        lanes::map(count, operands, ty, false, self.cx, &|args, _| match args {
            [left, right] => arithmetic(op, ty == Type::Double, left, right),
            _ => Datum::Null,
        })
    }

    fn negated(&self, ty: Type, operand: Evaluated<'_>, count: usize) -> Evaluated<'p> {
        lanes::map(count, &[operand], ty, false, self.cx, &|args, _| {
            let Some(value) = args.first() else { return Datum::Null };
            if ty == Type::Double {
                // As a double from the start: as a number, zero has no sign to turn.
                let value = value.double().filter(|v| !v.is_nan());
                return value.map_or(Datum::Null, |v| Datum::Double(-v));
            }
            Datum::integer_or_null(value.number().and_then(whole).and_then(i64::checked_neg))
        })
    }

    fn inverted(&self, operand: Evaluated<'_>, count: usize) -> Evaluated<'p> {
        lanes::map(count, &[operand], Type::Integer, false, self.cx, &|args, _| {
            Datum::integer_or_null(args.first().and_then(Datum::integer).map(|v| !v))
        })
    }

    fn call(
        &self,
        node: &Node,
        call: &Called,
        operands: &[Evaluated<'_>],
        count: usize,
    ) -> Evaluated<'p> {
        let Kind::Call { repeats, column, .. } = &node.kind else {
            return Evaluated::Constant(Datum::Null);
        };
        if let (Some(column), [Evaluated::Array { array, .. }]) = (column, operands)
            && let Some(array) = column(array)
        {
            return Evaluated::array(array, node.ty);
        }
        lanes::map(count, operands, node.ty, *repeats, self.cx, &|args, cx| call.call(args, cx))
    }

    /// The outcome of a node as a condition. Outside `active` it means nothing.
    pub(crate) fn condition(
        &self,
        node: &'p Node,
        rows: &dyn Rows,
        active: Option<&BooleanBuffer>,
    ) -> Condition {
        let condition = match &node.kind {
            Kind::And(terms) => self.all(terms, rows, active),
            Kind::Or(terms) => self.any(terms, rows, active),
            Kind::Not(operand) => self.condition(operand, rows, active).negated(),
            Kind::IsNull(operand) => is_null(&self.value(operand, rows), rows.len()),
            Kind::Compare { op, by, left, right } => {
                let operands = [self.value(left, rows), self.value(right, rows)];
                compare(*op, *by, &operands, rows.len(), active)
            }
            Kind::In { expr, set } => is_in(self.value(expr, rows), set, rows.len(), active),
            Kind::Like { expr, pattern, ignore_case } => {
                let value = self.value(expr, rows);
                let read = |text: &str| Some(LikePattern::new(text, *ignore_case));
                self.pattern(value, pattern, rows, active, read, LikePattern::matches)
            }
            Kind::Matches { expr, pattern, ignore_case, mode } => {
                let value = self.value(expr, rows);
                let read = |text: &str| JavaRegex::new(text, *ignore_case, *mode).ok();
                self.pattern(value, pattern, rows, active, read, JavaRegex::is_match)
            }
            _ => truth(&self.value(node, rows), rows.len()),
        };
        match self.nulls {
            NullSemantics::TwoValued => condition.two_valued(),
            NullSemantics::Sql => condition,
        }
    }

    fn all(&self, terms: &'p [Node], rows: &dyn Rows, active: Option<&BooleanBuffer>) -> Condition {
        let mut all = Condition::constant(rows.len(), Some(true));
        for term in terms {
            let open = both(&all.not_false(), active);
            if !open.has_true() {
                break;
            }
            all = all.and(&self.condition(term, rows, Some(&open)));
        }
        all
    }

    fn any(&self, terms: &'p [Node], rows: &dyn Rows, active: Option<&BooleanBuffer>) -> Condition {
        let mut any = Condition::constant(rows.len(), Some(false));
        for term in terms {
            let open = both(&!&any.truth, active);
            if !open.has_true() {
                break;
            }
            any = any.or(&self.condition(term, rows, Some(&open)));
        }
        any
    }

    fn pattern<T>(
        &self,
        value: Evaluated<'_>,
        pattern: &'p Pattern<T>,
        rows: &dyn Rows,
        active: Option<&BooleanBuffer>,
        read: impl Fn(&str) -> Option<T>,
        matches: impl Fn(&T, &str) -> bool,
    ) -> Condition {
        let count = rows.len();
        match pattern {
            Pattern::Null => Condition::constant(count, None),
            Pattern::Fixed(fixed) => lanes::test(count, &[value], active, &mut |args| {
                Some(matches(fixed, &args.first()?.text()?))
            }),
            Pattern::Dynamic(node) => {
                let operands = [value, self.value(node, rows)];
                let mut known: FxHashMap<String, Option<T>> = FxHashMap::default();
                lanes::test(count, &operands, active, &mut |args| {
                    let [value, pattern] = args else { return None };
                    let (value, pattern) = (value.text()?, pattern.text()?);
                    if let Some(known) = known.get(&*pattern) {
                        return known.as_ref().map(|p| matches(p, &value));
                    }
                    // A pattern per row must not pile up.
                    if known.len() >= MAX_KNOWN {
                        known.clear();
                    }
                    let entry = known.entry(pattern.clone().into_owned());
                    entry.or_insert_with(|| read(&pattern)).as_ref().map(|p| matches(p, &value))
                })
            }
        }
    }

    fn case(
        &self,
        ty: Type,
        branches: &'p [(Node, Node)],
        otherwise: Option<&'p Node>,
        rows: &dyn Rows,
    ) -> Evaluated<'p> {
        let count = rows.len();
        let null = Datum::Null;
        let none = i32::try_from(branches.len()).unwrap_or(i32::MAX);
        let mut chosen = vec![none; count];
        let mut open = BooleanBuffer::new_set(count);
        for ((condition, _), index) in branches.iter().zip(0..) {
            let truth = &self.condition(condition, rows, Some(&open)).truth & &open;
            for row in truth.set_indices() {
                if let Some(slot) = chosen.get_mut(row) {
                    *slot = index;
                }
            }
            open = &open & &!&truth;
        }
        let mut values: Vec<Evaluated<'_>> =
            branches.iter().map(|(_, value)| self.value(value, rows)).collect();
        values.push(match otherwise {
            Some(node) => self.value(node, rows),
            None => Evaluated::Constant(null),
        });
        if values.iter().all(|v| v.constant().is_some()) {
            let mut distinct = Output::new(ty, values.len());
            values.iter().filter_map(Evaluated::constant).for_each(|v| distinct.push(v));
            return Evaluated::array(spread(ty, &distinct.finish(), chosen), ty);
        }
        let views: Vec<View<'_>> = values.iter().map(Evaluated::view).collect();
        let mut out = Output::new(ty, count);
        for (row, index) in chosen.into_iter().enumerate() {
            let view = usize::try_from(index).ok().and_then(|i| views.get(i));
            out.push(&view.map_or(Datum::Null, |v| v.get(row)));
        }
        Evaluated::array(out.finish(), ty)
    }
}

/// Most patterns remembered while each row brings its own.
const MAX_KNOWN: usize = 256;

/// The values of a column; null where it is missing or does not fit the rows.
fn leaf<'a>(array: Option<&ArrayRef>, ty: Type, count: usize) -> Evaluated<'a> {
    match array.filter(|a| a.len() == count).and_then(normalise) {
        Some(array) => Evaluated::array(array, ty),
        None => Evaluated::Constant(Datum::Null),
    }
}

fn condition_value<'a>(condition: &Condition) -> Evaluated<'a> {
    Evaluated::array(Arc::new(condition.to_array()), Type::Boolean)
}

fn is_in(
    value: Evaluated<'_>,
    set: &Set,
    count: usize,
    active: Option<&BooleanBuffer>,
) -> Condition {
    lanes::test(count, &[value], active, &mut |args| set.holds(args.first()?))
}

fn both(a: &BooleanBuffer, b: Option<&BooleanBuffer>) -> BooleanBuffer {
    b.map_or_else(|| a.clone(), |b| a & b)
}

fn is_null(value: &Evaluated<'_>, count: usize) -> Condition {
    match value {
        Evaluated::Constant(value) => Condition::constant(count, Some(value.is_null())),
        Evaluated::Array { array, .. } => {
            let truth = match array.logical_nulls() {
                Some(nulls) => !nulls.inner(),
                None => BooleanBuffer::new_unset(count),
            };
            Condition::new(truth, None)
        }
    }
}

/// A value as a condition.
fn truth(value: &Evaluated<'_>, count: usize) -> Condition {
    if let Evaluated::Array { array, .. } = value
        && let Some(booleans) = array.as_any().downcast_ref::<BooleanArray>()
    {
        return match booleans.nulls() {
            Some(valid) => Condition::new(booleans.values() & valid.inner(), Some(!valid.inner())),
            None => Condition::new(booleans.values().clone(), None),
        };
    }
    match value.view() {
        View::Constant(constant) => Condition::constant(count, constant.boolean()),
        View::Null => Condition::constant(count, None),
        view => Condition::collect(count, |row| view.get(row).boolean()),
    }
}

fn compare(
    op: CompareOp,
    by: CompareBy,
    operands: &[Evaluated<'_>; 2],
    count: usize,
    active: Option<&BooleanBuffer>,
) -> Condition {
    if by == CompareBy::Number {
        let [left, right] = operands;
        let fast = match (left.view(), right.view()) {
            (View::Integer(array), View::Constant(c)) => Some((op, array, c)),
            (View::Constant(c), View::Integer(array)) => Some((op.swapped(), array, c)),
            _ => None,
        };
        if let Some((op, array, constant)) = fast
            && let Some(Number::Integer(constant)) = constant.number()
        {
            let values = array.values();
            let truth =
                BooleanBuffer::collect_bool(count, |row| op.holds(values[row].cmp(&constant)));
            return match array.nulls() {
                Some(valid) => Condition::new(&truth & valid.inner(), Some(!valid.inner())),
                None => Condition::new(truth, None),
            };
        }
    }
    lanes::test(count, operands, active, &mut |args| {
        let [left, right] = args else { return None };
        compare_as(by, left, right).map(|ordering| op.holds(ordering))
    })
}

fn whole(number: Number) -> Option<i64> {
    match number {
        Number::Integer(v) => Some(v),
        Number::Double(v) => integer_of_double(v),
    }
}

/// One operation. Integers overflow to null; doubles that are no finite number are null.
fn arithmetic<'x>(
    op: ArithmeticOp,
    double: bool,
    left: &Datum<'_>,
    right: &Datum<'_>,
) -> Datum<'x> {
    let (Some(left), Some(right)) = (left.number(), right.number()) else { return Datum::Null };
    let as_double = op == ArithmeticOp::Pow
        || double
            && !matches!(op, ArithmeticOp::BitAnd | ArithmeticOp::BitOr | ArithmeticOp::BitXor);
    if as_double {
        let (a, b) = (left.double(), right.double());
        let result = match op {
            ArithmeticOp::Add => a + b,
            ArithmeticOp::Sub => a - b,
            ArithmeticOp::Mul => a * b,
            ArithmeticOp::Div => a / b,
            ArithmeticOp::Rem => a % b,
            _ => a.powf(b),
        };
        return if result.is_finite() { Datum::Double(result) } else { Datum::Null };
    }
    let (Some(a), Some(b)) = (whole(left), whole(right)) else { return Datum::Null };
    Datum::integer_or_null(match op {
        ArithmeticOp::Add => a.checked_add(b),
        ArithmeticOp::Sub => a.checked_sub(b),
        ArithmeticOp::Mul => a.checked_mul(b),
        ArithmeticOp::Rem if b == -1 => Some(0),
        ArithmeticOp::Rem => a.checked_rem(b),
        ArithmeticOp::BitAnd => Some(a & b),
        ArithmeticOp::BitOr => Some(a | b),
        ArithmeticOp::BitXor => Some(a ^ b),
        ArithmeticOp::Div => a.checked_div(b),
        ArithmeticOp::Pow => None,
    })
}
