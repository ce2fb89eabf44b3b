//! Every value of every dialect option changes what some query answers, as documented.

use aql_semantic::dialect::OPTIONS;

use crate::slt::answer;
use crate::table::MemoryTable;

const EVENTS: &str = r"starttime | username | sourceip | sourceport | Process Path | Event ID | logsourceid | devicetype | qideventcategory | qid
950000 | Alice | 10.0.0.1 | 7 | C:\Windows\cmd.exe | 04625 | 11 | 12 | Microsoft-Windows-Sysmon/Operational | 5001829
800000 | bob   | -        | - | -                  | -     | 11 | 12 | Security                             | -
1000   | carl  | 10.0.0.3 | 9 | C:\Windows\net.exe | 4624  | 11 | 12 | Security                             | -";

/// Option; settings of the run; query; value and answer, rows or `! CODE`, by `;`.
type Case = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    (
        "property_case",
        "mode=strict",
        r#"SELECT username FROM events WHERE "process path" ILIKE '%cmd.exe'"#,
        &[("ignore", "Alice"), ("exact", "! AQL101")],
    ),
    (
        "property_case",
        "mode=strict",
        r#"SELECT username FROM events WHERE "Process Path" ILIKE '%cmd.exe' AND CommandLine IS NULL"#,
        &[("ignore", "Alice"), ("exact", "Alice")],
    ),
    (
        "comments",
        "mode=strict",
        "SELECT username FROM events WHERE sourceport = 7 -- seven",
        &[("accept", "Alice"), ("reject", "! AQL028")],
    ),
    (
        "terminator",
        "mode=strict",
        "SELECT username FROM events WHERE sourceport = 7;",
        &[("accept", "Alice"), ("reject", "! AQL033")],
    ),
    (
        "like_backslash",
        "",
        r#"SELECT username FROM events WHERE "Process Path" LIKE '%\\cmd.exe'"#,
        &[("literal", ""), ("repair", "Alice"), ("escape", "Alice")],
    ),
    (
        "like_backslash",
        "",
        r#"SELECT username FROM events WHERE "Process Path" LIKE 'C:\Windows\\cmd.exe'"#,
        &[("literal", ""), ("repair", ""), ("escape", "Alice")],
    ),
    (
        "matches",
        "",
        r#"SELECT username FROM events WHERE "Process Path" MATCHES 'cmd|C:.*net.exe'"#,
        &[("find", "Alice;carl"), ("full", "carl")],
    ),
    (
        "quoted_alias",
        "",
        "SELECT username AS 'who' FROM events ORDER BY 'who' DESC",
        &[("alias", "carl;bob;Alice"), ("constant", "Alice;bob;carl")],
    ),
    (
        "where_name",
        "",
        "SELECT 'x' AS username FROM events WHERE username = 'Alice'",
        &[("alias", ""), ("field", "x")],
    ),
    // The alias keeps its meaning elsewhere.
    (
        "where_name",
        "",
        "SELECT 'x' AS username, COUNT(*) FROM events GROUP BY username",
        &[("alias", "x | 3.0"), ("field", "x | 3.0")],
    ),
    (
        "time_units",
        "mode=strict",
        "SELECT username FROM events WHERE sourceport = 7 LAST 1 HOUR",
        &[("plural", "! AQL022"), ("singular", "Alice")],
    ),
    (
        "time_units",
        "mode=strict",
        "SELECT username FROM events LAST 1 WEEK",
        &[("plural", "! AQL022"), ("singular", "! AQL022")],
    ),
    (
        "operator_spelling",
        "",
        "SELECT username FROM events WHERE sourceport <> 9",
        &[("accept", "Alice"), ("reject", "! AQL001")],
    ),
    (
        "operator_spelling",
        "",
        "SELECT username FROM events WHERE sourceport == 9",
        &[("accept", "carl"), ("reject", "! AQL001")],
    ),
    (
        "parameters",
        "",
        "SELECT username FROM events LIMIT 1 PARAMETERS NONSENSE=1",
        &[("ignore", "Alice"), ("reject", "! AQL128")],
    ),
    (
        "number_condition",
        "",
        "SELECT username FROM events WHERE sourceport",
        &[("reject", "! AQL122"), ("nonzero", "Alice;carl")],
    ),
    (
        "matches_dot",
        "",
        "SELECT username FROM events WHERE CONCAT(username, '\n!') MATCHES 'Alice.!'",
        &[("line", ""), ("all", "Alice")],
    ),
    (
        "between",
        "",
        "SELECT username FROM events WHERE sourceport BETWEEN 6 AND 9",
        &[("inclusive", "Alice;carl"), ("exclusive", "Alice")],
    ),
    (
        "database_case",
        "",
        "SELECT username FROM EVENTS WHERE sourceport = 7",
        &[("ignore", "Alice"), ("lower", "! AQL105")],
    ),
    (
        "nulls",
        "",
        "SELECT username FROM events WHERE NOT (sourceport = 7)",
        &[("two_valued", "bob;carl"), ("sql", "carl")],
    ),
    (
        "equals_null",
        "",
        "SELECT username FROM events WHERE sourceport = NULL",
        &[("is_null", "bob"), ("never", "")],
    ),
    (
        "property_number",
        "",
        r#"SELECT username FROM events WHERE "Event ID" = 4625"#,
        &[("number", "Alice"), ("text", "")],
    ),
    (
        "property_number",
        "",
        r#"SELECT username FROM events WHERE "Event ID" IN (4624, 4625)"#,
        &[("number", "Alice;carl"), ("text", "carl")],
    ),
    (
        "text_case",
        "",
        "SELECT username FROM events WHERE username = 'ALICE'",
        &[("exact", ""), ("ignore", "Alice")],
    ),
    (
        "text_case",
        "",
        "SELECT username FROM events WHERE username IN ('alice', 'BOB', 'x')",
        &[("exact", ""), ("ignore", "Alice;bob")],
    ),
    (
        "text_case",
        "",
        "SELECT username FROM events WHERE 'ALICE' IN (SELECT username FROM events)",
        &[("exact", ""), ("ignore", "Alice;bob;carl")],
    ),
    (
        "division",
        "",
        "SELECT sourceport / 2, -7 / 2, 1 / 0, 7 / 2.0 FROM events LIMIT 1",
        &[("double", "3.5 | -3.5 | - | 3.5"), ("integer", "3 | -3 | - | 3.5")],
    ),
    (
        "like_address",
        "",
        "SELECT username FROM events WHERE sourceip LIKE '%.1'",
        &[("text", "Alice"), ("reject", "! AQL104")],
    ),
    (
        "default_window",
        "window=honour now=1000000",
        "SELECT username FROM events",
        &[("all", "Alice;bob;carl"), ("60_seconds", "Alice"), ("5_minutes", "Alice;bob")],
    ),
    (
        "parsetimestamp_order",
        "",
        "SELECT PARSETIMESTAMP('yyyy-MM-dd HH:mm', '1970-01-01 00:01') FROM events LIMIT 1",
        &[("pattern_first", "60000"), ("text_first", "-")],
    ),
    (
        "parsetimestamp_order",
        "",
        "SELECT PARSETIMESTAMP('1970-01-01 00:01', 'yyyy-MM-dd HH:mm') FROM events LIMIT 1",
        &[("pattern_first", "-"), ("text_first", "60000")],
    ),
    (
        "parsetimestamp_unit",
        "",
        "SELECT PARSETIMESTAMP('yyyy-MM-dd HH:mm', '1970-01-01 00:01') FROM events LIMIT 1",
        &[("milliseconds", "60000"), ("seconds", "60")],
    ),
    (
        "null_order",
        "",
        "SELECT sourceport FROM events ORDER BY sourceport",
        &[("low", "-;7;9"), ("high", "7;9;-"), ("first", "-;7;9"), ("last", "7;9;-")],
    ),
    (
        "null_order",
        "",
        "SELECT sourceport FROM events ORDER BY sourceport DESC",
        &[("low", "9;7;-"), ("high", "-;9;7"), ("first", "-;9;7"), ("last", "9;7;-")],
    ),
    (
        "null_order",
        "",
        "SELECT sourceport AS p, COUNT(*) FROM events GROUP BY sourceport ORDER BY p LIMIT 1",
        &[("low", "- | 1.0"), ("high", "7 | 1.0"), ("first", "- | 1.0"), ("last", "7 | 1.0")],
    ),
    (
        "typename_of_logsource",
        "",
        "SELECT LOGSOURCETYPENAME(logsourceid) FROM events LIMIT 1",
        &[("number", "Linux OS"), ("source", "Microsoft Windows Security Event Log")],
    ),
    (
        "sysmon_as_type",
        "",
        "SELECT username FROM events WHERE LOGSOURCETYPENAME(devicetype) ILIKE '%sysmon%'",
        &[("no", ""), ("yes", "Alice")],
    ),
    (
        "qidname_spelling",
        "",
        "SELECT username FROM events WHERE QIDNAME(qid) = 'Process accessed'",
        &[("likely", ""), ("both", "Alice")],
    ),
    (
        "string_base",
        "",
        "SELECT STRPOS('abcb', 'b', 2), STRPOS('abc', 'x'), SUBSTRING('abc', 1, 1), SUBSTRING('abc', 2) FROM events LIMIT 1",
        &[("0", "3 | -1 | b | c"), ("1", "2 | 0 | a | bc")],
    ),
    (
        "concat_null",
        "",
        "SELECT CONCAT(username, sourceport) FROM events",
        &[("empty", "Alice7;bob;carl9"), ("null", "Alice7;-;carl9")],
    ),
    (
        "raw_names",
        "mode=strict",
        "SELECT username FROM events WHERE Image ILIKE '%cmd.exe'",
        &[("accept", "Alice"), ("unknown", "! AQL101")],
    ),
    (
        "unknown_property",
        "",
        r#"SELECT username, "No Such Thing" FROM events LIMIT 1"#,
        &[("reject", "! AQL101"), ("raw_field", "Alice | -")],
    ),
    (
        "loose_names",
        "mode=strict",
        r#"SELECT username FROM events WHERE "Process_Path" ILIKE '%cmd.exe'"#,
        &[("accept", "Alice"), ("unknown", "! AQL101")],
    ),
];

#[test]
fn every_value_of_every_option_changes_an_answer() {
    let table = MemoryTable::parse(EVENTS.lines());
    let mut wrong = Vec::new();
    for (option, settings, query, values) in CASES {
        for (value, expected) in *values {
            let settings = format!("{settings} {option}={value}");
            let found = answer(&table, &settings, query, false).join(";");
            // Of a diagnostic the code counts.
            let same = match expected.strip_prefix("! ") {
                Some(code) => found.starts_with(&format!("! {code}")),
                None => found == *expected,
            };
            if !same {
                wrong
                    .push(format!("{settings}\n  {query}\n  expected {expected}\n  found {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_cases_tell_every_value_from_the_others() {
    for option in OPTIONS {
        let cases: Vec<&Case> = CASES.iter().filter(|case| case.0 == option.name).collect();
        let mut answers = Vec::new();
        for value in option.values {
            let of_value: Vec<&str> = cases
                .iter()
                .map(|case| {
                    let answer = case.3.iter().find(|(v, _)| v == value);
                    answer.unwrap_or_else(|| panic!("{} = {value} has no case", option.name)).1
                })
                .collect();
            assert!(!answers.contains(&of_value), "{} = {value} changes nothing", option.name);
            answers.push(of_value);
        }
    }
    for (option, ..) in CASES {
        assert!(OPTIONS.iter().any(|o| o.name == *option), "there is no option {option}");
    }
}
