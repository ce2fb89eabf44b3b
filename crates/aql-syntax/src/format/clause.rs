//! Statements: every clause on a line of its own.

use aql_diag::Span;

use super::flat::{flat, name, safe_name, string};
use super::{Writer, span_of};
use crate::ast::{
    Expr, ExprKind, From, Name, OrderItem, Query, SelectItem, Session, TimeClause, TimeKind,
};

/// An item of a list: where it stood, its expression, and what comes before and behind it.
struct Item<'a> {
    span: Span,
    before: String,
    expr: Option<&'a Expr>,
    behind: String,
}

impl Writer<'_> {
    pub(super) fn query(&mut self, query: &Query) {
        self.list("SELECT", query.select.iter().map(select_item).collect());
        if let Some(from) = &query.from {
            self.from(from);
        }
        if let Some(into) = &query.into {
            self.newline(Some(into.span.start));
            self.push("INTO ");
            self.push(&name(into));
        }
        self.conditions(query);
        if let Some(session) = &query.session {
            self.session(session);
        }
        if !query.group_by.is_empty() {
            self.newline(query.group_by.first().map(|expr| expr.span.start));
            self.list("GROUP BY", query.group_by.iter().map(plain_item).collect());
        }
        if let Some(having) = &query.having {
            self.newline(Some(having.span.start));
            self.push("HAVING ");
            self.condition(having);
        }
        if !query.order_by.is_empty() {
            self.newline(query.order_by.first().map(|item| item.expr.span.start));
            self.list("ORDER BY", query.order_by.iter().map(order_item).collect());
        }
        if let Some(limit) = &query.limit {
            self.newline(Some(limit.span.start));
            self.push(&format!("LIMIT {}", limit.rows));
        }
        if let Some(time) = &query.time {
            self.time(time);
        }
        if !query.parameters.is_empty() {
            self.newline(query.parameters.first().map(|p| p.name.span.start));
            let items = query.parameters.iter().map(|parameter| Item {
                span: parameter.name.span.to(parameter.value.span),
                before: format!("{}=", safe_name(&parameter.name)),
                expr: Some(&parameter.value),
                behind: String::new(),
            });
            self.list("PARAMETERS", items.collect());
        }
    }

    /// A keyword and a list, on one line if it fits and no comment is to stand in it.
    fn list(&mut self, keyword: &str, items: Vec<Item<'_>>) {
        self.push(keyword);
        let place =
            span_of(items.first().map(|item| item.span), items.last().map(|item| item.span));
        let line = self.one_line(&items);
        if !self.has_comment(place)
            && let Some(line) = &line
        {
            self.push(" ");
            self.push(line);
            return;
        }
        let (length, start, comments) = (self.out.len(), self.line, self.comments.clone());
        let inside = self.comments.clone().find(|comment| comment.span.start >= place.start);
        self.spread(&items);
        // A comment inside of an expression that has its own line comes behind it: then it stands in
        // the list no more, and the list has to look as it would when it is written again.
        if let Some(line) = line
            && let Some(inside) = inside
            && self.comment_pending(inside.span.end)
        {
            self.out.truncate(length);
            (self.line, self.comments) = (start, comments);
            self.push(" ");
            self.push(&line);
        }
    }

    /// A list with a line for each item.
    fn spread(&mut self, items: &[Item<'_>]) {
        self.indent += 1;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.push(",");
            }
            self.newline(Some(item.span.start));
            self.push(&item.before);
            if let Some(expr) = item.expr {
                self.expr(expr, 0);
            }
            self.push(&item.behind);
        }
        self.indent -= 1;
    }

    fn one_line(&self, items: &[Item<'_>]) -> Option<String> {
        let room = self.room();
        let mut line = String::new();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                line.push_str(", ");
            }
            line.push_str(&item.before);
            if let Some(expr) = item.expr {
                line.push_str(&flat(expr, 0, room.saturating_sub(line.len()), self.text)?);
            }
            line.push_str(&item.behind);
            if line.len() > room {
                return None;
            }
        }
        Some(line)
    }

    fn from(&mut self, from: &From) {
        match from {
            From::Database(database) => {
                self.newline(Some(database.span.start));
                self.push("FROM ");
                self.push(&safe_name(database));
            }
            From::Subquery { query, alias, span } => {
                self.newline(Some(span.start));
                self.push("FROM (");
                self.indent += 1;
                self.newline(Some(query.span.start));
                self.query(query);
                self.indent -= 1;
                self.newline(Some(span.end));
                self.push(")");
                if let Some(alias) = alias {
                    self.push(" ");
                    self.push(&safe_name(alias));
                }
            }
            From::GlobalView { search, interval, span } => {
                self.newline(Some(span.start));
                self.push(&format!(
                    "FROM GLOBALVIEW({}, {})",
                    string(&search.value),
                    string(&interval.value)
                ));
            }
        }
    }

    fn conditions(&mut self, query: &Query) {
        let Some(search) = &query.text_search else {
            if let Some(condition) = &query.condition {
                self.newline(Some(condition.span.start));
                self.push("WHERE ");
                self.condition(condition);
            }
            return;
        };
        self.newline(Some(search.span.start));
        self.push(&format!("WHERE TEXT SEARCH {}", string(&search.value)));
        if let Some(condition) = &query.condition {
            self.indent += 1;
            self.newline(Some(condition.span.start));
            self.push("AND ");
            match &condition.kind {
                ExprKind::And(terms) => self.chain(terms, "AND "),
                _ => self.term(condition),
            }
            self.indent -= 1;
        }
    }

    /// A condition behind its keyword.
    fn condition(&mut self, condition: &Expr) {
        self.indent += 1;
        match &condition.kind {
            ExprKind::And(terms) => self.chain(terms, "AND "),
            ExprKind::Or(terms) => self.chain(terms, "OR "),
            ExprKind::Not(_) => self.term(condition),
            _ => {
                self.indent -= 1;
                self.expr(condition, 0);
                self.indent += 1;
            }
        }
        self.indent -= 1;
    }

    fn session(&mut self, session: &Session) {
        self.newline(Some(session.span.start));
        let items = std::iter::once(&session.time).chain(&session.by).map(plain_item).collect();
        self.list("SESSION BY", items);
        self.indent += 1;
        for (edge, word) in [(&session.begin, "BEGIN "), (&session.end, "END ")] {
            if let Some(edge) = edge {
                self.newline(Some(edge.condition.span.start));
                if edge.explicit {
                    self.push("EXPLICIT ");
                }
                self.push(word);
                self.condition(&edge.condition);
            }
        }
        for (value, word, unit) in [
            (&session.timeout, "TIMEOUT ", None),
            (&session.time_window, "TIMEWINDOW ", session.time_window_unit),
        ] {
            if let Some(value) = value {
                self.newline(Some(value.span.start));
                self.push(word);
                self.expr(value, 0);
                if let Some(unit) = unit {
                    self.push(" ");
                    self.push(unit.keyword());
                }
            }
        }
        self.indent -= 1;
    }

    fn time(&mut self, time: &TimeClause) {
        self.newline(Some(time.span.start));
        match &time.kind {
            TimeKind::Last { count, unit } => {
                self.push(&format!("LAST {count} {}", unit.keyword()))
            }
            TimeKind::Range { start, stop } => {
                self.push("START ");
                self.expr(start, super::flat::OPERAND);
                if let Some(stop) = stop {
                    self.push(" STOP ");
                    self.expr(stop, super::flat::OPERAND);
                }
            }
            TimeKind::Offense(id) => {
                self.push("TIMES OFFENSE_TIME(");
                self.expr(id, 0);
                self.push(")");
            }
        }
    }
}

fn plain_item(expr: &Expr) -> Item<'_> {
    Item { span: expr.span, before: String::new(), expr: Some(expr), behind: String::new() }
}

fn select_item(item: &SelectItem) -> Item<'_> {
    match item {
        SelectItem::Star(span) => {
            Item { span: *span, before: "*".to_owned(), expr: None, behind: String::new() }
        }
        SelectItem::Expr { expr, alias } => {
            let span = alias.as_ref().map_or(expr.span, |alias: &Name| expr.span.to(alias.span));
            let behind =
                alias.as_ref().map(|alias| format!(" AS {}", name(alias))).unwrap_or_default();
            Item { span, before: String::new(), expr: Some(expr), behind }
        }
    }
}

fn order_item(item: &OrderItem) -> Item<'_> {
    let mut behind = match item.descending {
        Some(true) => " DESC".to_owned(),
        Some(false) => " ASC".to_owned(),
        None => String::new(),
    };
    if let Some(collate) = &item.collate {
        behind.push_str(" COLLATE ");
        behind.push_str(&string(&collate.value));
    }
    let span =
        item.collate.as_ref().map_or(item.expr.span, |collate| item.expr.span.to(collate.span));
    Item { span, before: String::new(), expr: Some(&item.expr), behind }
}
