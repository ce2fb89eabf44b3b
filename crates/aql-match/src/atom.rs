//! Atoms: the tests that rules are made of, each there once however many rules use it.

use aql_eval::Program;
use aql_semantic::CompareOp;

use crate::pattern::TextTest;

/// Number of a column of the matcher.
pub(crate) type ColumnId = u32;

/// A test of a row.
#[derive(Debug)]
pub(crate) struct Atom {
    pub(crate) kind: AtomKind,
    /// When it is evaluated, see [`Stage`].
    pub(crate) stage: Stage,
}

#[derive(Debug)]
pub(crate) enum AtomKind {
    /// A test of the text of a column; null where the column is.
    Text {
        column: ColumnId,
        test: TextTest,
        /// Found by the scanner of the column, or tested on its own where it is asked for.
        scanned: bool,
    },
    /// A test of an integer column; null where the column is.
    Integer { column: ColumnId, test: IntegerTest },
    /// Is the column null?
    IsNull { column: ColumnId },
    /// Any other condition.
    Expression(Box<Expression>),
}

impl Atom {
    /// Is it evaluated only where it is asked for?
    pub(crate) fn is_deferred(&self) -> bool {
        matches!(self.kind, AtomKind::Text { scanned: false, .. } | AtomKind::Expression(_))
    }
}

/// A condition that is left to `aql-eval`.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) program: Program,
    pub(crate) columns: Vec<ColumnId>,
    /// Does its outcome depend on the row alone (and not on what was read before it)?
    pub(crate) settled: bool,
}

/// A test of an integer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum IntegerTest {
    /// One of these; sorted, distinct.
    OneOf(Vec<i64>),
    /// From the first to the second; for none if the first is the larger.
    Between(i64, i64),
}

impl IntegerTest {
    /// `value op constant`; nothing for `!=`, which is no range.
    pub(crate) fn compare(op: CompareOp, constant: i64) -> Option<Self> {
        const NONE: IntegerTest = IntegerTest::Between(1, 0);
        Some(match op {
            CompareOp::Eq => IntegerTest::OneOf(vec![constant]),
            CompareOp::NotEq => return None,
            CompareOp::Lt => {
                constant.checked_sub(1).map_or(NONE, |c| IntegerTest::Between(i64::MIN, c))
            }
            CompareOp::LtEq => IntegerTest::Between(i64::MIN, constant),
            CompareOp::Gt => {
                constant.checked_add(1).map_or(NONE, |c| IntegerTest::Between(c, i64::MAX))
            }
            CompareOp::GtEq => IntegerTest::Between(constant, i64::MAX),
        })
    }

    /// Does a value pass?
    pub(crate) fn holds(&self, value: i64) -> bool {
        match self {
            IntegerTest::OneOf(list) => list.binary_search(&value).is_ok(),
            IntegerTest::Between(first, last) => (*first..=*last).contains(&value),
        }
    }
}

/// When something is evaluated. Cheap things come first and leave fewer rows to the dear ones;
/// what comes after [`Stage::FIRST`] is evaluated only for rows that a rule still waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Stage {
    cost: Cost,
    /// Columns of one cost come one after the other.
    column: ColumnId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cost {
    /// Numbers and dictionaries: for every row.
    Every,
    /// Expressions over these.
    CheapExpression,
    /// Plain text.
    Text,
    /// Expressions over plain text.
    TextExpression,
    /// Bytes: the payload.
    Bytes,
    /// Expressions over bytes.
    BytesExpression,
}

impl Stage {
    /// What is evaluated for every row.
    pub(crate) const FIRST: Stage = Stage { cost: Cost::Every, column: 0 };

    /// How dear it is.
    pub(crate) fn cost(self) -> Cost {
        self.cost
    }

    /// The stage of tests of a column.
    pub(crate) fn of_column(cost: Cost, column: ColumnId) -> Self {
        let column = if cost == Cost::Every { 0 } else { column };
        Stage { cost, column }
    }

    /// The stage of an expression over columns of these costs.
    pub(crate) fn of_expression(columns: impl Iterator<Item = Cost>) -> Self {
        let cost = match columns.max().unwrap_or(Cost::Every) {
            Cost::Every | Cost::CheapExpression => Cost::CheapExpression,
            Cost::Text | Cost::TextExpression => Cost::TextExpression,
            Cost::Bytes | Cost::BytesExpression => Cost::BytesExpression,
        };
        Stage { cost, column: 0 }
    }
}
