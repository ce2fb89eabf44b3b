//! TEXT SEARCH: the words of a Quick Filter, as a condition on the payload.
//!
//! The appliance asks a Lucene index; there is none over evidence, so each term is looked for in
//! the payload text without regard to case. Known: terms, `"phrases"`, `*` and `?` (and `%`, which
//! clients send), upper-case `AND`, `OR`, `NOT`, parentheses (IBM Quick Filter documentation).
//! Terms without an operator between them must all occur.

use aql_diag::{Diagnostic, codes};
use aql_event::Type;
use aql_syntax::ast;

use crate::bind::Binder;
use crate::bound::{Expr, ExprKind, Value};

impl Binder<'_> {
    pub(crate) fn text_search(&mut self, search: &ast::Text) -> Option<Expr> {
        let Some(words) = parse(&search.value) else {
            self.push(
                Diagnostic::error(codes::TEXT_SEARCH_PLACE, "TEXT SEARCH without a term")
                    .at(search.span, "nothing to look for"),
            );
            return None;
        };
        let column = self.catalog.event_field("payload")?.column.clone();
        let payload = Expr { kind: ExprKind::Column(column), ty: Type::Binary, span: search.span };
        let text = utf8(payload);
        Some(words_expr(&words, &text))
    }
}

/// The condition, as a tree over LIKE patterns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Words {
    /// An ILIKE pattern over the payload.
    Pattern(String),
    /// An IMATCHES expression over the payload, for a term with a `_`: LIKE cannot quote one.
    Regex(String),
    /// All of these.
    And(Vec<Words>),
    /// Any of these.
    Or(Vec<Words>),
    /// Not this.
    Not(Box<Words>),
}

/// Nesting of parentheses that is followed; deeper text is read as terms.
const MAX_DEPTH: usize = 64;

/// Reads the words; nothing if there is no term in them.
pub(crate) fn parse(text: &str) -> Option<Words> {
    let tokens = tokens(text);
    let mut parser = Parser { tokens: &tokens, at: 0 };
    let mut all = Vec::new();
    while parser.at < tokens.len() {
        match parser.or(0) {
            Some(words) => all.push(words),
            None => parser.at += 1,
        }
    }
    join(all, Words::And)
}

#[derive(Debug, PartialEq)]
enum Token {
    Term(String),
    And,
    Or,
    Not,
    Open,
    Close,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        match c {
            c if c.is_whitespace() => {
                chars.next();
            }
            '(' => {
                chars.next();
                tokens.push(Token::Open);
            }
            ')' => {
                chars.next();
                tokens.push(Token::Close);
            }
            '"' => {
                chars.next();
                let phrase: String = chars.by_ref().take_while(|&c| c != '"').collect();
                tokens.push(Token::Term(phrase));
            }
            _ => {
                let mut word = String::new();
                while let Some(&c) = chars.peek() {
                    if c.is_whitespace() || matches!(c, '(' | ')' | '"') {
                        break;
                    }
                    word.push(c);
                    chars.next();
                }
                tokens.push(match word.as_str() {
                    "AND" => Token::And,
                    "OR" => Token::Or,
                    "NOT" => Token::Not,
                    _ => Token::Term(word),
                });
            }
        }
    }
    tokens
}

fn join(mut list: Vec<Words>, make: fn(Vec<Words>) -> Words) -> Option<Words> {
    if list.len() > 1 { Some(make(list)) } else { list.pop() }
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Parser<'_> {
    fn or(&mut self, depth: usize) -> Option<Words> {
        let mut list: Vec<Words> = self.and(depth).into_iter().collect();
        while self.tokens.get(self.at) == Some(&Token::Or) {
            self.at += 1;
            list.extend(self.and(depth));
        }
        join(list, Words::Or)
    }

    fn and(&mut self, depth: usize) -> Option<Words> {
        let mut list = Vec::new();
        loop {
            match self.tokens.get(self.at) {
                Some(Token::And) => self.at += 1,
                Some(Token::Term(_) | Token::Not | Token::Open) => list.extend(self.not(depth)),
                _ => return join(list, Words::And),
            }
        }
    }

    fn not(&mut self, depth: usize) -> Option<Words> {
        match self.tokens.get(self.at)? {
            Token::Not if depth < MAX_DEPTH => {
                self.at += 1;
                self.not(depth + 1).map(|w| Words::Not(Box::new(w)))
            }
            Token::Open if depth < MAX_DEPTH => {
                self.at += 1;
                let inner = self.or(depth + 1);
                if self.tokens.get(self.at) == Some(&Token::Close) {
                    self.at += 1;
                }
                inner
            }
            Token::Term(term) => {
                self.at += 1;
                term_words(term)
            }
            _ => {
                self.at += 1;
                None
            }
        }
    }
}

/// The condition of one term; nothing for an empty one, which would find everything.
fn term_words(term: &str) -> Option<Words> {
    let term = term.trim_matches('%');
    if term.trim().is_empty() {
        return None;
    }
    if term.contains('_') {
        let mut regex = String::from("(?s)");
        for c in term.chars() {
            match c {
                '*' | '%' => regex.push_str(".*"),
                '?' => regex.push('.'),
                c if c.is_ascii_punctuation() && c != '_' => regex.extend(['\\', c]),
                c => regex.push(c),
            }
        }
        return Some(Words::Regex(regex));
    }
    let pattern: String = term
        .chars()
        .map(|c| match c {
            '*' => '%',
            '?' => '_',
            c => c,
        })
        .collect();
    Some(Words::Pattern(format!("%{pattern}%")))
}

/// `UTF8(bytes)`.
pub(crate) fn utf8(expr: Expr) -> Expr {
    let span = expr.span;
    Expr {
        kind: ExprKind::Call { function: "UTF8".into(), args: vec![expr] },
        ty: Type::Text,
        span,
    }
}

fn words_expr(words: &Words, text: &Expr) -> Expr {
    let span = text.span;
    let kind = match words {
        Words::Pattern(pattern) => ExprKind::Like {
            expr: Box::new(text.clone()),
            pattern: Box::new(Expr {
                kind: ExprKind::Literal(Value::Text(pattern.as_str().into())),
                ty: Type::Text,
                span,
            }),
            ignore_case: true,
        },
        Words::Regex(regex) => ExprKind::Matches {
            expr: Box::new(text.clone()),
            pattern: Box::new(Expr {
                kind: ExprKind::Literal(Value::Text(regex.as_str().into())),
                ty: Type::Text,
                span,
            }),
            ignore_case: true,
            full: false,
        },
        Words::And(list) => ExprKind::And(list.iter().map(|w| words_expr(w, text)).collect()),
        Words::Or(list) => ExprKind::Or(list.iter().map(|w| words_expr(w, text)).collect()),
        Words::Not(inner) => ExprKind::Not(Box::new(words_expr(inner, text))),
    };
    Expr { kind, ty: Type::Boolean, span }
}

#[cfg(test)]
mod tests {
    use super::{Words, parse};

    fn pattern(text: &str) -> Words {
        Words::Pattern(text.into())
    }

    #[test]
    fn operators_and_wildcards() {
        assert_eq!(parse("one"), Some(pattern("%one%")));
        assert_eq!(
            parse("%Set-ItemProperty% AND %New-Item%"),
            Some(Words::And(vec![pattern("%Set-ItemProperty%"), pattern("%New-Item%")]))
        );
        assert_eq!(
            parse("a (b OR \"c d\") NOT e*f?"),
            Some(Words::And(vec![
                pattern("%a%"),
                Words::Or(vec![pattern("%b%"), pattern("%c d%")]),
                Words::Not(Box::new(pattern("%e%f_%"))),
            ]))
        );
        // A `_` is itself, and a term without a character is none.
        assert_eq!(parse("a_b?.c*d"), Some(Words::Regex("(?s)a_b.\\.c.*d".into())));
        for empty in ["\"\"", "%", "%%", "\" \"", "NOT \"\""] {
            assert_eq!(parse(empty), None, "{empty}");
        }
        assert_eq!(parse("a \"\""), Some(pattern("%a%")));
        assert_eq!(parse(") ("), None);
        assert!(parse(&"(".repeat(10_000)).is_none());
    }
}
