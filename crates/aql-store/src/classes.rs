//! What the events of a segment have in common, class by class.
//!
//! Rows of a segment are ordered by class. For every class the segment's footer says how many rows
//! it has, which columns have the same value in all of them, and which differ; all others have no
//! value. With that the matcher's class filter is asked once per class, as a reader of raw evidence
//! asks it, and the rows of classes that cannot match are never decoded. It knows more than a
//! reader does: whatever happens to be the same counts.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::row::Cell;

/// The key of the footer's metadata.
pub(crate) const FACTS_KEY: &str = "aquiline.segment";
/// The version of what stands there.
pub(crate) const FACTS_VERSION: u32 = 1;
/// Longer texts are not kept as constants.
const MAX_CONSTANT: usize = 256;

/// What a footer says about its segment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct SegmentFacts {
    /// [`FACTS_VERSION`].
    pub(crate) version: u32,
    /// The formats of its events.
    pub(crate) formats: Vec<String>,
    /// The classes, in the order of their rows.
    pub(crate) classes: Vec<ClassFacts>,
}

/// What the rows of a class have in common. Columns by their number in the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ClassFacts {
    /// Number of rows.
    pub(crate) rows: usize,
    /// Columns with one value in all rows.
    pub(crate) constant: Vec<(usize, Value)>,
    /// Columns whose values differ, or that are empty in some rows.
    pub(crate) varying: Vec<usize>,
}

/// The values of one column in the rows of a class so far.
#[derive(Clone, Debug, Default)]
pub(crate) enum Common {
    /// None.
    #[default]
    Nothing,
    /// The same in as many rows.
    Constant(Value, usize),
    /// Different ones.
    Varying,
}

impl Common {
    /// Takes the value of the next row.
    pub(crate) fn see(&mut self, cell: Cell<'_>) {
        match self {
            Common::Varying => {}
            Common::Nothing => {
                *self = constant(cell).map_or(Common::Varying, |value| Common::Constant(value, 1));
            }
            Common::Constant(value, count) if is_same(value, cell) => *count += 1,
            Common::Constant(..) => *self = Common::Varying,
        }
    }

    /// Enters what the values of column `number` were in a class of `rows` rows; starts anew.
    pub(crate) fn finish(&mut self, number: usize, rows: usize, facts: &mut ClassFacts) {
        match std::mem::take(self) {
            Common::Nothing => {}
            Common::Constant(value, count) if count == rows => {
                facts.constant.push((number, value));
            }
            Common::Constant(..) | Common::Varying => facts.varying.push(number),
        }
    }
}

fn constant(cell: Cell<'_>) -> Option<Value> {
    match cell {
        Cell::Text(text) => (text.len() <= MAX_CONSTANT).then(|| Value::from(text)),
        Cell::Integer(n) => Some(Value::from(n)),
        Cell::Boolean(b) => Some(Value::from(b)),
        Cell::List([]) => Some(Value::Array(Vec::new())),
        Cell::Double(_) | Cell::Bytes(_) | Cell::List(_) => None,
    }
}

fn is_same(value: &Value, cell: Cell<'_>) -> bool {
    match (value, cell) {
        (Value::String(known), Cell::Text(text)) => known == text,
        (Value::Number(known), Cell::Integer(n)) => known.as_i64() == Some(n),
        (Value::Bool(known), Cell::Boolean(b)) => *known == b,
        (Value::Array(_), Cell::List([])) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{ClassFacts, Common};
    use crate::row::Cell;

    #[test]
    fn constants_are_of_all_rows() {
        let mut facts = ClassFacts::default();
        let columns: [&[Cell<'_>]; 5] = [
            &[Cell::Integer(1), Cell::Integer(1)],
            &[Cell::Integer(1)],
            &[Cell::Text("a"), Cell::Text("b")],
            &[],
            &[Cell::Bytes(b"x"), Cell::Bytes(b"x")],
        ];
        for (number, cells) in columns.iter().enumerate() {
            let mut common = Common::default();
            cells.iter().for_each(|cell| common.see(*cell));
            common.finish(number, 2, &mut facts);
        }
        assert_eq!(facts.constant, [(0, json!(1))]);
        assert_eq!(facts.varying, [1, 2, 4]);
    }
}
