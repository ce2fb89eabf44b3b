//! What a lint sees.

use aql_catalog::{Catalog, Profile, Qid};
use aql_diag::{Edit, Span};
use aql_semantic::{BoundQuery, Expr, ExprKind, Places, Source};

use crate::class;

/// One query of a text (inner queries are visited on their own), and what is known about it.
#[derive(Debug)]
pub struct Cx<'a> {
    /// The text that spans point into.
    pub text: &'a str,
    /// The query.
    pub query: &'a BoundQuery,
    /// Where the clauses of the outermost query stand; nothing for an inner one.
    pub places: Option<Places>,
    /// What QRadar knows.
    pub catalog: &'static Catalog,
    /// Whose property names the query uses.
    pub profile: Profile,
    /// The kinds of events that the query can be about, if its conditions say anything about that.
    pub events: Option<Vec<&'static Qid>>,
}

impl<'a> Cx<'a> {
    pub(crate) fn new(
        text: &'a str,
        query: &'a BoundQuery,
        places: Option<Places>,
        catalog: &'static Catalog,
        profile: Profile,
    ) -> Self {
        let events = class::events(query, catalog);
        Cx { text, query, places, catalog, profile, events }
    }

    /// The text of a range.
    pub(crate) fn slice(&self, span: Span) -> &'a str {
        span.slice(self.text)
    }

    /// Does the query read events, and not rows of another query?
    pub(crate) fn reads_events(&self) -> bool {
        self.query.source == Source::Events
    }

    /// Is every event that the query can be about a Sysmon event? Then these are their ids.
    pub(crate) fn sysmon_events(&self) -> Option<Vec<u32>> {
        let events = self.events.as_ref()?;
        let mut ids = Vec::new();
        for event in events {
            if !event.event_category.to_ascii_lowercase().contains("sysmon") {
                return None;
            }
            ids.push(event.event_id.parse().ok()?);
        }
        ids.sort_unstable();
        ids.dedup();
        (!ids.is_empty()).then_some(ids)
    }

    /// Every expression of the query and all below it.
    pub(crate) fn walk(&self, f: &mut dyn FnMut(&'a Expr)) {
        for expr in self.query.expressions() {
            expr.walk(f);
        }
    }

    /// The conditions that all must hold: the terms of AND in WHERE, or the only one.
    pub(crate) fn conjuncts(&self) -> &'a [Expr] {
        match self.query.filter.as_ref() {
            Some(Expr { kind: ExprKind::And(terms), .. }) => terms,
            Some(only) => std::slice::from_ref(only),
            None => &[],
        }
    }

    /// Does WHERE use the index of the payload?
    pub(crate) fn has_text_search(&self) -> bool {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        words.windows(2).any(|w| {
            w[0].trim_start_matches('(').eq_ignore_ascii_case("text")
                && w[1].get(..6).is_some_and(|s| s.eq_ignore_ascii_case("search"))
        })
    }

    /// An edit that takes a term of AND or OR away together with the word before it; nothing where
    /// the text between the two is more than that word.
    pub(crate) fn without(&self, before: &Expr, term: &Expr) -> Option<Edit> {
        let (before, span) = (before.span, term.span);
        let between = self.text.get(before.end as usize..span.start as usize)?.trim();
        let plain = between.eq_ignore_ascii_case("and") || between.eq_ignore_ascii_case("or");
        plain.then(|| Edit { span: Span { start: before.end, end: span.end }, text: String::new() })
    }
}
