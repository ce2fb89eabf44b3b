//! Built-in fields.

use aql_catalog::{Catalog, FieldInfo};
use aql_event::{ColumnKind, Encoding, Type, provenance};

fn describe(field: Option<&FieldInfo>) -> String {
    match field {
        Some(f) => {
            format!("{:?} {} {} {:?}", f.column.kind, f.column.name, f.column.ty, f.column.encoding)
        }
        None => "-".to_owned(),
    }
}

#[test]
fn event_fields_by_name() {
    let catalog = Catalog::get();
    for (name, expected) in [
        ("starttime", "Builtin starttime time Plain"),
        ("StartTime", "Builtin starttime time Plain"),
        ("sourceIP", "Builtin sourceip address Dictionary"),
        ("destinationv6", "Builtin destinationv6 address Dictionary"),
        ("sourceport", "Builtin sourceport integer Plain"),
        ("userName", "Builtin username text Dictionary"),
        ("qid", "Builtin qid integer Plain"),
        ("qidEventId", "Builtin qideventid text Dictionary"),
        ("payload", "Builtin payload bytes Plain"),
        ("hasoffense", "Builtin hasoffense boolean Plain"),
        ("creeventlist", "Builtin creeventlist list of integers Plain"),
        ("logsourceidentifier", "Builtin logsourceidentifier text Dictionary"),
        ("retentionbucket", "Builtin retentionbucket integer Plain"),
        ("aql.file", "Provenance aql.file text Dictionary"),
        ("AQL.Record", "Provenance aql.record integer Plain"),
        ("aql.format", "Provenance aql.format text Dictionary"),
        ("Process Path", "-"),
        ("flowid", "-"),
        ("", "-"),
    ] {
        assert_eq!(describe(catalog.event_field(name)), expected, "{name}");
    }
}

#[test]
fn provenance_has_the_names_of_the_event_model() {
    for name in [provenance::FILE, provenance::RECORD, provenance::FORMAT] {
        let field = Catalog::get().event_field(name).expect(name);
        assert_eq!(field.column.kind, ColumnKind::Provenance);
        assert_eq!(&*field.column.name, name);
    }
}

#[test]
fn the_star_has_the_columns_that_clients_report() {
    let names = |fields: &[FieldInfo]| {
        fields.iter().map(|f| f.column.name.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        names(Catalog::get().default_columns()),
        "starttime protocolid sourceip logsourceid qid sourceport eventcount magnitude identityip \
         destinationip destinationport category username"
    );
    assert_eq!(
        names(Catalog::get().default_flow_columns()),
        "applicationid category destinationbytes destinationflags destinationip \
         destinationpackets destinationport firstpackettime flowtype lastpackettime protocolid \
         qid sourcebytes sourceflags sourceip sourcepackets sourceport"
    );
}

#[test]
fn flows_and_simarc_have_their_own_fields() {
    let catalog = Catalog::get();
    assert_eq!(describe(catalog.flow_field("SourceBytes")), "Builtin sourcebytes integer Plain");
    assert_eq!(describe(catalog.flow_field("sourcepayload")), "Builtin sourcepayload bytes Plain");
    assert_eq!(describe(catalog.flow_field("logsourceid")), "-");
    assert_eq!(describe(catalog.simarc_field("flowcount")), "Builtin flowcount integer Plain");
}

#[test]
fn every_field_is_well_formed() {
    let catalog = Catalog::get();
    for fields in [catalog.event_fields(), catalog.flow_fields(), catalog.simarc_fields()] {
        let mut names: Vec<_> = fields.iter().map(|f| f.column.name.clone()).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), fields.len(), "a field occurs twice");
        for field in fields {
            let name = &field.column.name;
            assert_eq!(name.to_lowercase(), **name);
            assert!(field.doc.ends_with(['.', '?']), "{name}: {}", field.doc);
            assert!(field.column.ty != Type::Text || !field.doc.is_empty());
            assert!(
                field.column.ty == Type::Text
                    || field.column.ty == Type::Host
                    || field.column.encoding == Encoding::Plain
            );
        }
    }
}
