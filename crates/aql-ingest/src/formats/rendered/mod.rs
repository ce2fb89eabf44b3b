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
//!
//! Which labels an event can have is worked out once for its channel and id ([`Known`]). A text is
//! looked through once: at each colon with a blank behind it, for the labels that may end there.

#[cfg(test)]
mod naive;
mod text;

use std::rc::Rc;

use aql_catalog::{Catalog, MessageLabel};
use memchr::memmem::Finder;
use rustc_hash::FxHashMap;

use crate::names::sketch;
use crate::normalise::windows::SYSMON_CHANNEL;
use text::Text;

/// A name and a value.
type Found<'t> = (&'t str, &'t str);

/// The labels of the events that were met.
#[derive(Debug, Default)]
pub(crate) struct Known {
    by_event: FxHashMap<Option<u32>, Vec<(String, Rc<Labels>)>>,
    count: usize,
}

/// Channels and ids whose labels are kept at once; hostile input could hold any number.
const MAX_KNOWN: usize = 1 << 12;

impl Known {
    /// The labels of an event.
    pub(crate) fn labels(&mut self, channel: &str, event_id: Option<u32>) -> Rc<Labels> {
        let known = self.by_event.get(&event_id).map(Vec::as_slice).unwrap_or_default();
        if let Some((_, labels)) = known.iter().find(|(name, _)| name == channel) {
            return Rc::clone(labels);
        }
        if self.count >= MAX_KNOWN {
            self.by_event.clear();
            self.count = 0;
        }
        self.count += 1;
        let labels = Rc::new(Labels::of(channel, event_id));
        let of_event = self.by_event.entry(event_id).or_default();
        of_event.push((channel.to_owned(), Rc::clone(&labels)));
        labels
    }
}

/// What stands in front of a value.
#[derive(Debug)]
struct Label {
    /// Its text; digits for each `#`.
    text: &'static str,
    /// Is there a colon that the text does not show?
    colon: bool,
    /// The names of the numbers in it, and of the value; none of a heading.
    names: Vec<&'static str>,
    /// The heading that it stands under; empty for anywhere.
    section: &'static str,
    /// Does its value run to the end, or to a text without a colon?
    last: bool,
}

impl Label {
    fn of_name(name: &'static str) -> Self {
        Label { text: name, colon: true, names: vec![name], section: "", last: false }
    }

    fn of_catalog(label: &'static MessageLabel) -> Self {
        let names = label.fields.iter().map(String::as_str).collect();
        let (text, section) = (label.text.as_str(), label.section.as_str());
        Label { text, colon: false, names, section, last: label.last }
    }

    /// The text in front of the only colon, if a colon ends it and it has no digits.
    fn in_front_of_colon(&self) -> Option<&'static str> {
        let name = if self.colon { self.text } else { self.text.strip_suffix(':')? };
        (!name.contains([':', '#'])).then_some(name)
    }

    /// Does it only end the value before it?
    fn is_end(&self) -> bool {
        self.names.is_empty() && !self.text.ends_with(':')
    }
}

/// Bytes in front of a colon by which labels are told apart.
const TAIL: usize = 4;

/// How the fields of one kind of events are called in its text.
#[derive(Debug)]
pub(crate) struct Labels {
    labels: Vec<Label>,
    /// Do they stand under headings?
    has_sections: bool,
    /// Do lines have names that nobody knows?
    has_others: bool,
    /// A bit for each name that a label gives.
    sketch: u64,
    /// Labels that a colon ends, and the bytes in front of it.
    tails: Vec<([u8; TAIL], usize)>,
    /// The others, and what they begin with.
    starts: Vec<(Finder<'static>, usize)>,
}

impl Labels {
    fn of(channel: &str, event_id: Option<u32>) -> Self {
        let event_id = event_id.unwrap_or_default();
        let catalog = Catalog::get();
        if channel.eq_ignore_ascii_case(SYSMON_CHANNEL) {
            let names = catalog.sysmon_fields(event_id);
            let labels = names.unwrap_or_default().iter().map(|name| Label::of_name(name));
            return Labels::new(labels.collect(), names.is_none());
        }
        let of_event = catalog.message_labels(channel).iter().filter(|l| l.is_of(event_id));
        let has_others = of_event.clone().all(|label| label.event_ids.is_empty());
        Labels::new(of_event.map(Label::of_catalog).collect(), has_others)
    }

    fn new(labels: Vec<Label>, has_others: bool) -> Self {
        let (mut tails, mut starts) = (Vec::new(), Vec::new());
        for (index, label) in labels.iter().enumerate() {
            let tail = label.in_front_of_colon().and_then(|name| name.as_bytes().last_chunk());
            match tail {
                Some(tail) => tails.push((*tail, index)),
                None => {
                    let start = label.text.split('#').next().unwrap_or_default();
                    starts.push((Finder::new(start), index));
                }
            }
        }
        let names = labels.iter().flat_map(|label| &label.names);
        Labels {
            sketch: names.fold(0, |bits, name| bits | sketch(name.as_bytes())),
            has_sections: labels.iter().any(|label| !label.section.is_empty()),
            labels,
            has_others,
            tails,
            starts,
        }
    }

    /// May a field of this name be found by them, in any case?
    pub(crate) fn may_find(&self, name: &str) -> bool {
        self.has_others || self.sketch & sketch(name.as_bytes()) != 0
    }

    /// The fields in a rendered text, in order.
    pub(crate) fn fields<'t>(&self, text: &'t str) -> Vec<Found<'t>> {
        let text = Text::new(text);
        let mut hits = self.hits(text);
        if self.has_sections || !self.starts.is_empty() {
            hits.sort_unstable_by_key(|hit| (hit.start, hit.label));
        }
        let mut found = if self.has_sections {
            self.in_sections(text, &hits)
        } else {
            self.in_order(text, &hits)
        };
        if self.has_others {
            found.extend(text.lines());
        }
        found
    }

    /// Every place of every label.
    fn hits(&self, text: Text<'_>) -> Vec<Hit> {
        let mut hits = Vec::with_capacity(self.labels.len() + TAIL);
        let bytes = text.text.as_bytes();
        for colon in memchr::memchr_iter(b':', bytes) {
            let before = bytes.get(..colon).unwrap_or_default();
            let Some(tail) = before.last_chunk::<TAIL>() else { continue };
            let blank = bytes.get(colon + 1);
            if !blank.is_none_or(|b| b.is_ascii_whitespace() || !b.is_ascii() || *b == b'\x0b') {
                continue;
            }
            for (_, label) in self.tails.iter().filter(|(known, _)| known == tail) {
                let name = self.labels.get(*label).and_then(Label::in_front_of_colon);
                let Some(name) = name.filter(|name| before.ends_with(name.as_bytes())) else {
                    continue;
                };
                let (start, value) = (colon - name.len(), colon + 1);
                if text.is_boundary(start) && text.is_blank(value) {
                    hits.push(Hit { start, value, label: *label });
                }
            }
        }
        for (finder, label) in &self.starts {
            let Some(known) = self.labels.get(*label) else { continue };
            for start in finder.find_iter(bytes) {
                if let Some((value, _)) = text.label_at(start, known) {
                    hits.push(Hit { start, value, label: *label });
                }
            }
        }
        hits
    }

    /// Labels without headings, in the order in which they are written.
    fn in_order<'t>(&self, text: Text<'t>, hits: &[Hit]) -> Vec<Found<'t>> {
        // Of each label the last place, and of each place the one before it.
        let mut last: Vec<Option<usize>> = vec![None; self.labels.len()];
        let mut before = Vec::with_capacity(hits.len());
        for (index, hit) in hits.iter().enumerate() {
            let last = last.get_mut(hit.label);
            before.push(last.and_then(|last| last.replace(index)));
        }
        let mut found = Vec::with_capacity(self.labels.len());
        let mut end = text.text.len();
        for (label, last) in self.labels.iter().zip(last).rev() {
            let mut places = std::iter::successors(last, |at| before.get(*at).copied().flatten());
            let hit = places.find_map(|at| hits.get(at).filter(|hit| hit.value <= end));
            let Some(hit) = hit else { continue };
            let value = text.slice(hit.value, end).trim();
            match label.names.as_slice() {
                [name] => found.push((*name, value)),
                names => {
                    let numbers = text.label_at(hit.start, label).unwrap_or_default().1;
                    let values = numbers.into_iter().chain([value]);
                    let pairs: Vec<Found<'t>> = names.iter().copied().zip(values).collect();
                    found.extend(pairs.into_iter().rev());
                }
            }
            end = hit.start;
        }
        found.reverse();
        found
    }

    /// Labels under headings; the places are sorted.
    fn in_sections<'t>(&self, text: Text<'t>, hits: &[Hit]) -> Vec<Found<'t>> {
        let mut found: Vec<Found<'t>> = Vec::with_capacity(hits.len());
        let mut used: Vec<(&str, &str)> = Vec::with_capacity(hits.len());
        let mut section = "";
        let mut open: Option<(&'static str, usize)> = None;
        let mut at = 0;
        for hits in hits.chunk_by(|a, b| a.start == b.start) {
            let start = hits.first().map_or(0, |hit| hit.start);
            let is_upper = text.text.as_bytes().get(start).is_some_and(u8::is_ascii_uppercase);
            if start < at || !is_upper {
                continue;
            }
            let Some((label, value)) = self.longest(section, hits) else { continue };
            at = value;
            let key = (label.section, label.text);
            if used.contains(&key) {
                continue;
            }
            used.push(key);
            if let Some((name, from)) = open.take() {
                found.push((name, text.value(from, start)));
            }
            match label.names.last() {
                Some(name) if label.last => {
                    let end = self.end(text, value);
                    found.push((name, text.slice(value, end).trim()));
                    return found;
                }
                Some(name) => open = Some((name, value)),
                None => section = label.text,
            }
        }
        if let Some((name, from)) = open {
            found.push((name, text.value(from, text.text.len())));
        }
        found
    }

    /// The longest label of a section among those at one place, and where its value starts.
    fn longest(&self, section: &str, hits: &[Hit]) -> Option<(&Label, usize)> {
        let mut best: Option<(&Label, usize)> = None;
        for hit in hits {
            let label = self.labels.get(hit.label)?;
            let is_here = label.section.is_empty() || label.section == section;
            let is_longer = best.is_none_or(|(other, _)| label.text.len() > other.text.len());
            if is_here && is_longer {
                best = Some((label, hit.value));
            }
        }
        best
    }

    /// Where a value ends that may have any text in it: at the last text that is no label.
    fn end(&self, text: Text<'_>, from: usize) -> usize {
        let ends = self.starts.iter().filter_map(|(finder, index)| {
            let label = self.labels.get(*index).filter(|label| label.is_end())?;
            let hits = finder.find_iter(text.text.as_bytes());
            let last = hits.filter(|at| text.label_at(*at, label).is_some()).last();
            last.filter(|at| *at >= from)
        });
        ends.min().unwrap_or(text.text.len())
    }
}

/// A label that was met.
#[derive(Clone, Copy, Debug)]
struct Hit {
    /// Where the label starts.
    start: usize,
    /// Where its value starts.
    value: usize,
    /// Which label it is.
    label: usize,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Known, Labels, naive};
    use crate::normalise::windows::SYSMON_CHANNEL;

    fn shown(text: &str, channel: &str, id: u32) -> Vec<String> {
        let found = Labels::of(channel, Some(id)).fields(text).into_iter();
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

    #[test]
    fn labels_of_events_are_worked_out_once() {
        let mut known = Known::default();
        let first = known.labels("Security", Some(4624));
        assert!(std::rc::Rc::ptr_eq(&first, &known.labels("Security", Some(4624))));
        assert!(!std::rc::Rc::ptr_eq(&first, &known.labels("Security", Some(4625))));
        assert!(first.may_find("ipaddress") && !first.may_find("CommandLine"));
    }

    /// Pieces of texts that are, or look like, labels and what stands between them.
    fn any_text() -> impl Strategy<Value = String> {
        let piece = "(Subject:|Creator Subject:|Process Information:|New Process Name:|\
            Process Command Line:|Token Elevation Type indicates|Account Name:|New Account Name:|\
            Network Information:|Source Port:|Image:|UtcTime:|CommandLine:|User:|ParentUser:|\
            Creating Scriptblock text \\([0-9]{1,2} of [0-9]{0,2}\\):|ScriptBlock ID:|Path:|\
            This event is generated|C:|[ \n\t:-]|  |\u{a0}|é|[a-z]|\\PC)";
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn fields_are_those_that_each_label_finds(
            text in any_text(),
            (channel, id) in prop_oneof![
                (Just("Security"), prop_oneof![Just(4624u32), Just(4688), Just(5145), Just(4673), Just(4720), Just(1)]),
                (Just(SYSMON_CHANNEL), 0..4u32),
                (Just("Microsoft-Windows-PowerShell/Operational"), prop_oneof![Just(4104u32), Just(1)]),
                (Just("System"), prop_oneof![Just(7045u32), Just(1)]),
                (Just("Other"), 1..2u32),
            ],
        ) {
            let labels = Labels::of(channel, Some(id));
            let found = labels.fields(&text);
            prop_assert_eq!(&found, &naive::fields(&text, channel, Some(id)));
            for (name, _) in found {
                prop_assert!(labels.may_find(name));
            }
        }
    }
}
