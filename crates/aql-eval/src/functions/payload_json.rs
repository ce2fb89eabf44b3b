//! PAYLOAD_JSON (internal): a value of a JSON payload by its path, in the form of QRadar's custom
//! properties: `/"object"/"list"[0]/"key"`. Properties of a profile that live in the payload are
//! bound to it.

use aql_diag::codes;
use serde_json::Value;

use super::{Complaint, Function, Prepared, arg, constant_text, prepared};
use crate::{Context, Datum};

pub(super) const FUNCTION: Function = Function::new("PAYLOAD_JSON", call).prepared_by(prepare);

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

fn call<'a>(args: &'a [Datum<'a>], _: &'a Context) -> Datum<'a> {
    match arg(args, 1).text().and_then(|path| parse(&path)) {
        Some(path) => look_up(arg(args, 0), &path),
        None => Datum::Null,
    }
}

fn prepare(
    constants: &[Option<Datum<'static>>],
    _: &Context,
) -> Result<Option<Prepared>, Complaint> {
    let Some(text) = constant_text(constants, 1) else { return Ok(None) };
    let Some(path) = parse(&text) else {
        return Err(Complaint {
            argument: 1,
            code: codes::ARGUMENT_TYPE,
            message: format!("`{text}` is no path into JSON"),
            help: Some(r#"write a path such as /"object"/"list"[0]/"key""#.to_owned()),
        });
    };
    Ok(Some(prepared(move |args, _| look_up(arg(args, 0), &path))))
}

/// Reads a path. Keys may stand without quotes if they hold none of `/`, `[` and `"`.
fn parse(text: &str) -> Option<Vec<Step>> {
    let mut rest = text.trim();
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(index) = rest.strip_prefix('[') {
            let (index, after) = index.split_once(']')?;
            steps.push(Step::Index(index.trim().parse().ok()?));
            rest = after;
            continue;
        }
        rest = rest.strip_prefix('/')?;
        if rest.starts_with('[') {
            continue;
        }
        let (key, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_key(quoted)?,
            None => {
                let end = rest.find(['/', '[']).unwrap_or(rest.len());
                let (key, after) = rest.split_at_checked(end)?;
                (key.to_owned(), after)
            }
        };
        if key.is_empty() || key.contains('"') && !rest.starts_with('"') {
            return None;
        }
        steps.push(Step::Key(key));
        rest = after;
    }
    (!steps.is_empty()).then_some(steps)
}

/// A key up to its closing quote, and what follows. A backslash takes the next character as it is.
fn quoted_key(text: &str) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut chars = text.chars();
    loop {
        match chars.next()? {
            '"' => return Some((key, chars.as_str())),
            '\\' => key.push(chars.next()?),
            c => key.push(c),
        }
    }
}

fn look_up<'a>(payload: &Datum<'_>, path: &[Step]) -> Datum<'a> {
    let Some(text) = payload.text() else { return Datum::Null };
    let Some(root) = document(&text) else { return Datum::Null };
    let mut value = &root;
    for step in path {
        let next = match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.get(index),
        };
        match next {
            Some(next) => value = next,
            None => return Datum::Null,
        }
    }
    match value {
        Value::Null => Datum::Null,
        Value::String(text) => Datum::text_of(text.clone()),
        other => Datum::text_of(other.to_string()),
    }
}

/// The JSON of a payload: all of it, or what stands behind a header.
fn document(text: &str) -> Option<Value> {
    let start = text.find(['{', '['])?;
    let mut values = serde_json::Deserializer::from_str(text.get(start..)?).into_iter();
    values.next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::super::{case::*, check};
    use super::{parse, prepare};

    #[test]
    fn table() {
        let json = r#"{"a":{"b c":[{"d":"x"},2]},"n":1.5,"t":true,"z":null,"q\"k":"y"}"#;
        check(super::FUNCTION, &[
            (&[t(json), t(r#"/"a"/"b c"[0]/"d""#)], t("x")),
            (&[t(json), t(r#"/"a"/"b c"/[1]"#)], t("2")),
            (&[t(json), t("/a/b c[1]")], t("2")),
            (&[t(json), t(r#"/"a"/"b c"[2]"#)], NULL),
            (&[t(json), t(r#"/"a""#)], t(r#"{"b c":[{"d":"x"},2]}"#)),
            (&[t(json), t(r#"/"n""#)], t("1.5")),
            (&[t(json), t(r#"/"t""#)], t("true")),
            (&[t(json), t(r#"/"z""#)], NULL),
            (&[t(json), t(r#"/"q\"k""#)], t("y")),
            (&[t(json), t(r#"/"A""#)], NULL),
            (&[t(json), t(r#"/"n"/"x""#)], NULL),
            (&[t(r#"<13>Nov 14 host app: {"k":"v"} tail"#), t(r#"/"k""#)], t("v")),
            (&[t(r#"[{"k":"v"}]"#), t(r#"/[0]/"k""#)], t("v")),
            (&[bytes(br#"{"k":"v"}"#), t(r#"/"k""#)], t("v")),
            (&[t("no JSON"), t(r#"/"k""#)], NULL),
            (&[t(r#"{"k":"#), t(r#"/"k""#)], NULL),
            (&[NULL, t(r#"/"k""#)], NULL),
            (&[t(json), NULL], NULL),
        ]);
    }

    #[test]
    fn deep_json_is_no_danger() {
        let deep: &'static str = Box::leak("[".repeat(100_000).into_boxed_str());
        check(super::FUNCTION, &[(&[t(deep), t("[0]")], NULL)]);
    }

    #[test]
    fn bad_paths() {
        for text in ["", "a", "/", "/\"a", "/\"\"", "/a[x]", "/a[0", "/a[-1]", "/a\"b", "/a//b"] {
            assert_eq!(parse(text), None, "{text}");
        }
        let cx = crate::Context::new(aql_catalog::Catalog::get(), 0);
        assert!(prepare(&[None, Some(t("a"))], &cx).is_err_and(|complaint| complaint.argument == 1));
    }
}
