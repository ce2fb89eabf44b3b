//! Log source types, categories, protocols.

use aql_catalog::Catalog;

#[test]
fn log_source_types_by_id() {
    let describe =
        |id| Catalog::get().log_source_type(id).map(|t| format!("{} / {}", t.short, t.name));
    for (id, expected) in [
        (12, Some("WindowsAuthServer / Microsoft Windows Security Event Log")),
        (397, Some("Office365 / Microsoft Office 365")),
        (11, Some("LinuxServer / Linux OS")),
        (67, Some("GenericLogDSM / SIM Generic Log DSM")),
        (515, Some("Microsoft365Defender / Microsoft 365 Defender")),
        (2, Some("Snort / Snort")),
        (73, Some("FortiGate / Fortinet FortiGate Security Gateway")),
        (1912, None),
        (-1, None),
    ] {
        assert_eq!(describe(id).as_deref(), expected, "{id}");
    }
}

#[test]
fn categories_of_both_levels() {
    for (id, expected) in [
        (8028, Some("File Created")),
        (8000, Some("System")),
        (8110, Some("Process Creation Success")),
        (3116, Some("User Login Failure")),
        (19000, Some("Audit")),
        (8999, None),
        (0, None),
    ] {
        assert_eq!(Catalog::get().category_name(id), expected, "{id}");
    }
}

#[test]
fn protocols_by_number() {
    for (id, expected) in
        [(6, Some("TCP")), (17, Some("UDP")), (255, Some("Reserved")), (254, None)]
    {
        assert_eq!(Catalog::get().protocol_name(id), expected, "{id}");
    }
}

#[test]
fn ids_are_unique_and_names_trimmed() {
    let catalog = Catalog::get();
    for pair in catalog.log_source_types().windows(2) {
        assert!(pair[0].id < pair[1].id, "log source type {}", pair[1].id);
    }
    for pair in catalog.categories().windows(2) {
        assert!(pair[0].id < pair[1].id, "category {}", pair[1].id);
    }
    for category in catalog.categories() {
        assert_eq!(category.name.trim(), category.name);
        let high = category.id - category.id % 1000;
        assert!(catalog.category_name(high).is_some(), "{} has no high level", category.id);
    }
}
