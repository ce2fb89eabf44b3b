//! Findings that a comment in the query accepts: `-- aql: allow(AQL201, AQL115)`.
//!
//! Before SELECT the comment holds for the whole query; behind code it holds for its line; alone on
//! a line, for the next line.

use aql_diag::{Diagnostic, Span, codes::Code};
use aql_syntax::ast::Comment;

/// The ranges in which codes are accepted.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    ranges: Vec<(Span, Vec<Code>)>,
    /// The comments that are instructions, by place.
    comments: Vec<Span>,
}

impl Allowed {
    pub(crate) fn read(text: &str, comments: &[Comment], query_start: u32) -> Self {
        let mut allowed = Allowed::default();
        for comment in comments {
            let Some(codes) = codes(&comment.text) else { continue };
            allowed.comments.push(comment.span);
            allowed.ranges.push((range(text, comment.span, query_start), codes));
        }
        allowed
    }

    /// Is the finding accepted?
    pub(crate) fn holds(&self, diagnostic: &Diagnostic) -> bool {
        let Some(primary) = &diagnostic.primary else { return false };
        let at = primary.span;
        if diagnostic.code == aql_diag::codes::COMMENT && self.comments.contains(&at) {
            return true;
        }
        self.ranges.iter().any(|(range, codes)| {
            codes.contains(&diagnostic.code) && range.start <= at.start && at.start <= range.end
        })
    }
}

fn range(text: &str, comment: Span, query_start: u32) -> Span {
    if comment.end <= query_start {
        return Span { start: 0, end: u32::MAX };
    }
    let (start, end) = (comment.start as usize, comment.end as usize);
    let line_start = text.get(..start).and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
    let line_end = |from: usize| text.get(from..).and_then(|t| t.find('\n')).map(|at| from + at);
    let alone = text.get(line_start..start).is_some_and(|t| t.trim().is_empty());
    let this = line_end(end).unwrap_or(text.len());
    let last =
        if alone && this < text.len() { line_end(this + 1).unwrap_or(text.len()) } else { this };
    Span::new(line_start, last)
}

/// The codes of a comment, if it is such an instruction.
fn codes(comment: &str) -> Option<Vec<Code>> {
    let body = comment.trim_start_matches(['-', '/', '*', '#']).trim();
    let list = body.strip_prefix("aql:")?.trim().strip_prefix("allow(")?;
    let list = list.split(')').next()?;
    Some(list.split([',', ' ']).filter_map(|name| Code::find(name.trim())).collect())
}

#[cfg(test)]
mod tests {
    use super::codes;

    #[test]
    fn instructions_are_read() {
        let names =
            |comment| codes(comment).map(|c| c.iter().map(|c| c.as_str()).collect::<Vec<_>>());
        assert_eq!(names("-- aql: allow(AQL201, aql115)"), Some(vec!["AQL201", "AQL115"]));
        assert_eq!(names("/* aql:allow(AQL201) because */"), Some(vec!["AQL201"]));
        assert_eq!(names("-- allow(AQL201)"), None);
    }
}
