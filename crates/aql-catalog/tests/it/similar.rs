//! Suggestions.

use aql_catalog::Catalog;

#[test]
fn fields_that_look_alike() {
    for (name, expected) in [
        ("usrname", "username"),
        ("souceip", "sourceip"),
        ("stattime", "starttime"),
        ("Proces Path", "Process Path"),
        ("qidname", "QIDNAME(qid)"),
        ("Event Name", "QIDNAME(qid)"),
        ("source_ip", "sourceip"),
        ("eventtime", "starttime"),
        ("LogSourceType", "LOGSOURCETYPENAME(devicetype)"),
    ] {
        let found = Catalog::get().similar_fields(name);
        assert_eq!(found.first().map(String::as_str), Some(expected), "{name}: {found:?}");
        assert!(found.len() <= 3);
    }
    for nonsense in ["", "x", "zzzzzzzzzzzz", "qwertyuiop", "Número de eventos"] {
        assert_eq!(Catalog::get().similar_fields(nonsense), Vec::<String>::new(), "{nonsense}");
    }
}

#[test]
fn functions_that_look_alike() {
    for (name, expected) in [
        ("LENGTH", "STRLEN"),
        ("len", "STRLEN"),
        ("coalesce", "IF x IS NULL THEN y ELSE x"),
        ("HOUR", "DATEFORMAT(t, 'HH')"),
        ("LogSourceTypeId", "devicetype"),
        ("QIDNAM", "QIDNAME"),
        ("LOGSOURCETYPNAME", "LOGSOURCETYPENAME"),
        ("DATE_FORMAT", "DATEFORMAT"),
        ("DISTINCTCOUNTCOUNT", "DISTINCTCOUNT"),
    ] {
        let found = Catalog::get().similar_functions(name);
        assert_eq!(found.first().map(String::as_str), Some(expected), "{name}: {found:?}");
    }
    for nonsense in ["", "ZZZZZZ", "FROBNICATE"] {
        assert_eq!(Catalog::get().similar_functions(nonsense), Vec::<String>::new(), "{nonsense}");
    }
}

#[test]
fn screen_labels() {
    for (label, expected) in [
        ("Event Name", Some("QIDNAME(qid)")),
        ("event_name", Some("QIDNAME(qid)")),
        ("categoryname", Some("CATEGORYNAME(category)")),
        ("Source IP", Some("sourceip")),
        ("nothing of the kind", None),
    ] {
        assert_eq!(Catalog::get().screen_label(label), expected, "{label}");
    }
}

/// What is suggested must exist: fields and functions in suggestions are looked up.
#[test]
fn suggestions_exist() {
    let catalog = Catalog::get();
    let text = include_str!("../../data/screen_labels.csv");
    for line in text.lines().skip(1) {
        let label = line.split(',').next().unwrap_or_default();
        let suggestion = catalog.screen_label(label).expect(label);
        match suggestion.strip_suffix(')').and_then(|s| s.split_once('(')) {
            Some((function, field)) => {
                assert!(catalog.function(function).is_some(), "{suggestion}");
                assert!(catalog.event_field(field).is_some(), "{suggestion}");
            }
            None => assert!(catalog.event_field(suggestion).is_some(), "{suggestion}"),
        }
    }
    for line in include_str!("../../data/sql_functions.csv").lines().skip(1) {
        let name = line.split(',').next().unwrap_or_default();
        assert!(!catalog.similar_functions(name).is_empty(), "{name}");
        assert!(catalog.function(name).is_none(), "{name} is a function of AQL");
    }
}
