//! What somebody probably meant: names that look alike, names of SQL, labels of screens.

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::data;

#[derive(Deserialize)]
struct SqlRow {
    sql: String,
    aql: String,
}

#[derive(Deserialize)]
struct LabelRow {
    label: String,
    aql: String,
}

/// Functions of SQL, in upper case, and what AQL has instead.
pub(crate) fn read_sql() -> FxHashMap<String, Vec<String>> {
    data::rows::<SqlRow>("sql_functions.csv", include_str!("../data/sql_functions.csv"))
        .into_iter()
        .map(|row| (row.sql, data::list(&row.aql).map(str::to_owned).collect()))
        .collect()
}

/// Labels of the product's screens (compared loosely) and what AQL calls them.
pub(crate) fn read_labels() -> FxHashMap<String, String> {
    data::rows::<LabelRow>("screen_labels.csv", include_str!("../data/screen_labels.csv"))
        .into_iter()
        .map(|row| (data::loose(&row.label), row.aql))
        .collect()
}

/// Up to three of the names that look like this one, best first. Blanks, underscores and case do
/// not count. A name is alike if few letters differ (about one in three), or if one starts or ends
/// with the other.
pub fn similar<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = data::loose(name);
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, &str)> = names
        .filter_map(|candidate| {
            let loose = data::loose(candidate);
            distance(&wanted, &loose).map(|d| (d, candidate))
        })
        .collect();
    found.sort();
    found.dedup();
    found.into_iter().map(|(_, name)| name).take(3).collect()
}

/// A number that grows with the difference; nothing if the names are not alike.
fn distance(a: &str, b: &str) -> Option<usize> {
    let (a_len, b_len) = (a.chars().count(), b.chars().count());
    let (short, long) = if a_len <= b_len { (a, b) } else { (b, a) };
    let (short_len, long_len) = (a_len.min(b_len), a_len.max(b_len));
    // Part of a longer name: `hash` of `MD5 Hash`. Comes behind a slip of the finger.
    if short_len >= 4
        && short_len * 2 >= long_len
        && (long.starts_with(short) || long.ends_with(short))
    {
        return Some(2 + (long_len - short_len) / 3);
    }
    if (long_len - short_len) * 3 > long_len {
        return None;
    }
    let edits = strsim::damerau_levenshtein(a, b);
    let allowed = match long_len {
        0..=2 => 0,
        3..=5 => 1,
        n => n / 3,
    };
    (edits <= allowed).then_some(edits)
}
