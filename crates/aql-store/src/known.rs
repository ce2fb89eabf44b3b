//! What is known of the events of some classes before any of them is read.

use aql_event::{BatchBuilder, ClassRow, EventBatch, Needs, Occurrences, Type};
use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_schema::ArrowError;
use arrow_select::take::take;
use serde_json::Value;

use crate::classes::{ClassFacts, SegmentFacts};
use crate::file_columns::{FileColumns, From};

/// Needed columns that have one value in all events of some classes, or none in any.
pub(crate) struct Known {
    /// One event, in which the columns that are known mean something.
    row: EventBatch,
    /// By needed column.
    is_known: Vec<bool>,
    /// Of these, those whose value is just what would be read.
    is_exact: Vec<bool>,
    /// Have events fields without a column?
    pub(crate) has_more: bool,
    /// By needed column: may it have to be looked for in the raw record?
    pub(crate) reread: Vec<bool>,
}

impl Known {
    /// Of these classes of a segment; without facts nothing is known.
    pub(crate) fn new(
        facts: Option<&SegmentFacts>,
        classes: &[usize],
        needs: &Needs,
        columns: &[From],
        names: &FileColumns,
    ) -> Self {
        let classes: Option<Vec<&ClassFacts>> = facts
            .and_then(|facts| classes.iter().map(|at| facts.classes.get(*at)).collect())
            .filter(|classes: &Vec<_>| !classes.is_empty());
        let mut row = BatchBuilder::of_one_row(needs);
        let mut is_known = vec![false; columns.len()];
        let mut is_exact = vec![false; columns.len()];
        let mut has_more = names.more.is_some();
        let mut reread: Vec<bool> =
            columns.iter().map(|from| matches!(from, From::Field { reread: true, .. })).collect();
        if let Some(classes) = classes {
            has_more = classes.iter().any(|class| names.more.is_some_and(|at| class.has(at)));
            let each = columns.iter().zip(needs.columns().iter()).zip(&mut reread).enumerate();
            for (index, ((from, column), reread)) in each {
                *reread &= classes.iter().any(|class| {
                    let format = names.format.and_then(|at| class.constant(at));
                    let format = format.and_then(Value::as_str);
                    format.is_none_or(|format| !aql_ingest::lists_every(format, &column.name))
                });
                let mut values = classes.iter().map(|class| value(class, from, has_more, *reread));
                let Some(Some(first)) = values.next() else { continue };
                if values.all(|value| value == Some(first)) {
                    is_known[index] = match first {
                        Some(value) => set(value, index, &mut row),
                        None => true,
                    };
                    is_exact[index] =
                        is_known[index] && first.is_none_or(|value| is_of(value, column.ty));
                }
            }
        }
        row.end_row();
        Known { row: row.finish(), is_known, is_exact, has_more, reread }
    }

    /// Need the column not be read?
    pub(crate) fn has(&self, index: usize) -> bool {
        self.is_exact.get(index).copied().unwrap_or(false)
    }

    /// May events match, as far as is known?
    pub(crate) fn may_match(&self, needs: &Needs) -> bool {
        let class = ClassRow { row: &self.row, known: &self.is_known };
        needs.class_filter.as_ref().is_none_or(|filter| filter.may_match(&class))
    }

    /// The same, where it is known which texts may occur in them.
    pub(crate) fn may_match_among(&self, needs: &Needs, texts: &dyn Occurrences) -> bool {
        let class = ClassRow { row: &self.row, known: &self.is_known };
        needs.class_filter.as_ref().is_none_or(|filter| filter.may_match_among(&class, texts))
    }

    /// The values of a column that need not be read, for so many events.
    pub(crate) fn array(&self, index: usize, rows: usize) -> Result<ArrayRef, ArrowError> {
        let one = self.row.records().column(index);
        if one.is_null(0) {
            return Ok(arrow_array::new_null_array(one.data_type(), rows));
        }
        take(one, &UInt32Array::from_value(0, rows), None)
    }
}

impl ClassFacts {
    /// Have events of the class a value in a column of the file?
    fn has(&self, column: usize) -> bool {
        self.varying.contains(&column) || self.constant(column).is_some()
    }

    /// The value that all events of the class have in a column of the file.
    pub(crate) fn constant(&self, column: usize) -> Option<&Value> {
        self.constant.iter().find(|(at, _)| *at == column).map(|(_, value)| value)
    }
}

/// The file that all events of some classes were read from, if it is known and one.
pub(crate) fn file<'f>(
    facts: Option<&'f SegmentFacts>,
    classes: &[usize],
    names: &FileColumns,
) -> Option<&'f str> {
    let (facts, at) = facts.zip(names.file)?;
    let mut files = classes.iter().map(|class| facts.classes.get(*class)?.constant(at)?.as_str());
    let first = files.next()??;
    files.all(|file| file == Some(first)).then_some(first)
}

/// What all events of a class have in a needed column: nothing if that is not known, and nothing
/// inside if none has a value.
fn value<'c>(
    class: &'c ClassFacts,
    from: &From,
    has_more: bool,
    reread: bool,
) -> Option<Option<&'c Value>> {
    let (at, elsewhere) = match from {
        From::Nothing => return Some(None),
        From::Payload | From::AllFields => return None,
        From::Stored(at) => (*at, false),
        From::Field { stored: Some(at), .. } => (*at, reread),
        From::Field { stored: None, .. } => return (!has_more && !reread).then_some(None),
    };
    match class.constant(at) {
        Some(value) => Some(Some(value)),
        None if class.varying.contains(&at) || elsewhere => None,
        None => Some(None),
    }
}

/// Is the value of this type as it stands?
fn is_of(value: &Value, ty: Type) -> bool {
    match value {
        Value::String(_) => matches!(ty, Type::Text | Type::Host | Type::Null),
        Value::Number(_) => matches!(ty, Type::Integer | Type::Time),
        Value::Bool(_) => ty == Type::Boolean,
        Value::Array(_) => ty == Type::IntegerList,
        Value::Null | Value::Object(_) => false,
    }
}

/// Sets a value; `false` if it is none that the column can have.
fn set(value: &Value, index: usize, row: &mut BatchBuilder) -> bool {
    match value {
        Value::String(text) => row.set_text(index, text),
        Value::Number(number) => {
            if let Some(number) = number.as_i64() {
                row.set_integer(index, number);
            }
        }
        Value::Bool(b) => row.set_boolean(index, *b),
        Value::Array(_) => row.set_empty_list(index),
        Value::Null | Value::Object(_) => {}
    }
    row.is_set(index)
}
