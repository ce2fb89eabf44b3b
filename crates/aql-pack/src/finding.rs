//! A finding: one event (or one group of events) that a rule selects.

use serde_json::{Map, Value, json};

use crate::hunt::HuntRule;

/// What a rule found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Position of the rule in [`Hunt::rules`](crate::Hunt::rules).
    pub rule: usize,
    /// `starttime` of the event, epoch milliseconds; nothing for a group.
    pub time: Option<i64>,
    /// The host that the event is about, if known.
    pub host: Option<String>,
    /// The user, if known.
    pub user: Option<String>,
    /// `sourceip`, if known.
    pub source_ip: Option<String>,
    /// File the event was read from; nothing for a group.
    pub file: Option<String>,
    /// Record in that file; nothing for a group.
    pub record: Option<i64>,
    /// Format of that file.
    pub format: Option<String>,
    /// The columns that the rule selects, in its order.
    pub fields: Vec<(String, Value)>,
    /// The conditions of the rule that this event satisfies and that say something about it, as
    /// written in the rule.
    pub why: Vec<String>,
    /// The findings that this one was made of, if its rule is a correlation; the first thousand.
    pub made_of: Vec<FindingPart>,
}

/// A finding that another one was made of.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingPart {
    /// Name of its rule.
    pub rule: String,
    /// The finding.
    pub finding: Finding,
}

impl Finding {
    /// Do both findings come from the same event? Groups never do.
    pub fn is_same_event(&self, other: &Finding) -> bool {
        self.file.is_some()
            && (&self.file, self.record, self.time) == (&other.file, other.record, other.time)
    }

    /// The finding as one JSON object; the schema is described in `docs/findings.md`.
    pub fn json(&self, rule: &HuntRule) -> Value {
        let attack: Vec<Value> =
            rule.facts.attack.iter().map(|a| json!({ "id": a.id, "version": a.version })).collect();
        // A select list may name two columns alike; an object cannot: the first keeps the name.
        let mut fields = Map::new();
        for (name, value) in &self.fields {
            let mut key = name.clone();
            let mut n = 2;
            while fields.contains_key(&key) {
                key = format!("{name}_{n}");
                n += 1;
            }
            fields.insert(key, value.clone());
        }
        json!({
            "time": self.time.map(iso_time),
            "level": rule.facts.level,
            "rule": rule.name,
            "rule_id": rule.facts.id,
            "title": rule.facts.title,
            "attack": attack,
            "host": self.host,
            "user": self.user,
            "source_ip": self.source_ip,
            "file": self.file,
            "record": self.record,
            "format": self.format,
            "fields": fields,
            "why": self.why,
            "made_of": self.made_of.iter().map(FindingPart::json).collect::<Vec<_>>(),
        })
    }
}

impl FindingPart {
    /// Enough to find it again.
    fn json(&self) -> Value {
        let Finding { time, host, user, file, record, .. } = &self.finding;
        json!({
            "time": time.map(iso_time),
            "rule": self.rule,
            "host": host,
            "user": user,
            "file": file,
            "record": record,
        })
    }
}

/// Epoch milliseconds as ISO 8601 in UTC with milliseconds.
pub fn iso_time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| ms.to_string(), |t| t.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}
