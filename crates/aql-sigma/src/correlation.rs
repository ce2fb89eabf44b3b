//! Correlation rules: what they say, and what AQL has for it.

use aql_diag::{Diagnostic, Span, codes};

use crate::yaml::{Node, Value};

/// What a correlation rule says.
#[derive(Clone, Debug)]
pub struct Correlation {
    /// How matches belong together.
    pub kind: Kind,
    /// Ids or names of the rules whose matches are read.
    pub rules: Vec<String>,
    /// Fields whose values the matches have in common.
    pub group_by: Vec<String>,
    /// The longest time from the first match to the last, in seconds.
    pub timespan: i64,
    /// What is asked of the count: operator of AQL and number.
    pub counts: Vec<(&'static str, i64)>,
    /// The field whose different values are counted.
    pub field: Option<String>,
    /// Other names of fields: the name, then rule and field.
    pub aliases: Vec<(String, Vec<(String, String)>)>,
    /// Are the rules also rules of their own?
    pub generate: bool,
    /// Where it stands.
    pub span: Span,
}

/// How matches belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Matches are counted.
    EventCount,
    /// Values of a field are counted.
    ValueCount,
    /// One match of each rule, in any order.
    Temporal,
    /// One match of each rule, in this order.
    Ordered,
}

impl Correlation {
    pub(crate) fn read(node: &Node, said: &mut Vec<Diagnostic>) -> Option<Correlation> {
        let before = said.len();
        let mut reader = Reader { node, said };
        let kind = reader.kind();
        let list = |key: &str| -> Vec<String> {
            node.get(key)
                .map(Node::items)
                .unwrap_or_default()
                .iter()
                .filter_map(Node::text)
                .collect()
        };
        let rules = list("rules");
        if rules.is_empty() {
            reader.wrong("a correlation needs `rules`");
        }
        let timespan = reader.timespan();
        let (counts, field) = reader.counts();
        let aliases = node.get("aliases").map(Node::entries).unwrap_or_default();
        let aliases = aliases
            .iter()
            .map(|(name, of_rules)| {
                let fields = of_rules.entries().iter();
                let fields = fields.filter_map(|(rule, f)| Some((rule.clone(), f.text()?)));
                (name.clone(), fields.collect())
            })
            .collect();
        let generate = node.get("generate").is_some_and(|node| node.value == Value::Bool(true));
        let counted = matches!(kind, Some(Kind::EventCount | Kind::ValueCount));
        if counted && counts.is_empty() {
            reader.wrong("a count needs a `condition` such as `gte: 10`");
        }
        if kind == Some(Kind::ValueCount) && field.is_none() {
            reader.wrong("`value_count` needs a `field` in its `condition`");
        }
        if said.len() > before {
            return None;
        }
        Some(Correlation {
            kind: kind?,
            rules,
            group_by: list("group-by"),
            timespan: timespan?,
            counts,
            field,
            aliases,
            generate,
            span: node.span,
        })
    }

    /// The field that a group-by name or alias means in a rule, called by any of its names.
    pub fn field_of<'a>(
        &'a self,
        name: &'a str,
        is_rule: impl Fn(&str) -> bool,
    ) -> Option<&'a str> {
        match self.aliases.iter().find(|(alias, _)| alias == name) {
            Some((_, fields)) => {
                fields.iter().find(|(rule, _)| is_rule(rule)).map(|(_, field)| field.as_str())
            }
            None => Some(name),
        }
    }

    /// The least count that is asked for, if that is all that is asked.
    pub fn at_least(&self) -> Option<i64> {
        match self.counts.as_slice() {
            [(">=", n)] => Some(*n),
            [(">", n)] => n.checked_add(1),
            _ => None,
        }
    }
}

struct Reader<'a> {
    node: &'a Node,
    said: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn wrong(&mut self, message: impl Into<String>) {
        self.said.push(Diagnostic::error(codes::SIGMA_RULE, message).at(self.node.span, ""));
    }

    fn kind(&mut self) -> Option<Kind> {
        let kind = self.node.get("type").and_then(Node::text).unwrap_or_default();
        match kind.as_str() {
            "event_count" => Some(Kind::EventCount),
            "value_count" => Some(Kind::ValueCount),
            "temporal" => Some(Kind::Temporal),
            "temporal_ordered" | "ordered_temporal" => Some(Kind::Ordered),
            "" => {
                self.wrong("a correlation needs a `type`");
                None
            }
            other => {
                self.said.push(
                    Diagnostic::error(
                        codes::SIGMA_REFUSED,
                        format!("a correlation of type `{other}` has no counterpart"),
                    )
                    .at(self.node.span, "")
                    .help("there are event_count, value_count, temporal and temporal_ordered"),
                );
                None
            }
        }
    }

    fn timespan(&mut self) -> Option<i64> {
        let key = if self.node.get("timespan").is_some() { "timespan" } else { "timeframe" };
        let text = self.node.get(key).and_then(Node::text).unwrap_or_default();
        let seconds = seconds(&text);
        if seconds.is_none() {
            self.wrong(format!(
                "`timespan: {text}` is no span of time; write `90s`, `10m`, `6h`, `7d`"
            ));
        }
        seconds
    }

    fn counts(&mut self) -> (Vec<(&'static str, i64)>, Option<String>) {
        let mut counts = Vec::new();
        let mut field = None;
        let Some(condition) = self.node.get("condition") else { return (counts, field) };
        if let Some(text) = condition.text() {
            self.said.push(
                Diagnostic::error(
                    codes::SIGMA_REFUSED,
                    format!("the condition `{text}` over rules has no counterpart"),
                )
                .at(condition.span, ""),
            );
            return (counts, field);
        }
        for (key, value) in condition.entries() {
            let op = match key.as_str() {
                "gt" => ">",
                "gte" => ">=",
                "lt" => "<",
                "lte" => "<=",
                "eq" => "=",
                "field" => {
                    if value.items().len() > 1 {
                        self.wrong("`field` of several fields has no counterpart");
                    }
                    field = value.items().first().and_then(Node::text);
                    continue;
                }
                other => {
                    self.wrong(format!("`{other}` is no part of a condition"));
                    continue;
                }
            };
            match value.text().and_then(|text| text.parse().ok()) {
                Some(n) => counts.push((op, n)),
                None => self.wrong(format!("`{key}` takes a whole number")),
            }
        }
        (counts, field)
    }
}

fn seconds(text: &str) -> Option<i64> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text.get(digits.len()..)? {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    digits.parse::<i64>().ok().filter(|n| *n > 0)?.checked_mul(unit)
}

/// A time clause of at least this many seconds, and whether it is longer.
pub(crate) fn last(seconds: i64) -> (String, bool) {
    for (unit, size) in [("DAYS", 86_400), ("HOURS", 3600), ("MINUTES", 60)] {
        if seconds % size == 0 {
            return (format!("LAST {} {unit}", seconds / size), false);
        }
    }
    (format!("LAST {} MINUTES", seconds / 60 + 1), true)
}

#[cfg(test)]
mod tests {
    use super::{last, seconds};

    #[test]
    fn spans_of_time() {
        for (text, expected) in [
            ("90s", Some(90)),
            ("10m", Some(600)),
            ("6h", Some(21_600)),
            ("7d", Some(604_800)),
            ("", None),
            ("10", None),
            ("0m", None),
            ("1w", None),
            ("99999999999999999d", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
        assert_eq!(last(3600), ("LAST 1 HOURS".to_owned(), false));
        assert_eq!(last(90), ("LAST 2 MINUTES".to_owned(), true));
    }
}
