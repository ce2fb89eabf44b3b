//! Context folders: written, loaded, and what is said about bad ones.

use std::fs;

use aql_diag::{Diagnostic, codes};

use super::{ElementType, Geo, ReferenceSet, SiteData};
use crate::Datum;

/// Loads a context folder of these files.
pub(crate) fn load(files: &[(&str, &str)]) -> (SiteData, Vec<Diagnostic>) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    SiteData::load(folder.path())
}

/// The diagnostics about a context folder, without its path.
fn complaints(files: &[(&str, &str)]) -> Vec<String> {
    let (_, diagnostics) = load(files);
    let short = |d: &Diagnostic| {
        let path = d.message.split(": ").next().unwrap_or_default();
        let name = path.rsplit('/').next().unwrap_or_default();
        d.message.replacen(path, name, 1)
    };
    diagnostics.iter().map(short).collect()
}

#[test]
fn a_folder_that_is_not_there_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, diagnostics) = SiteData::load(&folder.path().join("nothing"));
    assert_eq!(diagnostics.len(), 1);
    assert!(diagnostics[0].is_error());
    assert_eq!(diagnostics[0].code, codes::CONTEXT_FILE);
    let (_, diagnostics) = SiteData::load(folder.path());
    assert_eq!(diagnostics, []);
}

#[test]
fn bad_rows_are_named_and_the_others_are_kept() {
    let files = [("reference_sets/ids.csv", "# element_type: NUM\n1\nx\n\n2\n")];
    let (site, diagnostics) = load(&files);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].code, codes::CONTEXT_ROW);
    assert_eq!(complaints(&files), ["ids.csv:3: `x` is no element of type NUM"]);
    let set = site.reference_set("IDS").expect("the set");
    assert_eq!(set.element_type(), ElementType::Num);
    assert!(set.contains(&Datum::Integer(2)) && !set.contains(&Datum::Integer(3)));
    for (files, expected) in [
        (
            ("rules.csv", "id,name\nx,A\n1,\n2,B\n"),
            &[
                "rules.csv:2: a number and a name are needed",
                "rules.csv:3: a number and a name are needed",
            ][..],
        ),
        (
            ("assets.csv", "ip,user,first_seen\n10.0.0.300,a,\n10.0.0.3,a,soon\n,b,\n"),
            &[
                "assets.csv:2: `10.0.0.300` is no address",
                "assets.csv:3: `soon` is no time",
                "assets.csv:4: an address is needed",
            ],
        ),
        (
            ("networks.csv", "10.0.0.0/40,A\n10.0.0.0/8\n"),
            &["networks.csv:1: `10.0.0.0/40` is no network", "networks.csv:2: a name is needed"],
        ),
        (
            ("offenses.csv", "1,2000,1000\n2,x\n3,1000,2000,host\n"),
            &[
                "offenses.csv:1: an id, a start, and a stop and addresses that can be read are needed",
                "offenses.csv:2: an id, a start, and a stop and addresses that can be read are needed",
                "offenses.csv:3: an id, a start, and a stop and addresses that can be read are needed",
            ],
        ),
        (
            ("offense_events.csv", "1,a.evtx,7\n"),
            &[
                "offense_events.csv:1: an offense of offenses.csv, a file and the number of a record are needed",
            ],
        ),
        (
            ("log_sources.csv", "name,id,type,host,groups\ndc,,12,,\ndc,1,,,x\n"),
            &[
                "log_sources.csv:2: an id, or a type (number or name) and a host, are needed",
                "log_sources.csv:3: `x` is no number of a group",
            ],
        ),
        (("processors.csv", "x,y\n"), &["processors.csv:1: a number and a name are needed"]),
        (("reference_maps/m.csv", "key,value\na\n"), &["m.csv:2: a key and a value are needed"]),
        (
            ("reference_maps/m.csv", "# key_type: IP\na,b\n"),
            &["m.csv:2: `a` is no element of type IP"],
        ),
        (
            ("reference_tables/t.csv", "# key_type: NUM\nkey,x\na,b\n"),
            &["t.csv:3: `a` is no element of type NUM"],
        ),
    ] {
        assert_eq!(complaints(&[files]), expected, "{files:?}");
    }
}

#[test]
fn many_bad_rows_are_counted() {
    let text = "x,y\n".repeat(25);
    let complaints = complaints(&[("rules.csv", &text)]);
    assert_eq!(complaints.len(), 11);
    assert_eq!(complaints[10], "rules.csv: 15 more rows cannot be used");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    for (file, expected) in [
        (
            ("asset.csv", ""),
            "asset.csv: is no file of a context and is left out; docs/context.md lists them",
        ),
        (("reference_sets/a.txt", "x"), "a.txt: is no CSV file and is left out"),
        (("rules.csv", "id,title\n1,x\n"), "rules.csv: has no column `name`"),
        (("geo.mmdb", "nothing"), "geo.mmdb: is no database in the format of MaxMind: "),
        (("reference_tables/t.csv", "alice,1\n"), "t.csv: a reference table begins with"),
        (
            ("reference_sets/s.csv", "# element_type: WORD\nx\n"),
            "s.csv: `WORD` is no type of elements; it is one of ALN, ALNIC, NUM, IP, PORT, DATE, CIDR",
        ),
    ] {
        let complaints = complaints(&[file]);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert!(complaints[0].starts_with(expected), "{complaints:?}");
    }
    assert_eq!(complaints(&[("README.md", "x"), ("notes.txt", "x"), (".hidden", "x")]), [""; 0]);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("rules.csv"), [b'1', b',', 0xff]).expect("a file");
    let (_, diagnostics) = SiteData::load(folder.path());
    assert!(diagnostics[0].message.ends_with("is no UTF-8 text and is left out"));
}

#[test]
fn sets_can_be_put_in_by_hand() {
    let mut site = SiteData::default();
    site.insert_reference_set("Ports", ReferenceSet::new(ElementType::Port, ["80", "x", "443"]));
    let set = site.reference_set("ports").expect("the set");
    assert!(set.contains(&Datum::Integer(443)) && !set.contains(&Datum::Integer(81)));
}

#[test]
fn offenses_have_times() {
    let (site, _) = load(&[("offenses.csv", "13,2023-11-14 22:13:20,1700000060000\n")]);
    let times = site.offense(13).map(|o| (o.start, o.stop));
    assert_eq!(times, Some((1_700_000_000_000, 1_700_000_060_000)));
    assert_eq!(site.offense(14), None);
}

/// Site data with places: 192.0.2.0/24 in London, 198.51.100.0/24 in Munich, 203.0.113.0/24
/// somewhere in Germany.
pub(crate) fn places() -> SiteData {
    let geo = Geo::new(mmdb::write(&[
        ([192, 0, 2, 0], 24, &mmdb::place("London", "United Kingdom", Some((51.5, -0.125)))),
        ([198, 51, 100, 0], 24, &mmdb::place("Munich", "Germany", Some((48.125, 11.5)))),
        ([203, 0, 113, 0], 24, &mmdb::place("", "Germany", None)),
    ]));
    SiteData { geo: Some(std::sync::Arc::new(geo.expect("a database"))), ..SiteData::default() }
}

/// A writer of small databases in the format of MaxMind, version 2.0: IPv4, records of 24 bits.
/// <https://maxmind.github.io/MaxMind-DB/>
mod mmdb {
    const TEXT: u8 = 2;
    const DOUBLE: u8 = 3;
    const MAP: u8 = 7;
    const UINT16: u8 = 5;
    const UINT32: u8 = 6;
    const UINT64: u8 = 9;
    const ARRAY: u8 = 11;

    fn control(ty: u8, size: usize) -> Vec<u8> {
        assert!(size < 29, "larger sizes are not needed");
        let size = u8::try_from(size).expect("small");
        if ty < 8 { vec![ty << 5 | size] } else { vec![size, ty - 7] }
    }

    fn text(text: &str) -> Vec<u8> {
        [control(TEXT, text.len()), text.as_bytes().to_vec()].concat()
    }

    fn double(value: f64) -> Vec<u8> {
        [control(DOUBLE, 8), value.to_be_bytes().to_vec()].concat()
    }

    fn map(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut out = control(MAP, entries.len());
        for (key, value) in entries {
            out.extend(text(key));
            out.extend(value);
        }
        out
    }

    pub(super) fn place(city: &str, country: &str, position: Option<(f64, f64)>) -> Vec<u8> {
        let named = |name: &str| map(&[("names", map(&[("en", text(name))]))]);
        let mut entries = vec![("country", named(country))];
        if !city.is_empty() {
            entries.push(("city", named(city)));
        }
        if let Some((latitude, longitude)) = position {
            let location = [("latitude", double(latitude)), ("longitude", double(longitude))];
            entries.push(("location", map(&location)));
        }
        map(&entries)
    }

    pub(super) fn write(networks: &[([u8; 4], u32, &[u8])]) -> Vec<u8> {
        #[derive(Clone, Copy)]
        enum Record {
            Nothing,
            Node(usize),
            Data(usize),
        }
        let mut nodes = vec![[Record::Nothing; 2]];
        let mut data = Vec::new();
        for (address, length, record) in networks {
            let bits = u32::from_be_bytes(*address);
            let mut node = 0;
            for depth in 0..*length {
                let side = usize::from(bits >> (31 - depth) & 1 == 1);
                if depth + 1 == *length {
                    nodes[node][side] = Record::Data(data.len());
                } else if let Record::Node(next) = nodes[node][side] {
                    node = next;
                } else {
                    nodes.push([Record::Nothing; 2]);
                    nodes[node][side] = Record::Node(nodes.len() - 1);
                    node = nodes.len() - 1;
                }
            }
            data.extend_from_slice(record);
        }
        let count = nodes.len();
        let mut out = Vec::new();
        for record in nodes.into_iter().flatten() {
            let value = match record {
                Record::Nothing => count,
                Record::Node(node) => node,
                Record::Data(offset) => count + 16 + offset,
            };
            out.extend(&u32::try_from(value).expect("small").to_be_bytes()[1..]);
        }
        out.extend([0; 16]);
        out.extend(data);
        out.extend(b"\xab\xcd\xefMaxMind.com");
        let small = |ty, value: u8| [control(ty, 1), vec![value]].concat();
        let count = u32::try_from(count).expect("small").to_be_bytes();
        out.extend(map(&[
            ("binary_format_major_version", small(UINT16, 2)),
            ("binary_format_minor_version", small(UINT16, 0)),
            ("build_epoch", small(UINT64, 1)),
            ("database_type", text("Test-City")),
            ("description", map(&[("en", text("test"))])),
            ("ip_version", small(UINT16, 4)),
            ("languages", [control(ARRAY, 1), text("en")].concat()),
            ("node_count", [control(UINT32, 4), count.to_vec()].concat()),
            ("record_size", small(UINT16, 24)),
        ]));
        out
    }
}
