//! Binding the select list: columns, their names, `*`.

use aql_diag::{Diagnostic, Span, codes};
use aql_event::Type;
use aql_syntax::ast;

use crate::bind::{Binder, Rows, Scope};
use crate::bound::{Expr, ExprKind, Output, session_id};
use crate::names::column_name;

/// A column of the select list.
pub(crate) struct Selected {
    pub(crate) output: Output,
    pub(crate) aliased: bool,
    /// Is it the name of a property that a profile file declares?
    pub(crate) declared: bool,
    /// The expression before it is lifted over the aggregate.
    pub(crate) expr: Expr,
}

impl Binder<'_> {
    pub(crate) fn select_list(&mut self, query: &ast::Query, scope: &mut Scope) -> Vec<Selected> {
        let mut output: Vec<Selected> = Vec::new();
        for item in &query.select {
            match item {
                ast::SelectItem::Star(span) => self.star(*span, scope, &mut output),
                ast::SelectItem::Expr { expr, alias } => {
                    let bound = self.expr(expr, scope);
                    let name = match alias {
                        Some(alias) => alias.text.clone(),
                        None => column_name(self.text, expr, |name| {
                            self.catalog.function(name).is_some_and(|f| f.aggregate)
                        }),
                    };
                    if let Some(alias) = alias {
                        let twice =
                            scope.aliases.iter().any(|(n, _)| n.eq_ignore_ascii_case(&alias.text));
                        if twice {
                            self.push(
                                Diagnostic::warning(
                                    codes::DUPLICATE_ALIAS,
                                    format!("the alias `{}` is used twice", alias.text),
                                )
                                .at(alias.span, "elsewhere in the query the first one is meant"),
                            );
                        }
                        scope.aliases.push((alias.text.clone(), bound.clone()));
                    } else {
                        scope.outputs.push((name.clone(), bound.clone()));
                    }
                    output.push(Selected {
                        aliased: alias.is_some(),
                        declared: self.names_declared(expr),
                        output: Output { name, expr: bound.clone() },
                        expr: bound,
                    });
                }
            }
        }
        output
    }

    fn star(&mut self, span: Span, scope: &Scope, output: &mut Vec<Selected>) {
        let mut add = |name: &str, kind: ExprKind, ty: Type| {
            let expr = Expr { kind, ty, span };
            output.push(Selected {
                aliased: false,
                declared: false,
                output: Output { name: name.to_string(), expr: expr.clone() },
                expr,
            });
        };
        match &scope.rows {
            Rows::Inner(columns) => {
                for (i, (name, ty)) in columns.iter().enumerate() {
                    add(name, ExprKind::Input(i), *ty);
                }
            }
            rows => {
                for field in self.default_columns(rows) {
                    add(
                        &field.column.name,
                        ExprKind::Column(field.column.clone()),
                        field.column.ty,
                    );
                }
            }
        }
        if scope.session {
            let id = session_id();
            add("sessionid", ExprKind::Column(id), Type::Integer);
        }
    }

    fn default_columns(&self, rows: &Rows) -> Vec<aql_catalog::FieldInfo> {
        match rows {
            Rows::Events => self.catalog.default_columns().to_vec(),
            Rows::Flows => self.catalog.default_flow_columns().to_vec(),
            Rows::Simarc => self.catalog.simarc_fields().to_vec(),
            Rows::Inner(_) => Vec::new(),
        }
    }
}
