//! What is known about the values of fields.

use aql_event::ColumnKind;
use aql_semantic::{Expr, ExprKind};

/// Text properties that hold decimal numbers and nothing else.
const DECIMAL: &[&str] = &[
    "Event ID",
    "EventID",
    "EventCode",
    "Logon Type",
    "LogonType",
    "Operation Count",
    "OperationCount",
    "Record Type",
    "RecordType",
];

/// Does it hold decimal numbers only?
pub(crate) fn is_decimal(expr: &Expr) -> bool {
    matches!(
        &expr.kind,
        ExprKind::Column(c) if c.kind != ColumnKind::Builtin
            && DECIMAL.iter().any(|name| name.eq_ignore_ascii_case(&c.name))
    )
}
