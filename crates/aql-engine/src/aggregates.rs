//! Aggregates that DataFusion lacks: exact sums of integers, and the place of a group's first row.
//!
//! DataFusion adds integers in 64 bits, which overflow, or as decimals, which every row must first
//! be made into. Here 64-bit integers are added in 128 bits as they are.

use std::fmt::Debug;
use std::hash::Hash;
use std::mem::size_of;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, Decimal128Array, Float64Array, Int64Array};
use arrow_array::{UInt64Array, new_empty_array};
use arrow_schema::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, Expr, GroupsAccumulator, Signature,
    Volatility,
};

/// The sum of a column of integers as a double, added without rounding; null if all are null.
pub(crate) fn exact_sum(argument: Expr) -> Expr {
    call(Function::Sum, argument)
}

/// The mean of a column of integers as a double, added without rounding; null if all are null.
pub(crate) fn exact_average(argument: Expr) -> Expr {
    call(Function::Average, argument)
}

/// The least value of a column of integers that has no nulls: cheap where rows come in its order.
pub(crate) fn first_row(argument: Expr) -> Expr {
    call(Function::FirstRow, argument)
}

fn call(function: Function, argument: Expr) -> Expr {
    AggregateUDF::new_from_impl(Definition {
        function,
        signature: Signature::exact(vec![DataType::Int64], Volatility::Immutable),
    })
    .call(vec![argument])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Function {
    Sum,
    Average,
    FirstRow,
}

impl Function {
    fn is_average(self) -> bool {
        self == Function::Average
    }

    /// The columns of an intermediate state, as it is written to disk.
    fn state(self) -> &'static [(&'static str, DataType)] {
        const SUMS: &[(&str, DataType)] =
            &[("total", DataType::Decimal128(38, 0)), ("count", DataType::UInt64)];
        match self {
            Function::Sum | Function::Average => SUMS,
            Function::FirstRow => &[("first", DataType::Int64)],
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Definition {
    function: Function,
    signature: Signature,
}

impl AggregateUDFImpl for Definition {
    fn name(&self) -> &'static str {
        match self.function {
            Function::Sum => "exact_sum",
            Function::Average => "exact_average",
            Function::FirstRow => "first_row",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.function {
            Function::Sum | Function::Average => DataType::Float64,
            Function::FirstRow => DataType::Int64,
        })
    }

    fn accumulator(&self, _args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(match self.function {
            Function::Sum | Function::Average => {
                Box::new(OneGroup(Sums::new(self.function.is_average())))
            }
            Function::FirstRow => Box::new(OneGroup(FirstRows(Vec::new()))),
        })
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let field = |(part, ty): &(&str, DataType)| {
            Arc::new(Field::new(format!("{}[{part}]", args.name), ty.clone(), true))
        };
        Ok(self.function.state().iter().map(field).collect())
    }

    fn groups_accumulator_supported(&self, _args: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _args: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(match self.function {
            Function::Sum | Function::Average => Box::new(Sums::new(self.function.is_average())),
            Function::FirstRow => Box::new(FirstRows(Vec::new())),
        })
    }
}

/// Calls `add` with the group and the value of every row that counts.
fn for_each<T: arrow_array::ArrowPrimitiveType>(
    values: &[ArrayRef],
    groups: &[usize],
    filter: Option<&BooleanArray>,
    mut add: impl FnMut(usize, T::Native),
) -> Result<()> {
    let Some(values) = values.first().and_then(|v| v.as_primitive_opt::<T>()) else {
        return internal_err!("an aggregate of integers got no integers");
    };
    if values.null_count() == 0 && filter.is_none() {
        groups.iter().zip(values.values()).for_each(|(group, value)| add(*group, *value));
        return Ok(());
    }
    for (row, (group, value)) in groups.iter().zip(values.iter()).enumerate() {
        let counts = filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
        if let (true, Some(value)) = (counts, value) {
            add(*group, value);
        }
    }
    Ok(())
}

/// Sum and number of the values of a group.
#[derive(Clone, Copy, Default)]
struct Sum {
    total: i128,
    count: u64,
}

struct Sums {
    is_average: bool,
    groups: Vec<Sum>,
}

impl Sums {
    fn new(is_average: bool) -> Self {
        Sums { is_average, groups: Vec::new() }
    }

    fn arrays(sums: &[Sum]) -> Result<Vec<ArrayRef>> {
        let totals: Decimal128Array = sums.iter().map(|sum| Some(sum.total)).collect();
        let counts: UInt64Array = sums.iter().map(|sum| Some(sum.count)).collect();
        // No precision is checked: 2^63 values of 2^63 stay below the 38 digits that 2^126 has.
        Ok(vec![Arc::new(totals.with_precision_and_scale(38, 0)?), Arc::new(counts)])
    }
}

impl GroupsAccumulator for Sums {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        number: usize,
    ) -> Result<()> {
        self.groups.resize(number, Sum::default());
        for_each::<Int64Type>(values, groups, filter, |group, value| {
            if let Some(sum) = self.groups.get_mut(group) {
                sum.total += i128::from(value);
                sum.count += 1;
            }
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "a double is what the aggregate gives")]
    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        let result = |sum: &Sum| {
            let total = sum.total as f64;
            (sum.count > 0).then(|| if self.is_average { total / sum.count as f64 } else { total })
        };
        let results: Float64Array = emit.take_needed(&mut self.groups).iter().map(result).collect();
        Ok(Arc::new(results))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        Sums::arrays(&emit.take_needed(&mut self.groups))
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], number: usize) -> Result<()> {
        self.groups.resize(number, Sum::default());
        let (totals, counts) = values.split_at(values.len().min(1));
        for_each::<Decimal128Type>(totals, groups, None, |group, total| {
            if let Some(sum) = self.groups.get_mut(group) {
                sum.total += total;
            }
        })?;
        for_each::<UInt64Type>(counts, groups, None, |group, count| {
            if let Some(sum) = self.groups.get_mut(group) {
                sum.count += count;
            }
        })
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, Array::len);
        let mut sums = Sums::new(self.is_average);
        sums.update_batch(values, &(0..rows).collect::<Vec<_>>(), filter, rows)?;
        sums.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.groups.capacity() * size_of::<Sum>()
    }
}

/// The least value per group; one that no row has reached is beyond all.
struct FirstRows(Vec<i64>);

impl FirstRows {
    fn array(rows: Vec<i64>) -> ArrayRef {
        Arc::new(Int64Array::from(rows))
    }
}

impl GroupsAccumulator for FirstRows {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        number: usize,
    ) -> Result<()> {
        self.0.resize(number, i64::MAX);
        for_each::<Int64Type>(values, groups, filter, |group, value| {
            if let Some(first) = self.0.get_mut(group)
                && value < *first
            {
                *first = value;
            }
        })
    }

    fn evaluate(&mut self, emit: EmitTo) -> Result<ArrayRef> {
        Ok(FirstRows::array(emit.take_needed(&mut self.0)))
    }

    fn state(&mut self, emit: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit)?])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], groups: &[usize], number: usize) -> Result<()> {
        self.update_batch(values, groups, None, number)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, Array::len);
        let mut first = FirstRows(Vec::new());
        first.update_batch(values, &(0..rows).collect::<Vec<_>>(), filter, rows)?;
        first.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.0.capacity() * size_of::<i64>()
    }
}

/// An aggregate without groups: one group that all rows are in.
struct OneGroup<G>(G);

impl<G> Debug for OneGroup<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OneGroup").finish_non_exhaustive()
    }
}

impl<G: GroupsAccumulator> OneGroup<G> {
    /// Makes sure that the group is there, though no row may have come.
    fn open(&mut self) -> Result<()> {
        self.0.update_batch(&[new_empty_array(&DataType::Int64)], &[], None, 1)
    }
}

impl<G: GroupsAccumulator + Sync> Accumulator for OneGroup<G> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values.first().map_or(0, Array::len);
        self.0.update_batch(values, &vec![0; rows], None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.open()?;
        ScalarValue::try_from_array(&self.0.evaluate(EmitTo::All)?, 0)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.0.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.open()?;
        let state = self.0.state(EmitTo::All)?;
        state.iter().map(|part| ScalarValue::try_from_array(part, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states.first().map_or(0, Array::len);
        self.0.merge_batch(states, &vec![0; rows], 1)
    }
}
