//! What a language that pipes events writes. Most of its commands are a word and a list: those come
//! from [`Commands`], and a dialect writes itself only what is otherwise.

use aql_semantic::{AggregateFunction, CompareOp};

use crate::condition::{Language, joined};
use crate::map::Source;
use crate::text::c_operator;
use crate::time::{Bounds, Format};

/// Commands that are a word and a list, and the aggregates.
pub(crate) struct Commands {
    /// Keeps what satisfies a condition.
    pub(crate) filter: &'static str,
    /// Sets columns.
    pub(crate) set: &'static str,
    /// Does each column take a command of its own?
    pub(crate) set_each: bool,
    /// How a column that is set is named.
    pub(crate) set_name: Naming,
    /// Groups.
    pub(crate) group: &'static str,
    /// How an aggregate is named.
    pub(crate) group_name: Naming,
    /// Before the keys of groups.
    pub(crate) by: &'static str,
    /// Sorts.
    pub(crate) sort: &'static str,
    /// Ends after so many.
    pub(crate) limit: &'static str,
    /// Leaves these columns.
    pub(crate) keep: &'static str,
    /// How many events there are.
    pub(crate) count: &'static str,
    /// Aggregates, with `{}` for the argument. One that is not here does not exist.
    pub(crate) aggregates: &'static [(AggregateFunction, &'static str)],
}

/// Where the name of a value stands.
#[derive(Clone, Copy)]
pub(crate) enum Naming {
    /// The name, this, the value.
    Before(&'static str),
    /// The value, this, the name.
    Behind(&'static str),
}

impl Naming {
    /// A value with its name.
    pub(crate) fn write(self, name: &str, value: &str) -> String {
        match self {
            Naming::Before(word) => format!("{name}{word}{value}"),
            Naming::Behind(word) => format!("{value}{word}{name}"),
        }
    }
}

/// What such a language writes besides conditions.
pub(crate) trait Pipeline: Language {
    /// Its words.
    fn commands(&self) -> &'static Commands;
    /// The events of sources, each with its condition.
    fn sources(&self, parts: &[PartText<'_>]) -> String;
    /// The condition of a time clause.
    fn window(&self, time: &str, bounds: &Bounds) -> Option<String>;
    /// Is the time span of a search chosen outside of its text?
    fn window_is_outside(&self) -> bool {
        false
    }
    /// A command that keeps what satisfies a condition.
    fn filter(&self, condition: &str) -> String {
        format!("{}{condition}", self.commands().filter)
    }
    /// A value that a column is set to.
    fn value(&self, value: &str) -> String {
        value.to_owned()
    }
    /// A command that sets columns.
    fn set(&self, columns: &[(String, String)]) -> String {
        let commands = self.commands();
        let columns: Vec<String> =
            columns.iter().map(|(n, v)| commands.set_name.write(n, &self.value(v))).collect();
        let between =
            if commands.set_each { format!("\n{}", commands.set) } else { ",\n    ".to_owned() };
        format!("{}{}", commands.set, columns.join(&between))
    }
    /// A command that groups.
    fn group(&self, calls: &[(String, String)], keys: &[String]) -> String {
        let commands = self.commands();
        let calls: Vec<String> =
            calls.iter().map(|(n, c)| commands.group_name.write(n, c)).collect();
        let by = if keys.is_empty() {
            String::new()
        } else {
            format!("{}{}", commands.by, keys.join(", "))
        };
        format!("{}{}{by}", commands.group, calls.join(", "))
    }
    /// A column to sort by.
    fn sort_key(&self, column: &str, descending: bool) -> String;
    /// A command that sorts: columns, and whether descending.
    fn sort(&self, by: &[(String, bool)]) -> String {
        let by: Vec<String> = by.iter().map(|(c, d)| self.sort_key(c, *d)).collect();
        format!("{}{}", self.commands().sort, by.join(", "))
    }
    /// What the order leaves out, if there is a limit to how many events can be sorted.
    fn sort_limit(&self) -> Option<&'static str> {
        None
    }
    /// A command that ends after so many.
    fn limit(&self, limit: u64) -> String {
        format!("{}{limit}", self.commands().limit)
    }
    /// A command that leaves these columns.
    fn keep(&self, columns: &[String]) -> String {
        format!("{}{}", self.commands().keep, columns.join(", "))
    }
    /// A name as it is written.
    fn name(&self, name: &str) -> String;
    /// A text constant.
    fn text(&self, text: &str) -> String;
    /// DATEFORMAT of a time field.
    fn date(&self, time: &str, format: &Format) -> String;
    /// An aggregate; nothing if there is no such thing.
    fn aggregate(&self, function: AggregateFunction, argument: Option<&str>) -> Option<String> {
        self.known(function, argument)
    }
    /// An aggregate of the table of commands.
    fn known(&self, function: AggregateFunction, argument: Option<&str>) -> Option<String> {
        let commands = self.commands();
        let Some(argument) = argument else {
            return (function == AggregateFunction::Count).then(|| commands.count.to_owned());
        };
        let (_, call) = commands.aggregates.iter().find(|(f, _)| *f == function)?;
        Some(call.replace("{}", argument))
    }
    /// What FIRST and LAST come to.
    fn first_and_last(&self) -> &'static str {
        "FIRST and LAST go by the time of the events"
    }
    /// Characters from a position on, counted from 0; nothing if there is no such thing.
    fn part(&self, text: &str, start: i64, length: i64) -> Option<String>;
    /// Is the aggregate only estimated?
    fn estimates(&self, _function: AggregateFunction) -> bool {
        false
    }
    /// Are rows without a key left out of the groups?
    fn drops_missing_keys(&self) -> bool {
        false
    }
    /// An operator in HAVING.
    fn having_operator(&self, op: CompareOp) -> &'static str {
        c_operator(op)
    }
    /// A field as a number.
    fn to_number(&self, field: &str) -> String;
    /// Letters that it folds otherwise.
    fn other_letters(&self) -> &'static str {
        "letters beyond ASCII, and ASCII letters that have a twin beyond it,"
    }

    /// One source: what finds its events, then its condition and the columns that are set.
    fn one_source(&self, head: String, part: &PartText<'_>) -> String {
        let mut lines = vec![head];
        lines.extend((!part.aliases.is_empty()).then(|| self.set(&part.aliases)));
        lines.extend(part.condition.as_ref().map(|c| self.filter(c)));
        lines.extend((!part.columns.is_empty()).then(|| self.set(&part.columns)));
        lines.join("\n")
    }

    /// Several sources read as one: their conditions joined, their columns put together.
    fn merged_sources(&self, head: String, parts: &[PartText<'_>]) -> String {
        let mut lines = vec![head];
        lines.extend(parts.first().and_then(|p| p.window.as_ref()).map(|w| self.filter(w)));
        let mut aliases: Vec<(String, String)> = Vec::new();
        for alias in parts.iter().flat_map(|p| &p.aliases) {
            if !aliases.iter().any(|(known, _)| *known == alias.0) {
                aliases.push(alias.clone());
            }
        }
        lines.extend((!aliases.is_empty()).then(|| self.set(&aliases)));
        let conditions: Vec<String> = parts.iter().filter_map(|p| p.condition.clone()).collect();
        // One without a condition lets everything pass.
        if conditions.len() == parts.len()
            && let Some((first, rest)) = conditions.split_first()
        {
            let same = rest.iter().all(|c| c == first);
            lines.push(self.filter(&if same {
                first.clone()
            } else {
                joined(conditions, self.words().1, 0)
            }));
        }
        let mut columns: Vec<(String, String)> = Vec::new();
        for (name, value) in parts.iter().flat_map(|p| &p.columns) {
            match columns.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) if known != value => {
                    if let Some(first) = self.first_of(&[known.clone(), value.clone()]) {
                        *known = first;
                    }
                }
                Some(_) => {}
                None => columns.push((name.clone(), value.clone())),
            }
        }
        lines.extend((!columns.is_empty()).then(|| self.set(&columns)));
        lines.join("\n")
    }
}

/// A source with its condition and the columns that are set on its events.
pub(crate) struct PartText<'a> {
    pub(crate) source: &'a Source,
    /// Set before the condition, which reads them.
    pub(crate) aliases: Vec<(String, String)>,
    pub(crate) condition: Option<String>,
    pub(crate) window: Option<String>,
    pub(crate) columns: Vec<(String, String)>,
}
