//! `aql why`: why a rule matches an event or does not, and where the events of a run were lost.

use std::io::{self, IsTerminal, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{anyhow, bail};
use aql_catalog::{Catalog, Profile, similar_names};
use aql_diag::{Diagnostic, SourceText};
use aql_eval::{Context, TextColumn};
use aql_event::{Column, EventBatch, EventTable, Needs, ScanReport, ScanStep, provenance};
use aql_ingest::Evidence;
use aql_pack::{Pack, cell_json, iso_time, settings};
use aql_report::why::{Explainer, Funnel, Located, Wanted, locate};
use aql_semantic::{BindOptions, Mode, NullSemantics, ProfileFile, bind_text};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{InspectFormat, WhyArgs};
use crate::evidence::{self, ProgressGuard};
use crate::output::Sink;
use crate::{hunt, messages, query, site, summary, tuning, why_view};

/// Names that are listed in a message.
const FEW: usize = 10;

/// Whose condition is explained.
pub(crate) struct Subject {
    /// Name of the rule, or of the file of the query.
    pub(crate) name: String,
    /// Title of the rule.
    pub(crate) title: Option<String>,
    source: SourceText,
    bind: BindOptions,
}

/// Which event is explained.
pub(crate) struct EventHead {
    pub(crate) file: String,
    pub(crate) record: i64,
    pub(crate) time: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) user: Option<String>,
    /// Would a hunt leave the record out without decoding it?
    pub(crate) ruled_out: bool,
}

impl Subject {
    /// The condition of a query that was run as it stands.
    pub(crate) fn of_query(source: SourceText, bind: BindOptions) -> Subject {
        Subject { name: source.name.clone(), title: None, source, bind }
    }
}

pub(crate) fn run(args: &WhyArgs) -> anyhow::Result<Outcome> {
    let quiet = args.evidence.read.quiet;
    let Some(profile) = query::read_profiles(&args.profile_file, quiet)? else {
        return Ok(Outcome::Failed);
    };
    let packs = hunt::load_packs(&args.pack)?;
    let subject = subject(args, &packs, &profile)?;
    let bound = bind_text(&subject.source.text, &subject.bind, Catalog::get());
    // Repairs are what a hunt mentions in one line; here the condition itself shows them.
    let errors_only = quiet || args.rule.is_some();
    messages::diagnostics(&bound.diagnostics, Some(&subject.source), errors_only);
    let Some(bound) = bound.query else { return Ok(Outcome::Failed) };
    let mut cx = Context::new(Catalog::get(), query::wall_clock());
    cx.site = site::load(&args.evidence)?;
    // What a hunt with these packs and tunings has in its reference data.
    let (site, remarks) = settings(&packs, &tuning::load(&args.tuning, &packs)?, &cx.site);
    messages::diagnostics(&remarks, None, quiet);
    if remarks.iter().any(Diagnostic::is_error) {
        return Ok(Outcome::Failed);
    }
    cx.site = site;
    let cx = Arc::new(cx);
    let explainer = match Explainer::new(&bound, &subject.source.text, &cx) {
        Ok(explainer) => explainer,
        Err(problems) => {
            messages::diagnostics(&problems, Some(&subject.source), quiet);
            return Ok(Outcome::Failed);
        }
    };
    match &args.event {
        Some(event) => one_event(args, event, &subject, &explainer, &cx),
        None => all_events(args, &subject, &explainer, &cx),
    }
}

fn subject(args: &WhyArgs, packs: &[Pack], profile: &ProfileFile) -> anyhow::Result<Subject> {
    if let Some(query) = &args.query {
        let source = if query == "-" || Path::new(query).is_file() {
            query::read_text(Path::new(query))?
        } else {
            SourceText::new("query", query.clone())
        };
        let base = args.profile.map(query::base_profile);
        let bind = BindOptions::default().with_profile_file(profile.clone(), base);
        return Ok(Subject::of_query(source, bind));
    }
    let name = args.rule.as_deref().unwrap_or_default();
    let rules = || packs.iter().flat_map(|pack: &Pack| &pack.rules);
    let Some(rule) = rules().find(|rule| rule.name == name || rule.facts.id == name) else {
        let similar = similar_names(name, rules().map(|rule| rule.name.as_str()));
        let names: Vec<&str> = packs.iter().map(|pack| pack.facts.name.as_str()).collect();
        let hint = match similar.first() {
            Some(_) => format!("did you mean `{}`?", similar.join("` or `")),
            None => {
                let all: Vec<&str> = rules().map(|rule| rule.name.as_str()).collect();
                match all.len() {
                    0..=FEW => format!("the rules are {}", all.join(", ")),
                    n => format!("`aql pack show` lists the {n} rules of a pack"),
                }
            }
        };
        bail!("there is no rule `{name}` in {}; {hint}", names.join(", "));
    };
    if let Some(correlation) = &rule.facts.correlation {
        bail!(
            "rule `{name}` is a correlation and has no condition of its own; it reads what `{}` find",
            correlation.rules.join("`, `")
        );
    }
    Ok(Subject {
        name: rule.name.clone(),
        title: Some(rule.facts.title.clone()),
        source: SourceText::new(rule.path.clone(), rule.query.clone()),
        bind: rule.bind_options(Mode::Lenient, profile),
    })
}

/// Columns that say which event it is.
pub(crate) struct Head {
    time: Option<Column>,
    user: Option<Column>,
    host: Option<Column>,
}

impl Head {
    pub(crate) fn new() -> Head {
        let builtin = |name| Catalog::get().event_field(name).map(|f| f.column.clone());
        let host = Catalog::get().property("Machine Identifier", Profile::Ibm);
        Head {
            time: builtin("starttime"),
            user: builtin("username"),
            host: host.map(|(column, _)| column),
        }
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = &Column> {
        [&self.time, &self.user, &self.host].into_iter().flatten()
    }

    /// What the columns say of the only event of a batch.
    pub(crate) fn of(
        &self,
        (file, record, batch): &(String, i64, EventBatch),
        ruled_out: bool,
    ) -> EventHead {
        let text = |column: &Option<Column>| {
            let array = batch.column(column.as_ref()?)?;
            TextColumn::new(array)?.value(0).map(str::to_owned)
        };
        let time = self.time.as_ref().and_then(|column| batch.column(column));
        EventHead {
            file: file.clone(),
            record: *record,
            time: time.and_then(|array| cell_json(array, 0).as_i64()).map(iso_time),
            host: text(&self.host),
            user: text(&self.user),
            ruled_out,
        }
    }
}

/// Where a named event is read from. Standard input is kept: it is read twice.
enum Origin {
    Path(PathBuf),
    Stdin(Vec<u8>),
}

impl Origin {
    fn open(&self, args: &WhyArgs, quiet: bool) -> anyhow::Result<Evidence> {
        match self {
            Origin::Path(path) => {
                let flags = &args.evidence;
                let (evidence, problems) =
                    Evidence::open(std::slice::from_ref(path), evidence::options(&flags.read)?);
                messages::diagnostics(&problems, None, quiet);
                if problems.iter().any(Diagnostic::is_error) {
                    bail!("the event cannot be read");
                }
                Ok(evidence)
            }
            Origin::Stdin(bytes) => {
                let reader = io::Cursor::new(bytes.clone());
                Ok(Evidence::from_reader(
                    "<stdin>",
                    reader,
                    evidence::options(&args.evidence.read)?,
                ))
            }
        }
    }
}

/// `FILE:RECORD`, `archive.zip!/member:RECORD`, `FILE`, `-`.
pub(crate) fn parse_event(text: &str) -> (String, Wanted) {
    let (place, record) = match text.rsplit_once(':') {
        Some((place, record)) if !Path::new(text).exists() && !place.is_empty() => {
            match record.trim_start_matches('#').parse() {
                Ok(record) => (place, Some(record)),
                Err(_) => (text, None),
            }
        }
        _ => (text, None),
    };
    // A member of an archive is found by reading the archive.
    match place.split_once("!/") {
        Some((archive, _)) if !Path::new(place).exists() => {
            (archive.to_owned(), Wanted { file: Some(place.to_owned()), record })
        }
        _ => (place.to_owned(), Wanted { file: None, record }),
    }
}

fn one_event(
    args: &WhyArgs,
    event: &str,
    subject: &Subject,
    explainer: &Explainer,
    cx: &Arc<Context>,
) -> anyhow::Result<Outcome> {
    let (place, wanted) = parse_event(event);
    let origin = if place == "-" {
        if io::stdin().is_terminal() {
            bail!("`-` reads the event from standard input, which is a terminal: pipe it in");
        }
        if args.query.as_deref() == Some("-") {
            bail!("standard input cannot be both the query and the event");
        }
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes)?;
        Origin::Stdin(bytes)
    } else {
        Origin::Path(PathBuf::from(&place))
    };
    let head = Head::new();
    let mut needs = Needs::new(explainer.columns().chain(head.columns()).cloned());
    needs.log_sources = Arc::clone(&cx.log_sources);
    let located = locate(&origin.open(args, args.evidence.read.quiet)?, &needs, &wanted);
    let Some(found) = only_one(&located, event, &wanted)? else {
        summary::files(&located.report, &args.evidence.read);
        return Err(no_such_event(&located, event, &wanted));
    };

    // What a hunt does before it decodes a record.
    let filter = explainer.class_filter(&needs, cx).map_err(|problems| {
        messages::diagnostics(&problems, Some(&subject.source), true);
        anyhow!("the rule cannot be run")
    })?;
    needs.class_filter = Some(Arc::new(filter));
    let (file, record, batch) = found;
    let exact = Wanted { file: Some(file.clone()), record: Some(*record) };
    let decoded = locate(&origin.open(args, true)?, &needs, &exact);

    let event = head.of(found, decoded.fitting == 0);
    let explanation = explainer.explain(batch, 0);
    let mut sink = Sink::open(args.evidence.output.as_deref())?;
    match args.format {
        InspectFormat::Text => {
            why_view::explanation(&mut sink, subject, &event, explainer, &explanation)?;
        }
        InspectFormat::Json => {
            let mut document = json!({
                "rule": subject.name,
                "title": subject.title,
                "nulls": nulls_name(explainer.nulls()),
                "grouped_after": explainer.is_grouped(),
                "event": {
                    "file": event.file,
                    "record": event.record,
                    "time": event.time,
                    "host": event.host,
                    "user": event.user,
                    "ruled_out_by_kind": event.ruled_out,
                },
            });
            extend(&mut document, explainer.json(&explanation));
            writeln!(sink.out, "{document:#}")?;
        }
    }
    sink.finish()?;
    Ok(if explanation.matches { Outcome::Found } else { Outcome::Done })
}

/// The event, if exactly one fits; nothing if none does.
fn only_one<'a>(
    located: &'a Located,
    event: &str,
    wanted: &Wanted,
) -> anyhow::Result<Option<&'a (String, i64, EventBatch)>> {
    if located.fitting <= 1 {
        return Ok(located.events.first());
    }
    let places: Vec<String> =
        located.events.iter().take(4).map(|(file, record, _)| format!("{file}:{record}")).collect();
    let places = places.join("`, `");
    if wanted.record.is_none() {
        bail!(
            "`{event}` holds {} events; name one by its record, such as `{places}`",
            summary::thousands(located.fitting)
        );
    }
    bail!(
        "{} events are called `{event}`; name the file whole, such as `{places}`",
        summary::thousands(located.fitting)
    )
}

fn no_such_event(located: &Located, event: &str, wanted: &Wanted) -> anyhow::Error {
    if let (Some(file), 0) = (&wanted.file, located.seen) {
        let similar = similar_names(file, located.files.iter().map(String::as_str));
        return match similar.first().copied().or(located.files.first().map(String::as_str)) {
            Some(known) => anyhow!("no event was read from `{file}`; did you mean `{known}`?"),
            None => anyhow!("no event was read from `{file}`"),
        };
    }
    match (wanted.record, located.records) {
        (Some(record), Some((low, high))) => anyhow!(
            "there is no record {record} in `{}`: it holds {} events, records {low} to {high}",
            event.rsplit_once(':').map_or(event, |(file, _)| file),
            summary::thousands(located.seen),
        ),
        _ => anyhow!("`{event}` holds no event"),
    }
}

fn all_events(
    args: &WhyArgs,
    subject: &Subject,
    explainer: &Explainer,
    cx: &Arc<Context>,
) -> anyhow::Result<Outcome> {
    let opened = evidence::open(&args.paths, &args.evidence)?;
    let mut sink = Sink::open(args.evidence.output.as_deref())?;
    let progress = ProgressGuard::start(&opened, args.evidence.read.quiet);
    let (funnel, report) = count(&opened.evidence, explainer, cx, &|| true);
    drop(progress);
    match args.format {
        InspectFormat::Text => why_view::funnel(&mut sink, subject, explainer, &funnel)?,
        InspectFormat::Json => {
            let mut document = json!({
                "rule": subject.name,
                "title": subject.title,
                "nulls": nulls_name(explainer.nulls()),
                "grouped_after": explainer.is_grouped(),
            });
            extend(&mut document, explainer.funnel_json(&funnel));
            writeln!(sink.out, "{document:#}")?;
        }
    }
    sink.finish()?;
    summary::files(&report, &args.evidence.read);
    let incomplete = opened.incomplete || summary::is_incomplete(&report);
    let nothing_read = funnel.events == 0;
    Ok(match (incomplete && (args.evidence.read.strict_input || nothing_read), funnel.matches()) {
        (true, _) => Outcome::Failed,
        (false, 0) => Outcome::Done,
        (false, _) => Outcome::Found,
    })
}

/// How many events get past each part of a condition; reading ends when `go_on` says so.
pub(crate) fn count(
    table: &dyn EventTable,
    explainer: &Explainer,
    cx: &Arc<Context>,
    go_on: &(dyn Fn() -> bool + Sync),
) -> (Funnel, ScanReport) {
    // Something has to be read for a condition that reads nothing.
    let record = Catalog::get().event_field(provenance::RECORD).map(|f| f.column.clone());
    let mut needs = Needs::new(explainer.columns().cloned().chain(record));
    needs.log_sources = Arc::clone(&cx.log_sources);
    let funnel = Mutex::new(explainer.empty_funnel());
    let report = table.scan(&needs, &|step| {
        if let ScanStep::Batch { events, .. } = step {
            let counts = explainer.count(&events);
            funnel.lock().unwrap_or_else(PoisonError::into_inner).add(&counts);
        }
        if go_on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    (funnel.into_inner().unwrap_or_else(PoisonError::into_inner), report)
}

fn extend(document: &mut Value, more: Value) {
    if let (Some(document), Value::Object(more)) = (document.as_object_mut(), more) {
        document.extend(more);
    }
}

fn nulls_name(nulls: NullSemantics) -> &'static str {
    match nulls {
        NullSemantics::TwoValued => "two-valued",
        NullSemantics::Sql => "sql",
    }
}

#[cfg(test)]
mod tests {
    use super::parse_event;

    #[test]
    fn an_event_is_a_file_and_a_record() {
        let parse = |text: &str| {
            let (place, wanted) = parse_event(text);
            (place, wanted.file, wanted.record)
        };
        assert_eq!(parse("a.evtx:12"), ("a.evtx".into(), None, Some(12)));
        assert_eq!(parse("a.evtx:#12"), ("a.evtx".into(), None, Some(12)));
        assert_eq!(parse("a.evtx"), ("a.evtx".into(), None, None));
        assert_eq!(parse("-"), ("-".into(), None, None));
        assert_eq!(parse("-:3"), ("-".into(), None, Some(3)));
        assert_eq!(parse(r"C:\logs\a.evtx"), (r"C:\logs\a.evtx".into(), None, None));
        let member = "case.zip!/in/a.json";
        assert_eq!(
            parse("case.zip!/in/a.json:7"),
            ("case.zip".into(), Some(member.into()), Some(7))
        );
    }
}
