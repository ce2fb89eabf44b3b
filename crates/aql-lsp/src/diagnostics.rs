//! Findings as an editor shows them.

use aql_diag::{Diagnostic, Severity, codes};
use lsp_types::{
    DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location, NumberOrString, Uri,
};

use crate::document::Document;

/// Name of the source in the editor's list.
pub(crate) const SOURCE: &str = "aql";

pub(crate) fn all(document: &Document, uri: &Uri) -> Vec<lsp_types::Diagnostic> {
    document.found.iter().map(|found| one(document, uri, found)).collect()
}

pub(crate) fn one(document: &Document, uri: &Uri, found: &Diagnostic) -> lsp_types::Diagnostic {
    let span = found.primary.as_ref().map(|p| p.span).unwrap_or_default();
    let related = found.labels.iter().filter(|label| !label.text.is_empty()).map(|label| {
        DiagnosticRelatedInformation {
            location: Location { uri: uri.clone(), range: document.range(label.span) },
            message: label.text.clone(),
        }
    });
    let related: Vec<_> = related.collect();
    let idle = matches!(
        found.code,
        codes::SUBSUMED_CONDITION | codes::EXCLUDES_NOTHING | codes::ALWAYS_CONSTANT
    );
    lsp_types::Diagnostic {
        range: document.range(span),
        severity: Some(match found.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Note => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(found.code.as_str().to_owned())),
        source: Some(SOURCE.to_owned()),
        message: message(found),
        related_information: (!related.is_empty()).then_some(related),
        tags: idle.then(|| vec![DiagnosticTag::UNNECESSARY]),
        ..lsp_types::Diagnostic::default()
    }
}

/// The message, what is to be seen at its place, and what to do.
fn message(found: &Diagnostic) -> String {
    let label = found.primary.as_ref().map(|p| p.text.as_str()).filter(|t| !t.is_empty());
    let mut text = match label {
        Some(label) => format!("{}: {label}", found.message),
        None => found.message.clone(),
    };
    for more in &found.notes {
        text.push_str(&format!("\n{more}"));
    }
    for help in &found.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    text
}
