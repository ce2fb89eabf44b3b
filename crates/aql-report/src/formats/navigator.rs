//! A layer of the ATT&CK Navigator, in version 4.5 of its format: the techniques that the rules are
//! about, scored by what was found.

use serde_json::{Value, json};

use crate::Report;
use crate::report::counted;

/// Version of the layer format (attack-navigator, `layers/spec/v4.5`).
pub(crate) const LAYER_VERSION: &str = "4.5";
/// A Navigator that reads it.
const NAVIGATOR_VERSION: &str = "5.1.0";

pub(crate) fn layer(report: &Report<'_>) -> Value {
    let counts = report.count_by_rule();
    let count = |rules: &[usize]| -> usize { rules.iter().filter_map(|&at| counts.get(at)).sum() };
    let techniques = report.techniques();
    let most = techniques.values().map(|rules| count(rules)).max().unwrap_or(0).max(1);
    let techniques: Vec<Value> = techniques
        .iter()
        .map(|(id, rules)| {
            let found = count(rules);
            let metadata: Vec<Value> = rules
                .iter()
                .filter_map(|&at| {
                    let rule = report.rules.get(at)?;
                    let found = counts.get(at).copied().unwrap_or(0);
                    let seen = match report.is_observable(rule) {
                        _ if rule.is_left_out() => "left out".to_owned(),
                        Some(false) => "could not see anything in this evidence".to_owned(),
                        _ => counted(found, "finding"),
                    };
                    Some(json!({ "name": rule.name, "value": seen }))
                })
                .collect();
            json!({
                "techniqueID": id,
                "score": found,
                "comment": format!(
                    "{} of {}", counted(found, "finding"), counted(rules.len(), "rule")
                ),
                "enabled": true,
                "metadata": metadata,
                "showSubtechniques": true,
            })
        })
        .collect();
    let titles: Vec<&str> = report.packs.iter().map(|pack| pack.facts.title.as_str()).collect();
    json!({
        "name": format!("Findings: {}", titles.join(", ")),
        "versions": {
            "attack": attack_version(report),
            "navigator": NAVIGATOR_VERSION,
            "layer": LAYER_VERSION,
        },
        "domain": "enterprise-attack",
        "description": format!(
            "{} in {} by Aquiline {}. The score of a technique is the number of findings; 0 means \
             that rules look for it and found nothing.",
            counted(report.findings.len(), "finding"),
            counted(report.scan.files.len(), "file"),
            report.version,
        ),
        "sorting": 3,
        "layout": {
            "layout": "side",
            "showID": true,
            "showName": true,
            "aggregateFunction": "sum",
            "showAggregateScores": false,
            "countUnscored": false,
            "expandedSubtechniques": "annotated",
        },
        "hideDisabled": false,
        "techniques": techniques,
        "gradient": {
            "colors": ["#f2f4f7", "#fec84b", "#d92d20"],
            "minValue": 0,
            "maxValue": most,
        },
        "legendItems": [
            { "label": "looked for, nothing found", "color": "#f2f4f7" },
            { "label": "most findings", "color": "#d92d20" },
        ],
        "metadata": [],
        "links": [],
        "showTacticRowBackground": false,
        "tacticRowBackground": "#dddddd",
        "selectTechniquesAcrossTactics": true,
        "selectSubtechniquesWithParent": false,
        "selectVisibleTechniques": false,
    })
}

/// The newest version of ATT&CK that a mapping was made with, as the Navigator names it: `18`.
fn attack_version(report: &Report<'_>) -> String {
    let versions = report.rules.iter().flat_map(|rule| &rule.facts.attack);
    let major = |version: &str| version.split('.').next().and_then(|n| n.parse::<u32>().ok());
    versions.filter_map(|a| major(&a.version)).max().map(|n| n.to_string()).unwrap_or_default()
}
