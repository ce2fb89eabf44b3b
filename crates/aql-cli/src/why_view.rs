//! Explanations for people: the condition as an indented tree, with what each part says.

use std::io::{self, Write};

use aql_report::why::{Explainer, Explanation, Funnel, Kind, Node, OperandValue};
use aql_semantic::NullSemantics;
use serde_json::Value;

use crate::output::{Sink, one_line};
use crate::summary::thousands;
use crate::why::{EventHead, Subject};

/// Characters of a condition that are shown.
const MAX_TEXT: usize = 160;
/// Characters of a value that are shown: of the beginning, and of the end.
const MAX_VALUE: (usize, usize) = (100, 40);
/// Cells of the bar of a funnel.
const BAR: u64 = 10;

/// Writes why one event matches, or does not.
pub(crate) fn explanation(
    sink: &mut Sink,
    subject: &Subject,
    event: &EventHead,
    explainer: &Explainer,
    explanation: &Explanation,
) -> io::Result<()> {
    let style = Style { colour: sink.colour };
    let out = &mut sink.out;
    heading(out, &style, subject)?;
    let mut place = vec![format!("{} #{}", event.file, event.record)];
    place.extend([&event.time, &event.host, &event.user].into_iter().flatten().cloned());
    writeln!(out, "{}\n", one_line(&place.join("  ")))?;
    writeln!(out, "{}", style.bold(&verdict(explainer, explanation)))?;
    if event.ruled_out {
        writeln!(
            out,
            "A hunt leaves this record out unread: no event of its kind can satisfy the condition."
        )?;
    }
    if explanation.matches && explainer.is_grouped() {
        writeln!(out, "{}", GROUPED)?;
    }
    writeln!(out)?;
    let nodes = explainer.nodes().iter().zip(&explanation.nodes).enumerate();
    let mut shown: Option<&[OperandValue]> = None;
    let mut settled_above = false;
    for (at, (node, outcome)) in nodes {
        let word = match outcome.value {
            Some(true) => style.yes("true "),
            Some(false) => style.no("false"),
            None => style.warn("null "),
        };
        let mark = if explanation.killed_by == Some(at) { style.no(">") } else { " ".to_owned() };
        let mut line = format!("{mark} {word}  {}{}", indent(node), title(node, &style));
        if node.kind != Kind::Leaf {
            line.push_str(&style.dim(&group_note(explainer, explanation, at)));
        }
        if outcome.is_settled && !settled_above {
            line.push_str(&style.dim("  (settled before: makes no difference)"));
        }
        settled_above = outcome.is_settled;
        writeln!(out, "{line}")?;
        let room = " ".repeat(11 + 2 * node.depth);
        if let Some(bound) = &node.bound {
            let bound = cut(&one_line(bound), MAX_TEXT, 0);
            writeln!(out, "{}", style.dim(&format!("{room}runs as {bound}")))?;
        }
        // Alternatives mostly look at the same value: once is enough.
        if !outcome.operands.is_empty() && shown != Some(&outcome.operands) {
            for operand in &outcome.operands {
                let (text, value) =
                    (cut(&one_line(&operand.text), MAX_TEXT, 0), value(&operand.value));
                writeln!(out, "{room}{} {value}", style.dim(&format!("{text} is")))?;
            }
        }
        if node.kind == Kind::Leaf {
            shown = Some(&outcome.operands);
        }
    }
    if explanation.nodes.iter().any(|n| n.is_null) && explainer.nulls() == NullSemantics::TwoValued
    {
        writeln!(
            out,
            "\n{}",
            style.dim("A comparison with a missing value is false here, and NOT of it true.")
        )?;
    }
    Ok(())
}

/// Writes how many events got past each part.
pub(crate) fn funnel(
    sink: &mut Sink,
    subject: &Subject,
    explainer: &Explainer,
    funnel: &Funnel,
) -> io::Result<()> {
    let style = Style { colour: sink.colour };
    let out = &mut sink.out;
    heading(out, &style, subject)?;
    let died = explainer.died_at(funnel);
    let verdict =
        match (funnel.events, funnel.matches(), died.and_then(|at| explainer.nodes().get(at))) {
            (0, _, _) => "no event was read".to_owned(),
            (events, 0, Some(node)) => format!(
                "none of {} events matches; the last were lost at: {}",
                thousands(events),
                name(node)
            ),
            (events, matches, _) => {
                format!("{} of {} events match", thousands(matches), thousands(events))
            }
        };
    writeln!(out, "{}", style.bold(&one_line(&verdict)))?;
    if explainer.is_grouped() {
        writeln!(out, "{}", GROUPED)?;
    }
    let width = thousands(funnel.events).len().max(7);
    writeln!(
        out,
        "\n{}",
        style.bold(&format!(
            "  {:>width$}  {:>width$}  {:>width$}  {:BAR$}  Condition",
            "Reached",
            "Passed",
            "Alone",
            "",
            BAR = BAR as usize
        ))
    )?;
    for (at, (node, count)) in explainer.nodes().iter().zip(&funnel.nodes).enumerate() {
        let mark = if died == Some(at) { style.no(">") } else { " ".to_owned() };
        let missing = match count.no_value {
            0 => String::new(),
            n if n == count.reached => style.dim("  (no event that comes here has the value)"),
            n => style.dim(&format!("  ({} without the value)", thousands(n))),
        };
        writeln!(
            out,
            "{mark} {:>width$}  {:>width$}  {:>width$}  {}  {}{}{missing}",
            thousands(count.reached),
            thousands(count.passed),
            thousands(count.alone),
            bar(count.passed, count.reached),
            indent(node),
            title(node, &style),
        )?;
        if let Some(bound) = &node.bound {
            let room = " ".repeat(3 * width + 20 + 2 * node.depth);
            let bound = cut(&one_line(bound), MAX_TEXT, 0);
            writeln!(out, "{}", style.dim(&format!("{room}runs as {bound}")))?;
        }
    }
    writeln!(
        out,
        "\n{}",
        style.dim(
            "Reached: events for which all conditions before hold. Passed: of these, how many get \
             past. Alone: of all events."
        )
    )
}

const GROUPED: &str = "The query goes on to group the events, which is not explained here.";

fn heading(out: &mut dyn Write, style: &Style, subject: &Subject) -> io::Result<()> {
    let title = subject.title.as_ref().map(|t| format!(": {t}")).unwrap_or_default();
    writeln!(out, "{}{}", style.bold(&one_line(&subject.name)), one_line(&title))
}

fn verdict(explainer: &Explainer, explanation: &Explanation) -> String {
    let part = |at: Option<usize>| {
        let at = at?;
        Some((explainer.nodes().get(at)?, explanation.nodes.get(at)?))
    };
    let Some((node, outcome)) = part(explanation.killed_by) else {
        return "matches".to_owned();
    };
    let because = match node.kind {
        Kind::Leaf => {
            let holds =
                if outcome.is_null { "has no value to compare" } else { says(outcome.value) };
            format!("`{}` {holds}", name(node))
        }
        Kind::Or => format!("none of {} alternatives holds", node.below.len()),
        _ => format!("all {} conditions under NOT hold", node.below.len()),
    };
    let nearest = part(explanation.nearest)
        .map(|(node, _)| format!("; in the nearest of them `{}` is in the way", name(node)))
        .unwrap_or_default();
    one_line(&format!("does not match: {because}{nearest}"))
}

fn says(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "is true, and must not be",
        Some(false) => "is false",
        None => "is null",
    }
}

/// `  2 of 5 hold, the third decides`
fn group_note(explainer: &Explainer, explanation: &Explanation, at: usize) -> String {
    let Some(node) = explainer.nodes().get(at) else { return String::new() };
    let values: Vec<Option<bool>> =
        node.below.iter().map(|&i| explanation.nodes.get(i).and_then(|n| n.value)).collect();
    let hold = values.iter().filter(|v| **v == Some(true)).count();
    let decides = match node.kind {
        Kind::And => values.iter().position(|v| *v == Some(false)),
        Kind::Or => values.iter().position(|v| *v == Some(true)),
        Kind::Not | Kind::Leaf => return String::new(),
    };
    let decides = decides.map(|i| format!(", number {} settles it", i + 1)).unwrap_or_default();
    format!("  {hold} of {} hold{decides}", values.len())
}

fn title(node: &Node, style: &Style) -> String {
    match node.kind {
        Kind::And => style.bold("all of"),
        Kind::Or => style.bold("any of"),
        Kind::Not => style.bold("not"),
        Kind::Leaf => name(node),
    }
}

fn name(node: &Node) -> String {
    cut(&one_line(&node.text), MAX_TEXT, 0)
}

fn indent(node: &Node) -> String {
    "  ".repeat(node.depth)
}

fn value(value: &Value) -> String {
    let cut = |text: &str| cut(&one_line(text), MAX_VALUE.0, MAX_VALUE.1);
    match value {
        Value::Null => "missing".to_owned(),
        Value::String(text) => format!("'{}'", cut(text)),
        other => cut(&other.to_string()),
    }
}

/// The first and last characters of a text that is too long for both.
fn cut(text: &str, head: usize, tail: usize) -> String {
    let length = text.chars().count();
    if length <= head + tail + 1 {
        return text.to_owned();
    }
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

/// Cells filled in proportion; at least one if there is anything.
fn bar(part: u64, whole: u64) -> String {
    let filled = if part == 0 || whole == 0 {
        0
    } else {
        u64::try_from(u128::from(part) * u128::from(BAR) / u128::from(whole)).unwrap_or(BAR).max(1)
    };
    (0..BAR).map(|cell| if cell < filled { '█' } else { '·' }).collect()
}

struct Style {
    colour: bool,
}

impl Style {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    fn yes(&self, text: &str) -> String {
        self.paint("32", text)
    }

    fn no(&self, text: &str) -> String {
        self.paint("1;31", text)
    }

    fn warn(&self, text: &str) -> String {
        self.paint("33", text)
    }
}

#[cfg(test)]
mod tests {
    use super::{bar, cut};

    #[test]
    fn long_values_keep_both_ends() {
        assert_eq!(cut("abcdefghij", 3, 2), "abc…ij");
        assert_eq!(cut("abcdef", 3, 2), "abcdef");
        assert_eq!(cut("äöüäöüäöü", 3, 0), "äöü…");
    }

    #[test]
    fn a_bar_shows_that_something_is_left() {
        assert_eq!(bar(0, 10), "··········");
        assert_eq!(bar(1, 1_000_000), "█·········");
        assert_eq!(bar(10, 10), "██████████");
        assert_eq!(bar(u64::MAX, u64::MAX), "██████████");
    }
}
