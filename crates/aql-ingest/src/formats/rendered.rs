//! Finds the fields of a Windows event in the text that Windows renders of it.
//!
//! Collectors that pass on text only leave the receiver no other way: `Image: …` of Sysmon,
//! `Account Name: …` under the headings of Security events. Which label means which field is data
//! (`aql_catalog::MessageLabel`, Sysmon's schema). Line breaks may be kept or turned into blanks;
//! where they are kept, a label is one only at the start of a line.
//!
//! Values come from whoever acted, and may look like labels. So a label counts once; a command line
//! runs to what Windows writes last; and where an event has no headings, its labels are looked for
//! from the end, in the order in which Windows writes them.

use aql_catalog::{Catalog, MessageLabel};

use crate::normalise::windows::SYSMON_CHANNEL;

/// A name and a value.
type Found<'t> = (&'t str, &'t str);

/// The fields in the rendered text of an event, in order.
pub(crate) fn fields<'t>(text: &'t str, channel: &str, event_id: Option<u32>) -> Vec<Found<'t>> {
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

/// Longest label that is believed to be one.
const MAX_LABEL: usize = 64;

/// A line of a label and its value.
fn pair(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim().split_once(':')?;
    let is_name = name.len() <= MAX_LABEL
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_alphanumeric() || " ()-/_".contains(c))
        && (value.is_empty() || value.starts_with(char::is_whitespace));
    is_name.then(|| (name, value.trim()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fields;
    use crate::normalise::windows::SYSMON_CHANNEL;

    fn shown(text: &str, channel: &str, id: u32) -> Vec<String> {
        let found = fields(text, channel, Some(id)).into_iter();
        found.map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn sysmon_in_one_line() {
        let text = "Process Create:  RuleName:  UtcTime: 2019-10-03 13:53:33.538 Image: C:\\a b\\c.exe \
            CommandLine: c.exe \" CurrentDirectory: x User: y CurrentDirectory: C:\\ User: W\\a \
            ParentImage: C:\\p.exe ParentCommandLine: p Image: q";
        assert_eq!(
            shown(text, SYSMON_CHANNEL, 1),
            [
                "RuleName=",
                "UtcTime=2019-10-03 13:53:33.538",
                "Image=C:\\a b\\c.exe",
                "CommandLine=c.exe \" CurrentDirectory: x User: y",
                "CurrentDirectory=C:\\",
                "User=W\\a",
                "ParentImage=C:\\p.exe",
                "ParentCommandLine=p Image: q",
            ]
        );
    }

    #[test]
    fn headings_tell_labels_apart_in_lines_and_without() {
        let text = "An account was successfully logged on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tS-1-5-18\r\n\
            \tAccount Name:\t\tWIN$\r\n\r\nLogon Type:\t\t\t3\r\n\r\nNew Logon:\r\n\tSecurity ID:\t\tS-1-5-7\r\n\
            \tAccount Name:\t\tanna\r\n\tUnheard Of:\t\tx\r\n\r\nNetwork Information:\r\n\tWorkstation Name:\t\r\n\
            \tSource Network Address:\t203.0.113.7\r\n\r\nDetailed Authentication Information:\r\n\
            \tKey Length:\t\t128\r\n\r\nThis event is generated when a logon session is created.";
        let expected = [
            "SubjectUserSid=S-1-5-18",
            "SubjectUserName=WIN$",
            "LogonType=3",
            "TargetUserSid=S-1-5-7",
            "TargetUserName=anna",
            "WorkstationName=",
            "IpAddress=203.0.113.7",
            "KeyLength=128",
        ];
        assert_eq!(shown(text, "security", 4624), expected);
        let flat = text.replace("\tUnheard Of:\t\tx\r\n", "").replace(['\r', '\n', '\t'], " ");
        assert_eq!(shown(&flat, "Security", 4624), expected);
    }

    #[test]
    fn a_command_line_cannot_pose_as_a_label() {
        let text = "A new process has been created. Creator Subject: Account Name: anna \
            Process Information: New Process Name: C:\\cmd.exe Process Command Line: cmd /c echo \
            New Process Name: C:\\x.exe Subject: Account Name: eve \
            Token Elevation Type indicates no \
            Token Elevation Type indicates the type of token";
        assert_eq!(
            shown(text, "Security", 4688),
            [
                "SubjectUserName=anna",
                "NewProcessName=C:\\cmd.exe",
                "CommandLine=cmd /c echo New Process Name: C:\\x.exe Subject: Account Name: eve \
                    Token Elevation Type indicates no",
            ]
        );
    }

    #[test]
    fn script_blocks_are_whole() {
        let script = "$a = 1\n\nPath: no\nScriptBlock ID: no\n$b";
        let text = format!(
            "Creating Scriptblock text (2 of 13):\n{script}\n\nScriptBlock ID: 0c9d\nPath: C:\\x.ps1"
        );
        for text in [text.clone(), text.replace('\n', " ")] {
            let found = shown(&text, "Microsoft-Windows-PowerShell/Operational", 4104);
            let script =
                if text.contains('\n') { script.to_owned() } else { script.replace('\n', " ") };
            assert_eq!(
                found,
                [
                    "MessageNumber=2",
                    "MessageTotal=13",
                    &format!("ScriptBlockText={script}"),
                    "ScriptBlockId=0c9d",
                    "Path=C:\\x.ps1",
                ]
            );
        }
    }

    #[test]
    fn lines_of_unknown_events_have_their_own_names() {
        let text = "Something happened.\nDevice Name:\tx\n\tC:\\a: b\nhttp://a\nSize: 3\nSize: 4\nEmpty:\n";
        assert_eq!(shown(text, "Other", 5), ["Device Name=x", "Size=3", "Size=4"]);
        assert!(shown("Something: happened", "Other", 5).is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(Subject:|Account Name:|Image:|UtcTime:|[ \n\t]|é|\\PC){0,40}", id in 0u32..5000) {
            for channel in ["Security", SYSMON_CHANNEL, "Other"] {
                for (_, value) in fields(&text, channel, Some(id)) {
                    prop_assert!(text.contains(value));
                }
            }
        }
    }
}
