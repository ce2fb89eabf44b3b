//! Sigma rules. Tests become detections, which are put together where their fields allow, and the
//! condition names them; a count over groups becomes a correlation.

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use aql_semantic::{AggregateFunction, CompareBy, CompareOp, Expr, ExprKind, Window};

use super::{Checked, Dialect};
use crate::Options;
use crate::condition::{Language, Term, Writer};
use crate::filter::outside;
use crate::loss::{Direction, Losses};
use crate::map::{Map, Source};
use crate::pattern::{Pattern, Shape};
use crate::pred::{Lowered, Number, Pred, What};
use crate::regex::portable;
use crate::source::parts;
use crate::text::number;

pub(super) const DIALECT: Dialect = Dialect {
    name: "sigma",
    title: "Sigma",
    extension: "yml",
    checked: Checked::Parser("pySigma"),
    comment: "#",
    write,
};

static MAP: LazyLock<Result<Map, String>> =
    LazyLock::new(|| Map::read(include_str!("../../maps/sigma.toml")));

/// Channels that log sources of Sigma stand for.
const SERVICES: &[(&str, &str)] = &[
    ("Microsoft-Windows-Sysmon/Operational", "sysmon"),
    ("Security", "security"),
    ("System", "system"),
    ("Microsoft-Windows-PowerShell/Operational", "powershell"),
    ("Windows PowerShell", "powershell-classic"),
    ("MSExchange Management", "msexchange-management"),
];

fn write(query: &Lowered, options: &Options, losses: &mut Losses) -> String {
    let span = query.output.first().map_or_else(Default::default, |o| o.expr.span);
    let Some(map) = losses.map(&MAP) else { return String::new() };
    outside(query, losses);
    let found = parts(query, map, losses);
    if found.len() > 1 {
        losses.impossible(span, "a rule has one log source: say which the query is about");
    }
    let Some(part) = found.first().filter(|_| !losses.is_impossible()) else {
        return String::new();
    };
    let correlation =
        query.group.as_ref().map(|_| correlation(query, part.source, options, losses));
    let (service, pred) = service(&part.pred);
    let sigma = Sigma::default();
    let mut writer = Writer {
        language: &sigma,
        source: part.source,
        nulls: query.nulls,
        losses,
        folds: false,
        aliases: Vec::new(),
    };
    let condition = writer.pred(&pred, 0);
    if writer.folds {
        losses.approximate(
            None,
            Direction::Either,
            "each backend folds letters beyond ASCII its way",
        );
    }
    let (detections, condition) = sigma.settle(condition);
    if detections.is_empty() {
        losses.impossible(span, "a rule needs something to detect besides its log source");
    }
    let mut text = format!("title: {}\n", quoted(&options.name));
    if correlation.is_some() {
        text.push_str(&format!("name: {}\n", identifier(&options.name)));
    }
    text.push_str("status: experimental\nlogsource:\n");
    text.push_str(&format!("    {}\n", part.source.table));
    if let Some(service) = service {
        text.push_str(&format!("    service: {service}\n"));
    } else if part.source.types == [397] {
        text.push_str("    service: audit\n");
    }
    text.push_str("detection:\n");
    for (name, detection) in &detections {
        text.push_str(&format!("    {name}:\n{}", detection.yaml()));
    }
    text.push_str(&format!("    condition: {condition}\n"));
    text + &correlation.flatten().unwrap_or_default()
}

/// The service that a channel stands for, if the whole condition asks for one; and what is left.
fn service(pred: &Pred) -> (Option<&'static str>, Pred) {
    let channel = |pred: &Pred| {
        let Pred::Test(test) = pred else { return None };
        let ExprKind::Column(column) = &test.of.kind else { return None };
        if &*column.name != "qideventcategory" {
            return None;
        }
        let name: &str = match &test.what {
            What::TextIn(list) if list.len() == 1 => list.first()?,
            What::Like { pattern, .. } => match pattern.shape() {
                Shape::Equals(text) => text,
                _ => return None,
            },
            _ => return None,
        };
        SERVICES.iter().find(|(c, _)| c.eq_ignore_ascii_case(name)).map(|(_, service)| *service)
    };
    match pred {
        Pred::And(list) => match list.iter().find_map(channel) {
            Some(service) => {
                let rest = list.iter().filter(|p| channel(p) != Some(service)).cloned();
                (Some(service), Pred::all(rest.collect()))
            }
            None => (None, pred.clone()),
        },
        _ => (None, pred.clone()),
    }
}

/// The correlation of a query with groups; nothing, and a refusal, if Sigma has none like it.
fn correlation(
    query: &Lowered,
    source: &Source,
    options: &Options,
    losses: &mut Losses,
) -> Option<String> {
    let span = query.output.first().map_or_else(Default::default, |o| o.expr.span);
    let group = query.group.as_ref()?;
    let mut refuse = |why: &str| {
        losses.impossible(span, why);
        None
    };
    let Window::Last(window) = query.window else {
        return refuse("a correlation needs LAST as its time span");
    };
    let Some(Pred::Test(test)) = &query.having else {
        return refuse("a correlation has one condition over one count");
    };
    let ExprKind::Aggregate(index) = test.of.kind else {
        return refuse("a correlation tests a count");
    };
    let call = group.calls.get(index)?;
    let name = |expr: &Expr| match &expr.kind {
        ExprKind::Column(column) => source.field(column)?.names.first().cloned(),
        _ => None,
    };
    let (kind, field) = match (call.function, &call.argument) {
        (AggregateFunction::Count, None) => ("event_count", None),
        (AggregateFunction::UniqueCount, Some(argument)) => match name(argument) {
            Some(field) => ("value_count", Some(field)),
            None => return refuse("a correlation counts values of a field"),
        },
        _ => return refuse("a correlation counts events or values"),
    };
    let What::Number(op, bound) = &test.what else {
        return refuse("a correlation compares a count with a number");
    };
    let op = match op {
        CompareOp::Gt => "gt",
        CompareOp::GtEq => "gte",
        CompareOp::Lt => "lt",
        CompareOp::LtEq => "lte",
        CompareOp::Eq | CompareOp::NotEq => return refuse("a correlation needs an order"),
    };
    let mut keys = Vec::new();
    for key in &group.keys {
        match name(key) {
            Some(field) => keys.push(field),
            None => return refuse("a correlation groups by fields"),
        }
    }
    losses.approximate(
        None,
        Direction::Either,
        "a correlation counts in a sliding time span, the query in its window",
    );
    let mut text = format!(
        "---\ntitle: {}\nstatus: experimental\ncorrelation:\n    type: {kind}\n    rules:\n        - {}\n",
        quoted(&format!("{} (count)", options.name)),
        identifier(&options.name),
    );
    if !keys.is_empty() {
        text.push_str("    group-by:\n");
        keys.iter().for_each(|k| text.push_str(&format!("        - {k}\n")));
    }
    text.push_str(&format!(
        "    timespan: {}s\n    condition:\n        {op}: {}\n",
        window / 1000,
        number(bound)
    ));
    if let Some(field) = field {
        text.push_str(&format!("        field: {field}\n"));
    }
    Some(text)
}

fn identifier(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

/// A YAML text.
fn quoted(text: &str) -> String {
    if text.chars().any(char::is_control) {
        let mut out = "\"".to_owned();
        for c in text.chars() {
            match c {
                '\\' => out.push_str("\\\\"),
                '"' => out.push_str("\\\""),
                c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
                c => out.push(c),
            }
        }
        return out + "\"";
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// One or more detections.
#[derive(Clone, Debug, PartialEq)]
enum Detection {
    /// All fields, each with one of its values.
    All(Vec<(String, Vec<String>)>),
    /// One of these.
    One(Vec<Vec<(String, Vec<String>)>>),
}

impl Detection {
    fn yaml(&self) -> String {
        match self {
            Detection::All(items) => {
                items.iter().map(|item| yaml_item(item, "        ", "        ")).collect()
            }
            Detection::One(list) => list
                .iter()
                .flat_map(|items| {
                    items.iter().enumerate().map(|(n, item)| {
                        let first = if n == 0 { "        - " } else { "          " };
                        yaml_item(item, first, "          ")
                    })
                })
                .collect(),
        }
    }
}

fn yaml_item((key, values): &(String, Vec<String>), first: &str, next: &str) -> String {
    match values.as_slice() {
        [one] => format!("{first}{key}: {one}\n"),
        many => {
            let many: String = many.iter().map(|v| format!("{next}    - {v}\n")).collect();
            format!("{first}{key}:\n{many}")
        }
    }
}

/// The detections of a rule that is being written.
#[derive(Default)]
struct Sigma {
    detections: RefCell<Vec<Detection>>,
}

impl Sigma {
    fn add(&self, key: String, values: Vec<String>) -> String {
        self.push(Detection::All(vec![(key, values)]))
    }

    fn push(&self, detection: Detection) -> String {
        let mut list = self.detections.borrow_mut();
        list.push(detection);
        format!("s{}", list.len() - 1)
    }

    /// Puts detections together and names them: the detections that are left, and the condition.
    fn settle(&self, condition: String) -> (Vec<(String, Detection)>, String) {
        let mut text = condition.split_whitespace().collect::<Vec<_>>().join(" ");
        text = text.replace("( ", "(").replace(" )", ")");
        while let Some(next) = self.merge(&text) {
            text = next;
        }
        let mut names = Vec::new();
        let mut out = String::new();
        let list = self.detections.borrow();
        let mut negated = false;
        let (mut selections, mut filters) = (0, 0);
        for token in tokens(&text) {
            match token
                .strip_prefix('s')
                .and_then(|n| n.parse::<usize>().ok())
                .and_then(|n| list.get(n))
            {
                Some(detection) => {
                    let name = if negated {
                        filters += 1;
                        format!("filter_main_{filters}")
                    } else {
                        selections += 1;
                        if selections == 1 {
                            "selection".to_owned()
                        } else {
                            format!("selection_{selections}")
                        }
                    };
                    out.push_str(&name);
                    names.push((name, detection.clone()));
                    negated = false;
                }
                None => {
                    negated = token == "not" || (negated && token.trim().is_empty());
                    out.push_str(token);
                }
            }
        }
        let whole = out.strip_prefix('(').and_then(|t| t.strip_suffix(')')).filter(|t| balanced(t));
        (names, whole.unwrap_or(&out).to_owned())
    }

    /// The condition with one pair of parentheses less, or with fewer detections in one; nothing if
    /// all is put together that can be.
    fn merge(&self, text: &str) -> Option<String> {
        for (open, _) in text.match_indices('(') {
            let rest = text.get(open + 1..)?;
            let Some(close) = closing(rest) else { continue };
            let (inner, after) = (rest.get(..close)?, rest.get(close + 1..)?);
            let before = text.get(..open)?;
            for word in [" and ", " or "] {
                let parts = split(inner, word);
                if parts.len() < 2 {
                    continue;
                }
                if let Some(detection) = self.merged(&parts, word) {
                    return Some(format!("{before}{}{after}", self.push(detection)));
                }
                // Some may go together where others, such as negations, stay.
                if let Some(partly) = self.partly(&parts, word) {
                    return Some(format!("{before}({partly}){after}"));
                }
            }
        }
        None
    }

    fn detection(&self, name: &str) -> Option<Detection> {
        let index: usize = name.strip_prefix('s')?.parse().ok()?;
        self.detections.borrow().get(index).cloned()
    }

    fn merged(&self, parts: &[&str], word: &str) -> Option<Detection> {
        let list: Option<Vec<Detection>> = parts.iter().map(|name| self.detection(name)).collect();
        let list = list?;
        if word == " and " { all(&list) } else { one(&list) }
    }

    /// `s1 and s2 and not s3` becomes `s4 and not s3`.
    fn partly(&self, parts: &[&str], word: &str) -> Option<String> {
        let mut taken: Vec<Detection> = Vec::new();
        let mut left = Vec::new();
        for part in parts {
            let Some(detection) = self.detection(part) else {
                left.push(*part);
                continue;
            };
            let mut with = taken.clone();
            with.push(detection);
            if word == " or " || all(&with).is_some() {
                taken = with;
            } else {
                left.push(*part);
            }
        }
        if taken.len() < 2 {
            return None;
        }
        let name = self.push(if word == " and " { all(&taken)? } else { one(&taken)? });
        left.insert(0, &name);
        Some(left.join(word))
    }
}

/// Where the parenthesis closes that was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The parts between a word, outside of parentheses.
fn split<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    for (at, _) in text.match_indices(word) {
        if text.get(..at).is_some_and(balanced) {
            parts.extend(text.get(begin..at));
            begin = at + word.len();
        }
    }
    parts.extend(text.get(begin..));
    parts
}

fn balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// Words, names, and what stands between them.
fn tokens(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = if word(first) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(end);
        out.push(token);
        rest = after;
    }
    out
}

/// All of these as one: no key may stand twice.
fn all(list: &[Detection]) -> Option<Detection> {
    let mut items: Vec<(String, Vec<String>)> = Vec::new();
    for detection in list {
        let Detection::All(more) = detection else { return None };
        for item in more {
            if items.iter().any(|(key, _)| *key == item.0) {
                return None;
            }
            items.push(item.clone());
        }
    }
    Some(Detection::All(items))
}

/// One of these as one: values of the same key become a list.
fn one(list: &[Detection]) -> Option<Detection> {
    let mut maps: Vec<Vec<(String, Vec<String>)>> = Vec::new();
    for detection in list {
        let more = match detection {
            Detection::All(items) => vec![items.clone()],
            Detection::One(list) => list.clone(),
        };
        for map in more {
            let same =
                maps.iter_mut().find_map(|known| match (known.as_mut_slice(), map.as_slice()) {
                    ([(a, values)], [(b, _)]) if a == b => Some(values),
                    _ => None,
                });
            match (same, map.as_slice()) {
                (Some(values), [(_, more)]) => values.extend(more.iter().cloned()),
                _ => maps.push(map),
            }
        }
    }
    match maps.as_slice() {
        [one] => Some(Detection::All(one.clone())),
        _ => Some(Detection::One(maps)),
    }
}

/// A literal in a value: wildcards are escaped, and backslashes where they would escape what follows.
fn escaped(text: &str, wildcard_follows: bool) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' => out.extend(['\\', c]),
            '\\' => {
                let next = chars.peek().copied();
                let escapes = match next {
                    Some(next) => matches!(next, '*' | '?' | '\\'),
                    None => wildcard_follows,
                };
                out.push_str(if escapes { "\\\\" } else { "\\" });
            }
            c => out.push(c),
        }
    }
    out
}

impl Language for Sigma {
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term {
        let cased = if ignore_case { "" } else { "|cased" };
        let (modifier, value) = match pattern.shape() {
            Shape::Prefix(text) => ("|startswith", escaped(text, true)),
            Shape::Suffix(text) => ("|endswith", escaped(text, false)),
            Shape::Contains(text) => ("|contains", escaped(text, true)),
            _ => ("", pattern.render(|t| escaped(t, true), "*", "?")),
        };
        Ok(self.add(format!("{field}{modifier}{cased}"), vec![quoted(&value)]))
    }

    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        let cased = if ignore_case || !values.iter().any(|v| v.chars().any(char::is_alphabetic)) {
            ""
        } else {
            "|cased"
        };
        let values = values.iter().map(|v| quoted(&escaped(v, false))).collect();
        Ok(self.add(format!("{field}{cased}"), values))
    }

    fn numbers(&self, field: &str, _: bool, values: &[Number]) -> Term {
        Ok(self.add(field.to_owned(), values.iter().map(number).collect()))
    }

    fn number(&self, field: &str, _: bool, op: CompareOp, value: Number) -> Term {
        let op = match op {
            CompareOp::Lt => "lt",
            CompareOp::LtEq => "lte",
            CompareOp::Gt => "gt",
            CompareOp::GtEq => "gte",
            CompareOp::Eq | CompareOp::NotEq => return Err("this comparison".to_owned()),
        };
        Ok(self.add(format!("{field}|{op}"), vec![number(&value)]))
    }

    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term {
        let regex = portable(java, false, full)?;
        if regex.backtracks {
            return Err("regular expressions have no look-around here".to_owned());
        }
        let i = if ignore_case { "|i" } else { "" };
        Ok(self.add(format!("{field}|re{i}"), vec![quoted(&regex.text)]))
    }

    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term {
        Ok(self.add(format!("{field}|cidr"), vec![quoted(&format!("{address}/{bits}"))]))
    }

    fn present(&self, field: &str, _: bool) -> String {
        self.add(format!("{field}|exists"), vec!["true".to_owned()])
    }

    fn fields(&self, left: &str, op: CompareOp, by: CompareBy, right: &str) -> Term {
        if op != CompareOp::Eq || by != CompareBy::Text {
            return Err("fields are compared for equality only".to_owned());
        }
        Ok(self.add(format!("{left}|fieldref"), vec![right.to_owned()]))
    }

    fn first_of(&self, fields: &[String]) -> Option<String> {
        fields.first().cloned()
    }

    fn not(&self, inner: &str, _: bool, _: bool) -> String {
        format!("not {inner}")
    }

    fn constant(&self, value: bool) -> &'static str {
        // Never reached with a source that is left: a rule needs a detection.
        if value { "selection_any" } else { "selection_none" }
    }

    fn empty_is_missing(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn backslashes_are_doubled_only_where_they_would_escape() {
        assert_eq!(escaped(r"\cmd.exe", false), r"\cmd.exe");
        assert_eq!(escaped(r"C:\a\", true), r"C:\a\\");
        assert_eq!(escaped(r"a*b?", false), r"a\*b\?");
        assert_eq!(escaped(r"\*", false), r"\\\*");
        assert_eq!(escaped(r"\\srv", false), r"\\\srv");
    }
}
