//! The conversation: what is asked, and who answers.

use std::collections::HashMap;

use aql_syntax::{format_with_comments, parse};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, Notification as _,
    PublishDiagnostics,
};
use lsp_types::request::{
    CodeActionRequest, Completion, Formatting, GotoDefinition, HoverRequest, Request as _,
    SemanticTokensFullRequest,
};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionList,
    CompletionOptions, CompletionResponse, GotoDefinitionResponse, HoverProviderCapability,
    InitializeResult, Location, OneOf, PublishDiagnosticsParams, SemanticTokens,
    SemanticTokensFullOptions, SemanticTokensOptions, SemanticTokensServerCapabilities,
    ServerCapabilities, ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind, TextEdit,
    Uri,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::document::Document;
use crate::{Settings, actions, completion, definition, diagnostics, hover, tokens};

/// Why the conversation ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The editor does not keep to the protocol, or went away.
    #[error("the editor broke off: {0}")]
    Protocol(#[from] lsp_server::ProtocolError),
    /// An answer could not be sent.
    #[error("the connection to the editor is closed")]
    Closed,
    /// An answer could not be written.
    #[error("an answer cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// Answers an editor until it says goodbye.
///
/// # Errors
/// If the connection breaks, or the editor does not keep to the protocol.
pub fn serve(connection: &Connection, settings: &Settings) -> Result<(), Error> {
    let (id, _) = connection.initialize_start()?;
    let result = InitializeResult {
        capabilities: capabilities(),
        server_info: Some(ServerInfo {
            name: "aql".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    };
    connection.initialize_finish(id, serde_json::to_value(result)?)?;
    let mut server = Server { connection, settings, documents: HashMap::new() };
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request)? {
                    return Ok(());
                }
                server.request(request)?;
            }
            Message::Notification(notification) => server.notification(notification)?,
            Message::Response(_) => {}
        }
    }
    Ok(())
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        // A query is short: the whole text comes with every change.
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec!["'".to_owned(), "\"".to_owned()]),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::SOURCE_FIX_ALL]),
            ..CodeActionOptions::default()
        })),
        semantic_tokens_provider: Some(SemanticTokensServerCapabilities::SemanticTokensOptions(
            SemanticTokensOptions {
                legend: tokens::legend(),
                full: Some(SemanticTokensFullOptions::Bool(true)),
                ..SemanticTokensOptions::default()
            },
        )),
        ..ServerCapabilities::default()
    }
}

struct Server<'a> {
    connection: &'a Connection,
    settings: &'a Settings,
    /// Open documents by their URI.
    documents: HashMap<String, Document>,
}

impl Server<'_> {
    fn request(&self, request: Request) -> Result<(), Error> {
        let Request { id, method, params } = request;
        match method.as_str() {
            HoverRequest::METHOD => self.answer::<HoverRequest>(id, params, |p| {
                let at = p.text_document_position_params;
                let document = self.document(&at.text_document.uri)?;
                hover::hover(document, at.position, self.settings)
            }),
            Completion::METHOD => self.answer::<Completion>(id, params, |p| {
                let at = p.text_document_position;
                let document = self.document(&at.text_document.uri)?;
                let offset = document.offset(at.position);
                let items = completion::complete(document, offset, self.settings);
                let items = items.into_iter().map(|c| completion::to_item(document, c)).collect();
                let list = CompletionList { is_incomplete: false, items };
                Some(CompletionResponse::List(list))
            }),
            CodeActionRequest::METHOD => self.answer::<CodeActionRequest>(id, params, |p| {
                let uri = &p.text_document.uri;
                let document = self.document(uri)?;
                let only = p.context.only.as_deref();
                Some(actions::actions(document, uri, p.range, only, self.settings))
            }),
            Formatting::METHOD => self.answer::<Formatting>(id, params, |p| {
                let document = self.document(&p.text_document.uri)?;
                Some(formatted(document)?.into_iter().collect())
            }),
            GotoDefinition::METHOD => self.answer::<GotoDefinition>(id, params, |p| {
                let at = p.text_document_position_params;
                let uri = at.text_document.uri;
                let document = self.document(&uri)?;
                let (_, lexeme) = document.lexeme_at(document.offset(at.position))?;
                let alias = definition::alias(document, lexeme)?;
                let location = Location { uri, range: document.range(alias.at) };
                Some(GotoDefinitionResponse::Scalar(location))
            }),
            SemanticTokensFullRequest::METHOD => {
                self.answer::<SemanticTokensFullRequest>(id, params, |p| {
                    let document = self.document(&p.text_document.uri)?;
                    let data = tokens::tokens(document);
                    Some(SemanticTokens { result_id: None, data }.into())
                })
            }
            _ => {
                let text = format!("`{method}` is not answered");
                self.send(Response::new_err(id, ErrorCode::MethodNotFound as i32, text))
            }
        }
    }

    /// Answers a request, or says that it cannot be read.
    fn answer<R>(
        &self,
        id: RequestId,
        params: serde_json::Value,
        f: impl FnOnce(R::Params) -> R::Result,
    ) -> Result<(), Error>
    where
        R: lsp_types::request::Request,
        R::Params: DeserializeOwned,
        R::Result: Serialize,
    {
        match serde_json::from_value::<R::Params>(params) {
            Ok(params) => self.send(Response::new_ok(id, f(params))),
            Err(error) => {
                let text = format!("{}: {error}", R::METHOD);
                self.send(Response::new_err(id, ErrorCode::InvalidParams as i32, text))
            }
        }
    }

    fn notification(&mut self, notification: Notification) -> Result<(), Error> {
        let Notification { method, params } = notification;
        match method.as_str() {
            DidOpenTextDocument::METHOD => {
                if let Some(p) = read::<DidOpenTextDocument>(params) {
                    let document = p.text_document;
                    self.put(document.uri, document.text, document.version)?;
                }
            }
            DidChangeTextDocument::METHOD => {
                if let Some(p) = read::<DidChangeTextDocument>(params)
                    && let Some(change) = p.content_changes.into_iter().next_back()
                {
                    self.put(p.text_document.uri, change.text, p.text_document.version)?;
                }
            }
            DidCloseTextDocument::METHOD => {
                if let Some(p) = read::<DidCloseTextDocument>(params) {
                    self.documents.remove(p.text_document.uri.as_str());
                    self.publish(p.text_document.uri, Vec::new(), None)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes a new text in, and says what is to be said about it.
    fn put(&mut self, uri: Uri, text: String, version: i32) -> Result<(), Error> {
        let document = Document::new(text, self.settings);
        let found = diagnostics::all(&document, &uri);
        self.documents.insert(uri.as_str().to_owned(), document);
        self.publish(uri, found, Some(version))
    }

    fn publish(
        &self,
        uri: Uri,
        diagnostics: Vec<lsp_types::Diagnostic>,
        version: Option<i32>,
    ) -> Result<(), Error> {
        let params = PublishDiagnosticsParams { uri, diagnostics, version };
        self.send(Notification::new(PublishDiagnostics::METHOD.to_owned(), params))
    }

    fn document(&self, uri: &Uri) -> Option<&Document> {
        self.documents.get(uri.as_str())
    }

    fn send(&self, message: impl Into<Message>) -> Result<(), Error> {
        self.connection.sender.send(message.into()).map_err(|_| Error::Closed)
    }
}

/// What cannot be read is passed over: a notification has no answer.
fn read<N>(params: serde_json::Value) -> Option<N::Params>
where
    N: lsp_types::notification::Notification,
    N::Params: DeserializeOwned,
{
    serde_json::from_value(params).ok()
}

/// The canonical layout; nothing for a text that cannot be read whole.
fn formatted(document: &Document) -> Option<Option<TextEdit>> {
    let parsed = parse(&document.text);
    let query = parsed.query.as_ref().filter(|_| !parsed.has_errors())?;
    let mut text = format_with_comments(query, &document.text, &parsed.comments);
    text.push('\n');
    let edit = TextEdit { range: document.whole(), new_text: text };
    Some((edit.new_text != document.text).then_some(edit))
}
