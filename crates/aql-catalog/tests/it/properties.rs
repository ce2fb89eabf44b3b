//! Properties, aliases, raw fields, profiles.

use std::collections::HashMap;

use aql_catalog::{Catalog, Found, Profile};
use aql_event::{ColumnKind, Encoding, Type};

fn describe(name: &str, profile: Profile) -> String {
    match Catalog::get().property(name, profile) {
        Some((column, found)) => {
            assert_eq!(column.ty, Type::Text);
            format!("{:?} {:?} {:?} {:?}", column.kind, column.name, column.encoding, found)
        }
        None => "-".to_owned(),
    }
}

#[test]
fn properties_by_name() {
    use Profile::{Ibm, Raw};
    let cases = [
        ("Process Path", Ibm, r#"Property "Process Path" Dictionary Exact"#),
        ("process path", Ibm, r#"Property "Process Path" Dictionary Exact"#),
        ("Image", Ibm, r#"Property "Process Path" Dictionary Alias"#),
        ("Image", Raw, r#"Property "Process Path" Dictionary Alias"#),
        ("CommandLine", Ibm, r#"Property "Process CommandLine" Plain Alias"#),
        ("Command", Ibm, r#"Property "Process CommandLine" Plain Alias"#),
        ("filename", Ibm, r#"Property "Filename" Plain Exact"#),
        ("filename", Raw, r#"Field "TargetFilename" Plain RawField"#),
        ("File Name", Raw, r#"Field "TargetFilename" Plain RawField"#),
        ("TargetFilename", Ibm, r#"Property "File Path" Plain Alias"#),
        ("TargetFilename", Raw, r#"Property "File Path" Plain Alias"#),
        ("File Path", Raw, r#"Property "File Path" Plain Exact"#),
        ("EventID", Ibm, r#"Property "Event ID" Dictionary Alias"#),
        ("Event ID", Ibm, r#"Property "Event ID" Dictionary Exact"#),
        ("ImageLoaded", Ibm, r#"Property "LoadedImage" Dictionary Alias"#),
        ("ScriptBlockText", Ibm, r#"Property "Script Block Text" Plain Alias"#),
        ("Message", Ibm, r#"Property "Message" Plain Exact"#),
        ("DestinationHostname", Ibm, r#"Property "Destination Hostname" Dictionary Alias"#),
        ("QueryName", Ibm, r#"Property "URL" Dictionary Alias"#),
        ("DNS Request Domain", Ibm, r#"Property "URL" Dictionary Alias"#),
        ("Computer", Ibm, r#"Property "Machine Identifier" Dictionary Alias"#),
        ("ObjectName", Ibm, r#"Property "Target Object" Plain Alias"#),
        ("ObjectName", Raw, r#"Field "ObjectName" Plain RawField"#),
        ("Operation", Ibm, r#"Property "Operation" Dictionary Exact"#),
        ("ClientIP", Ibm, r#"Property "Client IP" Dictionary Alias"#),
        ("ForwardTo", Ibm, r#"Field "ForwardTo" Dictionary RawField"#),
        ("forwardingsmtpaddress", Ibm, r#"Field "ForwardingSmtpAddress" Dictionary RawField"#),
        ("Forward To", Ibm, r#"Property "Forward To" Dictionary Exact"#),
        (
            "DeliverToMailboxAndForward",
            Ibm,
            r#"Field "DeliverToMailboxAndForward" Dictionary RawField"#,
        ),
        ("DestinationIp", Ibm, r#"Field "DestinationIp" Dictionary RawField"#),
        ("SubjectUserName", Ibm, r#"Field "SubjectUserName" Dictionary RawField"#),
        ("Channel", Ibm, r#"Field "System/Channel" Dictionary RawField"#),
        ("Data#1", Ibm, r#"Field "Data#1" Plain RawField"#),
        (
            "InitiatingProcessFileName",
            Ibm,
            r#"Field "InitiatingProcessFileName" Dictionary RawField"#,
        ),
        ("Item.ParentFolder.Path", Ibm, r#"Field "Item.ParentFolder.Path" Plain RawField"#),
        ("Process_Path", Ibm, r#"Property "Process Path" Dictionary Loose"#),
        ("ProcessCommandLine", Ibm, r#"Property "Process CommandLine" Plain Alias"#),
        ("parent_process_path", Ibm, r#"Property "Parent Process Path" Dictionary Loose"#),
        ("Cmdlet", Ibm, r#"Property "Cmdlet" Dictionary Exact"#),
        ("no such thing", Ibm, "-"),
        ("", Ibm, "-"),
        ("_", Ibm, "-"),
    ];
    for (name, profile, expected) in cases {
        assert_eq!(describe(name, profile), expected, "{name} under {profile:?}");
    }
}

#[test]
fn unknown_raw_fields_keep_their_spelling() {
    let catalog = Catalog::get();
    let unknown = catalog.raw_column("SomethingNew");
    assert_eq!((unknown.kind, &*unknown.name), (ColumnKind::Field, "SomethingNew"));
    assert_eq!((unknown.ty, unknown.encoding), (Type::Text, Encoding::Plain));
    assert_eq!(&*catalog.raw_column("targetfilename").name, "TargetFilename");
}

#[test]
fn a_name_means_one_property() {
    let mut owner: HashMap<String, String> = HashMap::new();
    for property in Catalog::get().properties() {
        let name = property.column.name.to_string();
        assert!(property.doc.ends_with(['.', '?']), "{name}: {}", property.doc);
        for spelling in property.aliases.iter().chain([&name]) {
            let before = owner.insert(spelling.to_lowercase(), name.clone());
            assert!(before.is_none(), "{spelling}: {before:?} and {name}");
        }
    }
}

#[test]
fn every_alias_leads_to_its_property() {
    let catalog = Catalog::get();
    for property in catalog.properties() {
        let (column, found) =
            catalog.property(&property.column.name, Profile::Ibm).expect("its own name");
        assert_eq!((column, found), (property.column.clone(), Found::Exact));
        for alias in &property.aliases {
            let (column, found) = catalog.property(alias, Profile::Ibm).expect(alias);
            assert_eq!((column, found), (property.column.clone(), Found::Alias), "{alias}");
        }
    }
}

/// What the reference lists as names of properties (event-model, section 5), one per line.
const LISTED: &str = include_str!("property_aliases.csv");

/// Listed names that built-in fields hide, so that they are read as these.
const HIDDEN: &[&str] = &["qidEventId"];

/// Parameters of mail rules. `Forward To` is the first of them that has a value (E13 of
/// `docs/compatibility.md`); each by its own name is itself.
const PARAMETERS: &[&str] = &[
    "ForwardTo",
    "ForwardingSmtpAddress",
    "ForwardingAddress",
    "RedirectTo",
    "ForwardAsAttachmentTo",
];

#[test]
fn every_listed_name_resolves() {
    let catalog = Catalog::get();
    let mut wrong = Vec::new();
    let mut hidden = Vec::new();
    for line in LISTED.lines().skip(1) {
        let (canonical, alias) = line.split_once(',').expect("two cells");
        if catalog.event_field(alias).is_some() {
            hidden.push(alias);
            continue;
        }
        let column = |name: &str| catalog.property(name, Profile::Ibm).map(|(column, _)| column);
        let as_listed = if PARAMETERS.contains(&alias) {
            column(alias) == Some(catalog.raw_column(alias))
        } else {
            column(alias).is_some() && column(alias) == column(canonical)
        };
        if !as_listed {
            wrong.push(format!("{line}: {:?} {:?}", column(canonical), column(alias)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(hidden, HIDDEN);
}

#[test]
fn three_generations_of_names_are_one_column() {
    // Raw names; spaced names; names after IBM's rebaselining of 2021 (event-model 5.1).
    let generations = [
        ["Image", "Process Path", "Process Path"],
        ["ImageName", "Process Name", "Process Name"],
        ["CommandLine", "Process CommandLine", "Command"],
        ["ParentImage", "Parent Process Path", "Parent Process Path"],
        ["ParentCommandLine", "Parent Process CommandLine", "Parent Command"],
        ["ProcessId", "Process Id", "Process ID"],
        ["EventID", "EventID", "Event ID"],
        ["ImageLoaded", "Image Loaded", "LoadedImage"],
        ["TargetFilename", "File Path", "File Path"],
        ["ServiceFileName", "Service Filename", "Service Filename"],
        ["Computer", "Machine Identifier", "Machine Identifier"],
    ];
    for [raw, spaced, rebased] in generations {
        let column = |name: &str| {
            let found = Catalog::get().property(name, Profile::Ibm);
            found.unwrap_or_else(|| panic!("{name} is not known")).0
        };
        assert_eq!(column(raw), column(spaced), "{raw}, {spaced}");
        assert_eq!(column(spaced), column(rebased), "{spaced}, {rebased}");
        assert_eq!(column(raw).kind, ColumnKind::Property, "{raw}");
    }
}
