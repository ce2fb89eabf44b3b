//! `docs/compatibility.md` and the table of dialect options say the same.

use std::fmt::Write as _;
use std::path::Path;

use aql_semantic::dialect::OPTIONS;

fn document() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/compatibility.md");
    std::fs::read_to_string(path).expect("docs/compatibility.md")
}

#[test]
fn the_document_lists_the_options() {
    let mut table = String::from(
        "| code | option | values | strict | lenient | what it decides |\n|---|---|---|---|---|---|\n",
    );
    for option in OPTIONS {
        let values: Vec<String> = option.values.iter().map(|v| format!("`{v}`")).collect();
        let _ = writeln!(
            table,
            "| {} | `{}` | {} | `{}` | `{}` | {} |",
            option.code,
            option.name,
            values.join(", "),
            option.strict,
            option.lenient,
            option.doc
        );
    }
    let document = document();
    let (_, section) = document.split_once("## Dialect options\n").expect("the section");
    let rows: String = section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .fold(String::new(), |all, line| all + line + "\n");
    assert!(rows == table, "the table of docs/compatibility.md must read:\n{table}");
}

#[test]
fn every_option_belongs_to_a_choice() {
    let document = document();
    let (choices, _) = document.split_once("## Dialect options\n").expect("the section");
    for option in OPTIONS {
        let row = format!("| {} |", option.code);
        let rows = choices.lines().filter(|line| line.starts_with(&row)).count();
        assert_eq!(rows, 1, "{} of option {}", option.code, option.name);
    }
}
