//! Which part of an Office 365 audit record fills which column.

use anyhow::{Result, bail};

use super::names::Aliases;
use super::table::{Output, Tables};

pub(super) fn generate(tables: &Tables, aliases: &Aliases) -> Result<String> {
    let mut out = Output::new(&["column", "operations", "path", "transform", "basis"])?;
    let mut seen: Vec<[String; 4]> = Vec::new();
    for row in tables.rows("em_o365_property_map.csv")? {
        let words = row.get("transform")?;
        if words == "one property per parameter name" {
            // The general rule for Name/Value arrays, which readers follow for every name.
            continue;
        }
        let column = aliases.column(row.get("canonical_property")?);
        let schema = row.get("schema_or_operation")?;
        let raw = row.get("raw_path")?;
        let operations = match (raw, column) {
            // `Name` is a parameter of many cmdlets; of these it is the name of the rule.
            ("Parameters[Name=Name].Value", _) => "New-InboxRule;Set-InboxRule",
            _ => operations(schema)?,
        };
        for path in paths(raw)? {
            let cells = [column, operations, &path, transform(words)?].map(str::to_owned);
            if seen.contains(&cells) {
                continue;
            }
            let [column, operations, path, transform] = &cells;
            let basis = [schema, row.get("note")?].join(": ");
            out.row(&[column, operations, path, transform, basis.trim_end_matches(": ")])?;
            seen.push(cells);
        }
    }
    out.finish()
}

/// The operations of a row. A schema name does not restrict: its keys occur in no other schema,
/// or mean the same there.
fn operations(schema: &str) -> Result<&'static str> {
    Ok(match schema {
        "*"
        | "Exchange mailbox"
        | "Exchange admin"
        | "Azure AD"
        | "SecurityComplianceCenter (18)"
        | "eDiscovery (24)" => "",
        "MailItemsAccessed" => "MailItemsAccessed",
        "UpdateInboxRules" => "UpdateInboxRules",
        "Send, Create, Update" => "Send;SendAs;SendOnBehalf;Create;Update",
        "HardDelete, SoftDelete, Move*" => "HardDelete;SoftDelete;Move;MoveToDeletedItems",
        other => bail!("unknown schema or operation {other:?}"),
    })
}

/// A path of the table, in the path language of the catalog: keys joined by dots, `[]` for every
/// element, `[NAME]` for the value of the pair with this name.
fn paths(raw: &str) -> Result<Vec<String>> {
    let one = |path: &str| Ok(vec![path.to_owned()]);
    match raw {
        "UserId (IBM DSM page: UserKey)" => return one("UserId"),
        "Item.ParentFolder.Path / Name" => return one("Item.ParentFolder.Path"),
        "ExchangeLocations / ExtendedProperties / QueryText" => return one("QueryText"),
        _ => {}
    }
    if let Some((list, pair)) = raw.split_once("[Name") {
        let Some(names) = pair.strip_suffix("].Value") else { bail!("unknown path {raw:?}") };
        let names = names.trim_start_matches(['=', ' ']).trim_start_matches("in ");
        let names = names.replace(" or ", ",");
        return Ok(names.split(',').map(|n| format!("{list}[{}]", n.trim())).collect());
    }
    // A list that is wanted as a whole.
    one(raw.strip_suffix("[]").unwrap_or(raw))
}

fn transform(words: &str) -> Result<&'static str> {
    Ok(match words {
        "" | "int" | "int; text names in PowerShell/Purview CSV outer column" => "",
        "form \"A\" on behalf of \"B\": keep the tenant/user tail of A" => "",
        "trim (trailing CR LF observed)" | "joined by \";\"" | "first; all joined by \";\"" => "",
        "addresses inside the nested JSON" => "",
        "UTC even without Z suffix (\"2021-05-18T21:13:33\")" => "time",
        "strip :port and [v6]:port; empty -> next" => "address",
        "used when ClientIP is absent" | "used when ClientIP is empty" => "address",
        "port part if any" => "port",
        "text after first \";\"" => "after:;",
        "JSON text" | "JSON text of the list, as delivered" => "json",
        "plain text, not a list: -Name \"x\" -ExchangeLocation ..." => "json",
        "strip \"smtp:\"; split \";\"" => "smtp",
        other => bail!("unknown transform {other:?} of an audit record"),
    })
}
