//! What is told of proofs.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use super::{Piece, Proof, Proofs, Verdict};
use crate::output::{Sink, list, one_line};
use crate::summary::thousands;

/// Events that are shown of those that differ, and in JSON.
const SHOWN: usize = 5;
const LISTED: usize = 100;

/// The proofs of one translation as JSON.
pub(crate) fn objects(proofs: &Proofs, piece: usize) -> Value {
    let of_it = proofs.list.iter().filter(|proof| proof.piece == piece);
    of_it.map(object).collect()
}

fn object(proof: &Proof) -> Value {
    let what = if proof.groups { "groups" } else { "events" };
    let listed = |side: &[String]| side.iter().take(LISTED).cloned().collect::<Vec<_>>();
    match &proof.verdict {
        Verdict::Same { found } => json!({
            "by": proof.by, "compared": what, "verdict": "same", "found": found,
        }),
        Verdict::Differs { announced, found, more, fewer } => json!({
            "by": proof.by,
            "compared": what,
            "verdict": if *announced { "announced" } else { "differs" },
            "found": found,
            "more": more.len(),
            "fewer": fewer.len(),
            "first_more": listed(more),
            "first_fewer": listed(fewer),
        }),
        Verdict::Failed(why) => json!({
            "by": proof.by, "compared": what, "verdict": "failed", "error": why,
        }),
    }
}

/// What has been counted of a target and an engine.
#[derive(Default)]
struct Count {
    translations: u64,
    hits: u64,
    same: u64,
    announced: u64,
    differ: u64,
    failed: u64,
}

/// Writes what differs, the counts, and what was not proved.
pub(crate) fn write(sink: &mut Sink, pieces: &[Piece<'_>], proofs: &Proofs) -> anyhow::Result<()> {
    let mut counts: BTreeMap<(&str, &str, &str), Count> = BTreeMap::new();
    for proof in &proofs.list {
        let Some(piece) = pieces.get(proof.piece) else { continue };
        let what = if proof.groups { "groups" } else { "events" };
        let count = counts.entry((piece.target.name(), &proof.by, what)).or_default();
        count.translations += 1;
        let name = format!("{} ({}, by {})", piece.job.name, piece.target.name(), proof.by);
        match &proof.verdict {
            Verdict::Same { found } => {
                count.same += 1;
                count.hits += u64::from(*found > 0);
            }
            Verdict::Differs { announced, found, more, fewer } => {
                count.hits += u64::from(*found > 0);
                let how = if *announced {
                    count.announced += 1;
                    "differs, as announced"
                } else {
                    count.differ += 1;
                    "DIFFERS"
                };
                writeln!(
                    sink.out,
                    "{}: {how}: {} {what} found, {} more and {} fewer in the translation",
                    one_line(&name),
                    thousands(*found as u64),
                    thousands(more.len() as u64),
                    thousands(fewer.len() as u64),
                )?;
                side(sink, '+', more)?;
                side(sink, '-', fewer)?;
            }
            Verdict::Failed(why) => {
                count.failed += 1;
                writeln!(sink.out, "{}: DOES NOT RUN: {}", one_line(&name), one_line(why))?;
            }
        }
    }
    let rows = counts.into_iter().map(|((target, by, what), count)| {
        let mut row = vec![target.to_owned(), by.to_owned(), what.to_owned()];
        let numbers = [
            count.translations,
            count.hits,
            count.same,
            count.announced,
            count.differ,
            count.failed,
        ];
        row.extend(numbers.map(thousands));
        row
    });
    let head = [
        "target",
        "run by",
        "compared",
        "translations",
        "with hits",
        "the same",
        "as announced",
        "differ",
        "do not run",
    ];
    let rows: Vec<Vec<String>> = rows.collect();
    if !rows.is_empty() {
        writeln!(sink.out, "{} events", thousands(proofs.events))?;
        writeln!(sink.out, "{}", list(&head, rows, sink.width))?;
    }
    for (target, why) in &proofs.missing {
        writeln!(sink.out, "not proved: {target}: {}", one_line(why))?;
    }
    Ok(())
}

fn side(sink: &mut Sink, sign: char, all: &[String]) -> anyhow::Result<()> {
    for row in all.iter().take(SHOWN) {
        writeln!(sink.out, "  {sign} {}", one_line(row))?;
    }
    if all.len() > SHOWN {
        writeln!(sink.out, "  {sign} and {} more", thousands((all.len() - SHOWN) as u64))?;
    }
    Ok(())
}
