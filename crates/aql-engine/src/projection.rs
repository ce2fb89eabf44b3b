//! Expressions computed over rows into plain columns: what stands between the operators.

use std::sync::Arc;

use aql_diag::Diagnostic;
use aql_eval::{Context, Program, Rows, ValueRows, to_plain};
use aql_event::Type;
use aql_semantic::bound::{Expr, NullSemantics};
use arrow_array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow_cast::cast;
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::filter::FilterBuilder;

use crate::address;
use crate::failure::Failure;
use crate::relational::plain_type;

/// The form in which a computed column goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The value itself.
    Value,
    /// Something that sorts as the value does.
    Sortable,
}

/// One computed column.
#[derive(Debug)]
struct Computed {
    program: Program,
    ty: Type,
    form: Form,
}

/// Columns computed over the rows that a condition keeps.
#[derive(Debug)]
pub(crate) struct Projection {
    conditions: Vec<Program>,
    computed: Vec<Computed>,
    schema: SchemaRef,
}

/// Collects the columns of a [`Projection`].
pub(crate) struct ProjectionBuilder<'a> {
    context: &'a Arc<Context>,
    nulls: NullSemantics,
    conditions: Vec<Program>,
    computed: Vec<Computed>,
    fields: Vec<Field>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> ProjectionBuilder<'a> {
    pub(crate) fn new(context: &'a Arc<Context>, nulls: NullSemantics) -> Self {
        ProjectionBuilder {
            context,
            nulls,
            conditions: Vec::new(),
            computed: Vec::new(),
            fields: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    fn compile(&mut self, expr: &Expr) -> Option<Program> {
        match Program::compile(expr, self.nulls, self.context) {
            Ok(program) => Some(program),
            Err(diagnostics) => {
                self.diagnostics.extend(diagnostics);
                None
            }
        }
    }

    /// Keeps only rows for which the condition is true.
    pub(crate) fn condition(&mut self, expr: &Expr) {
        if let Some(program) = self.compile(expr) {
            self.conditions.push(program);
        }
    }

    /// Adds a column, and gives its Arrow type.
    pub(crate) fn column(&mut self, name: String, expr: &Expr, form: Form) -> DataType {
        let arrow_type = match (form, expr.ty) {
            (Form::Sortable, Type::Host) => DataType::Binary,
            (Form::Sortable, Type::IntegerList) => DataType::Utf8,
            (_, ty) => plain_type(ty),
        };
        if let Some(program) = self.compile(expr) {
            self.fields.push(Field::new(name, arrow_type.clone(), true));
            self.computed.push(Computed { program, ty: expr.ty, form });
        }
        arrow_type
    }

    pub(crate) fn build(self) -> Result<Projection, Vec<Diagnostic>> {
        if self.diagnostics.is_empty() {
            Ok(Projection {
                conditions: self.conditions,
                computed: self.computed,
                schema: Arc::new(Schema::new(self.fields)),
            })
        } else {
            Err(self.diagnostics)
        }
    }
}

impl Projection {
    /// Schema of the result.
    pub(crate) fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// What the expressions have to say: regular expressions that need backtracking.
    pub(crate) fn notes(&self) -> impl Iterator<Item = &Diagnostic> {
        let programs = self.computed.iter().map(|c| &c.program);
        self.conditions.iter().chain(programs).flat_map(|program| program.notes())
    }

    /// Computes the columns over rows of which every one is kept.
    pub(crate) fn compute(&self, rows: &dyn Rows) -> Result<RecordBatch, Failure> {
        let columns = self
            .computed
            .iter()
            .zip(self.schema.fields())
            .map(|(computed, field)| computed.evaluate(rows, field.data_type()))
            .collect::<Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        Ok(RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options)?)
    }

    /// Computes some of the columns, by name; those that are missing are left out.
    pub(crate) fn compute_only<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        rows: &dyn Rows,
    ) -> Result<Vec<ArrayRef>, Failure> {
        names
            .filter_map(|name| self.schema.column_with_name(name))
            .filter_map(|(place, field)| Some((self.computed.get(place)?, field)))
            .map(|(computed, field)| computed.evaluate(rows, field.data_type()))
            .collect()
    }

    /// Leaves out the rows that a condition does not keep, then computes the columns. The extra
    /// columns go along and come last.
    pub(crate) fn apply(
        &self,
        mut rows: ValueRows,
        mut extra: Vec<(Arc<Field>, ArrayRef)>,
    ) -> Result<RecordBatch, Failure> {
        for condition in &self.conditions {
            let mask = BooleanArray::new(condition.evaluate_condition(&rows).truth, None);
            let filter = FilterBuilder::new(&mask).optimize().build();
            for column in rows
                .inputs
                .iter_mut()
                .chain(&mut rows.keys)
                .chain(&mut rows.aggregates)
                .chain(extra.iter_mut().map(|(_, column)| column))
            {
                *column = filter.filter(column)?;
            }
            rows.rows = filter.count();
        }
        let batch = self.compute(&rows)?;
        if extra.is_empty() {
            return Ok(batch);
        }
        with_columns(&batch, extra)
    }
}

impl Computed {
    fn evaluate(&self, rows: &dyn Rows, arrow_type: &DataType) -> Result<ArrayRef, Failure> {
        let mut array = to_plain(&self.program.evaluate(rows));
        if self.form == Form::Sortable && self.ty == Type::Host {
            array = address::to_keys(&array);
        }
        if array.data_type() != arrow_type {
            array = cast(&array, arrow_type)?;
        }
        Ok(array)
    }
}

/// The batch with further columns at its end.
pub(crate) fn with_columns(
    batch: &RecordBatch,
    extra: Vec<(Arc<Field>, ArrayRef)>,
) -> Result<RecordBatch, Failure> {
    let mut fields = batch.schema().fields().to_vec();
    let mut columns = batch.columns().to_vec();
    for (field, column) in extra {
        fields.push(field);
        columns.push(column);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}
