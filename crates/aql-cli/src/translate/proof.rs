//! `aql translate --prove`: originals and translations over the same events.
//!
//! The evidence becomes a store. One pass over it says which events each original finds; Sigma
//! translations take part in the same pass, read back by our own reader. What another engine has to
//! run is handed to it ([`engines`]), and its answer compared by file and record. Groups are compared
//! by their rows. Time clause, order and limit do not count: the question is what the conditions let
//! through.

mod compare;
mod documents;
mod engines;
mod events;
mod groups;
mod report;
mod round_trip;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::bail;
use aql_semantic::{BoundQuery, Window};
use aql_store::{Combined, ImportOptions, Store};
use aql_translate::{Loss, Translation, translate};

use self::engines::{Engine, Statement};
use self::events::{Filter, Found, Places};
pub(crate) use self::report::{objects, write};
use super::jobs::Job;
use crate::args::EvidenceArgs;
use crate::{evidence, messages, query, summary};

/// A translation, and what it is of.
pub(crate) struct Piece<'a> {
    pub(crate) job: &'a Job,
    pub(crate) bound: Option<&'a BoundQuery>,
    pub(crate) target: aql_translate::Target,
    pub(crate) translation: Option<Translation>,
    pub(crate) loss: Loss,
}

impl Piece<'_> {
    /// The text, if it was not refused.
    pub(crate) fn text(&self) -> Option<&str> {
        self.translation.as_ref()?.text.as_deref()
    }
}

/// What became of a translation that an engine ran.
pub(crate) struct Proof {
    /// Position of the translation.
    pub(crate) piece: usize,
    /// The engine, with its version.
    pub(crate) by: String,
    /// Rows of groups, or else events.
    pub(crate) groups: bool,
    pub(crate) verdict: Verdict,
}

/// How original and translation compare.
pub(crate) enum Verdict {
    /// They find the same.
    Same {
        /// How many events or groups.
        found: usize,
    },
    /// They do not.
    Differs {
        /// Did the loss report say so?
        announced: bool,
        /// How many the original finds.
        found: usize,
        /// What only the translation finds.
        more: Vec<String>,
        /// What only the original finds.
        fewer: Vec<String>,
    },
    /// The engine does not run it.
    Failed(String),
}

/// The proofs of a run.
pub(crate) struct Proofs {
    pub(crate) list: Vec<Proof>,
    /// Engines that are not here: the target, and why.
    pub(crate) missing: Vec<(&'static str, String)>,
    /// Number of events.
    pub(crate) events: u64,
}

impl Proofs {
    /// Is there a difference that was not announced, or a translation that does not run?
    pub(crate) fn is_refuted(&self) -> bool {
        self.list.iter().any(|proof| match &proof.verdict {
            Verdict::Same { .. } => false,
            Verdict::Differs { announced, .. } => !announced,
            Verdict::Failed(_) => true,
        })
    }
}

/// What is proved with.
pub(crate) struct Means<'a> {
    pub(crate) paths: &'a [PathBuf],
    pub(crate) python: &'a Path,
    pub(crate) exact: bool,
    pub(crate) quiet: bool,
}

/// Runs originals and translations.
pub(crate) fn prove(pieces: &[Piece<'_>], means: &Means<'_>) -> anyhow::Result<Proofs> {
    let work = tempfile::tempdir()?;
    let stores = stores(means, &work.path().join("store"))?;
    let table = open(&stores)?;
    let mut places = Places::default();

    // The events that originals find, and Sigma rules that are read back.
    let (filters, of_piece, back) = filters(pieces);
    let (found, events) = events::find(&table, &filters, &mut places)?;
    let original = |piece: usize| of_piece.get(piece).copied().flatten().and_then(|f| found.get(f));
    let mut proofs = Proofs { list: Vec::new(), missing: Vec::new(), events };
    for (piece, filter) in back {
        let verdict = match filter {
            Err(why) => Verdict::Failed(why),
            Ok(filter) => match (original(piece), found.get(filter)) {
                (Some(ours), Some(theirs)) => {
                    verdict(pieces.get(piece), means, ours, theirs, &places)
                }
                _ => continue,
            },
        };
        let by = format!("aql {}", env!("CARGO_PKG_VERSION"));
        proofs.list.push(Proof { piece, by, groups: false, verdict });
    }

    let mut known_groups = HashMap::new();
    for engine in engines::ALL {
        let statements = statements(pieces, engine, means);
        if statements.is_empty() {
            continue;
        }
        let asked = engines::ask(engine, means.python, &statements, &stores, &table, work.path())?;
        let answers = match asked {
            Ok(answers) => answers,
            Err(why) => {
                proofs.missing.push((engine.target, why));
                continue;
            }
        };
        for (statement, answer) in statements.iter().zip(answers.list) {
            let piece = pieces.get(statement.piece);
            let verdict = match answer {
                Err(why) => Verdict::Failed(why),
                Ok(engines::Answer::Events(list)) => {
                    let Some(ours) = original(statement.piece) else { continue };
                    let theirs: Found = list.iter().map(|(f, r)| places.enter(f, *r)).collect();
                    verdict(piece, means, ours, &theirs, &places)
                }
                Ok(engines::Answer::Groups(theirs)) => {
                    let Some(piece) = piece else { continue };
                    let announced = piece.loss == Loss::Approximate;
                    // The groups of the original are the same for every target.
                    let job: *const Job = piece.job;
                    let ours = known_groups
                        .entry(job)
                        .or_insert_with(|| groups::rows(piece, &statement.query, &table));
                    match ours {
                        Ok(ours) => compare::rows(ours, &theirs, announced),
                        Err(why) => Verdict::Failed(why.clone()),
                    }
                }
            };
            proofs.list.push(Proof {
                piece: statement.piece,
                by: answers.engine.clone(),
                groups: statement.groups,
                verdict,
            });
        }
    }
    proofs.list.sort_by_key(|proof| proof.piece);
    for target in pieces.iter().filter(|p| p.text().is_some()).map(|p| p.target) {
        let known =
            target.name() == "sigma" || engines::ALL.iter().any(|e| e.target == target.name());
        if !known && !proofs.missing.iter().any(|(name, _)| *name == target.name()) {
            proofs.missing.push((target.name(), "nothing at hand runs it".to_owned()));
        }
    }
    Ok(proofs)
}

/// Conditions, the position of the one that each translation is of, and Sigma rules that were read
/// back: their translation, and the position of their condition or why there is none.
type Filters = (Vec<Filter>, Vec<Option<usize>>, Vec<(usize, Result<usize, String>)>);

fn filters(pieces: &[Piece<'_>]) -> Filters {
    let mut filters: Vec<Filter> = Vec::new();
    let mut of_piece = Vec::new();
    let mut back = Vec::new();
    let mut last: Option<(*const Job, usize)> = None;
    for (at, piece) in pieces.iter().enumerate() {
        let (Some(bound), Some(_)) = (piece.bound, piece.text()) else {
            of_piece.push(None);
            continue;
        };
        let job: *const Job = piece.job;
        let filter = match last {
            Some((known, filter)) if known == job => filter,
            _ => {
                filters.push(Filter::new(bound, &piece.job.cx));
                filters.len() - 1
            }
        };
        last = Some((job, filter));
        of_piece.push(Some(filter));
        if piece.target.name() == "sigma" {
            let rule = events_text(piece).and_then(|text| round_trip::read(&text));
            back.push((
                at,
                rule.map(|filter| {
                    filters.push(filter);
                    filters.len() - 1
                }),
            ));
        }
    }
    (filters, of_piece, back)
}

/// The translation of the question which events a query finds.
fn events_text(piece: &Piece<'_>) -> Result<String, String> {
    let bound = piece.bound.ok_or("there is no query")?;
    let options = piece.job.options(true, false);
    let translation = translate(&events::listing(bound), piece.target, &options);
    translation.text.ok_or_else(|| "its condition alone is not translated".to_owned())
}

/// What an engine is to run: for each translation the list of its events, and its groups.
fn statements(pieces: &[Piece<'_>], engine: &Engine, means: &Means<'_>) -> Vec<Statement> {
    let mut statements = Vec::new();
    for (at, piece) in pieces.iter().enumerate() {
        let (Some(bound), Some(_)) = (piece.bound, piece.text()) else { continue };
        if piece.target.name() != engine.target {
            continue;
        }
        let options = piece.job.options(true, means.exact);
        let mut add = |query: BoundQuery, groups: bool| {
            let translation = translate(&query, piece.target, &options);
            // What groups are made of may have no counterpart where conditions have.
            let Some(text) = translation.text else { return };
            let searched = piece.target.searched(&query, &options);
            let columns = translation.columns;
            statements.push(Statement { piece: at, query, groups, text, columns, searched });
        };
        add(events::listing(bound), false);
        if engine.counts && bound.aggregate.is_some() {
            add(groups::listing(bound), true);
        }
    }
    statements
}

fn verdict(
    piece: Option<&Piece<'_>>,
    means: &Means<'_>,
    ours: &Found,
    theirs: &Found,
    places: &Places,
) -> Verdict {
    let more: Vec<String> = theirs.difference(ours).map(|place| places.words(*place)).collect();
    let fewer: Vec<String> = ours.difference(theirs).map(|place| places.words(*place)).collect();
    if more.is_empty() && fewer.is_empty() {
        return Verdict::Same { found: ours.len() };
    }
    // A count may be approximate where the condition is not.
    let announced =
        piece.and_then(|piece| Some((piece, piece.bound?))).is_some_and(|(piece, bound)| {
            let options = piece.job.options(true, means.exact);
            translate(&events::listing(bound), piece.target, &options).loss() == Loss::Approximate
        });
    Verdict::Differs { announced, found: ours.len(), more, fewer }
}

/// The stores of the evidence; what is none becomes one.
fn stores(means: &Means<'_>, new: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut stores, files): (Vec<_>, Vec<_>) =
        means.paths.iter().cloned().partition(|path| Store::is_store(path));
    if files.is_empty() {
        return Ok(stores);
    }
    let args = EvidenceArgs::default();
    let opened = evidence::open_files(&files, &args.read)?;
    let options = ImportOptions { now: query::wall_clock(), ..ImportOptions::default() };
    match aql_store::import_with(opened.evidence, None, new, &options) {
        Ok(imported) => {
            let read = crate::args::ReadArgs { quiet: means.quiet, ..args.read };
            summary::remarks(&imported.remarks, &read);
            summary::files(&imported.report, &read);
        }
        Err(problem) => {
            messages::diagnostics(&[*problem], None, false);
            bail!("the evidence cannot be read");
        }
    }
    if opened.incomplete {
        bail!("some of the evidence is not there");
    }
    stores.push(new.to_path_buf());
    Ok(stores)
}

fn open(stores: &[PathBuf]) -> anyhow::Result<Combined> {
    Ok(evidence::open(stores, &EvidenceArgs::default())?.evidence)
}

/// The query without what only cuts and orders its rows.
fn whole(query: &BoundQuery) -> BoundQuery {
    BoundQuery {
        order_by: Vec::new(),
        limit: None,
        window: Window::None,
        time_limit: None,
        into: None,
        ..query.clone()
    }
}
