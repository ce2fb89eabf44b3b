//! Input that nobody wrote to detect anything: an answer for each, quickly, and no panic.

use aql_catalog::{Catalog, Profile};
use aql_diag::SourceText;
use aql_sigma::{Options, Outcome, convert};

fn outcomes(yaml: &str) -> Vec<Outcome> {
    let files = [SourceText::new("rule.yml", yaml)];
    let options = Options { profile: Profile::Raw, ..Options::default() };
    convert(&files, &options, Catalog::get()).iter().map(aql_sigma::Converted::outcome).collect()
}

fn rule(detection: &str) -> String {
    format!(
        "title: x\nlogsource:\n  product: windows\n  category: process_creation\ndetection:\n{detection}"
    )
}

#[test]
fn what_is_too_much_is_refused() {
    let many_names = vec!["a"; 20_000].join(" or ");
    let values: Vec<String> = (0..25_000).map(|n| format!("'{n}'")).collect();
    let lists = format!("{}x{}", "[".repeat(200), "]".repeat(200));
    for detection in [
        format!("  a:\n    Image: x\n  condition: {many_names}\n"),
        format!("  a:\n    Image: x\n  condition: {}a{}\n", "(".repeat(500), ")".repeat(500)),
        format!("  a:\n    Image: x\n  condition: {} a\n", "not ".repeat(500)),
        format!("  a:\n    Image|contains: [{}]\n  condition: a\n", values.join(",")),
        "  a:\n    Image|windash: '-a -b -c -d -e -f'\n  condition: a\n".to_owned(),
        format!("  a: {lists}\n  condition: a\n"),
        format!("  a:\n    Image{}: x\n  condition: a\n", "|contains|nosuch".repeat(50)),
        format!("  a:\n    Image|re: '{}'\n  condition: a\n", "(a{1000}){1000}".repeat(3)),
    ] {
        assert_eq!(outcomes(&rule(&detection)), [Outcome::Refused], "{:.200}", detection);
    }
}

#[test]
fn what_is_odd_is_answered() {
    for yaml in [
        "",
        "---\n---\n",
        "null",
        "42",
        "- a\n- b\n",
        "title: x",
        "title: [x]\ndetection: 1\nlogsource: 2\n",
        "title: x\ncorrelation: 1\n",
        "title: x\ncorrelation:\n  type: event_count\n  rules: x\n  timespan: 99999999999999999999d\n  condition: {gte: 1}\n",
        "title: x\nname: x\ncorrelation:\n  type: event_count\n  rules: [x]\n  timespan: 1m\n  condition: {gte: 2}\n",
        "title: x\nfilter: []\n",
        "title: x\nlogsource: {}\nfilter: {rules: any, condition: not a}\n",
        "\u{feff}title: x\n",
    ] {
        for outcome in outcomes(yaml) {
            assert_eq!(outcome, Outcome::Refused, "{yaml}");
        }
    }
    let odd = "  a:\n    \"F'\\\"i]e[ld\\u0007\": \"a\\0b'\\\"\\n\"\n    '': [x]\n    'ü.ß': null\n  condition: a\n";
    assert_ne!(outcomes(&rule(odd)), [Outcome::Refused]);
}
