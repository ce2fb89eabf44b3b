//! The editor's side.

use std::thread::JoinHandle;

use aql_lsp::{Settings, serve};
use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

pub(crate) const URI: &str = "file:///rules/a.aql";

pub(crate) struct Client {
    connection: Option<Connection>,
    server: Option<JoinHandle<()>>,
    next: i32,
    version: i32,
    /// The findings that were published last.
    pub(crate) diagnostics: Vec<Value>,
}

impl Client {
    pub(crate) fn start(settings: Settings) -> Client {
        let (server, client) = Connection::memory();
        let thread = std::thread::spawn(move || serve(&server, &settings).expect("a conversation"));
        let mut client = Client {
            connection: Some(client),
            server: Some(thread),
            next: 0,
            version: 0,
            diagnostics: Vec::new(),
        };
        client.request("initialize", json!({ "capabilities": {} }));
        client.notify("initialized", json!({}));
        client
    }

    /// Opens a text, whose `|` is where the cursor stands; gives that place.
    pub(crate) fn open(&mut self, marked: &str) -> Value {
        let at = marked.find('|').unwrap_or(0);
        let text = marked.replacen('|', "", 1);
        self.version += 1;
        let item =
            json!({ "uri": URI, "languageId": "aql", "version": self.version, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": item }));
        self.wait_for_diagnostics();
        let before = &marked[..at];
        let line = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count();
        json!({ "line": line, "character": column })
    }

    /// Asks at a place of the open text.
    pub(crate) fn ask(&mut self, method: &str, position: &Value) -> Value {
        let params = json!({ "textDocument": { "uri": URI }, "position": position });
        self.request(&format!("textDocument/{method}"), params)
    }

    pub(crate) fn request(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let request = Request::new(self.next.into(), method.to_owned(), params);
        self.send(request.into());
        loop {
            match self.receive() {
                Message::Response(response) => {
                    assert_eq!(response.id, self.next.into());
                    let refused = |error| json!({ "error": error });
                    return response.response_result.unwrap_or_else(refused);
                }
                other => self.take(other),
            }
        }
    }

    pub(crate) fn notify(&self, method: &str, params: Value) {
        self.send(Notification::new(method.to_owned(), params).into());
    }

    pub(crate) fn wait_for_diagnostics(&mut self) {
        let message = self.receive();
        self.take(message);
    }

    fn take(&mut self, message: Message) {
        let Message::Notification(n) = message else { panic!("not asked for: {message:?}") };
        assert_eq!(n.method, "textDocument/publishDiagnostics");
        self.diagnostics = n.params["diagnostics"].as_array().expect("a list").clone();
    }

    fn send(&self, message: Message) {
        self.connection.as_ref().expect("open").sender.send(message).expect("a server");
    }

    fn receive(&self) -> Message {
        self.connection.as_ref().expect("open").receiver.recv().expect("an answer")
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.request("shutdown", Value::Null);
            self.notify("exit", Value::Null);
            self.connection = None;
            self.server.take().map(JoinHandle::join).expect("a thread").expect("no panic");
        }
    }
}
