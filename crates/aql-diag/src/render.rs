//! Renderers of a [`Diagnostic`]: rustc-style text and one-line JSON.

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Message, Renderer, Snippet,
};
use serde_json::{Value, json};

use crate::{Applicability, Diagnostic, Fix, Severity, SourceText};

/// Renders one diagnostic as rustc would, with colour if asked for.
///
/// `source` is the text that the spans point into; without it only message, notes and help show.
pub fn text(diagnostic: &Diagnostic, source: Option<&SourceText>, colour: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let code = diagnostic.code.to_string();
    let message = match &diagnostic.input {
        Some(place) => format!("{}: {}", place, diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let title = level.primary_title(message.as_str()).id(code.as_str());
    let mut group = Group::with_title(title);
    if let (Some(source), Some(primary)) = (source, &diagnostic.primary) {
        let len = source.text.len();
        let range = |span: crate::Span| {
            let start = floor_boundary(&source.text, (span.start as usize).min(len));
            let end = floor_boundary(&source.text, (span.end as usize).min(len)).max(start);
            start..end
        };
        let mut snippet: Snippet<'_, Annotation<'_>> =
            Snippet::source(source.text.as_str()).path(source.name.as_str());
        snippet = snippet.annotation(
            AnnotationKind::Primary.span(range(primary.span)).label(primary.text.as_str()),
        );
        for label in &diagnostic.labels {
            snippet = snippet.annotation(
                AnnotationKind::Context.span(range(label.span)).label(label.text.as_str()),
            );
        }
        group = group.element(snippet);
    }
    let mut extra: Vec<Message<'_>> = Vec::new();
    for note in &diagnostic.notes {
        extra.push(Level::NOTE.message(note.as_str()));
    }
    let repaired = diagnostic.repaired.as_ref().map(|r| format!("repaired: {r}"));
    if let Some(repaired) = &repaired {
        extra.push(Level::NOTE.message(repaired.as_str()));
    }
    for help in &diagnostic.help {
        extra.push(Level::HELP.message(help.as_str()));
    }
    for fix in &diagnostic.fixes {
        extra.push(Level::HELP.message(fix.title.as_str()));
    }
    group = group.elements(extra.into_iter().map(Element::from));
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// One diagnostic as a JSON value: the fields of [`Diagnostic`], and line and column where a
/// source is given.
pub fn json(diagnostic: &Diagnostic, source: Option<&SourceText>) -> Value {
    let mut value = serde_json::to_value(diagnostic).unwrap_or(Value::Null);
    if let (Some(source), Some(primary), Some(object)) =
        (source, &diagnostic.primary, value.as_object_mut())
    {
        let start = source.line_column(primary.span.start);
        let end = source.line_column(primary.span.end);
        object.insert("source".into(), json!(source.name));
        object.insert("start".into(), json!(start));
        object.insert("end".into(), json!(end));
    }
    value
}

impl std::fmt::Display for crate::InputPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(record) = self.record {
            write!(f, ", record {record}")?;
        }
        if let Some(offset) = self.offset {
            write!(f, ", byte {offset}")?;
        }
        Ok(())
    }
}

/// One diagnostic as a workflow command of GitHub, which shows it at its line.
pub fn github(diagnostic: &Diagnostic, source: &SourceText) -> String {
    let kind = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut place = format!("file={}", property(&source.name));
    if let Some(primary) = &diagnostic.primary {
        let (start, end) =
            (source.line_column(primary.span.start), source.line_column(primary.span.end));
        place.push_str(&format!(",line={},endLine={},col={}", start.line, end.line, start.column));
    }
    let message = match diagnostic.primary.as_ref().map(|p| p.text.as_str()) {
        Some(label) if !label.is_empty() => format!("{}: {label}", diagnostic.message),
        _ => diagnostic.message.clone(),
    };
    format!("::{kind} {place},title={}::{}", diagnostic.code, data(&message))
}

/// Diagnostics as a log of SARIF 2.1.0 (OASIS), with the rules that they name. `version` is that of
/// the program.
pub fn sarif(diagnostics: &[(&SourceText, &Diagnostic)], version: &str) -> Value {
    let mut codes: Vec<crate::Code> = diagnostics.iter().map(|(_, d)| d.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| {
            let info = code.info();
            json!({
                "id": code,
                "shortDescription": { "text": info.map_or("", |i| i.title) },
                "help": {
                    "text": info.map_or("", |i| i.page),
                    "markdown": info.map_or("", |i| i.page),
                },
            })
        })
        .collect();
    let results: Vec<Value> = diagnostics
        .iter()
        .map(|(source, d)| {
            let mut place = json!({ "artifactLocation": { "uri": uri(&source.name) } });
            if let Some(primary) = &d.primary {
                place["region"] = region(source, primary.span);
            }
            let text = d
                .notes
                .iter()
                .chain(&d.help)
                .fold(d.message.clone(), |text, more| format!("{text}\n{more}"));
            let mut result = json!({
                "ruleId": d.code,
                "ruleIndex": codes.binary_search(&d.code).unwrap_or(0),
                "level": d.severity,
                "message": { "text": text },
                "locations": [{ "physicalLocation": place }],
            });
            if !d.fixes.is_empty() {
                result["fixes"] = d.fixes.iter().map(|fix| sarif_fix(source, fix)).collect();
            }
            result
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "aql", "version": version, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn sarif_fix(source: &SourceText, fix: &Fix) -> Value {
    let caution = match fix.applicability {
        Applicability::Safe => "",
        Applicability::Unsafe => " (may change which events are found)",
        Applicability::Display => " (a sketch, not to be applied as it is)",
    };
    let replacements: Vec<Value> = fix
        .edits
        .iter()
        .map(|edit| {
            json!({
                "deletedRegion": region(source, edit.span),
                "insertedContent": { "text": edit.text },
            })
        })
        .collect();
    json!({
        "description": { "text": format!("{}{caution}", fix.title) },
        "artifactChanges": [{
            "artifactLocation": { "uri": uri(&source.name) },
            "replacements": replacements,
        }],
    })
}

fn region(source: &SourceText, span: crate::Span) -> Value {
    let (start, end) = (source.line_column(span.start), source.line_column(span.end));
    json!({
        "startLine": start.line, "startColumn": start.column,
        "endLine": end.line, "endColumn": end.column,
    })
}

/// A path as a relative reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(byte as char);
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
