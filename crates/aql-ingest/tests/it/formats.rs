//! The fixtures of `tests/data`: the same events in every format are the same rows.

use aql_catalog::Catalog;
use aql_event::{Column, ColumnKind, Needs, provenance};
use aql_ingest::Options;

use crate::util::{
    builtin, data, field, property, render, render_report, scan_bytes, scan_paths, source, values,
};

/// The field table of the event model.
const BUILTINS: &[&str] = &[
    "starttime",
    "endtime",
    "devicetime",
    "sourceip",
    "destinationip",
    "sourceaddress",
    "destinationaddress",
    "sourcev6",
    "destinationv6",
    "sourceport",
    "destinationport",
    "sourcemac",
    "destinationmac",
    "prenatsourceip",
    "prenatsourceport",
    "prenatdestinationip",
    "prenatdestinationport",
    "postnatsourceip",
    "postnatsourceport",
    "postnatdestinationip",
    "postnatdestinationport",
    "protocolid",
    "username",
    "qid",
    "qideventid",
    "qideventcategory",
    "category",
    "highlevelcategory",
    "severity",
    "credibility",
    "relevance",
    "magnitude",
    "logsourceid",
    "devicetype",
    "devicegrouplist",
    "eventcount",
    "duration",
    "eventdirection",
    "domainid",
    "payload",
    "hasoffense",
    "hasidentity",
    "identityip",
    "identityhostname",
    "creeventlist",
    "partialmatchlist",
    "partialormatchlist",
    "iscreevent",
    "isunparsed",
    "isduplicate",
    "adekey",
    "adevalue",
    "geographiclocation",
    "sourcegeographiclocation",
    "destinationgeographiclocation",
    "pcappacket",
    "processorid",
];

/// Every built-in column, a few properties and raw fields, and where the event was read.
fn wide(properties: &[&str], fields: &[&str]) -> Needs {
    let mut columns: Vec<Column> =
        Catalog::get().default_columns().iter().map(|f| f.column.clone()).collect();
    columns.extend(
        BUILTINS
            .iter()
            .copied()
            .filter_map(|name| Catalog::get().event_field(name).map(|found| found.column.clone())),
    );
    columns.extend(properties.iter().map(|name| property(name)));
    columns.extend(fields.iter().map(|name| field(name)));
    columns.extend([provenance::FORMAT, provenance::RECORD].map(source));
    Needs::new(columns)
}

const WINDOWS_PROPERTIES: &[&str] = &[
    "Event ID",
    "Process Path",
    "Process ID",
    "File Path",
    "Filename",
    "File Directory",
    "Script Block Text",
    "Machine Identifier",
    "Record Number",
    "Logon Type",
    "Destination Hostname",
    "Target Username",
];
const WINDOWS_FIELDS: &[&str] = &[
    "targetfilename",
    "DestinationHostname",
    "EventID",
    "Channel",
    "Computer",
    "EventData.SubjectLogonId",
    "Data#1",
];

#[test]
fn windows_xml() {
    let needs = wide(WINDOWS_PROPERTIES, WINDOWS_FIELDS);
    let (batches, report) = scan_paths(&[data("windows-events.xml")], &needs, Options::default());
    insta::assert_snapshot!(format!("{}{}", render_report(&report), render(&batches)));
}

#[test]
fn windows_events_are_the_same_in_every_format() {
    let needs = wide(WINDOWS_PROPERTIES, WINDOWS_FIELDS);
    let differ =
        |column: &Column| column.kind == ColumnKind::Provenance || &*column.name == "payload";
    let (expected, _) = scan_paths(&[data("windows-events.xml")], &needs, Options::default());
    for (name, format, events) in [
        ("windows-lines.xml", "windows-xml", 5),
        ("windows-concatenated.xml", "windows-xml", 5),
        ("velociraptor.jsonl", "velociraptor", 5),
        ("splunk.jsonl", "splunk", 5),
        ("splunk.csv", "splunk-csv", 5),
        ("evtx_dump.jsonl", "evtx-dump-json", 5),
        ("evtx_dump-separate.json", "evtx-dump-json", 5),
        ("winlogbeat-7.jsonl", "winlogbeat", 4),
        ("winlogbeat-dotted.jsonl", "winlogbeat", 4),
        ("winlogbeat-ecs.jsonl", "winlogbeat", 4),
        ("winlogbeat-6.jsonl", "winlogbeat", 4),
        ("elasticsearch.json", "winlogbeat", 4),
        ("elasticdump.jsonl", "winlogbeat", 4),
        ("nxlog.jsonl", "nxlog", 4),
        ("mordor.json", "nxlog", 4),
        ("log-analytics.json", "nxlog", 4),
        ("cef-windows.log", "cef", 4),
        ("windows-forwarded.xml", "windows-xml", 5),
        ("elastic-agent.ndjson", "winlogbeat", 4),
    ] {
        let (found, report) = scan_paths(&[data(name)], &needs, Options::default());
        assert_eq!(report.files[0].records, events, "{name}: {}", render_report(&report));
        assert_eq!(report.files[0].unparsed, 0, "{name}");
        assert_eq!(report.files[0].format, Some(format), "{name}");
        for column in needs.columns().iter().filter(|c| !differ(c)) {
            let mut expected = values(&expected, column);
            expected.truncate(usize::try_from(events).unwrap());
            let mut found = values(&found, column);
            // One fixture spells the channel `security`, as some recordings do.
            if matches!(&*column.name, "qideventcategory" | "Channel") {
                for value in expected.iter_mut().chain(&mut found).flatten() {
                    value.make_ascii_lowercase();
                }
            }
            assert_eq!(found, expected, "{name}: {}", column.arrow_name());
        }
    }
}

/// What every shape of an event has, however little it keeps of the rest.
const KEY_COLUMNS: &[&str] = &[
    "sourceip",
    "destinationip",
    "sourceport",
    "destinationport",
    "protocolid",
    "eventdirection",
    "qid",
    "qideventid",
    "qideventcategory",
    "category",
    "severity",
    "devicetype",
    "logsourceid",
    "isunparsed",
    "Event ID",
    "Process Path",
    "Process ID",
    "File Path",
    "Filename",
    "File Directory",
    "Machine Identifier",
    "Logon Type",
    "Destination Hostname",
    "Target Username",
    "targetfilename",
    "EventID",
    "Channel",
    "Computer",
];

#[test]
fn shapes_that_keep_less_have_the_same_key_columns() {
    let needs = wide(WINDOWS_PROPERTIES, WINDOWS_FIELDS);
    let (expected, _) = scan_paths(&[data("windows-events.xml")], &needs, Options::default());
    let options = Options { now: Some(1_709_700_000_000), ..Options::default() };
    for (name, format, also) in [
        ("wincollect.log", "wincollect", &["Record Number"][..]),
        ("snare.log", "snare", &[]),
        ("leef-windows.log", "leef", &["Record Number"]),
        ("wineventlog.log", "wineventlog", &["Record Number"]),
        ("splunk-text.jsonl", "splunk", &["Record Number"]),
        ("evtxecmd.jsonl", "evtxecmd", &["Record Number"]),
        ("evtxecmd.csv", "evtxecmd-csv", &["Record Number"]),
        ("hayabusa.jsonl", "hayabusa", &["Record Number"]),
        ("hayabusa.csv", "hayabusa-csv", &["Record Number"]),
        ("qradar-forward.jsonl", "qradar-forward", &["Record Number"]),
        ("qradar-search.json", "qradar-search", &["Record Number"]),
        ("qradar-search.csv", "qradar-search-csv", &["Record Number"]),
    ] {
        let (found, report) = scan_paths(&[data(name)], &needs, options.clone());
        let events = values(&found, &source(provenance::RECORD)).len();
        assert!([4, 5].contains(&events), "{name}: {}", render_report(&report));
        assert_eq!((report.files[0].unparsed, report.files[0].lost), (0, 0), "{name}");
        assert_eq!(report.files[0].format, Some(format), "{name}");
        let mut compared = 0;
        for column in needs.columns().iter() {
            let name_of = |of: &&str| of.eq_ignore_ascii_case(&column.name);
            let mut expected = values(&expected, column);
            let mut found = values(&found, column);
            expected.truncate(events);
            match &*column.name {
                // They have whole seconds, apart from Sysmon's own time.
                "starttime" => {
                    for time in expected.iter_mut().chain(&mut found).flatten() {
                        time.truncate(10);
                    }
                }
                // The writer's SID is not in them, and a line has no line breaks.
                "username" => {
                    expected.truncate(3);
                    found.truncate(3);
                }
                "Script Block Text" => {
                    for text in expected.iter_mut().chain(&mut found).flatten() {
                        *text = text.replace('\n', " ");
                    }
                }
                // The appliance's own number.
                "logsourceid" if name.starts_with("qradar-search") => {
                    let told = ["73", "73", "74", "74"].map(|id| Some(id.to_owned()));
                    assert_eq!(found, told, "{name}");
                    expected.clone_from(&found);
                }
                _ if KEY_COLUMNS.iter().chain(also).any(name_of) => {}
                _ => continue,
            }
            compared += 1;
            assert_eq!(found, expected, "{name}: {}", column.arrow_name());
        }
        assert_eq!(compared, KEY_COLUMNS.len() + also.len() + 3, "{name}");
    }
}

/// What each product's own shape leaves of the events, as rows to be read by people.
#[test]
fn windows_events_as_products_write_them() {
    let properties = [
        "Event ID",
        "Process Path",
        "File Path",
        "Destination Hostname",
        "Script Block Text",
        "Target Username",
        "Machine Identifier",
        "Record Number",
    ];
    let builtins = [
        "starttime",
        "sourceip",
        "destinationip",
        "username",
        "qid",
        "qideventcategory",
        "devicetype",
        "isunparsed",
    ];
    let fields = ["Channel", "Provider", "Level", "UserID", "RuleTitle", "MapDescription"];
    let columns = builtins.iter().map(|name| builtin(name));
    let columns = columns.chain(properties.iter().map(|name| property(name)));
    let columns = columns.chain(fields.iter().map(|name| field(name)));
    let columns = columns.chain([provenance::FORMAT, provenance::RECORD].map(source));
    let needs = Needs::new(columns.collect::<Vec<_>>());
    let options = Options { now: Some(1_709_700_000_000), ..Options::default() };
    for name in [
        "cef-windows.log",
        "elastic-agent.ndjson",
        "emulated.evtx",
        "evtx_dump.jsonl",
        "evtxecmd.csv",
        "evtxecmd.jsonl",
        "hayabusa.csv",
        "hayabusa.jsonl",
        "leef-windows.log",
        "log-analytics.json",
        "mordor.json",
        "nxlog.jsonl",
        "qradar-forward.jsonl",
        "qradar-search.json",
        "snare.log",
        "splunk-text.jsonl",
        "splunk.jsonl",
        "velociraptor.jsonl",
        "wincollect.log",
        "windows-forwarded.xml",
        "wineventlog.log",
        "winlogbeat-6.jsonl",
        "winlogbeat-7.jsonl",
        "winlogbeat-ecs.jsonl",
    ] {
        let (batches, report) = scan_paths(&[data(name)], &needs, options.clone());
        let text = format!("{}{}", render_report(&report), render(&batches));
        insta::assert_snapshot!(format!("windows_{name}"), text);
    }
}

#[test]
fn windows_events_in_lines_of_text() {
    let needs = wide(
        &["Event ID", "Process Path", "Process CommandLine", "Parent Process Path", "Logon Type"],
        &[
            "EventType",
            "SubjectUserName",
            "TargetUserName",
            "TargetDomainName",
            "LmPackageName",
            "Status",
            "PackageName",
            "KeyLength",
            "ExperienceCenter",
            "Level",
            "UserID",
            "Provider",
        ],
    );
    let options = Options { now: Some(NOW), ..Options::default() };
    let (batches, report) = scan_paths(&[data("windows-text.log")], &needs, options);
    insta::assert_snapshot!(format!("{}{}", render_report(&report), render(&batches)));
}

#[test]
fn what_an_appliance_said_goes_before_our_own() {
    let row = r#"{"events":[{"starttime":1709633730123,"endtime":1709633730999,"devicetime":1709633730000,"sourceip":"192.0.2.1","qid":5001828,"magnitude":9,"relevance":2,"eventdirection":"R2R","category":19012,"severity":7,"logsourceid":73,"logsourcename_logsourceid":"Sysmon @ WS01","devicetype":12,"Image":"C:\\told.exe","UTF8(payload)":"x","utf8_payload":"<13>Oct 03 14:53:35 WS01 AgentDevice=WindowsLog\tAgentLogFile=Microsoft-Windows-Sysmon/Operational\tSource=Microsoft-Windows-Sysmon\tComputer=WS01\tEventID=1\tEventIDCode=1\tMessage=Process Create: UtcTime: 2019-10-03 13:53:33.538 Image: C:\\read.exe CommandLine: read"}]}"#;
    let builtins = [
        "starttime",
        "endtime",
        "devicetime",
        "sourceip",
        "magnitude",
        "relevance",
        "eventdirection",
        "category",
        "severity",
        "logsourceid",
        "qideventid",
        "qideventcategory",
    ];
    let needs = Needs::new(
        builtins
            .iter()
            .map(|name| builtin(name))
            .chain([property("Process Path"), property("Process CommandLine")]),
    );
    let (batches, _) = scan_bytes(row.as_bytes(), &needs, Options::default());
    insta::assert_snapshot!(render(&batches));
    let source = needs.log_sources.get(73).unwrap();
    assert_eq!((source.type_id, source.name.as_str()), (12, "Sysmon @ WS01"));
}

/// Forwarded events have the weights and never their sum.
#[test]
fn magnitude_is_worked_out_from_the_weights_of_the_appliance() {
    let row = |more: &str| {
        format!(
            r#"{{"isoTimeFormat":"x","lowLevelCategory":"Information","startTimeEpoch":"1","src":"10.1.2.3","dst":"192.0.2.1","sev":"4"{more}}}"#
        )
    };
    let input = [
        row(r#","relevance":"10","credibility":"9""#),
        row(r#","relevance":"x","credibility":"11""#),
        row(r#","eventDirection":"r2r""#),
        row(""),
    ]
    .join("\n");
    let columns = [builtin("relevance"), builtin("magnitude")];
    let (batches, _) =
        scan_bytes(input.as_bytes(), &Needs::new(columns.clone()), Options::default());
    let found = columns.map(|column| values(&batches, &column).into_iter().map(Option::unwrap));
    let [relevance, magnitude] = found.map(Iterator::collect::<Vec<_>>);
    assert_eq!(relevance, ["10", "6", "1", "6"]);
    assert_eq!(magnitude, ["8", "5", "3", "5"]);
}

#[test]
fn rows_of_an_appliance_of_other_kinds_of_logs() {
    let needs = wide(&["Event ID"], &["qidname_qid", "eventName", "rulename_creEventList"]);
    let (batches, report) =
        scan_paths(&[data("qradar-experience.json")], &needs, Options::default());
    insta::assert_snapshot!(format!("{}{}", render_report(&report), render(&batches)));
}

/// Syslog times without a year lie before it: 2022-06-01.
const NOW: i64 = 1_654_041_600_000;

#[test]
fn leef_cef_and_syslog() {
    let needs = wide(
        &[
            "Event ID",
            "Process Path",
            "Operation",
            "Machine Identifier",
            "Source Hostname",
            "Destination Hostname",
            "File Path",
            "Filename",
            "URL",
            "User Agent",
            "Message",
        ],
        &[
            "resource",
            "Safe Name",
            "link",
            "Action",
            "@host",
            "@address",
            "@app",
            "@pid",
            "@message",
        ],
    );
    let options = Options { now: Some(NOW), ..Options::default() };
    let mut text = String::new();
    for name in ["leef.log", "cef.log", "syslog.log", "syslog-counted.log"] {
        let (batches, report) = scan_paths(&[data(name)], &needs, options.clone());
        text += &format!("{}{}", render_report(&report), render(&batches));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn rows_of_the_syslog_table() {
    let needs = wide(
        &["Event ID", "Process Path", "Process CommandLine", "Machine Identifier"],
        &["HostName", "Facility", "SyslogMessage", "ProcessName", "CommandLine"],
    );
    let mut text = String::new();
    for name in ["azure-syslog.jsonl", "azure-syslog.csv"] {
        let (batches, report) = scan_paths(&[data(name)], &needs, Options::default());
        text += &format!("{}{}", render_report(&report), render(&batches));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn records_of_no_known_kind() {
    let needs = wide(&[], &["app.name", "WHO", "tags", "amount", "note"]);
    let mut text = String::new();
    for name in ["unknown.jsonl", "unknown.csv"] {
        let (batches, report) = scan_paths(&[data(name)], &needs, Options::default());
        text += &format!("{}{}", render_report(&report), render(&batches));
    }
    insta::assert_snapshot!(text);
}

const O365_PROPERTIES: &[&str] = &[
    "Operation",
    "Workload",
    "Record Type",
    "Result Status",
    "Parameters",
    "Forward To",
    "Inbox Rule Name",
    "Mail Access Type",
    "Message ID",
    "Folder Path",
    "User Agent",
    "Mailbox Owner",
    "User Key",
];
const O365_FIELDS: &[&str] = &[
    "ForwardTo",
    "Parameters.ForwardTo",
    "forwardingsmtpaddress",
    "OperationCount",
    "MailAccessType",
    "Operation",
];

#[test]
fn o365_audit() {
    let needs = wide(O365_PROPERTIES, O365_FIELDS);
    let (batches, report) = scan_paths(&[data("o365.jsonl")], &needs, Options::default());
    insta::assert_snapshot!(format!("{}{}", render_report(&report), render(&batches)));
}

#[test]
fn audit_records_are_the_same_in_every_wrapper() {
    let needs = wide(O365_PROPERTIES, O365_FIELDS);
    let differ =
        |column: &Column| column.kind == ColumnKind::Provenance || &*column.name == "payload";
    let (expected, _) = scan_paths(&[data("o365.jsonl")], &needs, Options::default());
    for (name, format, events) in [
        ("o365-array.json", "o365", 3),
        ("o365-object.json", "o365", 1),
        ("o365-lower.jsonl", "o365", 3),
        ("o365-graph.json", "o365", 3),
        ("o365-purview.csv", "o365-csv", 3),
        ("o365-search.csv", "o365-csv", 3),
    ] {
        let (found, report) = scan_paths(&[data(name)], &needs, Options::default());
        assert_eq!(report.files[0].records, events, "{name}: {}", render_report(&report));
        assert_eq!((report.files[0].unparsed, report.files[0].lost), (0, 0), "{name}");
        assert_eq!(report.files[0].format, Some(format), "{name}");
        for column in needs.columns().iter().filter(|c| !differ(c)) {
            let mut expected = values(&expected, column);
            expected.truncate(usize::try_from(events).unwrap());
            let mut found = values(&found, column);
            if &*column.name == "Parameters" {
                // The raw text, so blanks between its tokens are those of the file.
                for value in expected.iter_mut().chain(&mut found).flatten() {
                    value.retain(|c| !c.is_whitespace());
                }
            }
            assert_eq!(found, expected, "{name}: {}", column.arrow_name());
        }
    }
}

#[test]
fn audit_records_of_any_type_are_events_of_their_operation() {
    let columns = ["devicetype", "qid", "qideventid", "qideventcategory", "isunparsed", "username"];
    let needs = Needs::new(
        columns
            .iter()
            .map(|name| builtin(name))
            .chain([property("Operation"), property("Record Type")]),
    );
    let record = |record_type: &str, operation: &str, workload: &str| {
        format!(
            r#"{{"CreationTime":"2024-03-05T10:15:30","RecordType":{record_type},"Operation":"{operation}","Workload":"{workload}","UserId":"a@t.example","NewField":{{"x":1}}}}"#
        )
    };
    let input = [
        record("6", "FileDownloaded", "SharePoint"),
        record("9999", "BrandNewOperation", "BrandNewService"),
        record("\"BrandNewType\"", "BrandNewOperation", ""),
    ]
    .join("\n");
    let (batches, report) = scan_bytes(input.as_bytes(), &needs, Options::default());
    assert_eq!((report.files[0].records, report.files[0].unparsed), (3, 0));
    let found = |name: &str| {
        values(&batches, &builtin(name))
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect::<Vec<_>>()
    };
    assert_eq!(found("devicetype"), ["397"; 3]);
    assert_eq!(found("isunparsed"), ["false"; 3]);
    assert_eq!(found("username"), ["a@t.example"; 3]);
    assert_eq!(found("qideventid"), ["FileDownloaded", "BrandNewOperation", "BrandNewOperation"]);
    assert_eq!(found("qideventcategory"), ["SharePoint", "BrandNewService", ""]);
    assert_eq!(
        values(&batches, &property("Operation")).into_iter().flatten().collect::<Vec<_>>(),
        found("qideventid")
    );
    let names: Vec<_> = found("qid")
        .iter()
        .map(|id| Catalog::get().qid(id.parse().unwrap()).unwrap().name.as_str())
        .collect();
    assert_eq!(names, ["FileDownloaded", "Unknown", "Unknown"]);
}

#[test]
fn record_numbers_count_from_one() {
    let needs = Needs::new([source(provenance::RECORD)]);
    for name in [
        "o365-graph.json",
        "o365-purview.csv",
        "windows-events.xml",
        "nxlog.jsonl",
        "elasticsearch.json",
        "elasticdump.jsonl",
    ] {
        let (batches, _) = scan_paths(&[data(name)], &needs, Options::default());
        let found = values(&batches, &source(provenance::RECORD));
        let expected: Vec<_> = (1..=found.len()).map(|n| Some(n.to_string())).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_splunk_result_without_a_whole_event_is_kept() {
    let needs = Needs::new(
        [property("Event ID"), field("host")]
            .into_iter()
            .chain(Catalog::get().event_field("payload").map(|found| found.column.clone())),
    );
    let input = concat!(
        "{\"preview\":false,\"result\":{\"_raw\":\"<Event><System>\",\"host\":\"a\"}}\n",
        "{\"preview\":false,\"result\":{\"_raw\":\"other log\",\"host\":\"b\"}}\n",
    );
    let (batches, report) = scan_bytes(input.as_bytes(), &needs, Options::default());
    insta::assert_snapshot!(format!("{}{}", render_report(&report), render(&batches)), @r#"
    input: splunk 2 records, 0 ruled out, 2 unparsed, 0 lost
      warning ING006: the event in `_raw` is not well-formed XML: the text ends inside an element [offset Some(0), record Some(1)] ["it was kept as an unparsed event"]
      warning ING012: 2 of 2 records are of no known kind and were kept as unparsed events [offset None, record None] []
    -- event
    payload: <Event><System>
    field:host: a
    -- event
    payload: other log
    field:host: b
    "#);
}

#[test]
fn a_raw_text_beside_the_keys_of_a_format_does_not_hide_them() {
    let needs = Needs::new([property("Event ID"), source(provenance::FORMAT)]);
    let input = br#"{"_raw":"x","EventID":11,"Channel":"Microsoft-Windows-Sysmon/Operational"}"#;
    let (batches, _) = scan_bytes(input, &needs, Options::default());
    assert_eq!(values(&batches, &property("Event ID")), [Some("11".to_owned())]);
    assert_eq!(values(&batches, &source(provenance::FORMAT)), [Some("nxlog".to_owned())]);
}

const DEFENDER_PROPERTIES: &[&str] = &[
    "Action Type",
    "Machine Identifier",
    "Process Path",
    "Process Name",
    "Process CommandLine",
    "Process ID",
    "Parent Process Path",
    "Parent Process Name",
    "File Path",
    "Filename",
    "File Directory",
    "LoadedImage",
    "SHA1 Hash",
    "Destination Hostname",
    "Sender",
    "Recipients",
    "Subject",
    "Email Direction",
    "Forward To",
    "Operation",
    "Country",
    "Application",
];
const DEFENDER_FIELDS: &[&str] = &["ReportId", "Workload", "initiatingprocessid", "ForwardTo"];

#[test]
fn defender() {
    let needs = wide(DEFENDER_PROPERTIES, DEFENDER_FIELDS);
    let (batches, report) =
        scan_paths(&[data("defender-stream.jsonl")], &needs, Options::default());
    insta::assert_snapshot!(format!("{}{}", render_report(&report), render(&batches)));
}

#[test]
fn hunting_rows_are_the_same_in_every_wrapper() {
    let needs = wide(DEFENDER_PROPERTIES, DEFENDER_FIELDS);
    let (expected, _) = scan_paths(&[data("defender-stream.jsonl")], &needs, Options::default());
    for (name, format) in [
        ("defender-rows.jsonl", "defender"),
        ("defender-api.json", "defender"),
        ("defender-graph.json", "defender"),
        ("defender.csv", "defender-csv"),
        ("defender.parquet", "defender"),
    ] {
        let (found, report) = scan_paths(&[data(name)], &needs, Options::default());
        assert_eq!(report.files[0].records, 8, "{name}: {}", render_report(&report));
        assert_eq!((report.files[0].unparsed, report.files[0].lost), (0, 0), "{name}");
        assert_eq!(report.files[0].format, Some(format), "{name}");
        let is_of_wrapper =
            |column: &Column| column.kind == ColumnKind::Provenance || &*column.name == "payload";
        for column in needs.columns().iter().filter(|c| !is_of_wrapper(c)) {
            let (found, expected) = (values(&found, column), values(&expected, column));
            assert_eq!(found, expected, "{name}: {}", column.arrow_name());
        }
    }
}

#[test]
fn exchange_message_tracking() {
    let properties = ["Sender", "Recipients", "Subject", "Message ID", "Network Message ID"];
    let needs = wide(&properties, &["custom-data", "related-recipient-address"]);
    let (batches, report) =
        scan_paths(&[data("exchange-tracking.log")], &needs, Options::default());
    insta::assert_snapshot!(format!("{}{}", render_report(&report), render(&batches)));
}

#[test]
fn google_workspace() {
    let properties = ["Operation", "Application", "Forward To", "Target Username", "Object Name"];
    let needs = wide(&properties, &["actor.email", "primary_event", "new_value", "events.type"]);
    let (batches, report) =
        scan_paths(&[data("google-workspace.json")], &needs, Options::default());
    insta::assert_snapshot!(format!("{}{}", render_report(&report), render(&batches)));
}

#[test]
fn auditd() {
    let properties = [
        "Process Path",
        "Process Name",
        "Process CommandLine",
        "Process ID",
        "Parent Process ID",
        "Current Directory",
        "File Path",
        "Filename",
        "Previous File Path",
        "Result Status",
        "Rule Name",
        "Record ID",
    ];
    let fields = ["syscall", "terminal", "a0", "AUID", "@types", "EXECVE.a1", "path#1.name"];
    let needs = wide(&properties, &fields);
    // The header of the line that is no audit record has no year: 2024-05-14.
    let options = Options { now: Some(1_715_700_000_000), ..Options::default() };
    let (batches, report) = scan_paths(&[data("auditd.log")], &needs, options);
    insta::assert_snapshot!(format!("{}{}", render_report(&report), render(&batches)));
}
