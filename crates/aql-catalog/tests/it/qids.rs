//! The QID map.

use std::collections::HashSet;

use aql_catalog::Catalog;

const SYSMON: &str = "Microsoft-Windows-Sysmon/Operational";

#[test]
fn kinds_of_events() {
    let describe = |device_type, event_id: &str, category: &str| {
        let qid = Catalog::get().qid_of(device_type, event_id, category);
        format!("{} {} {} {}", qid.id, qid.category, qid.severity, qid.name)
    };
    for (device_type, event_id, category, expected) in [
        (12, "1", SYSMON, "5001828 8110 2 Process Create"),
        (12, "11", "microsoft-windows-sysmon/OPERATIONAL", "1999000005 8028 1 FileCreate"),
        (
            12,
            "4624",
            "Security",
            "5000830 3115 1 Success Audit: An account was successfully logged on",
        ),
        (
            12,
            "4104",
            "Microsoft-Windows-PowerShell/Operational",
            "1999000040 8036 1 Execute a Remote Command",
        ),
        (12, "1", "MSExchange Management", "1999000045 19001 1 Cmdlet succeeded"),
        (397, "New-InboxRule", "Exchange", "1999000047 19012 1 New-InboxRule"),
        (397, "new-inboxrule", "exchange", "1999000047 19012 1 New-InboxRule"),
        (397, "TIMailData", "ThreatIntelligence", "101250969 6003 1 TI Mail Data"),
    ] {
        assert_eq!(describe(device_type, event_id, category), expected);
    }
}

#[test]
fn unknown_events_have_an_entry_of_their_type() {
    let catalog = Catalog::get();
    for (device_type, event_id, category, of) in [
        (12, "1", "Security", 12),
        (12, "", "", 12),
        (397, "New-InboxRule", "SharePoint", 397),
        (18, "", "", 18),
        (987_654, "1", "x", 67),
    ] {
        let qid = catalog.qid_of(device_type, event_id, category);
        assert_eq!((qid.name.as_str(), qid.device_type), ("Unknown", of));
        assert_eq!(catalog.qid(qid.id), Some(qid));
    }
    assert_eq!(catalog.qid_of(12, "9999", "Security").category, 10006);
}

#[test]
fn entries_without_a_category_are_for_any() {
    let entry = |category: &str| Catalog::get().qid_of(99, "fail", category);
    assert_eq!((entry("SMTP").name.as_str(), entry("SMTP").category), ("FAIL", 19061));
    assert_eq!(entry("SMTP"), entry("ROUTING"));
    // One that names its category is for that one.
    assert_eq!(Catalog::get().qid_of(515, "FileCreated", "DeviceEvents").name, "Unknown");
}

#[test]
fn every_action_of_a_hunting_table_has_an_entry() {
    let catalog = Catalog::get();
    let actions: Vec<_> = catalog.defender_actions().collect();
    assert!(actions.len() > 25, "{}", actions.len());
    for (table, action) in actions {
        assert_eq!(catalog.qid_of(515, action, table).name, action, "{table}");
    }
}

#[test]
fn alternate_names_are_kept() {
    let qid = Catalog::get().qid_of(12, "11", SYSMON);
    assert_eq!(qid.alternate.as_deref(), Some("File created"));
    assert_eq!(Catalog::get().qid_of(12, "5", SYSMON).alternate, None);
}

#[test]
fn every_entry_is_well_formed() {
    let catalog = Catalog::get();
    let mut keys = HashSet::new();
    for pair in catalog.qids().windows(2) {
        assert!(pair[0].id < pair[1].id, "qid {}", pair[1].id);
    }
    for qid in catalog.qids() {
        assert!(!qid.name.is_empty());
        assert!(catalog.log_source_type(qid.device_type).is_some(), "{}: type", qid.id);
        assert!(catalog.category_name(qid.category).is_some(), "{}: category", qid.id);
        assert!((0..=10).contains(&qid.severity), "{}: severity", qid.id);
        if !qid.event_id.is_empty() {
            let key =
                (qid.device_type, qid.event_id.to_lowercase(), qid.event_category.to_lowercase());
            assert!(keys.insert(key), "{}: event twice", qid.id);
            assert_eq!(
                catalog.qid_of(qid.device_type, &qid.event_id, &qid.event_category).id,
                qid.id
            );
        }
    }
    for kind in catalog.log_source_types() {
        assert_eq!(catalog.qid_of(kind.id, "no such event", "").device_type, kind.id);
    }
}
