//! The words by which lines of text are told apart.

use std::sync::LazyLock;

use memchr::memmem::Finder;

/// A word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Mark {
    /// In front of the time and number of an audit record.
    Audit,
    /// LEEF.
    Leef,
    /// CEF.
    Cef,
    /// WinCollect.
    WinCollect,
    /// Snare, and agents that follow it.
    Snare,
}

const TEXTS: [(Mark, &str); 5] = [
    (Mark::Audit, "msg=audit("),
    (Mark::Leef, "LEEF:"),
    (Mark::Cef, "CEF:"),
    (Mark::WinCollect, "AgentDevice=WindowsLog"),
    (Mark::Snare, "MSWinEventLog"),
];

/// The searches are prepared once, not for each line.
static FINDERS: LazyLock<[Finder<'static>; 5]> =
    LazyLock::new(|| TEXTS.map(|(_, text)| Finder::new(text)));

impl Mark {
    /// What stands in the line.
    pub(super) fn text(self) -> &'static str {
        TEXTS.get(self as usize).map_or("", |(_, text)| text)
    }

    fn finder(self) -> &'static Finder<'static> {
        let [audit, leef, cef, win_collect, snare] = &*FINDERS;
        match self {
            Mark::Audit => audit,
            Mark::Leef => leef,
            Mark::Cef => cef,
            Mark::WinCollect => win_collect,
            Mark::Snare => snare,
        }
    }

    /// Does a line have it anywhere?
    pub(super) fn is_in(self, line: &str) -> bool {
        self.finder().find(line.as_bytes()).is_some()
    }

    /// Where it stands at the start of a word.
    pub(super) fn words(self, line: &str) -> impl Iterator<Item = usize> {
        self.finder().find_iter(line.as_bytes()).filter(|&at| {
            let before = at.checked_sub(1).and_then(|i| line.as_bytes().get(i));
            before.is_none_or(|b| matches!(b, b' ' | b'\t' | b':' | b'>'))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::TEXTS;

    #[test]
    fn each_mark_is_found_and_no_other() {
        for (index, (mark, text)) in TEXTS.into_iter().enumerate() {
            assert_eq!((mark as usize, mark.text()), (index, text));
            let line = format!("x{text} <1>{text}é");
            assert_eq!(mark.words(&line).collect::<Vec<_>>(), [text.len() + 5]);
            let found = TEXTS.map(|(other, _)| other.is_in(&line));
            assert_eq!(found, TEXTS.map(|(other, _)| other == mark), "{line}");
        }
    }
}
