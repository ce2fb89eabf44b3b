//! `TEXT SEARCH`: it stands first in WHERE, or is reported and, where that says the same, moved
//! there.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};

use super::{Node, Parser};
use crate::ast::{Expr, ExprKind, Query, Text};

impl Parser<'_> {
    /// `TEXT SEARCH 'words'`, with the position on TEXT.
    pub(super) fn text_search(&mut self) -> Option<Text> {
        self.bump();
        self.bump();
        let text = self.text_of(self.nth(0));
        if text.is_some() {
            self.bump();
        } else {
            self.expected("a string after `TEXT SEARCH`");
        }
        text
    }

    /// Moves a TEXT SEARCH that stands among other AND conditions to its place in the tree.
    pub(super) fn settle_text_search(&mut self, query: &mut Query) {
        for search in std::mem::take(&mut self.scope.searches) {
            if query.text_search.is_some() || self.aborted {
                return;
            }
            let mut edits = Vec::new();
            let found = match query.condition.as_mut().map(|expr| &mut expr.kind) {
                Some(ExprKind::And(terms)) => {
                    let at = terms
                        .iter()
                        .position(|t| t.kind == ExprKind::Error && t.span == search.span);
                    if let Some(at) = at {
                        if let (Some(first), Some(before)) =
                            (terms.first(), at.checked_sub(1).and_then(|n| terms.get(n)))
                        {
                            let start = Span { start: first.span.start, end: first.span.start };
                            let text = format!("{} AND ", search.span.slice(self.text));
                            edits.push(Edit { span: start, text });
                            edits.push(Edit {
                                span: before.span.after().to(search.span),
                                text: String::new(),
                            });
                        }
                        terms.remove(at);
                        if terms.len() == 1 {
                            query.condition = terms.pop();
                        }
                    }
                    at.is_some()
                }
                _ => query
                    .condition
                    .take_if(|expr| expr.kind == ExprKind::Error && expr.span == search.span)
                    .is_some(),
            };
            if found {
                query.text_search = Some(search.text);
                if let Some(diagnostic) = self.diagnostics.get_mut(search.diagnostic) {
                    diagnostic.repaired = Some("read as if it were the first condition".to_owned());
                    if !edits.is_empty() {
                        diagnostic.fixes.push(aql_diag::Fix {
                            title: "move it to the front".to_owned(),
                            edits,
                            applicability: Applicability::Safe,
                        });
                    }
                }
            }
        }
    }

    /// A TEXT SEARCH inside an expression.
    pub(super) fn misplaced_search(&mut self) -> Node {
        let start = self.span();
        let text = self.text_search();
        let span = start.to(self.previous_span());
        let diagnostic = self.diagnostics.len();
        self.report(
            Diagnostic::error(codes::TEXT_SEARCH_PLACE, "`TEXT SEARCH` is not the first condition")
                .at(span, "must stand directly behind `WHERE`")
                .note("only one TEXT SEARCH is allowed; it stands first and is joined with AND (IBM AQL guide)")
                .help("put several terms into one string: `TEXT SEARCH 'a AND b'`"),
        );
        if let Some(text) = text {
            self.scope.searches.push(super::MisplacedSearch { text, span, diagnostic });
        }
        Self::error_node(span)
    }

    pub(super) fn search_with_or(&mut self, place: Span) {
        self.report(
            Diagnostic::error(codes::TEXT_SEARCH_PLACE, "`TEXT SEARCH` combined with `OR`")
                .at(place, "may only be joined with `AND`")
                .note("the text index narrows the whole search, so it cannot be one of several alternatives (IBM AQL guide)")
                .help("put the alternatives into the string (`'a OR b'`), or parentheses around the other OR"),
        );
    }
}

/// An OR without parentheses around it: its place is exactly that of its terms.
pub(super) fn is_bare_or(expr: &Expr) -> bool {
    let ExprKind::Or(terms) = &expr.kind else { return false };
    terms.first().is_some_and(|term| term.span.start == expr.span.start)
        && terms.last().is_some_and(|term| term.span.end == expr.span.end)
}
