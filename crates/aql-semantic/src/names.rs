//! Names of result columns that have no alias.
//!
//! A field keeps the spelling of the query; an aggregate is `FUNC_field`; a scalar function of a
//! field is `function_field` in lower case (IBM REST API samples; the names that IBM's and other
//! clients read). Anything else is its own text.

use aql_syntax::ast;

/// The name of a select item that is an expression without alias.
pub(crate) fn column_name(
    text: &str,
    expr: &ast::Expr,
    aggregate: impl Fn(&str) -> bool,
) -> String {
    match &expr.kind {
        ast::ExprKind::Name(name) => name.text.clone(),
        ast::ExprKind::Call { name, args, star } => {
            let upper = name.text.to_ascii_uppercase();
            if aggregate(&upper) {
                return match args.as_slice() {
                    [] => upper,
                    [ast::Expr { kind: ast::ExprKind::Name(field), .. }] if !star => {
                        format!("{upper}_{}", field.text)
                    }
                    _ if *star => upper,
                    _ => expr.span.slice(text).to_string(),
                };
            }
            match args.as_slice() {
                [ast::Expr { kind: ast::ExprKind::Name(field), .. }] => {
                    format!(
                        "{}_{}",
                        name.text.to_ascii_lowercase(),
                        field.text.to_ascii_lowercase()
                    )
                }
                _ => expr.span.slice(text).to_string(),
            }
        }
        _ => expr.span.slice(text).to_string(),
    }
}
