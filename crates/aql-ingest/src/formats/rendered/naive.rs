//! The same, field by field: each label is searched for on its own, from the end or word by word.
//! Slow and plain; what the reader finds must be what this finds.

use aql_catalog::{Catalog, MessageLabel};

use super::text::pair;
use crate::normalise::windows::SYSMON_CHANNEL;

/// A name and a value.
type Found<'t> = (&'t str, &'t str);

/// The fields in the rendered text of an event, in order.
pub(super) fn fields<'t>(text: &'t str, channel: &str, event_id: Option<u32>) -> Vec<Found<'t>> {
    let text = Text { text, has_lines: text.contains('\n') };
    let event_id = event_id.unwrap_or_default();
    let catalog = Catalog::get();
    if channel.eq_ignore_ascii_case(SYSMON_CHANNEL) {
        let Some(names) = catalog.sysmon_fields(event_id) else { return text.lines() };
        let labels: Vec<Label<'_>> = names.iter().map(|name| Label::of_name(name)).collect();
        return text.in_order(&labels);
    }
    let labels: Vec<&'static MessageLabel> =
        catalog.message_labels(channel).iter().filter(|label| label.is_of(event_id)).collect();
    let is_known = labels.iter().any(|label| !label.event_ids.is_empty());
    let mut found = if labels.iter().all(|label| label.section.is_empty()) {
        let labels: Vec<Label<'_>> = labels.iter().map(|label| Label::of_catalog(label)).collect();
        text.in_order(&labels)
    } else {
        text.in_sections(&labels)
    };
    if !is_known {
        found.extend(text.lines());
    }
    found
}

/// What stands in front of a value.
struct Label<'l> {
    /// Its text; digits for each `#`.
    text: &'l str,
    /// Is there a colon that the text does not show?
    colon: bool,
    /// The names of the numbers in it, and of the value.
    names: Vec<&'static str>,
}

impl<'l> Label<'l> {
    fn of_name(name: &'static str) -> Label<'static> {
        Label { text: name, colon: true, names: vec![name] }
    }

    fn of_catalog(label: &'static MessageLabel) -> Self
    where
        'static: 'l,
    {
        let names = label.fields.iter().map(String::as_str).collect();
        Label { text: &label.text, colon: false, names }
    }
}

/// A label that was met.
struct Match<'t> {
    /// Where the label starts.
    start: usize,
    /// Where its value starts.
    value: usize,
    /// The digits in it.
    numbers: Vec<&'t str>,
}

/// A rendered text.
#[derive(Clone, Copy)]
struct Text<'t> {
    text: &'t str,
    has_lines: bool,
}

impl<'t> Text<'t> {
    fn slice(self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Can a label start here?
    fn is_boundary(self, at: usize) -> bool {
        let before = self.slice(0, at);
        if self.has_lines {
            let before = before.trim_end_matches([' ', '\t']);
            return before.is_empty() || before.ends_with('\n');
        }
        before.is_empty() || before.ends_with(char::is_whitespace)
    }

    /// Reads a label that starts here and ends before `end`.
    fn label_at(self, at: usize, end: usize, label: &str, colon: bool) -> Option<Match<'t>> {
        if !self.is_boundary(at) {
            return None;
        }
        let rest = self.slice(at, end);
        let mut left = rest;
        let mut numbers = Vec::new();
        for (index, part) in label.split('#').enumerate() {
            if index > 0 {
                let digits = left.bytes().take_while(u8::is_ascii_digit).count();
                if digits == 0 {
                    return None;
                }
                let (number, after) = left.split_at(digits);
                numbers.push(number);
                left = after;
            }
            left = left.strip_prefix(part)?;
        }
        if colon {
            left = left.strip_prefix(':')?;
        }
        let is_label = colon || label.ends_with(':');
        if is_label && !(left.is_empty() || left.starts_with(char::is_whitespace)) {
            return None;
        }
        Some(Match { start: at, value: at + rest.len() - left.len(), numbers })
    }

    /// The last place of a label before `end`.
    fn last(self, label: &Label<'_>, end: usize) -> Option<Match<'t>> {
        let start = label.text.split('#').next().unwrap_or_default();
        let mut before = end;
        while let Some(at) = self.slice(0, before).rfind(start) {
            if let Some(found) = self.label_at(at, end, label.text, label.colon) {
                return Some(found);
            }
            // The next one further in front: overlaps do not matter to names.
            before = at;
        }
        None
    }

    /// Labels without headings, in the order in which they are written.
    fn in_order(self, labels: &[Label<'_>]) -> Vec<Found<'t>> {
        let mut found = Vec::new();
        let mut end = self.text.len();
        for label in labels.iter().rev() {
            let Some(hit) = self.last(label, end) else { continue };
            let value = self.slice(hit.value, end).trim();
            let values = hit.numbers.into_iter().chain([value]);
            let pairs: Vec<Found<'t>> = label.names.iter().copied().zip(values).collect();
            found.extend(pairs.into_iter().rev());
            end = hit.start;
        }
        found.reverse();
        found
    }

    /// Labels under headings.
    fn in_sections(self, labels: &[&'static MessageLabel]) -> Vec<Found<'t>> {
        let mut found: Vec<Found<'t>> = Vec::new();
        let mut used: Vec<(&str, &str)> = Vec::new();
        let mut section = "";
        let mut open: Option<(&'static str, usize)> = None;
        let mut at = 0;
        while let Some(start) = self.next_word(at) {
            at = start + 1;
            let Some((label, value)) = self.longest(labels, section, start) else { continue };
            at = value;
            let key = (label.section.as_str(), label.text.as_str());
            if used.contains(&key) {
                continue;
            }
            used.push(key);
            if let Some((name, from)) = open.take() {
                found.push((name, self.value(from, start)));
            }
            match label.fields.last() {
                Some(field) if label.last => {
                    found.push((field, self.slice(value, self.end(labels, value)).trim()));
                    return found;
                }
                Some(field) => open = Some((field, value)),
                None => section = &label.text,
            }
        }
        if let Some((name, from)) = open {
            found.push((name, self.value(from, self.text.len())));
        }
        found
    }

    /// The longest label of a section that starts here, and where its value starts.
    fn longest(
        self,
        labels: &[&'static MessageLabel],
        section: &str,
        start: usize,
    ) -> Option<(&'static MessageLabel, usize)> {
        let mut best: Option<(&'static MessageLabel, usize)> = None;
        for label in labels {
            let is_here = label.section.is_empty() || label.section == section;
            let is_longer = best.is_none_or(|(other, _)| label.text.len() > other.text.len());
            if is_here
                && is_longer
                && let Some(hit) = self.label_at(start, self.text.len(), &label.text, false)
            {
                best = Some((label, hit.value));
            }
        }
        best
    }

    /// Where a value ends that may have any text in it: at the last text that is no label.
    fn end(self, labels: &[&'static MessageLabel], from: usize) -> usize {
        let is_end = |label: &&&MessageLabel| label.fields.is_empty() && !label.text.ends_with(':');
        let places = labels.iter().filter(is_end).filter_map(|label| {
            let label = Label { text: &label.text, colon: false, names: Vec::new() };
            self.last(&label, self.text.len()).filter(|hit| hit.start >= from)
        });
        places.map(|hit| hit.start).min().unwrap_or(self.text.len())
    }

    /// Where the next word starts with which a label may begin.
    fn next_word(self, from: usize) -> Option<usize> {
        let rest = self.text.get(from..)?;
        let is_upper = |(_, c): &(usize, char)| c.is_ascii_uppercase();
        rest.char_indices()
            .filter(is_upper)
            .map(|(at, _)| from + at)
            .find(|at| self.is_boundary(*at))
    }

    /// The value between two labels. Where lines are kept it ends before an empty line, and before
    /// one that begins with a label that nobody knows.
    fn value(self, start: usize, end: usize) -> &'t str {
        let text = self.slice(start, end);
        if !self.has_lines {
            return text.trim();
        }
        let mut length = 0;
        for (index, line) in text.split_inclusive('\n').enumerate() {
            if index > 0 && (line.trim().is_empty() || pair(line).is_some()) {
                break;
            }
            length += line.len();
        }
        text.get(..length).unwrap_or_default().trim()
    }

    /// Names and values of lines, if it has several.
    fn lines(self) -> Vec<Found<'t>> {
        let lines = self.text.lines().filter(|_| self.has_lines);
        lines.filter_map(pair).filter(|(_, value)| !value.is_empty()).collect()
    }
}
