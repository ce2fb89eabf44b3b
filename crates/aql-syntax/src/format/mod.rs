//! Tree to text, in one canonical layout.
//!
//! Keywords are written in upper case, each clause begins a line, each term of a condition has a
//! line of its own, and parentheses stand where precedence needs them, and around AND inside OR,
//! which is read wrongly too easily. Reading the result gives the same tree.
//!
//! Read [`format()`] first. Module `clause` lays out statements, `expr` expressions that do not
//! fit on a line, `flat` those that do.

mod clause;
mod expr;
mod flat;

use aql_diag::Span;

use crate::ast::{Comment, Expr, Query};

/// Lines are broken, where they can be, to stay within this many characters.
const WIDTH: usize = 100;
/// Blanks per level.
const INDENT: usize = 4;

/// Writes a query in the canonical layout, without a line break at the end.
///
/// The query should come from a text without errors; where the tree holds
/// [`crate::ast::ExprKind::Error`], `<error>` is written.
///
/// ```
/// let parsed = aql_syntax::parse("select sourceip from events where qid=5 and severity>3 last 2 days");
/// let text = aql_syntax::format(&parsed.query.expect("a query"));
/// assert_eq!(text, "SELECT sourceip\nFROM events\nWHERE qid = 5\n    AND severity > 3\nLAST 2 DAYS");
/// ```
pub fn format(query: &Query) -> String {
    format_with_comments(query, "", &[])
}

/// Like [`format()`], and keeps the comments, each near what it stood by. `text` is the text that
/// the query was read from; hexadecimal numbers keep their notation, too.
pub fn format_with_comments(query: &Query, text: &str, comments: &[Comment]) -> String {
    let mut writer = Writer::new(text, comments);
    writer.comments_before(Some(query.span.start), true);
    writer.query(query);
    writer.comments_before(Some(u32::MAX), false);
    writer.out
}

/// Writes one expression in the canonical layout.
pub fn format_expr(expr: &Expr) -> String {
    let mut writer = Writer::new("", &[]);
    writer.expr(expr, 0);
    writer.out
}

struct Writer<'a> {
    out: String,
    /// Levels of indentation.
    indent: usize,
    /// Where the current line begins in `out`.
    line: usize,
    text: &'a str,
    comments: std::iter::Peekable<std::slice::Iter<'a, Comment>>,
    /// All comments, to see whether a range holds one.
    all: &'a [Comment],
}

impl<'a> Writer<'a> {
    fn new(text: &'a str, comments: &'a [Comment]) -> Self {
        Writer {
            out: String::new(),
            indent: 0,
            line: 0,
            text,
            comments: comments.iter().peekable(),
            all: comments,
        }
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Room left on the line.
    fn room(&self) -> usize {
        WIDTH.saturating_sub(self.out.len() - self.line)
    }

    /// Begins a line for something that stood at `at`; comments from before it come first.
    fn newline(&mut self, at: Option<u32>) {
        self.comments_before(at, false);
        self.break_line();
    }

    fn break_line(&mut self) {
        self.out.push('\n');
        self.line = self.out.len();
        self.out.extend(std::iter::repeat_n(' ', self.indent * INDENT));
    }

    /// Writes the pending comments that stood before `at`: behind the current line if code stood
    /// before the comment on its line, else on lines of their own.
    fn comments_before(&mut self, at: Option<u32>, head: bool) {
        let Some(at) = at else { return };
        let mut open = !head;
        while let Some(comment) = self.comments.next_if(|comment| comment.span.start < at) {
            let before = self.text.get(..comment.span.start as usize).unwrap_or_default();
            let line = before.rsplit('\n').next().unwrap_or_default();
            if head {
                self.push(&comment.text);
                self.break_line();
            } else if open && !line.trim().is_empty() {
                self.push(" ");
                self.push(&comment.text);
            } else {
                self.break_line();
                self.push(&comment.text);
            }
            open = open && !comment.text.starts_with("--") && !comment.text.starts_with("//");
        }
    }

    /// Is a comment from before `at` still to be written?
    fn comment_pending(&mut self, at: u32) -> bool {
        self.comments.peek().is_some_and(|comment| comment.span.start < at)
    }

    /// Did a comment stand in the range?
    fn has_comment(&self, span: Span) -> bool {
        let index = self.all.partition_point(|comment| comment.span.start < span.start);
        self.all.get(index).is_some_and(|comment| comment.span.start < span.end)
    }
}

/// The place of a list of expressions.
fn span_of(first: Option<Span>, last: Option<Span>) -> Span {
    match (first, last) {
        (Some(first), Some(last)) => first.to(last),
        _ => Span::default(),
    }
}
