//! Correlation rules as queries that count, and as correlations of a pack.

use aql_diag::{Diagnostic, codes};

use crate::convert::{Converted, PackCorrelation, Shared, declare};
use crate::correlation::{Correlation, Kind, last};
use crate::names::quoted;
use crate::predicate::Written;
use crate::rule::{Body, Document};

/// A query over one window. What it cannot say is the reason.
pub(crate) fn query(
    shared: &Shared<'_>,
    correlation: &Correlation,
    converted: &mut Converted,
) -> Result<String, String> {
    let mut conditions = Vec::new();
    let mut keys: Vec<Vec<(String, String)>> = Vec::new();
    let mut counted = Vec::new();
    for name in &correlation.rules {
        let at = find(shared.documents, name)?;
        let found = shared
            .condition(at)
            .ok_or_else(|| format!("rule `{name}` is no rule over events, or was refused"))?;
        let (_, document) = shared.documents.get(at).ok_or("the rule is gone")?;
        let field = |key: &str| -> Result<String, String> {
            correlation
                .field_of(key, |rule| document.is_called(rule))
                .map(str::to_owned)
                .ok_or_else(|| format!("alias `{key}` names no field of rule `{name}`"))
        };
        let aql = found.aql.aql.clone();
        let mut operands = found.operands;
        converted.diagnostics.extend(found.said);
        let mut own = Vec::new();
        for key in &correlation.group_by {
            let operand = shared.field(at, &field(key)?);
            own.push((aql.clone(), operand.aql.clone()));
            operands.push((key.clone(), operand));
        }
        keys.push(own);
        if let Some(key) = &correlation.field {
            let operand = shared.field(at, &field(key)?);
            counted.push((aql.clone(), operand.aql.clone()));
            operands.push((key.clone(), operand));
        }
        declare(&operands, converted);
        conditions.push(found.aql);
    }
    if correlation.kind == Kind::Ordered {
        return Err("the order of matches has no counterpart in a query; a pack has it as a \
                    correlation"
            .to_owned());
    }
    let mut select = Vec::new();
    let mut group = Vec::new();
    for (at, name) in correlation.group_by.iter().enumerate() {
        let of_rules = keys.iter().filter_map(|own| own.get(at).cloned()).collect();
        let alias = quoted(name, false);
        let field = choose(of_rules);
        select.push(if field == alias { field } else { format!("{field} AS {alias}") });
        group.push(alias);
    }
    let having = match correlation.kind {
        Kind::EventCount => {
            select.push("COUNT(*) AS \"matches\"".to_owned());
            counts(correlation, "\"matches\"")
        }
        Kind::ValueCount => {
            select.push(format!("UNIQUECOUNT({}) AS \"values\"", choose(counted)));
            counts(correlation, "\"values\"")
        }
        Kind::Temporal | Kind::Ordered => {
            let mut having = Vec::new();
            for (at, condition) in conditions.iter().enumerate() {
                let alias = format!("\"rule {}\"", at + 1);
                select
                    .push(format!("SUM(CASE WHEN {} THEN 1 ELSE 0 END) AS {alias}", condition.aql));
                having.push(format!("{alias} > 0"));
            }
            having.join(" AND ")
        }
    };
    select.push("MIN(starttime) AS \"first\"".to_owned());
    select.push("MAX(starttime) AS \"last\"".to_owned());
    let (window, longer) = last(correlation.timespan);
    converted.diagnostics.push(
        Diagnostic::warning(
            codes::SIGMA_APPROXIMATE,
            format!(
                "the query looks at one window, {window}, where Sigma slides it over all events"
            ),
        )
        .at(correlation.span, if longer { "seconds are no unit of AQL" } else { "" })
        .help("let it run more often than the window is long"),
    );
    let group = match group.is_empty() {
        true => String::new(),
        false => format!(" GROUP BY {}", group.join(", ")),
    };
    Ok(format!(
        "SELECT {} FROM events WHERE {}{group} HAVING {having} {window}",
        select.join(", "),
        Written::any(conditions).aql,
    ))
}

/// The field of whichever rule an event matches.
fn choose(mut of_rules: Vec<(String, String)>) -> String {
    let first = of_rules.first().map(|(_, field)| field.clone()).unwrap_or_default();
    if of_rules.iter().all(|(_, field)| *field == first) {
        return first;
    }
    let last = of_rules.pop().map(|(_, field)| field).unwrap_or_default();
    let cases = of_rules.iter().map(|(condition, field)| format!("WHEN {condition} THEN {field} "));
    format!("CASE {}ELSE {last} END", cases.collect::<String>())
}

fn counts(correlation: &Correlation, alias: &str) -> String {
    let counts = correlation.counts.iter().map(|(op, n)| format!("{alias} {op} {n}"));
    counts.collect::<Vec<_>>().join(" AND ")
}

fn find(documents: &[(usize, Document)], name: &str) -> Result<usize, String> {
    documents
        .iter()
        .position(|(_, document)| document.is_called(name))
        .ok_or_else(|| format!("rule `{name}` is not among the files"))
}

/// Gives correlations what a pack says about them, and marks rules that stand for them alone.
pub(crate) fn link(converted: &mut [Converted], documents: &[(usize, Document)]) {
    for at in 0..documents.len() {
        let Some((_, Document { body: Body::Correlation(Some(correlation)), .. })) =
            documents.get(at)
        else {
            continue;
        };
        let rules: Option<Vec<usize>> =
            correlation.rules.iter().map(|name| find(documents, name).ok()).collect();
        let Some(rules) = rules else { continue };
        let usable =
            rules.iter().all(|rule| converted.get(*rule).is_some_and(|c| c.query.is_some()));
        if !correlation.generate {
            for rule in &rules {
                if let Some(rule) = converted.get_mut(*rule) {
                    rule.silent = true;
                }
            }
        }
        if !usable {
            continue;
        }
        let at_least = correlation.at_least().and_then(|n| usize::try_from(n).ok());
        let (kind, at_least) = match correlation.kind {
            Kind::EventCount | Kind::ValueCount => match at_least {
                Some(n) if n >= 2 => ("count", Some(n)),
                _ => continue,
            },
            Kind::Ordered if rules.len() > 1 => ("sequence", None),
            Kind::Ordered | Kind::Temporal => continue,
        };
        if let Some(converted) = converted.get_mut(at) {
            converted.correlation = Some(PackCorrelation {
                kind,
                rules,
                by: correlation.group_by.clone(),
                within: correlation.timespan.saturating_mul(1000),
                at_least,
                distinct: correlation.field.clone(),
            });
        }
    }
}
