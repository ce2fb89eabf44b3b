//! `.schema`: what queries can name, and what of it this evidence has.

use anyhow::anyhow;
use aql_catalog::{Catalog, Profile, similar_names};
use aql_diag::SourceText;
use aql_engine::{WindowMode, WindowPolicy};
use aql_event::ColumnKind;
use aql_lsp::describe;
use aql_semantic::bind_text;

use crate::inspect::survey_all;
use crate::output::{Sink, list, one_line, printable};
use crate::repl::session::Session;
use crate::summary::thousands;

/// Values of a field that are shown.
const TOP: usize = 10;

/// Lists the fields of every event, and the names that have a value in the evidence.
pub(super) fn all(session: &Session) -> anyhow::Result<()> {
    let mut sink = Sink::open(None)?;
    let fields = Catalog::get()
        .event_fields()
        .iter()
        .filter(|field| field.column.kind != ColumnKind::Provenance)
        .map(|f| vec![f.column.name.to_string(), f.column.ty.to_string(), f.doc.clone()])
        .collect();
    writeln!(sink.out, "{}", list(&["field", "type", "meaning"], fields, sink.width))?;
    if session.opened.is_some() {
        let names = session.bind_options()?.profile;
        let (counts, _) = survey_all(&session.opened()?.evidence, &|| !session.is_interrupted());
        let (what, stats) = match names {
            Profile::Ibm => ("property", counts.properties),
            Profile::Raw => ("field of the log", counts.fields),
        };
        let row = |(name, stat): (String, crate::inspect::FieldStat)| {
            let example = stat.examples.first().map(|e| one_line(e)).unwrap_or_default();
            vec![format!("\"{name}\""), thousands(stat.filled), example]
        };
        let rows = stats.into_iter().map(row).collect();
        writeln!(sink.out, "\n{}", list(&[what, "events", "example"], rows, sink.width))?;
        if session.is_interrupted() {
            writeln!(sink.out, "(interrupted: not all of the evidence was read)")?;
        }
    }
    sink.finish()
}

/// Says what a name means, and which values it has most often in the evidence.
pub(super) fn one(session: &mut Session, written: &str) -> anyhow::Result<()> {
    let name = written.trim_matches(['"', '\'']);
    let catalog = Catalog::get();
    let mut sink = Sink::open(None)?;
    let described = describe(name, &session.settings());
    if let Some(text) = &described {
        // Markdown, of which only the fences would disturb.
        let lines = text.lines().filter(|line| !line.starts_with("```"));
        for line in lines {
            writeln!(sink.out, "{}", printable(line))?;
        }
    }
    let is_function = catalog.event_field(name).is_none() && catalog.function(name).is_some();
    if is_function || (described.is_some() && session.opened.is_none()) {
        return sink.finish();
    }
    let text = format!(
        "SELECT \"{name}\" AS value, COUNT(*) AS events FROM events WHERE \"{name}\" IS NOT NULL \
         GROUP BY \"{name}\" ORDER BY events DESC LIMIT {TOP}"
    );
    let source = SourceText::new("schema", text);
    let bound = bind_text(&source.text, &session.bind_options()?, catalog);
    let query = bound.query.filter(|_| !name.contains('"'));
    let Some(query) = query.filter(|_| session.opened.is_some()) else {
        return if described.is_some() { sink.finish() } else { Err(unknown(name)) };
    };
    writeln!(sink.out)?;
    sink.finish()?;
    // Asked about all of the evidence, and not a result that `.why` is about.
    let last = session.last.take();
    let window = WindowPolicy { now: session.window()?.now, mode: WindowMode::Ignore };
    let done = session.run_bound(&source, query, window);
    let found = std::mem::replace(&mut session.last, last);
    done?;
    // A field of the log that the catalog does not know, or none at all.
    if described.is_none() && found.is_some_and(|found| found.rows == 0) {
        return Err(unknown(name));
    }
    Ok(())
}

fn unknown(name: &str) -> anyhow::Error {
    let catalog = Catalog::get();
    let fields = catalog.event_fields().iter().map(|f| &*f.column.name);
    let names = fields.chain(catalog.properties().iter().map(|p| &*p.column.name));
    match similar_names(name, names).first() {
        Some(known) => anyhow!("nothing here has a field `{name}`; is it `{known}`?"),
        None => anyhow!("nothing here has a field `{name}`; `.schema` lists what there is"),
    }
}
