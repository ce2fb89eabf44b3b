//! `--tuning`: what a site puts in place of a pack's parameters, and which findings it knows.

use std::path::Path;

use anyhow::bail;
use aql_pack::{Pack, Tuning};

use crate::messages;

/// Loads tunings: a file, or the name of a ready tuning of one of the packs.
///
/// # Errors
/// If there is no such file or tuning, or if it cannot be used.
pub(crate) fn load(names: &[String], packs: &[Pack]) -> anyhow::Result<Vec<Tuning>> {
    let mut tunings = Vec::new();
    for name in names {
        let ready: Vec<&Tuning> = packs.iter().filter_map(|pack| pack.tuning(name)).collect();
        if !ready.is_empty() {
            tunings.extend(ready.into_iter().cloned());
            continue;
        }
        let path = Path::new(name);
        if !path.exists() {
            let known: Vec<&str> =
                packs.iter().flat_map(|p| &p.tunings).map(|t| t.name.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            bail!(
                "there is no tuning `{name}`: neither as a file nor in the pack (it has {known})"
            );
        }
        match Tuning::load(path) {
            Ok(tuning) => tunings.push(tuning),
            Err(problems) => {
                messages::diagnostics(&problems, None, true);
                bail!("tuning `{name}` cannot be used");
            }
        }
    }
    Ok(tunings)
}
