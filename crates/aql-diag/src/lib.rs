//! Diagnostics as data: what was found, where, why, and how to mend it.
//!
//! Every crate that can complain builds a [`Diagnostic`] and hands it back; only the edge of the
//! product (command line, editor, REST) renders one. Read [`Diagnostic`] first, then
//! [`codes`] for the registry of codes and [`render`] for the renderers.
//!
//! Not in here: any knowledge of AQL, of events or of files. A [`Span`] is a byte range of a
//! [`SourceText`], whatever that text is.

pub mod codes;
pub mod render;
mod source;

use std::fmt;

use serde::Serialize;
pub use source::{LineColumn, SourceText, Span};

pub use codes::Code;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// Runs, but probably not as meant, or runs only because it was repaired.
    Warning,
    /// Cannot run.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// A place in the text, with a few words about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is to be seen there; may be empty.
    pub text: String,
}

/// One replacement in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// The range that goes; empty for an insertion.
    pub span: Span,
    /// The text that comes.
    pub text: String,
}

/// Whether a fix may be applied without asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Applicability {
    /// Keeps or restores what the author meant.
    Safe,
    /// May change which events are found.
    Unsafe,
    /// Shown, never applied.
    Display,
}

/// A mend: edits that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// Imperative, lower case, no full stop: `move the time clause to the end`.
    pub title: String,
    /// Edits over the original text; they do not overlap.
    pub edits: Vec<Edit>,
    /// May it be applied without asking.
    pub applicability: Applicability,
}

/// One finding about one text (a query, a pack file) or one input (an evidence file).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Code of the registry, such as `AQL004`.
    pub code: Code,
    /// How bad.
    pub severity: Severity,
    /// First sentence: names the fault itself; lower case, no full stop.
    pub message: String,
    /// The place the message is about, if it is about a text.
    pub primary: Option<Label>,
    /// Further places.
    pub labels: Vec<Label>,
    /// Explanations, shown as `= note:`.
    pub notes: Vec<String>,
    /// What to do, shown as `= help:`.
    pub help: Vec<String>,
    /// Mechanical mends.
    pub fixes: Vec<Fix>,
    /// The repair that was made to go on in spite of the fault, if one was.
    pub repaired: Option<String>,
    /// The file, and the byte offset or record in it, when the finding is about an input and not
    /// about a text.
    pub input: Option<InputPlace>,
}

/// A place in an evidence file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InputPlace {
    /// Path as the user gave it (archive members as `archive.zip!/member`).
    pub file: String,
    /// Byte offset, if known.
    pub offset: Option<u64>,
    /// Record number, if known (1-based).
    pub record: Option<u64>,
}

impl Diagnostic {
    /// A diagnostic with nothing but code, severity and message.
    pub fn new(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            primary: None,
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
            repaired: None,
            input: None,
        }
    }

    /// An error.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    /// A warning.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    /// A note.
    pub fn note_severity(code: Code, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Note, message)
    }

    /// Sets the primary place.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.primary = Some(Label { span, text: label.into() });
        self
    }

    /// Adds a further place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds an explanation.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds a fix of one or more edits.
    #[must_use]
    pub fn fix(
        mut self,
        title: impl Into<String>,
        applicability: Applicability,
        edits: Vec<Edit>,
    ) -> Self {
        self.fixes.push(Fix { title: title.into(), edits, applicability });
        self
    }

    /// Adds a fix that replaces one range.
    #[must_use]
    pub fn replace(
        self,
        title: impl Into<String>,
        applicability: Applicability,
        span: Span,
        text: impl Into<String>,
    ) -> Self {
        self.fix(title, applicability, vec![Edit { span, text: text.into() }])
    }

    /// Says what was repaired to go on.
    #[must_use]
    pub fn repaired(mut self, text: impl Into<String>) -> Self {
        self.repaired = Some(text.into());
        self
    }

    /// Says which input it is about.
    #[must_use]
    pub fn input(mut self, place: InputPlace) -> Self {
        self.input = Some(place);
        self
    }

    /// Is this an error?
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Applies the edits of fixes to a text; edits that overlap an earlier one are left out.
///
/// Returns the new text and how many edits were applied.
pub fn apply_edits<'a>(text: &str, edits: impl IntoIterator<Item = &'a Edit>) -> (String, usize) {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    edits.sort_by_key(|e| (e.span.start, e.span.end));
    edits.dedup();
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0usize;
    let mut applied = 0;
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        let (Some(before), true) = (text.get(at..start), text.is_char_boundary(end)) else {
            continue;
        };
        if start < at || end > text.len() {
            continue;
        }
        out.push_str(before);
        out.push_str(&edit.text);
        at = end;
        applied += 1;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    (out, applied)
}
