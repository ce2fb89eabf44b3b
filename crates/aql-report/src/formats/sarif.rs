//! SARIF 2.1.0 (OASIS): findings as results, rules with their help, ATT&CK as a taxonomy, and the
//! files that did not read whole as notifications.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aql_diag::Severity;
use aql_pack::{Finding, HuntRule, Level, iso_time};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::Report;
use crate::report::{place, value_text};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const TAXONOMY: &str = "MITRE ATT&CK";

pub(crate) fn log(report: &Report<'_>) -> Value {
    let artifacts: BTreeMap<&str, usize> =
        report.scan.files.iter().enumerate().map(|(at, file)| (&*file.path, at)).collect();
    let techniques: Vec<&str> = report.techniques().into_keys().collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Aquiline",
                "semanticVersion": report.version,
                "rules": report.rules.iter().map(|r| rule(r, &techniques)).collect::<Vec<_>>(),
                "supportedTaxonomies": [{ "name": TAXONOMY, "index": 0 }],
            } },
            "taxonomies": [taxonomy(report, &techniques)],
            "invocations": [invocation(report)],
            "artifacts": report.scan.files.iter().map(|file| json!({
                "location": { "uri": uri(&file.path) },
                "properties": {
                    "format": file.format,
                    "records": file.records,
                    "bytesRead": file.bytes,
                },
            })).collect::<Vec<_>>(),
            "results": report.findings().map(|(f, r)| result(f, r, &artifacts)).collect::<Vec<_>>(),
            "columnKind": "unicodeCodePoints",
        }],
    })
}

fn rule(rule: &HuntRule, techniques: &[&str]) -> Value {
    let facts = &rule.facts;
    let relationships: Vec<Value> = facts
        .attack
        .iter()
        .filter_map(|attack| {
            let index = techniques.binary_search(&attack.id.as_str()).ok()?;
            Some(json!({
                "target": {
                    "id": attack.id,
                    "index": index,
                    "toolComponent": { "name": TAXONOMY, "index": 0 },
                },
                "kinds": ["relevant"],
            }))
        })
        .collect();
    let help = if facts.triage.is_empty() {
        facts.description.clone()
    } else {
        let steps: Vec<String> =
            facts.triage.iter().enumerate().map(|(i, s)| format!("{}. {s}", i + 1)).collect();
        steps.join("\n")
    };
    json!({
        "id": rule.name,
        "guid": facts.id,
        "name": rule.name,
        "shortDescription": { "text": facts.title },
        "fullDescription": { "text": facts.description },
        "help": { "text": help },
        "defaultConfiguration": { "level": level(facts.level), "enabled": !rule.is_left_out() },
        "relationships": relationships,
        "properties": {
            "level": facts.level,
            "pack": rule.pack,
            "tags": facts.attack.iter().map(|a| a.id.as_str()).collect::<Vec<_>>(),
        },
    })
}

fn result(finding: &Finding, rule: &HuntRule, artifacts: &BTreeMap<&str, usize>) -> Value {
    let details: Vec<String> = finding
        .fields
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}: {}", value_text(value)?)))
        .collect();
    let mut text = rule.facts.title.clone();
    for line in &details {
        let _ = write!(text, "\n{line}");
    }
    let mut value = Map::new();
    value.insert("ruleId".into(), json!(rule.name));
    value.insert("ruleIndex".into(), json!(finding.rule));
    value.insert("level".into(), json!(level(rule.facts.level)));
    value.insert("kind".into(), json!("fail"));
    value.insert("message".into(), json!({ "text": text }));
    if let Some(file) = &finding.file {
        let mut artifact = json!({ "uri": uri(file) });
        if let Some(index) = artifacts.get(file.as_str()) {
            artifact["index"] = json!(index);
        }
        let mut location = json!({ "physicalLocation": { "artifactLocation": artifact } });
        if let (Some(record), Some(place)) = (finding.record, place(finding)) {
            location["logicalLocations"] = json!([{
                "name": format!("record {record}"),
                "fullyQualifiedName": place,
                "kind": "record",
            }]);
        }
        value.insert("locations".into(), json!([location]));
    }
    value.insert(
        "partialFingerprints".into(),
        json!({ "findingHash/v1": fingerprint(finding, rule) }),
    );
    value.insert(
        "properties".into(),
        json!({
            "time": finding.time.map(iso_time),
            "host": finding.host,
            "user": finding.user,
            "source_ip": finding.source_ip,
            "record": finding.record,
            "format": finding.format,
            "why": finding.why,
        }),
    );
    Value::Object(value)
}

/// The same for the same event and rule, whatever else is in the evidence.
fn fingerprint(finding: &Finding, rule: &HuntRule) -> String {
    let mut hash = Sha256::new();
    let record = finding.record.map(|n| n.to_string());
    let fields: Vec<String> =
        finding.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let fields = fields.join("\n");
    let parts =
        [Some(rule.facts.id.as_str()), finding.file.as_deref(), record.as_deref(), Some(&fields)];
    for part in parts {
        hash.update(part.unwrap_or_default());
        hash.update([0]);
    }
    hash.finalize().iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn taxonomy(report: &Report<'_>, techniques: &[&str]) -> Value {
    let versions = report.rules.iter().flat_map(|rule| &rule.facts.attack);
    let version = versions.map(|attack| attack.version.as_str()).max().unwrap_or_default();
    let taxa: Vec<Value> = techniques
        .iter()
        .map(|id| {
            let path = id.replace('.', "/");
            json!({ "id": id, "helpUri": format!("https://attack.mitre.org/techniques/{path}/") })
        })
        .collect();
    let mut taxonomy = json!({
        "name": TAXONOMY,
        "organization": "MITRE",
        "informationUri": "https://attack.mitre.org/",
        "taxa": taxa,
    });
    if !version.is_empty() {
        taxonomy["version"] = json!(version);
    }
    taxonomy
}

fn invocation(report: &Report<'_>) -> Value {
    let files = report.scan.files.iter().flat_map(|file| &file.diagnostics);
    let notifications: Vec<Value> = files
        .chain(&report.scan.diagnostics)
        .map(|d| {
            let mut value = json!({
                "descriptor": { "id": d.code },
                "level": d.severity,
                "message": { "text": d.message },
            });
            if let Some(place) = &d.input {
                value["locations"] =
                    json!([{ "physicalLocation": { "artifactLocation": { "uri": uri(&place.file) } } }]);
            }
            value
        })
        .collect();
    let left_out: Vec<Value> = report
        .rules
        .iter()
        .filter(|rule| rule.is_left_out())
        .map(|rule| {
            json!({
                "descriptor": { "id": "PACK003" },
                "level": Severity::Error,
                "message": { "text": format!("rule `{}` is left out: its query has an error", rule.name) },
            })
        })
        .collect();
    json!({
        "executionSuccessful": left_out.is_empty(),
        "toolExecutionNotifications": notifications,
        "toolConfigurationNotifications": left_out,
    })
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Critical | Level::High => "error",
        Level::Medium | Level::Low => "warning",
        Level::Informational => "note",
    }
}

/// A path as a reference (RFC 3986): relative paths stay relative, absolute ones become `file:`.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let drive = path.as_bytes().get(1) == Some(&b':')
        && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let mut out = String::with_capacity(path.len() + 8);
    if drive {
        out.push_str("file:///");
    } else if path.starts_with('/') {
        out.push_str("file://");
    }
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            b':' if drive && at == 1 => out.push(':'),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("logs/a b.evtx"), "logs/a%20b.evtx");
        assert_eq!(uri("/logs/ü.evtx"), "file:///logs/%C3%BC.evtx");
        assert_eq!(uri(r"C:\logs\a#1.evtx"), "file:///C:/logs/a%231.evtx");
        assert_eq!(uri("case.zip!/a.json"), "case.zip%21/a.json");
        assert_eq!(uri("<stdin>"), "%3Cstdin%3E");
        assert_eq!(uri("a:b"), "file:///a:b");
    }
}
