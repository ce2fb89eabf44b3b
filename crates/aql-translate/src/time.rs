//! Time clauses and date patterns.

use aql_diag::Span;
use aql_semantic::{Moment, Window};

use crate::Options;
use crate::loss::Losses;

/// What a time clause asks for.
pub(crate) enum Bounds {
    /// Nothing.
    None,
    /// The last so many milliseconds.
    Last(i64),
    /// From and to, epoch milliseconds, both included.
    Range(i64, i64),
}

/// The bounds of a time clause. What depends on the clock, other than LAST, is written out.
pub(crate) fn bounds(window: &Window, options: &Options, losses: &mut Losses) -> Bounds {
    match window {
        _ if options.all_time => Bounds::None,
        Window::None | Window::Offense(_) => Bounds::None,
        Window::Last(ms) => Bounds::Last(*ms),
        Window::Range { start, stop } => {
            if !matches!((start, stop), (Moment::At(_), Moment::At(_))) {
                losses
                    .frozen(Span::default(), "the time clause counts from now: it was worked out");
            }
            match window.resolve(options.cx.now) {
                Some(range) => Bounds::Range(range.start, range.end),
                None => Bounds::None,
            }
        }
    }
}

/// A part of a date pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Text(String),
}

/// A date pattern that every target has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) parts: Vec<Part>,
}

impl Format {
    /// Reads a pattern of Java; nothing if it asks for more than date and time of day in digits.
    pub(crate) fn read(pattern: &str) -> Option<Format> {
        let mut parts = Vec::new();
        let mut rest = pattern;
        while let Some(c) = rest.chars().next() {
            if c.is_ascii_alphabetic() {
                let end = rest.find(|o| o != c).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end);
                parts.push(match word {
                    "yyyy" => Part::Year,
                    "MM" => Part::Month,
                    "dd" => Part::Day,
                    "HH" => Part::Hour,
                    "mm" => Part::Minute,
                    "ss" => Part::Second,
                    _ => return None,
                });
                rest = after;
            } else if c == '\'' || c == '%' {
                return None;
            } else {
                match parts.last_mut() {
                    Some(Part::Text(text)) => text.push(c),
                    _ => parts.push(Part::Text(c.to_string())),
                }
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
        Some(Format { parts })
    }

    /// Is there such a character between the parts?
    pub(crate) fn has_text(&self, is_such: impl Fn(char) -> bool) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains(&is_such)))
    }

    /// The pattern with the words of a target, for year, month, day, hour, minute, second.
    pub(crate) fn render(&self, words: [&str; 6]) -> String {
        let [year, month, day, hour, minute, second] = words;
        let word = |part: &Part| match part {
            Part::Year => year.to_owned(),
            Part::Month => month.to_owned(),
            Part::Day => day.to_owned(),
            Part::Hour => hour.to_owned(),
            Part::Minute => minute.to_owned(),
            Part::Second => second.to_owned(),
            Part::Text(text) => text.clone(),
        };
        self.parts.iter().map(word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn patterns() {
        let text = |p| Format::read(p).map(|f| f.render(["%Y", "%m", "%d", "%H", "%M", "%S"]));
        assert_eq!(text("yyyy-MM-dd HH:mm:ss").as_deref(), Some("%Y-%m-%d %H:%M:%S"));
        assert_eq!(text("yyyy-MM-dd'T'HH"), None);
        assert_eq!(text("EEE"), None);
    }
}
