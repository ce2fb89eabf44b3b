//! What a translation loses, construct by construct.

use aql_diag::{Diagnostic, Label, Span, codes};
use serde::Serialize;

use crate::map::Map;

/// How much is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Loss {
    /// The same events.
    #[default]
    Exact,
    /// The same events, because a guard was added.
    Guarded,
    /// Perhaps other events.
    Approximate,
    /// No translation.
    Impossible,
}

/// In which direction an approximation errs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// May find more.
    More,
    /// May find fewer.
    Fewer,
    /// May find others.
    Either,
}

impl Direction {
    /// After "may find".
    pub fn words(self) -> &'static str {
        match self {
            Direction::More => "more events",
            Direction::Fewer => "fewer events",
            Direction::Either => "other events",
        }
    }
}

/// One thing that is lost, or was done so that it is not.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Remark {
    /// How bad.
    pub loss: Loss,
    /// For an approximation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finds: Option<Direction>,
    /// What to tell.
    pub diagnostic: Diagnostic,
}

/// The report on its way. Says everything once.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    remarks: Vec<Remark>,
}

impl Losses {
    fn push(&mut self, remark: Remark) {
        let same = |known: &&mut Remark| {
            let (a, b) = (&known.diagnostic, &remark.diagnostic);
            known.loss == remark.loss
                && known.finds == remark.finds
                && a.code == b.code
                && a.message == b.message
        };
        let Some(known) = self.remarks.iter_mut().find(same) else {
            self.remarks.push(remark);
            return;
        };
        // The same again, at another place.
        let diagnostic = &mut known.diagnostic;
        if let (Some(first), Some(place)) = (&diagnostic.primary, remark.diagnostic.primary)
            && first.span != place.span
            && !diagnostic.labels.iter().any(|label| label.span == place.span)
        {
            diagnostic.labels.push(Label { span: place.span, text: "and here".to_owned() });
        }
    }

    /// Something that keeps the same events by a guard.
    pub(crate) fn guarded(&mut self, span: Span, message: impl Into<String>) {
        let diagnostic = Diagnostic::note_severity(codes::LOSS_GUARDED, message).at(span, "");
        self.push(Remark { loss: Loss::Guarded, finds: None, diagnostic });
    }

    /// Something that may find other events.
    pub(crate) fn approximate(
        &mut self,
        span: Option<Span>,
        finds: Direction,
        message: impl Into<String>,
    ) {
        let mut diagnostic = Diagnostic::warning(codes::LOSS_APPROXIMATE, message)
            .note(format!("it may find {}", finds.words()));
        if let Some(span) = span {
            diagnostic = diagnostic.at(span, "");
        }
        self.push(Remark { loss: Loss::Approximate, finds: Some(finds), diagnostic });
    }

    /// Something that the target cannot say.
    pub(crate) fn impossible(&mut self, span: Span, message: impl Into<String>) {
        let diagnostic = Diagnostic::error(codes::LOSS_IMPOSSIBLE, message).at(span, "");
        self.push(Remark { loss: Loss::Impossible, finds: None, diagnostic });
    }

    /// A part of the result, not of which events are found.
    pub(crate) fn result(&mut self, span: Option<Span>, message: impl Into<String>) {
        let mut diagnostic = Diagnostic::note_severity(codes::LOSS_RESULT, message);
        if let Some(span) = span {
            diagnostic = diagnostic.at(span, "");
        }
        self.push(Remark { loss: Loss::Exact, finds: None, diagnostic });
    }

    /// What was written into the text, and would change without it.
    pub(crate) fn frozen(&mut self, span: Span, message: impl Into<String>) {
        let diagnostic = Diagnostic::note_severity(codes::LOSS_FROZEN, message).at(span, "");
        self.push(Remark { loss: Loss::Exact, finds: None, diagnostic });
    }

    /// A field map; where it cannot be read, that is told.
    pub(crate) fn map<'m>(&mut self, map: &'m Result<Map, String>) -> Option<&'m Map> {
        match map {
            Ok(map) => Some(map),
            Err(why) => {
                self.impossible(Span::default(), format!("the field map: {why}"));
                None
            }
        }
    }

    /// Is there something impossible?
    pub(crate) fn is_impossible(&self) -> bool {
        self.remarks.iter().any(|r| r.loss == Loss::Impossible)
    }

    /// All remarks.
    pub(crate) fn into_remarks(self) -> Vec<Remark> {
        self.remarks
    }
}
