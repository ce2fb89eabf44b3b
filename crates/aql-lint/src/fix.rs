//! Applying fixes.

use aql_catalog::Catalog;
use aql_diag::{Applicability, Diagnostic, Edit, apply_edits, codes::Code};
use aql_semantic::BindOptions;

use crate::check::{Checked, check};
use crate::config::Config;

/// Which fixes may be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fixes {
    /// Those that keep or restore what the author meant.
    Safe,
    /// Those that may change which events are found, too.
    Unsafe,
}

/// A mended text.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The text.
    pub text: String,
    /// The code and the title of every fix that was applied, in order.
    pub applied: Vec<(Code, String)>,
    /// What is left to say about the text.
    pub left: Checked,
}

/// A fix can make room for the next; a text needs a few rounds at most.
const ROUNDS: usize = 12;

/// Applies fixes until none is left. A round that would leave more errors than it found is not
/// applied.
pub fn fix(
    text: &str,
    fixes: Fixes,
    options: &BindOptions,
    config: &Config,
    catalog: &'static Catalog,
) -> Fixed {
    let mut text = text.to_owned();
    let mut applied = Vec::new();
    let mut left = check(&text, options, config, catalog);
    for _ in 0..ROUNDS {
        let (edits, titles) = chosen(&left.diagnostics, fixes);
        if edits.is_empty() {
            break;
        }
        let (next, _) = apply_edits(&text, &edits);
        if next == text {
            break;
        }
        let checked = check(&next, options, config, catalog);
        if errors(&checked) > errors(&left) {
            break;
        }
        text = next;
        left = checked;
        applied.extend(titles);
    }
    Fixed { text, applied, left }
}

fn errors(checked: &Checked) -> usize {
    checked.diagnostics.iter().filter(|d| d.is_error()).count()
}

/// The fixes of one round: whole fixes only, none of which touches the text of another.
fn chosen(diagnostics: &[Diagnostic], fixes: Fixes) -> (Vec<Edit>, Vec<(Code, String)>) {
    let mut edits: Vec<Edit> = Vec::new();
    let mut titles = Vec::new();
    // Errors first: what stands in the way of reading the query at all.
    let (first, second): (Vec<_>, Vec<_>) = diagnostics.iter().partition(|d| d.is_error());
    for diagnostic in first.into_iter().chain(second) {
        let fix = diagnostic.fixes.iter().find(|f| match f.applicability {
            Applicability::Safe => true,
            Applicability::Unsafe => fixes == Fixes::Unsafe,
            Applicability::Display => false,
        });
        let Some(fix) = fix else { continue };
        let free = fix.edits.iter().all(|new| edits.iter().all(|old| apart(old, new)));
        if free && !fix.edits.is_empty() {
            edits.extend(fix.edits.iter().cloned());
            titles.push((diagnostic.code, fix.title.clone()));
        }
    }
    (edits, titles)
}

/// Do two edits leave each other alone? Insertions at one place do not: their order would be chance.
fn apart(a: &Edit, b: &Edit) -> bool {
    a.span.end < b.span.start || b.span.end < a.span.start
}
