//! `.why`: what the last query says about an event, or about all.

use std::sync::Arc;

use anyhow::{anyhow, bail};
use aql_event::Needs;
use aql_report::why::{Explainer, Wanted, locate};

use crate::output::{Sink, one_line};
use crate::repl::session::{Last, Session};
use crate::summary::thousands;
use crate::why::{Head, Subject, count, parse_event};
use crate::{messages, why_view};

/// Explains a row of the last result by its number, an event by its place, or counts how many events
/// get past each condition.
pub(super) fn why(session: &Session, what: &str) -> anyhow::Result<()> {
    let Some(last) = &session.last else {
        bail!("no query has run over this evidence; `.why` explains the last one");
    };
    let wanted = match what.parse::<usize>() {
        Ok(number) => Some(of_row(last, number)?),
        Err(_) if what.is_empty() => None,
        Err(_) => match parse_event(what) {
            (file, Wanted { file: None, record: Some(record) }) => {
                Some(Wanted { file: Some(file), record: Some(record) })
            }
            (_, Wanted { file: Some(file), record: Some(record) }) => {
                Some(Wanted { file: Some(file), record: Some(record) })
            }
            _ => bail!("`{what}` is neither the number of a row nor `FILE:RECORD`"),
        },
    };
    let cx = session.context()?;
    let explainer = Explainer::new(&last.query, &last.source.text, &cx).map_err(|problems| {
        messages::diagnostics(&problems, Some(&last.source), true);
        anyhow!("the query cannot be explained")
    })?;
    let mut subject = Subject::of_query(last.source.clone(), session.bind_options()?);
    subject.name = beginning(&last.source.text);
    let table = &session.opened()?.evidence;
    let mut sink = Sink::open(None)?;
    let Some(wanted) = wanted else {
        let (funnel, _) = count(table, &explainer, &cx, &|| !session.is_interrupted());
        why_view::funnel(&mut sink, &subject, &explainer, &funnel)?;
        if session.is_interrupted() {
            writeln!(sink.out, "(interrupted: not all of the evidence was read)")?;
        }
        return sink.finish();
    };
    let head = Head::new();
    let mut needs = Needs::new(explainer.columns().chain(head.columns()).cloned());
    needs.log_sources = Arc::clone(&cx.log_sources);
    let filter = explainer.class_filter(&needs, &cx).map_err(|problems| {
        messages::diagnostics(&problems, Some(&last.source), true);
        anyhow!("the query cannot be explained")
    })?;
    // A row of the result is among the records that the query reads, which is soon looked through;
    // another event may be among those that it leaves out unread.
    let mut reading = needs.clone();
    reading.class_filter = Some(Arc::new(filter));
    let mut located = locate(table, &reading, &wanted);
    let ruled_out = located.fitting == 0;
    if ruled_out {
        located = locate(table, &needs, &wanted);
    }
    let Some(found) = located.events.first() else {
        let file = wanted.file.as_deref().unwrap_or_default();
        match located.records {
            Some((low, high)) => bail!(
                "there is no such record in `{file}`: it holds {} events, records {low} to {high}",
                thousands(located.seen)
            ),
            None => bail!("no event was read from `{file}`; the column \"aql.file\" has the names"),
        }
    };
    let explanation = explainer.explain(&found.2, 0);
    let event = head.of(found, ruled_out);
    why_view::explanation(&mut sink, &subject, &event, &explainer, &explanation)?;
    sink.finish()
}

/// So much of a query that one sees which it was.
fn beginning(text: &str) -> String {
    const CHARACTERS: usize = 76;
    let line = one_line(text);
    match line.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// The event behind a row of the last result.
fn of_row(last: &Last, number: usize) -> anyhow::Result<Wanted> {
    let Some(places) = &last.places else {
        bail!(
            "a row of the last result stands for a group of events; `.why FILE:RECORD` explains one \
             event, and `.why` counts how many get past each condition"
        );
    };
    let place = number.checked_sub(1).and_then(|at| places.get(at));
    match place {
        Some((file, record)) => Ok(Wanted { file: Some(file.clone()), record: Some(*record) }),
        None if last.rows == 0 => {
            bail!("the last result has no rows; `.why` counts where the events were lost")
        }
        None => bail!(
            "there is no row {number}: the last result has {} that can be explained",
            thousands(places.len() as u64)
        ),
    }
}
