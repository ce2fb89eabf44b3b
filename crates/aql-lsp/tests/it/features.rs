//! What an editor can ask for.

use aql_lsp::Settings;
use serde_json::{Value, json};

use crate::client::{Client, URI};

fn client() -> Client {
    Client::start(Settings::default())
}

fn labels(list: &Value) -> Vec<&str> {
    list["items"].as_array().expect("items").iter().filter_map(|i| i["label"].as_str()).collect()
}

fn completed(marked: &str, settings: Settings) -> Value {
    let mut client = Client::start(settings);
    let at = client.open(marked);
    client.ask("completion", &at)
}

#[test]
fn findings_come_with_code_place_and_advice() {
    let mut client = client();
    client.open("SELECT sourceip FROM events LAST 1 HOURS ORDER BY starttime");
    let first = &client.diagnostics[0];
    assert_eq!(first["code"], "AQL004");
    assert_eq!(first["severity"], 1);
    assert_eq!(first["source"], "aql");
    assert_eq!(first["range"]["start"], json!({ "line": 0, "character": 41 }));
    client.notify("textDocument/didClose", json!({ "textDocument": { "uri": URI } }));
    client.wait_for_diagnostics();
    assert!(client.diagnostics.is_empty());
}

#[test]
fn a_change_is_read() {
    let mut client = client();
    client.open("SELECT nofield FROM events LIMIT 1 LAST 1 HOURS");
    assert_eq!(client.diagnostics[0]["code"], "AQL101");
    let text = "SELECT sourceip FROM events LIMIT 1 LAST 1 HOURS";
    let change = json!({
        "textDocument": { "uri": URI, "version": 2 },
        "contentChanges": [{ "text": text }],
    });
    client.notify("textDocument/didChange", change);
    client.wait_for_diagnostics();
    assert_eq!(client.diagnostics, Vec::<Value>::new());
}

#[test]
fn fixes_are_actions() {
    let mut client = client();
    client.open("SELECT LOGSOURCETYPENAME(logsourceid) FROM events LIMIT 5 LAST 1 HOURS");
    let place = json!({ "line": 0, "character": 30 });
    let actions = client.request(
        "textDocument/codeAction",
        json!({
            "textDocument": { "uri": URI },
            "range": { "start": place, "end": place },
            "context": { "diagnostics": [] },
        }),
    );
    let kinds: Vec<&str> =
        actions.as_array().expect("a list").iter().filter_map(|a| a["kind"].as_str()).collect();
    assert_eq!(kinds, ["quickfix", "source.fixAll"]);
    assert_eq!(actions[0]["isPreferred"], true);
    assert_eq!(actions[0]["edit"]["changes"][URI][0]["newText"], "devicetype");
    let all = actions[1]["edit"]["changes"][URI][0]["newText"].as_str().expect("a text");
    assert_eq!(all, "SELECT LOGSOURCETYPENAME(devicetype) FROM events LIMIT 5 LAST 1 HOURS");
}

#[test]
fn only_the_kinds_that_are_asked_for() {
    let mut client = client();
    client.open("SELECT LOGSOURCETYPENAME(logsourceid) FROM events LIMIT 5 LAST 1 HOURS");
    let mut kinds = |only: &str| {
        let params = json!({
            "textDocument": { "uri": URI },
            "range": { "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } },
            "context": { "diagnostics": [], "only": [only] },
        });
        let actions = client.request("textDocument/codeAction", params);
        actions.as_array().expect("a list").len()
    };
    assert_eq!((kinds("quickfix"), kinds("source"), kinds("refactor")), (1, 1, 0));
}

#[test]
fn hover_documents_functions_fields_properties_and_rules() {
    for (marked, expected) in [
        ("SELECT QIDN|AME(qid) FROM events LAST 1 HOURS", "QIDNAME(qid"),
        ("SELECT LA|ST(username) FROM events LAST 1 HOURS", "LAST("),
        ("SELECT source|ip FROM events LAST 1 HOURS", "field `sourceip`: address"),
        ("SELECT \"Process |Path\" FROM events LAST 1 HOURS", "Whole path of the acting process"),
        ("SELECT username AS u FROM events WHERE |u = 'x' LAST 1 HOURS", "column of this query"),
        (
            "SELECT qid FROM events WHERE devicetype = 1|2 LAST 1 HOURS",
            "Microsoft Windows Security",
        ),
        ("SELECT qid FROM events LAST 1 HOURS ORDER |BY qid", "**AQL004"),
    ] {
        let mut client = client();
        let at = client.open(marked);
        let hover = client.ask("hover", &at);
        let text = hover["contents"]["value"].as_str().unwrap_or_default();
        assert!(text.contains(expected), "{marked}: {hover}");
    }
    let mut client = client();
    let at = client.open("SELECT qid |  FROM events LIMIT 1 LAST 1 HOURS");
    assert_eq!(client.ask("hover", &at), Value::Null);
}

#[test]
fn completion_knows_the_place() {
    for (marked, some, none) in [
        ("SELECT sou|", "sourceip", "events"),
        ("SELECT | FROM events", "QIDNAME", "simarc"),
        ("SELECT sourceip FROM |", "events", "sourceip"),
        ("SELECT sourceip FROM events LAST 5 |", "HOURS", "sourceip"),
        ("SELECT \"Proc|", "Process Path", "SELECT"),
        ("SELECT sourceip FROM events WHERE devicetype = |", "Microsoft Office 365", "sourceip"),
        (
            "SELECT qid FROM events WHERE LOGSOURCETYPENAME(devicetype) = '|",
            "Cisco PIX Firewall",
            "AND",
        ),
        (
            "SELECT qid FROM events WHERE QIDNAME(qid) IN ('a', 'Fi|')",
            "FileCreate",
            "Cisco PIX Firewall",
        ),
        ("SELECT username AS who FROM events WHERE w|", "who", "simarc"),
    ] {
        let list = completed(marked, Settings::default());
        let labels = labels(&list);
        assert!(labels.contains(&some), "{marked}: {some} in {labels:?}");
        assert!(!labels.contains(&none), "{marked}: {none}");
    }
}

#[test]
fn completion_knows_the_sets_of_the_site() {
    let sets = vec!["crown jewels".to_owned(), "it's".to_owned()];
    let settings = || Settings { reference_sets: sets.clone(), ..Settings::default() };
    let marked = "SELECT qid FROM events WHERE REFERENCESETCONTAINS('cr|', username)";
    let list = completed(marked, settings());
    assert_eq!(labels(&list), ["crown jewels", "it's"]);
    // The text between the quotes is replaced, and a quote in a name is doubled.
    let edit = &list["items"][1]["textEdit"];
    assert_eq!(edit["newText"], "it''s");
    assert_eq!(edit["range"]["start"]["character"], 51);
    assert_eq!(edit["range"]["end"]["character"], 53);
    let other = "SELECT qid FROM events WHERE REFERENCESETCONTAINS('x', 'cr|')";
    assert_eq!(labels(&completed(other, settings())), Vec::<&str>::new());
}

#[test]
fn names_with_blanks_are_quoted_once() {
    let edit = |marked: &str| {
        let list = completed(marked, Settings::default());
        let items = list["items"].as_array().expect("items");
        let item = items.iter().find(|i| i["label"] == "Process Path").expect("a property");
        item["textEdit"]["newText"].as_str().expect("a text").to_owned()
    };
    assert_eq!(edit("SELECT Proc|"), "\"Process Path\"");
    assert_eq!(edit("SELECT \"Proc|"), "Process Path");
    assert_eq!(edit("SELECT \"Proc|\" FROM events"), "Process Path");
}

#[test]
fn definition_leads_to_the_alias() {
    let mut client = client();
    let at = client.open("SELECT username AS who\nFROM events\nWHERE w|ho = 'x' LAST 1 HOURS");
    let place = client.ask("definition", &at);
    assert_eq!(place["range"]["start"], json!({ "line": 0, "character": 19 }));
    let at = client.open("SELECT user|name AS who FROM events LAST 1 HOURS");
    assert_eq!(client.ask("definition", &at), Value::Null);
}

#[test]
fn formatting_is_that_of_aql_fmt() {
    let mut client = client();
    client.open("select sourceip from events last 1 days");
    let params = json!({ "textDocument": { "uri": URI }, "options": { "tabSize": 4, "insertSpaces": true } });
    let edits = client.request("textDocument/formatting", params.clone());
    assert_eq!(edits[0]["newText"], "SELECT sourceip\nFROM events\nLAST 1 DAYS\n");
    client.open("select from where");
    assert_eq!(client.request("textDocument/formatting", params), Value::Null);
}

#[test]
fn tokens_have_meaning() {
    let mut client = client();
    client.open("SELECT QIDNAME(qid) AS n /* a\nb */ FROM events WHERE n = 'x' LAST 1 DAYS");
    let answer = client
        .request("textDocument/semanticTokens/full", json!({ "textDocument": { "uri": URI } }));
    let data: Vec<u64> =
        answer["data"].as_array().expect("numbers").iter().filter_map(Value::as_u64).collect();
    let kinds: Vec<u64> = data.chunks(5).map(|t| t[3]).collect();
    // keyword function property keyword variable comment comment keyword namespace …
    assert_eq!(kinds[..9], [0, 1, 2, 0, 3, 8, 8, 0, 4]);
    let second_line: Vec<&[u64]> = data.chunks(5).filter(|t| t[0] == 1).collect();
    assert_eq!(second_line, [[1, 0, 4, 8, 0]]);
}

#[test]
fn what_is_not_known_is_refused() {
    let mut client = client();
    let answer = client.request("textDocument/rename", json!({}));
    assert_eq!(answer["error"]["code"], -32601);
    let answer = client.request("textDocument/hover", json!({ "no": "place" }));
    assert_eq!(answer["error"]["code"], -32602);
    // A text that was never opened has nothing to show.
    let at = json!({ "line": 0, "character": 0 });
    assert_eq!(client.ask("hover", &at), Value::Null);
}
