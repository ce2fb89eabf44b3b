//! The order of clauses: which were seen, and what to say if they stand wrongly.

use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};

use super::Parser;

/// Clauses behind the select list, in the order in which AQL wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Clause {
    From,
    Into,
    Where,
    Session,
    Group,
    Having,
    Order,
    Limit,
    Time,
    Parameters,
}

/// One clause as it was written.
#[derive(Clone, Copy)]
struct Seen {
    clause: Clause,
    keyword: Span,
    span: Span,
    /// Is it the second of its kind?
    repeated: bool,
}

/// The clauses of one query in the order of the text.
#[derive(Default)]
pub(super) struct ClauseLog {
    seen: Vec<Seen>,
}

/// The rule, as a note.
const ORDER: &str = "the order is SELECT, FROM, INTO, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, time clause, PARAMETERS (IBM AQL guide, AQL query structure)";

impl ClauseLog {
    /// Was the clause seen before?
    pub(super) fn has(&self, clause: Clause) -> bool {
        self.seen.iter().any(|seen| seen.clause == clause)
    }

    /// The clause read last.
    pub(super) fn last(&self) -> Option<Clause> {
        self.seen.last().map(|seen| seen.clause)
    }

    /// May the clause be one of the query after something that could not be read? Not if it was
    /// seen, and behind the last clauses not if its word is frequent in prose.
    pub(super) fn may_follow(&self, clause: Clause) -> bool {
        let late = self.last().is_some_and(|last| last >= Clause::Order);
        let prose = matches!(clause, Clause::From | Clause::Into | Clause::Where | Clause::Having);
        !(self.has(clause) || late && prose)
    }

    pub(super) fn push(&mut self, clause: Clause, keyword: Span, span: Span) {
        let repeated = self.has(clause);
        // A query has ten clauses; the second of each kind is reported, further ones are no news.
        if self.seen.len() < 40 {
            self.seen.push(Seen { clause, keyword, span, repeated });
        }
    }

    /// The end of the last clause that belongs before `clause`.
    pub(super) fn end_before(&self, clause: Clause) -> Option<Span> {
        self.seen
            .iter()
            .filter(|seen| seen.clause < clause)
            .max_by_key(|seen| seen.clause)
            .map(|seen| seen.span)
    }

    /// Stretches the clause read last, after more of it was found.
    pub(super) fn stretch(&mut self, to: Span) {
        if let Some(last) = self.seen.last_mut() {
            last.span = last.span.to(to);
        }
    }
}

impl Parser<'_> {
    /// Reports clauses that stand behind the time clause, in another wrong place, or twice.
    pub(super) fn check_order(&mut self, log: &ClauseLog) {
        self.report_after_time(log);
        for (index, seen) in log.seen.iter().enumerate() {
            let earlier = log.seen.get(..index).unwrap_or_default();
            if seen.repeated {
                self.report_repeated(seen, earlier);
                continue;
            }
            let passed = earlier
                .iter()
                .find(|e| e.clause > seen.clause && e.clause != Clause::Time && !e.repeated);
            if let Some(passed) = passed {
                self.report_late(seen, passed);
            }
        }
    }

    fn report_after_time(&mut self, log: &ClauseLog) {
        let Some(index) = log.seen.iter().position(|seen| seen.clause == Clause::Time) else {
            return;
        };
        let Some(time) = log.seen.get(index).copied() else { return };
        let late: Vec<Seen> = log
            .seen
            .iter()
            .skip(index + 1)
            .filter(|seen| seen.clause < Clause::Time && !seen.repeated)
            .copied()
            .collect();
        let (Some(first), Some(last)) = (late.first(), late.last()) else { return };
        let time_text = self.slice(time.span).to_owned();
        let shown = time_text.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = self.clause_name(first);
        let mut diagnostic = Diagnostic::error(
            codes::CLAUSE_AFTER_TIME,
            format!("`{name}` stands after the time clause"),
        )
        .at(first.keyword, format!("must stand before `{shown}`"))
        .label(time.span, "nothing but PARAMETERS may follow the time clause");
        for seen in late.iter().skip(1) {
            diagnostic = diagnostic.label(seen.keyword, "this too");
        }
        let (gap, separator) = self.gap_before(time.span);
        diagnostic = diagnostic
            .note(ORDER)
            .fix(
                "move the time clause to the end",
                Applicability::Safe,
                vec![
                    Edit { span: gap.to(time.span), text: String::new() },
                    Edit { span: last.span.after(), text: format!("{separator}{time_text}") },
                ],
            )
            .repaired("read as if the time clause stood last");
        self.report(diagnostic);
    }

    fn report_late(&mut self, seen: &Seen, passed: &Seen) {
        let (name, other) = (self.clause_name(seen), self.clause_name(passed));
        let text = self.slice(seen.span).to_owned();
        let (gap, separator) = self.gap_before(seen.span);
        self.report(
            Diagnostic::error(codes::CLAUSE_ORDER, format!("`{name}` stands after `{other}`"))
                .at(seen.keyword, format!("must stand before `{other}`"))
                .label(passed.keyword, format!("`{name}` belongs before this"))
                .note(ORDER)
                .fix(
                    format!("move `{name}` before `{other}`"),
                    Applicability::Safe,
                    vec![
                        Edit {
                            span: Span { start: passed.span.start, end: passed.span.start },
                            text: format!("{text}{separator}"),
                        },
                        Edit { span: gap.to(seen.span), text: String::new() },
                    ],
                )
                .repaired(format!("read as if `{name}` stood before `{other}`")),
        );
    }

    fn report_repeated(&mut self, seen: &Seen, earlier: &[Seen]) {
        let mut same = earlier.iter().filter(|e| e.clause == seen.clause);
        let first = same.next();
        if same.next().is_some() {
            return;
        }
        let name = self.clause_name(seen);
        let what =
            if seen.clause == Clause::Time { "time".to_owned() } else { format!("`{name}`") };
        let mut diagnostic =
            Diagnostic::error(codes::CLAUSE_ORDER, format!("second {what} clause"))
                .at(seen.keyword, "each clause may stand once");
        if let Some(first) = first {
            diagnostic = diagnostic.label(first.keyword, "the first one");
        }
        diagnostic = match seen.clause {
            Clause::Where | Clause::Having => diagnostic.help("join the conditions with `AND`"),
            Clause::Group | Clause::Order => diagnostic.help("separate the items with commas"),
            _ => diagnostic,
        };
        self.report(diagnostic);
    }

    fn clause_name(&self, seen: &Seen) -> String {
        self.slice(seen.keyword)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_ascii_uppercase()
    }

    /// The white space before a clause, and what to put before the clause at its new place.
    fn gap_before(&self, span: Span) -> (Span, String) {
        let before = self.text.get(..span.start as usize).unwrap_or_default();
        let blank = before.trim_end().len();
        let gap = Span::new(blank, span.start as usize);
        let text = self.slice(gap);
        // A comment would swallow what is put on its line.
        let comment =
            self.comments.binary_search_by_key(&gap.start, |comment| comment.span.end).is_ok();
        if text.is_empty() || comment {
            let here = Span { start: span.start, end: span.start };
            return (here, if comment { "\n".to_owned() } else { " ".to_owned() });
        }
        (gap, text.to_owned())
    }
}
