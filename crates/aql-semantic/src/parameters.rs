//! Binding PARAMETERS.

use aql_diag::{Diagnostic, Severity, codes};
use aql_syntax::ast;

use crate::bind::Binder;
use crate::dialect::Parameters;

impl Binder<'_> {
    pub(crate) fn parameters(&mut self, query: &ast::Query) -> Option<u64> {
        const KNOWN: [&str; 5] = [
            "REMOTESERVERS",
            "EXCLUDESERVERS",
            "EXECUTIONTIMELIMIT",
            "PROGRESSDETAILSRESOLUTION",
            "SNAPSHOTSIZE",
        ];
        let mut limit = None;
        for parameter in &query.parameters {
            let name = parameter.name.text.to_ascii_uppercase();
            match (&parameter.value.kind, name.as_str()) {
                (value, "EXECUTIONTIMELIMIT") => match milliseconds(value) {
                    Some(ms) => limit = Some(ms),
                    None => self.push(
                        Diagnostic::warning(
                            codes::OUT_OF_RANGE,
                            "EXECUTIONTIMELIMIT is no number of milliseconds",
                        )
                        .at(parameter.value.span, "ignored"),
                    ),
                },
                (_, known) if KNOWN.contains(&known) => {}
                _ => {
                    let (severity, label) = match self.dialect.parameters {
                        Parameters::Ignore => (Severity::Warning, "ignored"),
                        Parameters::Reject => (Severity::Error, ""),
                    };
                    let message = format!("unknown parameter `{}`", parameter.name.text);
                    self.push(
                        Diagnostic::new(codes::UNKNOWN_PARAMETER, severity, message)
                            .at(parameter.name.span, label),
                    );
                }
            }
        }
        limit
    }
}

/// `30000` or `'30000'`.
fn milliseconds(value: &ast::ExprKind) -> Option<u64> {
    match value {
        ast::ExprKind::Literal(ast::Literal::Integer(ms)) => u64::try_from(*ms).ok(),
        ast::ExprKind::Literal(ast::Literal::Text(text)) => text.trim().parse().ok(),
        _ => None,
    }
}
