//! Which raw field fills which column.

use aql_catalog::{Catalog, PathStep, Profile, Transform};

const SYSMON: &str = "Microsoft-Windows-Sysmon/Operational";
const POWERSHELL: &str = "Microsoft-Windows-PowerShell/Operational";

/// The sources of a column for one kind of event, in order.
fn windows(column: &str, channel: &str, event_id: u32) -> String {
    Catalog::get()
        .windows_sources(column)
        .iter()
        .filter(|s| s.selector.matches(channel, event_id))
        .map(|s| match &s.transform {
            Transform::Identity => s.raw_field.clone(),
            transform => format!("{}>{transform:?}", s.raw_field),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn windows_fields() {
    for (column, channel, event_id, expected) in [
        ("Process Path", SYSMON, 11, "Image"),
        ("process path", SYSMON, 11, "Image"),
        ("Process Path", "microsoft-windows-sysmon/operational", 1, "Image"),
        ("Process Path", "Linux-Sysmon/Operational", 1, "Image"),
        ("Process Name", SYSMON, 1, "Image>Basename"),
        ("File Path", SYSMON, 11, "TargetFilename"),
        ("Filename", SYSMON, 11, "TargetFilename>Basename"),
        ("Filename", SYSMON, 1, "Image>Basename"),
        ("Filename", SYSMON, 3, ""),
        ("File Extension", SYSMON, 11, "TargetFilename>Extension"),
        ("LoadedImage", SYSMON, 7, "ImageLoaded"),
        ("MD5 Hash", SYSMON, 1, "Hashes>Hash(\"MD5\") MD5"),
        ("MD5 Hash", SYSMON, 15, "Hash>Hash(\"MD5\") MD5"),
        ("URL", SYSMON, 22, "QueryName"),
        ("destinationip", SYSMON, 3, "DestinationIp"),
        ("destinationport", SYSMON, 3, "DestinationPort"),
        ("protocolid", SYSMON, 3, "Protocol>Protocol"),
        ("Destination Hostname", SYSMON, 3, "DestinationHostname"),
        ("username", SYSMON, 11, "User System/UserID"),
        ("devicetime", SYSMON, 11, "UtcTime>Time System/TimeCreated>Time"),
        ("devicetime", "Security", 4688, "System/TimeCreated>Time"),
        ("Event ID", SYSMON, 11, "System/EventID"),
        ("qideventid", "Security", 4624, "System/EventID"),
        ("qideventcategory", "Security", 4624, "System/Channel"),
        ("Machine Identifier", "System", 7045, "System/Computer"),
        ("Process Path", "Security", 4688, "NewProcessName ProcessName"),
        ("Parent Process Path", "Security", 4688, "ParentProcessName"),
        ("Process CommandLine", "Security", 4688, "CommandLine"),
        ("Process ID", "Security", 4688, "NewProcessId>Number ProcessId>Number"),
        (
            "username",
            "Security",
            4688,
            "SubjectUserName SubjectUserName TargetUserName System/UserID",
        ),
        (
            "username",
            "Security",
            4624,
            "TargetUserName SubjectUserName TargetUserName System/UserID",
        ),
        ("Object Name", "Security", 4663, "ObjectName ObjectName"),
        ("Target Object", "Security", 4663, "ObjectName"),
        ("File Path", "Security", 4663, "ObjectName"),
        ("Relative Target Name", "Security", 5145, "RelativeTargetName"),
        ("Share Name", "Security", 5145, "ShareName ShareName"),
        ("Filename", "Security", 5145, "RelativeTargetName>Basename"),
        ("sourceip", "Security", 5156, "IpAddress SourceAddress"),
        ("Script Block Text", POWERSHELL, 4104, "ScriptBlockText"),
        ("Script Block Text", "PowerShellCore/Operational", 4104, "ScriptBlockText"),
        ("Message", POWERSHELL, 4104, "ScriptBlockText RenderingInfo/Message"),
        ("Message", POWERSHELL, 4103, "Payload RenderingInfo/Message"),
        ("Process CommandLine", POWERSHELL, 4103, "ContextInfo>After(\"Host Application =\")"),
        ("Process CommandLine", "Windows PowerShell", 400, "Data#2>After(\"HostApplication=\")"),
        ("Cmdlet", "MSExchange Management", 1, "Data#0"),
        ("Parameters", "MSExchange Management", 1, "Data#1"),
        ("username", "MSExchange Management", 1, "Data#2>Basename System/UserID"),
        ("Mailbox Owner", "Security", 4624, ""),
        ("no such column", "Security", 4624, ""),
    ] {
        assert_eq!(
            windows(column, channel, event_id),
            expected,
            "{column} of {channel} {event_id}"
        );
    }
}

/// The sources of a column for one operation, in order.
fn office365(column: &str, operation: &str) -> String {
    let path = |steps: &[PathStep]| {
        steps.iter().fold(String::new(), |text, step| match step {
            PathStep::Key(key) => format!("{text}/{key}"),
            PathStep::Each => format!("{text}/*"),
            PathStep::Named(name) => format!("{text}/={name}"),
        })
    };
    Catalog::get()
        .o365_sources(column)
        .iter()
        .filter(|s| s.operations.is_empty() || s.operations.iter().any(|o| o == operation))
        .map(|s| match &s.transform {
            Transform::Identity => path(&s.path),
            transform => format!("{}>{transform:?}", path(&s.path)),
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn office365_fields() {
    for (column, operation, expected) in [
        ("Operation", "New-InboxRule", "/Operation"),
        ("qideventid", "New-InboxRule", "/Operation"),
        ("qideventcategory", "New-InboxRule", "/Workload"),
        ("username", "New-InboxRule", "/UserId /UserKey"),
        ("devicetime", "New-InboxRule", "/CreationTime>Time"),
        (
            "sourceip",
            "Send",
            "/ClientIP>Address /ClientIPAddress>Address /ActorIpAddress>Address /ActorIP>Address",
        ),
        ("sourceport", "Send", "/ClientIP>Port /ClientIPAddress>Port /ActorIpAddress>Port"),
        ("Mail Access Type", "MailItemsAccessed", "/OperationProperties/=MailAccessType"),
        ("Mail Access Type", "Send", ""),
        ("Parameters", "Set-Mailbox", "/Parameters>Json"),
        ("Inbox Rule Name", "New-InboxRule", "/Parameters/=Name"),
        ("Inbox Rule Name", "Set-InboxRule", "/Parameters/=Name /Parameters/=Identity"),
        ("Inbox Rule Name", "UpdateInboxRules", "/OperationProperties/=RuleName"),
        ("Inbox Rule Name", "New-TransportRule", ""),
        (
            "User Agent",
            "MailItemsAccessed",
            "/ClientInfoString>After(\";\") /ExtendedProperties/=UserAgent",
        ),
        (
            "Message ID",
            "MailItemsAccessed",
            "/Folders/*/FolderItems/*/InternetMessageId /Item/InternetMessageId /AffectedItems/*/InternetMessageId /InternetMessageId",
        ),
    ] {
        assert_eq!(office365(column, operation), expected, "{column} of {operation}");
    }
    let forward = office365("Forward To", "Set-Mailbox");
    for parameter in [
        "ForwardTo",
        "RedirectTo",
        "ForwardAsAttachmentTo",
        "ForwardingSmtpAddress",
        "ForwardingAddress",
        "BlindCopyTo",
        "RedirectMessageTo",
        "CopyTo",
    ] {
        assert!(forward.contains(&format!("/Parameters/={parameter}>Smtp")), "{forward}");
    }
}

#[test]
fn hunting_columns() {
    let sources = Catalog::get().defender_sources("username");
    let of_files = sources
        .iter()
        .find(|s| s.tables.iter().any(|t| t == "DeviceFileEvents"))
        .expect("file events have a user");
    assert_eq!(of_files.field, "InitiatingProcessAccountName");
    assert_eq!(
        of_files.transform,
        Transform::WithDomain("InitiatingProcessAccountDomain".to_owned())
    );
}

#[test]
fn ecs_paths() {
    for (field, expected) in [
        ("Image", "process.executable"),
        ("image", "process.executable"),
        ("CommandLine", "process.command_line"),
        ("TargetFilename", "file.path"),
        ("ImageLoaded", "file.path dll.path"),
        ("ScriptBlockText", "powershell.file.script_block_text"),
        ("Hashes", ""),
        ("MD5", "process.hash.md5 dll.hash.md5 file.hash.md5"),
        ("System/EventID", "winlog.event_id event.code"),
        ("NoSuchField", ""),
    ] {
        let found = Catalog::get().ecs_paths(field);
        assert_eq!(found.join(" "), expected, "{field}");
    }
}

/// A source fills a column that a query can name: a built-in field or a property under its
/// canonical name.
#[test]
fn every_source_fills_a_column() {
    let catalog = Catalog::get();
    for text in [
        include_str!("../../data/windows.csv"),
        include_str!("../../data/windows_extra.csv"),
        include_str!("../../data/office365.csv"),
        include_str!("../../data/office365_extra.csv"),
        include_str!("../../data/defender.csv"),
        include_str!("../../data/defender_extra.csv"),
    ] {
        for line in text.lines().skip(1) {
            let column = line.split(',').next().unwrap_or_default();
            let builtin = catalog.event_field(column).is_some_and(|f| &*f.column.name == column);
            let property =
                catalog.property(column, Profile::Ibm).is_some_and(|(c, _)| &*c.name == column);
            assert!(builtin || property, "{column}");
        }
    }
}

/// Fields that the rules of the T1114 pack read; each must come from somewhere in both worlds
/// that have it.
#[test]
fn the_rules_find_their_fields() {
    let catalog = Catalog::get();
    for name in [
        "Image",
        "ParentImage",
        "CommandLine",
        "ParentCommandLine",
        "TargetFilename",
        "ImageLoaded",
        "DestinationHostname",
        "QueryName",
        "ScriptBlockText",
        "Event ID",
        "Relative Target Name",
        "Share Name",
        "Object Name",
        "Cmdlet",
        "Parameters",
    ] {
        let (column, _) = catalog.property(name, Profile::Ibm).expect(name);
        assert!(!catalog.windows_sources(&column.name).is_empty(), "{name}");
    }
    for name in [
        "Operation",
        "Workload",
        "Parameters",
        "Forward To",
        "Inbox Rule Name",
        "Client IP",
        "Mail Access Type",
        "Is Throttled",
        "Operation Count",
        "Client Info String",
        "App ID",
        "Client App ID",
        "Mailbox Owner",
        "Logon Type",
        "Result Status",
        "User Agent",
    ] {
        let (column, _) = catalog.property(name, Profile::Ibm).expect(name);
        assert!(!catalog.o365_sources(&column.name).is_empty(), "{name}");
    }
}
