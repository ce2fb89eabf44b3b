//! The layouts of `aql hunt` as a user writes them.

use crate::support::aql;

const FORMATS: [&str; 7] = ["jsonl", "csv", "html", "markdown", "navigator", "sarif", "timesketch"];

#[test]
fn every_layout_is_the_same_in_a_file_and_for_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let hunt = |format: &str, more: &[&str]| {
        let rules = ["--rule", "mail-store-created", "--rule", "mail-store-staged"];
        let evidence = "examples/evidence";
        aql(&[&["hunt", "--format", format, evidence], &rules[..], more].concat())
    };
    for format in FORMATS {
        let one = hunt(format, &["--threads", "1"]);
        assert_eq!(one.code, 1, "{format}: {}", one.err);
        assert!(one.out.len() > 1000, "{format}");
        let file = folder.path().join(format);
        let name = file.to_str().expect("UTF-8");
        let many = hunt(format, &["--threads", "5", "-o", name]);
        assert_eq!((many.code, many.out.as_str()), (1, ""), "{format}: {}", many.err);
        let written = std::fs::read_to_string(&file).expect("written");
        assert!(written == one.out, "{format} differs");
    }
}

#[test]
fn a_report_says_which_rules_were_blind() {
    let run = aql(&["hunt", "--format", "markdown", "examples/evidence/test2-outlook-com"]);
    assert!(run.out.contains("## What could not be observed"), "{}", run.out);
    assert!(run.out.contains("`inbox-rule-forwards` could see nothing"), "{}", run.out);
    assert!(!run.out.contains("`outlook-automation-script-block` could see nothing"));
}

#[test]
fn what_a_rule_could_see_does_not_depend_on_the_other_rules() {
    let args = |rule: &[&'static str]| {
        let mut args = vec!["hunt", "--format", "navigator", "examples/evidence/test2-outlook-com"];
        args.extend(rule);
        aql(&args).out
    };
    let all = args(&[]);
    let one = args(&["--rule", "mail-store-created"]);
    let line = |text: &str| {
        let mut lines = text.lines().skip_while(|l| !l.contains("\"mail-store-created\""));
        lines.nth(1).map(str::to_owned)
    };
    assert!(line(&all).is_some());
    assert_eq!(line(&all), line(&one));
}
