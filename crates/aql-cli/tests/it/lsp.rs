//! `aql lsp`, driven over pipes as an editor drives it. The whole conversation is a snapshot.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::support::root;

const URI: &str = "file:///rules/published.aql";

/// An editor with one open file.
struct Editor {
    server: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    next: u32,
    /// What was said, a line each.
    record: String,
}

impl Editor {
    fn start() -> Editor {
        let mut server = Command::new(env!("CARGO_BIN_EXE_aql"))
            .arg("lsp")
            .current_dir(root())
            .env_remove("AQL_CONTEXT")
            .env_remove("AQL_PROFILE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("aql starts");
        let (to, from) =
            (server.stdin.take().expect("stdin"), server.stdout.take().expect("stdout"));
        Editor { server, to, from: BufReader::new(from), next: 0, record: String::new() }
    }

    fn send(&mut self, message: &Value) {
        self.note("-->", message);
        let body = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("a server");
        self.to.flush().expect("a server");
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.from.read_line(&mut line).expect("a header");
            match line.trim_end() {
                "" => break,
                line => {
                    if let Some(n) = line.strip_prefix("Content-Length: ") {
                        length = n.parse().expect("a number");
                    }
                }
            }
        }
        let mut body = vec![0; length];
        self.from.read_exact(&mut body).expect("a body");
        let message = serde_json::from_slice(&body).expect("JSON");
        self.note("<--", &message);
        message
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        self.send(
            &json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params }),
        );
        let answer = self.receive();
        assert_eq!(answer["id"], self.next, "{answer}");
        answer["result"].clone()
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Writes a message down; of long lists the beginning and the length.
    fn note(&mut self, arrow: &str, message: &Value) {
        let mut shown = message.clone();
        shorten(&mut shown);
        self.record.push_str(&format!("{arrow} {shown:#}\n"));
    }
}

fn shorten(value: &mut Value) {
    const KEPT: usize = 3;
    match value {
        Value::Array(list) => {
            let rest = list.len().saturating_sub(KEPT);
            // Numbers of semantic tokens come in fives.
            let kept = if list.first().is_some_and(Value::is_number) { 15 } else { KEPT };
            if list.len() > kept {
                list.truncate(kept);
                list.push(json!(format!("… and {} more", rest + KEPT - kept)));
            }
            list.iter_mut().for_each(shorten);
        }
        Value::Object(map) => {
            if let Some(version) = map.get_mut("version").filter(|v| v.is_string()) {
                *version = json!("[version]");
            }
            map.values_mut().for_each(shorten);
        }
        Value::String(text) if text.len() > 400 => {
            let mut end = 200;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            *text = format!("{}… [{} bytes]", &text[..end], text.len());
        }
        _ => {}
    }
}

/// The place behind a word of a text.
fn behind(text: &str, word: &str) -> Value {
    let at = text.find(word).expect("the word") + word.len();
    let before = &text[..at];
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    json!({ "line": before.matches('\n').count(), "character": column })
}

/// A text after edits, as an editor makes them: from the last to the first.
fn apply(text: &str, edits: &Value) -> String {
    let offset = |p: &Value| {
        let (line, column) = (p["line"].as_u64().expect("n"), p["character"].as_u64().expect("n"));
        let line = usize::try_from(line).expect("n");
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        start + usize::try_from(column).expect("n")
    };
    let mut edits: Vec<(usize, usize, &str)> = edits
        .as_array()
        .expect("edits")
        .iter()
        .map(|e| {
            let range = &e["range"];
            let text = e["newText"].as_str().expect("a text");
            (offset(&range["start"]), offset(&range["end"]), text)
        })
        .collect();
    edits.sort_by_key(|e| std::cmp::Reverse(e.0));
    let mut text = text.to_owned();
    for (start, end, new) in edits {
        text.replace_range(start..end, new);
    }
    text
}

#[test]
fn a_session() {
    let path = root().join("packs/t1114-email-collection/rules/published-qradar.aql");
    let text = std::fs::read_to_string(path).expect("the query");
    let mut editor = Editor::start();
    let server = editor.request(
        "initialize",
        json!({
            "processId": null,
            "clientInfo": { "name": "test" },
            "rootUri": null,
            "capabilities": { "textDocument": { "publishDiagnostics": { "relatedInformation": true } } },
        }),
    );
    assert_eq!(server["serverInfo"]["name"], "aql");
    editor.notify("initialized", json!({}));

    // Open: findings.
    let item = json!({ "uri": URI, "languageId": "aql", "version": 1, "text": text });
    editor.notify("textDocument/didOpen", json!({ "textDocument": item }));
    let found = editor.receive();
    let found = found["params"]["diagnostics"].as_array().expect("a list").clone();
    assert_eq!(found[0]["code"], "AQL004");

    // The fix of the first finding, applied: it is gone.
    let range = found[0]["range"].clone();
    let params = json!({
        "textDocument": { "uri": URI },
        "range": range,
        "context": { "diagnostics": [found[0]], "only": ["quickfix"] },
    });
    let actions = editor.request("textDocument/codeAction", params);
    let text = apply(&text, &actions[0]["edit"]["changes"][URI]);
    assert!(text.trim_end().ends_with("LAST 24 HOURS"), "{text}");
    let change = json!({
        "textDocument": { "uri": URI, "version": 2 },
        "contentChanges": [{ "text": text }],
    });
    editor.notify("textDocument/didChange", change);
    let left = editor.receive();
    let left = left["params"]["diagnostics"].as_array().expect("a list");
    assert!(left.iter().all(|d| d["code"] != "AQL004" && d["severity"] != 1), "{left:?}");

    let at = |word| json!({ "textDocument": { "uri": URI }, "position": behind(&text, word) });
    let hover = editor.request("textDocument/hover", at("CATEGORYN"));
    assert!(hover["contents"]["value"].as_str().is_some_and(|t| t.contains("CATEGORYNAME(")));
    let list = editor.request("textDocument/completion", at("AND \"Im"));
    assert!(
        list["items"]
            .as_array()
            .is_some_and(|items| { items.iter().any(|item| item["label"] == "Process Path") })
    );
    let document = json!({ "textDocument": { "uri": URI } });
    let tokens = editor.request("textDocument/semanticTokens/full", document);
    assert!(tokens["data"].as_array().is_some_and(|data| data.len() > 100));
    let params = json!({ "textDocument": { "uri": URI }, "options": { "tabSize": 4, "insertSpaces": true } });
    let edits = editor.request("textDocument/formatting", params);
    assert!(apply(&text, &edits).contains("\n    AND ("), "{edits}");

    editor.request("shutdown", Value::Null);
    editor.notify("exit", Value::Null);
    assert!(editor.server.wait().expect("an end").success());
    insta::assert_snapshot!(editor.record);
}
