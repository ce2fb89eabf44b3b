//! Binding FROM: databases and inner queries.

use aql_diag::{Diagnostic, codes};
use aql_syntax::ast;

use crate::bind::{Binder, Rows};
use crate::bound::{Source, Window};
use crate::dialect::DatabaseCase;
use crate::time_clause::set_window;

impl Binder<'_> {
    pub(crate) fn source(&mut self, query: &ast::Query) -> (Source, Rows) {
        match &query.from {
            Some(ast::From::Database(name)) => match self.database(name).as_str() {
                "events" => (Source::Events, Rows::Events),
                "flows" => (Source::Flows, Rows::Flows),
                "simarc" => (Source::Simarc, Rows::Simarc),
                _ => {
                    self.unknown_database(name);
                    (Source::Events, Rows::Events)
                }
            },
            Some(ast::From::Subquery { query: inner, .. }) => {
                // Rows have no time of their own outside the innermost query: a time clause around
                // one without any is its time clause (docs/compatibility.md, T30).
                self.time_around += usize::from(query.time.is_some());
                let mut inner = self.query(inner);
                self.time_around -= usize::from(query.time.is_some());
                if query.time.is_some() && inner.window == Window::None {
                    let window = self.window(query);
                    set_window(&mut inner, &window);
                }
                let columns = inner.output.iter().map(|o| (o.name.clone(), o.expr.ty)).collect();
                (Source::Query(Box::new(inner)), Rows::Inner(columns))
            }
            Some(ast::From::GlobalView { span, .. }) => {
                self.push(
                    Diagnostic::error(
                        codes::NOT_IMPLEMENTED,
                        "GLOBALVIEW is not available outside the appliance",
                    )
                    .at(*span, "")
                    .note("it reads the accumulated data of a saved search, which evidence does not have")
                    .help("query `events` with the conditions of the saved search"),
                );
                (Source::Events, Rows::Events)
            }
            // The parser has said what is missing.
            None => (Source::Events, Rows::Events),
        }
    }

    /// The name of a database as it is looked up.
    fn database(&self, name: &ast::Name) -> String {
        match self.dialect.database_case {
            DatabaseCase::Ignore => name.text.to_ascii_lowercase(),
            DatabaseCase::Lower => name.text.clone(),
        }
    }

    fn unknown_database(&mut self, name: &ast::Name) {
        let mut diagnostic = Diagnostic::error(
            codes::UNKNOWN_DATABASE,
            format!("there is no database `{}`", name.text),
        )
        .at(name.span, "only `events`, `flows` and `simarc` can be queried");
        let lower = name.text.to_ascii_lowercase();
        let advice = match lower.as_str() {
            "offenses" | "offense" => Some(
                "offenses are read through the REST API (`/siem/offenses`); `INOFFENSE(id)` selects the events of one",
            ),
            "assets" | "asset" => Some(
                "assets are read through the REST API; `ASSETHOSTNAME`, `ASSETPROPERTY` and `ASSETUSER` look one up",
            ),
            "events" | "flows" | "simarc" => Some("write its name in lower case"),
            _ if lower.starts_with("reference") || lower.starts_with("ref_") => Some(
                "reference data is looked up with `REFERENCESETCONTAINS`, `REFERENCEMAP` or `REFERENCETABLE`",
            ),
            _ => None,
        };
        if let Some(advice) = advice {
            diagnostic = diagnostic.help(advice);
        }
        self.push(diagnostic);
    }
}
