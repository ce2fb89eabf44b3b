//! Recursive descent over the tokens: a pure function from text to tree and diagnostics.
//!
//! Read [`parse`], then [`Parser`]. The statement is in [`query`], the select list in [`select`],
//! what is read in [`source`], the clauses in [`clauses`], [`search`] and [`time`], their order in
//! [`order`]; expressions in [`expr`] (operators),
//! [`predicate`] (`IN`, `LIKE`, …), [`primary`] (operands) and [`call`] (functions). Constructs of
//! other languages that need more than a line are in [`foreign`], misspelt reserved words in
//! [`slips`], getting back on the road in [`recovery`].
//!
//! Every error is meant to be final: the appliance would refuse the query. An error whose
//! [`Diagnostic::repaired`] is set left a tree that says what the author meant; a lenient caller
//! may go on with it.

mod call;
mod clauses;
mod expr;
mod foreign;
mod order;
mod predicate;
mod primary;
mod query;
mod recovery;
mod search;
mod select;
mod slips;
mod source;
mod time;

use aql_diag::{Applicability, Diagnostic, Span, codes};

use crate::ast::{Comment, Expr, ExprKind, Name, Query, Quote, Text};
use crate::lexer::lex;
use crate::token::{Keyword, Token, TokenKind, is_plain_identifier};

/// How deep expressions and subqueries may nest; no tree is higher. Calls, CASE and subqueries take
/// several levels. It keeps recursion over the tree, here and in every later stage, far from the
/// end of a thread's stack.
pub const MAX_DEPTH: u32 = 200;

/// How much of [`MAX_DEPTH`] a construct takes, by the stack that reading it takes.
mod weight {
    pub(super) const EXPR: u32 = 1;
    /// Behind the operand itself.
    pub(super) const CALL: u32 = 1;
    pub(super) const CASE: u32 = 2;
    pub(super) const QUERY: u32 = 4;
}

/// More findings than this about one text help nobody.
const MAX_DIAGNOSTICS: usize = 200;

/// Result of [`parse`].
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The statement, as far as it could be read; missing if the text holds no `SELECT`.
    pub query: Option<Query>,
    /// What is wrong or worth knowing, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The comments, in the order of the text.
    pub comments: Vec<Comment>,
}

impl Parsed {
    /// Would the appliance refuse the text?
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Is there an error for which the tree holds no faithful reading?
    pub fn has_fatal_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.is_error() && d.repaired.is_none())
    }
}

/// Result of [`parse_expr`].
#[derive(Clone, Debug)]
pub struct ParsedExpr {
    /// The expression; [`ExprKind::Error`] where nothing could be read.
    pub expr: Expr,
    /// What is wrong or worth knowing, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The comments, in the order of the text.
    pub comments: Vec<Comment>,
}

impl ParsedExpr {
    /// Would the appliance refuse the text?
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Reads one AQL statement.
///
/// ```
/// let parsed = aql_syntax::parse("SELECT sourceip FROM events LAST 5 MINUTES LIMIT 50");
/// assert_eq!(parsed.diagnostics[0].code.as_str(), "AQL004");
/// assert!(parsed.query.is_some_and(|query| query.limit.is_some()));
/// ```
pub fn parse(text: &str) -> Parsed {
    let mut parser = Parser::new(text);
    parser.mend_slips();
    let query = parser.statement();
    let (diagnostics, comments) = parser.finish();
    Parsed { query, diagnostics, comments }
}

/// Reads one expression; for tests and tools.
pub fn parse_expr(text: &str) -> ParsedExpr {
    let mut parser = Parser::new(text);
    let expr = parser.expr().expr;
    if !parser.at(TokenKind::End) {
        parser.expected("an operator or the end of the expression");
    }
    let (diagnostics, comments) = parser.finish();
    ParsedExpr { expr, diagnostics, comments }
}

/// An expression and the height of its tree.
pub(crate) struct Node {
    pub(crate) expr: Expr,
    pub(crate) height: u32,
}

/// A qualifier in front of a name: `e` of `e.sourceip`, with the dot.
struct Qualifier {
    text: String,
    span: Span,
}

/// A `TEXT SEARCH` met inside an expression.
struct MisplacedSearch {
    text: Text,
    span: Span,
    diagnostic: usize,
}

/// What is remembered about the query being read; an inner query has its own.
#[derive(Default)]
struct Scope {
    qualifiers: Vec<Qualifier>,
    searches: Vec<MisplacedSearch>,
    joined: bool,
    height: u32,
}

pub(crate) struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    values: Vec<String>,
    comments: Vec<Comment>,
    lexical: Vec<Diagnostic>,
    pos: usize,
    diagnostics: Vec<Diagnostic>,
    depth: u32,
    /// Nesting was too deep: the position is at the end and nothing more is reported.
    aborted: bool,
    /// Ranges passed over; what the lexer found in them does not count.
    skipped: Vec<Span>,
    /// Where the last general syntax error was reported; a second one there would be an echo.
    last_error: Option<usize>,
    scope: Scope,
    /// How many CASE or SESSION BY are open, to which an END could belong.
    end_owners: u32,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let lexed = lex(text);
        Parser {
            text,
            tokens: lexed.tokens,
            values: lexed.values,
            comments: lexed.comments,
            lexical: lexed.diagnostics,
            pos: 0,
            diagnostics: Vec::new(),
            depth: 0,
            aborted: false,
            skipped: Vec::new(),
            last_error: None,
            scope: Scope::default(),
            end_owners: 0,
        }
    }

    /// All findings in the order of the text, and the comments.
    fn finish(mut self) -> (Vec<Diagnostic>, Vec<Comment>) {
        let at = |d: &Diagnostic| d.primary.as_ref().map_or(0, |label| label.span.start);
        let mut skipped = std::mem::take(&mut self.skipped);
        skipped.sort_unstable();
        let inside = |place: u32| {
            let index = skipped.partition_point(|span| span.start <= place);
            index > 0 && skipped.get(index - 1).is_some_and(|span| place < span.end)
        };
        let passed_over = |d: &Diagnostic| inside(at(d));
        self.comments.retain(|comment| !inside(comment.span.start));
        self.comment_note();
        let mut all: Vec<Diagnostic> =
            self.lexical.into_iter().filter(|d| !passed_over(d)).chain(self.diagnostics).collect();
        all.sort_by_key(|d| (at(d), std::cmp::Reverse(d.severity)));
        all.truncate(MAX_DIAGNOSTICS);
        (all, self.comments)
    }

    fn comment_note(&mut self) {
        let Some(first) = self.comments.first() else { return };
        let many = self.comments.len() > 1;
        let message =
            if many { "comments are undocumented" } else { "comment, which is undocumented" };
        let mut note = Diagnostic::note_severity(codes::COMMENT, message)
            .at(first.span, "")
            .note("Aquiline reads `--` and `/* */`; whether an appliance does is not documented");
        for comment in self.comments.iter().skip(1).take(3) {
            note = note.label(comment.span, "");
        }
        self.diagnostics.push(note);
    }

    // Looking.

    fn nth(&self, ahead: usize) -> Token {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens.get((self.pos + ahead).min(last)).copied().unwrap_or(Token {
            kind: TokenKind::End,
            span: Span::new(self.text.len(), self.text.len()),
        })
    }

    fn kind(&self) -> TokenKind {
        self.nth(0).kind
    }

    fn span(&self) -> Span {
        self.nth(0).span
    }

    fn at(&self, kind: TokenKind) -> bool {
        self.kind() == kind
    }

    fn at_keyword(&self, keyword: Keyword) -> bool {
        self.at(TokenKind::Keyword(keyword))
    }

    fn nth_keyword(&self, ahead: usize, keyword: Keyword) -> bool {
        self.nth(ahead).kind == TokenKind::Keyword(keyword)
    }

    /// Is the token a plain word that spells one of `words`, in any case?
    fn nth_word(&self, ahead: usize, words: &[&str]) -> bool {
        let token = self.nth(ahead);
        token.kind == TokenKind::Word
            && words.iter().any(|word| token.span.slice(self.text).eq_ignore_ascii_case(word))
    }

    fn at_word(&self, words: &[&str]) -> bool {
        self.nth_word(0, words)
    }

    fn slice(&self, span: Span) -> &'a str {
        span.slice(self.text)
    }

    /// The token just read.
    fn previous_span(&self) -> Span {
        self.pos
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or(Span::default(), |t| t.span)
    }

    fn upper(&self, span: Span) -> String {
        self.slice(span).to_ascii_uppercase()
    }

    // Taking.

    fn bump(&mut self) -> Token {
        let token = self.nth(0);
        if token.kind != TokenKind::End {
            self.pos += 1;
        }
        token
    }

    fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at(kind);
        if found {
            self.bump();
        }
        found
    }

    fn eat_keyword(&mut self, keyword: Keyword) -> bool {
        self.eat(TokenKind::Keyword(keyword))
    }

    fn value(&self, index: u32) -> String {
        self.values.get(index as usize).cloned().unwrap_or_default()
    }

    /// The token as a name, if it can be one without further ado.
    fn name_of(&self, token: Token) -> Option<Name> {
        let (text, quote) = match token.kind {
            TokenKind::Word => {
                let text = self.slice(token.span);
                // Other letters need quotes, which the lexer has reported.
                let quote = if is_plain_identifier(text) { Quote::None } else { Quote::Double };
                (text.to_owned(), quote)
            }
            TokenKind::Quoted(index) => (self.value(index), Quote::Double),
            _ => return None,
        };
        Some(Name { text, quote, span: token.span })
    }

    fn text_of(&self, token: Token) -> Option<Text> {
        match token.kind {
            TokenKind::Text(index) => Some(Text { value: self.value(index), span: token.span }),
            _ => None,
        }
    }

    // Reporting.

    fn report(&mut self, diagnostic: Diagnostic) {
        if !self.aborted && self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        }
    }

    /// A general syntax error at the current token; a second one at the same token is dropped.
    fn report_here(&mut self, diagnostic: Diagnostic) {
        if self.last_error != Some(self.pos) {
            self.last_error = Some(self.pos);
            self.report(diagnostic);
        }
    }

    /// The current token, for a message.
    fn found(&self) -> String {
        let token = self.nth(0);
        let text = self.slice(token.span);
        let line = text.split('\n').next().unwrap_or_default();
        let short: String = line.chars().take(40).collect();
        let dots = if short.len() < text.len() { "…" } else { "" };
        match token.kind {
            TokenKind::End => "the end of the query".to_owned(),
            TokenKind::Keyword(keyword) if self.nth_keyword(1, Keyword::By) => {
                format!("`{} BY`", keyword.text())
            }
            TokenKind::Keyword(keyword) => format!("`{}`", keyword.text()),
            _ => format!("`{short}{dots}`"),
        }
    }

    fn expected(&mut self, what: &str) {
        let message = format!("expected {what}, found {}", self.found());
        let diagnostic =
            Diagnostic::error(codes::SYNTAX, message).at(self.place(), format!("expected {what}"));
        self.report_here(diagnostic);
    }

    /// The current token, or the end of the last one where the text ends.
    fn place(&self) -> Span {
        if self.at(TokenKind::End) { self.previous_span().after() } else { self.span() }
    }

    /// Takes the token if it is there, else reports that it is missing.
    fn expect(&mut self, kind: TokenKind, what: &str) -> bool {
        let found = self.eat(kind);
        if !found {
            self.expected(what);
        }
        found
    }

    /// Nesting or a chain of operators went too far: reports it and gives up on the rest.
    #[cold]
    fn too_deep(&mut self, span: Span) {
        let message = "expression nested too deeply";
        self.report(
            Diagnostic::error(codes::TOO_DEEP, message)
                .at(span, format!("the limit of {MAX_DEPTH} levels is reached"))
                .note("each parenthesis and each arithmetic operator of a chain is a level, a call two, CASE three, a subquery five; AND and OR chains count once")
                .help("use `IN (…)` for a list of values, `CONCAT(a, b, …)` for a long sum of texts"),
        );
        self.abort();
    }

    fn abort(&mut self) {
        self.aborted = true;
        self.pos = self.tokens.len().saturating_sub(1);
    }

    /// Goes down by the weight of a construct; `false` means that this is too deep and has been
    /// reported.
    fn enter(&mut self, weight: u32) -> bool {
        if self.depth + weight > MAX_DEPTH {
            let span = self.span();
            self.too_deep(span);
            return false;
        }
        self.depth += weight;
        true
    }

    fn leave(&mut self, weight: u32) {
        self.depth = self.depth.saturating_sub(weight);
    }

    // Building.

    fn leaf(kind: ExprKind, span: Span) -> Node {
        Node { expr: Expr { kind, span }, height: 1 }
    }

    fn error_node(span: Span) -> Node {
        Self::leaf(ExprKind::Error, span)
    }

    /// A node above children of the given height.
    fn node(&mut self, kind: ExprKind, span: Span, below: u32) -> Node {
        if below >= MAX_DEPTH {
            self.too_deep(span);
            return Self::error_node(span);
        }
        Node { expr: Expr { kind, span }, height: below + 1 }
    }

    /// An expression directly under the query.
    fn top(&mut self, node: Node) -> Expr {
        self.scope.height = self.scope.height.max(node.height);
        node.expr
    }

    /// A fix that removes a range with the blanks behind it.
    fn removal(&self, span: Span) -> Span {
        let rest = self.text.get(span.end as usize..).unwrap_or_default();
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        Span::new(span.start as usize, span.end as usize + blanks)
    }

    /// Reports a syntax error at a range with one safe replacement, and that it was applied.
    fn mended(&mut self, message: &str, span: Span, label: &str, title: &str, replacement: &str) {
        self.report(
            Diagnostic::error(codes::SYNTAX, message)
                .at(span, label)
                .replace(title, Applicability::Safe, span, replacement)
                .repaired(match replacement {
                    "" => "read without it".to_owned(),
                    text => format!("read as `{text}`"),
                }),
        );
    }
}
