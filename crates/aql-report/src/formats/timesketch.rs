//! JSON Lines for Timesketch: `message`, `datetime` and `timestamp_desc` are what it asks for
//! (Timesketch, "Create timeline from JSON/JSONL/CSV file"); everything else becomes attributes.

use std::io::{self, Write};

use aql_pack::iso_time;
use serde_json::{Map, Value, json};

use crate::Report;
use crate::report::{Remarks, value_text};

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<Remarks> {
    let mut remarks = Remarks::default();
    for (finding, rule) in report.findings() {
        // A timeline has no place for what has no time.
        let Some(time) = finding.time else {
            remarks.without_time += 1;
            continue;
        };
        let facts = &rule.facts;
        let details: Vec<String> = finding
            .fields
            .iter()
            .filter_map(|(name, value)| Some(format!("{name}: {}", value_text(value)?)))
            .collect();
        let mut tags = vec![format!("level-{}", facts.level)];
        tags.extend(facts.attack.iter().map(|a| a.id.clone()));
        let mut event = Map::new();
        let mut put = |key: &str, value: Value| {
            event.insert(key.to_owned(), value);
        };
        put("message", json!(format!("{}: {}", facts.title, details.join("; "))));
        put("datetime", json!(iso_time(time)));
        put("timestamp", json!(time.saturating_mul(1000)));
        put("timestamp_desc", json!("Event Logged"));
        put("tag", json!(tags));
        put("data_type", json!("aquiline:finding"));
        put("rule", json!(rule.name));
        put("rule_id", json!(facts.id));
        put("level", json!(facts.level));
        put("hostname", json!(finding.host));
        put("username", json!(finding.user));
        put("source_ip", json!(finding.source_ip));
        put("source_file", json!(finding.file));
        put("source_record", json!(finding.record));
        put("source_format", json!(finding.format));
        put("why", json!(finding.why.join("; ")));
        serde_json::to_writer(&mut *out, &Value::Object(event))?;
        out.write_all(b"\n")?;
    }
    Ok(remarks)
}
