//! Expressions that are bound once and used several times.

use aql_diag::{Diagnostic, codes};

use crate::bind::Binder;
use crate::bound::Expr;
use crate::expr::null;

/// Nodes that may be copied for one query. A copy of a copy doubles: a short text of aliases, simple
/// CASEs or BETWEENs inside one another would otherwise grow without bound.
const MAX_COPIED: usize = 1_000_000;

impl Binder<'_> {
    /// A copy of an expression, as long as all copies stay within bounds.
    pub(crate) fn copy(&mut self, expr: &Expr) -> Expr {
        let before = self.copied;
        expr.walk(&mut |_| self.copied = self.copied.saturating_add(1));
        if self.copied <= MAX_COPIED {
            return expr.clone();
        }
        if before <= MAX_COPIED {
            self.push(
                Diagnostic::error(codes::TOO_DEEP, "the query grows too large")
                    .at(expr.span, "used too often, and too large for that")
                    .note("an alias, the operand of CASE and that of BETWEEN are evaluated where they are used")
                    .help("compute the value in an inner query: `FROM (SELECT … AS x FROM events) WHERE x …`"),
            );
        }
        null(expr.span)
    }
}
