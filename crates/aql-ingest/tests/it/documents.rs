//! What the documents say about formats is what is read.

use std::path::Path;

#[test]
fn every_format_has_a_row() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut listed: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("| `aql.format`"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|cell| cell.split(',').map(|name| name.trim().trim_matches('`')))
        .collect();
    let mut read: Vec<&str> = aql_ingest::formats().map(|(name, _)| name).collect();
    listed.sort_unstable();
    read.sort_unstable();
    assert_eq!(listed, read, "docs/formats.md and the list of formats differ");
}
