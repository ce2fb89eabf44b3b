//! Everything that is built in reads, fits together, and is the same every time.

use std::collections::BTreeSet;

use aql_emulate::{Emitted, FORMATS, Kind, Library, Noise, Parameters, Record, Test, left_out};

fn library() -> Library {
    Library::bundled().unwrap_or_else(|e| panic!("{e}"))
}

fn parameters() -> Parameters {
    Parameters::at("2026-11-10T09:14:00Z".parse().expect("a time"))
}

fn emulate(library: &Library, names: &[&str], per_minute: f64) -> Vec<Emitted> {
    let tests: Vec<&Test> = names.iter().map(|n| library.test(n).expect("a test")).collect();
    library.emulate(&tests, &parameters(), Noise { per_minute }).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_test_plays_and_every_name_in_braces_is_known() {
    let library = library();
    assert!(library.tests().count() >= 8);
    for test in library.tests() {
        let records = emulate(&library, &[&test.name], 0.0);
        assert!(records.len() >= test.events.len(), "{}", test.name);
        for record in &records {
            let text = format!("{:?}", record.record);
            assert!(!text.contains("{{"), "{}: {text}", test.name);
        }
    }
}

#[test]
fn every_positive_has_a_benign_twin_steps_and_clean_up() {
    let library = library();
    for test in library.tests().filter(|t| t.kind == Kind::Positive) {
        let twin = test.twin.as_deref().and_then(|t| library.test(t));
        let twin = twin.unwrap_or_else(|| panic!("{} has no twin", test.name));
        assert_eq!(twin.kind, Kind::Benign, "{}", test.name);
        assert!(!test.steps.is_empty() && !test.cleanup.is_empty(), "{}", test.name);
        // A twin that uses other sources than its positive proves nothing about these.
        let sources = |name: &str| -> BTreeSet<_> {
            emulate(&library, &[name], 0.0).iter().map(|r| r.source).collect()
        };
        let missing: Vec<_> =
            sources(&test.name).difference(&sources(&twin.name)).copied().collect();
        assert_eq!(missing, [], "{} lacks sources of {}", twin.name, test.name);
    }
}

/// A value that no record asks for is a mistake in the name.
#[test]
fn every_value_of_an_event_is_used_by_a_record() {
    let used: BTreeSet<String> =
        ["sysmon", "security", "powershell", "exchange", "o365", "defender"]
            .iter()
            .flat_map(|name| {
                let file = format!("{}/data/records/{name}.toml", env!("CARGO_MANIFEST_DIR"));
                let text = std::fs::read_to_string(file).expect("records");
                text.split("{{event.")
                    .skip(1)
                    .map(|rest| rest.split(['}', '|', '.']).next().unwrap_or_default().to_owned())
                    .collect::<Vec<_>>()
            })
            .collect();
    for test in library().tests() {
        for key in test.events.iter().flat_map(|e| e.with.keys()) {
            assert!(used.contains(key), "{}: `{key}` is used by no record", test.name);
        }
    }
}

#[test]
fn the_same_parameters_give_the_same_bytes_and_another_seed_does_not() {
    let library = library();
    let bytes = |seed: u64| {
        let test = library.test("copy-stores").expect("a test");
        let parameters = Parameters { seed, ..parameters() };
        let noise = Noise { per_minute: 2.0 };
        let records = library.emulate(&[test], &parameters, noise).expect("records");
        let mut out = Vec::new();
        for format in FORMATS {
            format.write(&records, &mut out).expect("written");
        }
        out
    };
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn noise_is_as_dense_as_asked_for_and_leaves_the_test_as_it_is() {
    let library = library();
    let plain = emulate(&library, &["copy-stores"], 0.0);
    let noisy = emulate(&library, &["copy-stores"], 60.0);
    let events: usize = noisy.iter().filter(|r| r.test.is_none()).count();
    // Ten minutes before, ten after, and the seconds of the test itself; an event leaves one to
    // three records.
    assert!((1200..3700).contains(&events), "{events}");
    let strip = |records: &[Emitted]| -> Vec<String> {
        let of_test = records.iter().filter(|r| r.test.is_some());
        of_test
            .map(|r| match &r.record {
                Record::Windows(event) => format!("{:?} {:?}", event.time, event.data),
                other => format!("{other:?}"),
            })
            .collect()
    };
    assert_eq!(strip(&plain), strip(&noisy));
    assert!(noisy.windows(2).all(|pair| pair[0].time <= pair[1].time));
}

#[test]
fn what_a_format_cannot_carry_is_named() {
    let library = library();
    let test = library.test("ews").expect("a test");
    let records = emulate(&library, &["ews"], 0.0);
    let format = |name| aql_emulate::Format::find(name).expect("a format");
    let left = left_out(&records, test, format("o365-json"));
    let kinds: Vec<(&str, usize)> = left.iter().map(|l| (l.action.as_str(), l.events)).collect();
    assert_eq!(
        kinds,
        [
            ("connection", 1),
            ("file-created", 1),
            ("name-lookup", 1),
            ("process-created", 1),
            ("script-block", 1)
        ]
    );
    let left = left_out(&records, test, format("defender-csv"));
    let kinds: Vec<&str> = left.iter().map(|l| l.action.as_str()).collect();
    assert_eq!(kinds, ["name-lookup", "script-block"]);
    assert_eq!(left[0].sources.iter().map(|s| s.name()).collect::<Vec<_>>(), ["sysmon"]);
}

#[test]
fn parameters_that_cannot_be_names_are_refused() {
    let library = library();
    let test = library.test("ews").expect("a test");
    let ok = parameters();
    for (wrong, name) in [
        (Parameters { host: "WS-1.contoso.example".into(), ..ok.clone() }, "host"),
        (Parameters { user: r"CONTOSO\lee".into(), ..ok.clone() }, "user"),
        (Parameters { domain: "contoso..example".into(), ..ok.clone() }, "domain"),
        (Parameters { ip: "192.0.2".into(), ..ok.clone() }, "ip"),
        (Parameters { target: "nobody".into(), ..ok }, "target"),
    ] {
        let error = library.play(&[test], &wrong).expect_err(name).to_string();
        assert!(error.starts_with(name), "{error}");
    }
}

#[test]
fn a_file_of_a_test_says_what_is_wrong_with_it() {
    for (text, reason) in [
        ("title = 1", "title = 1"),
        ("title = ''\nkind = 'positive'\ndescription = ''\nevent = []", "without an event"),
        (
            "title = ''\nkind = 'positive'\ndescription = ''\n[[event]]\nat = -1.0\naction = 'x'",
            "seconds from 0",
        ),
    ] {
        let error = Test::read("own", text).expect_err(reason).to_string();
        assert!(error.starts_with("own.toml: ") && error.contains(reason), "{error}");
    }
    let mut library = library();
    for (event, reason) in [
        ("action = 'flying'", "own, event 1: no source records `flying`"),
        ("action = 'file-created'\nprocess = 'ghost'", "own, event 1: there is no process `ghost`"),
        (
            "action = 'file-created'\nprocess = 'edge'",
            "own, event 1: nothing is called `{{event.path",
        ),
    ] {
        let text = format!("title = ''\nkind = 'benign'\ndescription = ''\n[[event]]\n{event}");
        library.add(Test::read("own", &text).expect("it reads"));
        let own = library.test("own").expect("it is there");
        let error = library.play(&[own], &parameters()).expect_err(reason).to_string();
        assert!(error.starts_with(reason), "{error}");
    }
}
