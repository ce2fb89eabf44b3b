//! `aql sigma` and `aql hunt --sigma`.

use std::fs;

use tempfile::TempDir;

use crate::support::aql;

const RULES: &str = r"
title: Failed logon
name: failed_logon
id: 5638f7c0-ac70-491d-8465-2a65075e0d86
level: low
logsource:
    product: windows
    service: security
detection:
    selection:
        EventID: 4625
    condition: selection
---
title: Many failed logons
id: 0e95725d-7320-415d-80f7-004da920fc11
level: high
tags:
    - attack.credential-access
    - attack.t1110
correlation:
    type: event_count
    rules:
        - failed_logon
    group-by:
        - TargetUserName
    timespan: 5m
    condition:
        gte: 3
";

const PROCESS: &str = r"
title: Encoded command
id: 11111111-1111-4111-8111-111111111111
level: medium
author: somebody
tags:
    - attack.execution
    - attack.t1059.001
logsource:
    product: windows
    category: process_creation
detection:
    selection:
        Image|endswith: '\powershell.exe'
        CommandLine|contains: ' -enc '
    filter:
        Company: 'Contoso_1'
    condition: selection and not filter
";

const BAD: &str = "title: Bad\nlogsource:\n    product: windows\ndetection:\n    a:\n        Image|endwith: x\n    condition: a\n";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    write("rules/logon.yml", RULES);
    write("rules/inner/process.yaml", PROCESS);
    write("rules/inner/notes.txt", "no rule");
    write("bad/bad.yml", BAD);
    let mut lines = Vec::new();
    for (second, user) in [(0, "bob"), (10, "bob"), (20, "eve"), (30, "bob")] {
        lines.push(format!(
            r#"{{"EventID":4625,"Channel":"Security","Hostname":"ws1","EventTime":"2026-11-11T10:00:{second:02}Z","SourceName":"Microsoft-Windows-Security-Auditing","TargetUserName":"{user}"}}"#
        ));
    }
    for (command, company) in
        [("x -ENC y", ""), ("x -enc y", "contoso_1"), ("x -enc y", "contosoA1"), ("x", "")]
    {
        let company =
            if company.is_empty() { String::new() } else { format!(r#","Company":"{company}""#) };
        lines.push(format!(
            r#"{{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"ws1","EventTime":"2026-11-11T11:00:00Z","SourceName":"Microsoft-Windows-Sysmon","Image":"C:\\Windows\\PowerShell.exe","CommandLine":"{command}"{company}}}"#
        ));
    }
    write("evidence/events.json", &format!("{}\n", lines.join("\n")));
    folder
}

#[test]
fn rules_become_queries_and_bad_ones_one_line() {
    let folder = folder();
    let path = folder.path().to_str().expect("a path");
    let run = aql(&["sigma", path]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.out.matches("\nLAST ").count(), 3, "{}", run.out);
    assert!(run.out.contains("-- Encoded command ("), "{}", run.out);
    assert!(run.err.contains("bad.yml:6: there is no modifier `endwith`"), "{}", run.err);
    assert!(
        run.err
            .contains("4 rules in 3 files: 2 exact, 1 approximate, 1 refused (75.0 % converted)"),
        "{}",
        run.err
    );
    let one = aql(&["sigma", &format!("{path}/rules/inner/process.yaml")]);
    assert!(one.err.contains("1 rule in 1 file: 1 exact"), "{}", one.err);
    assert_eq!(aql(&["sigma", "--strict", path]).code, 2);
    let lines = aql(&["sigma", "--format", "jsonl", "--profile", "raw", "-q", path]).json_lines();
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().any(|l| l["outcome"] == "refused" && l["diagnostics"][0]["line"] == 6));
}

#[test]
fn a_written_pack_finds_what_the_rules_find() {
    let folder = folder();
    let of = |inner: &str| folder.path().join(inner).to_str().expect("a path").to_owned();
    let (rules, evidence, pack) = (of("rules"), of("evidence"), of("pack"));
    let direct = aql(&["hunt", "--sigma", &rules, &evidence]);
    assert_eq!(direct.code, 1, "{}", direct.err);
    let found: Vec<String> = direct
        .json_lines()
        .iter()
        .map(|f| format!("{} {} {}", f["rule"], f["level"], f["record"]))
        .collect();
    assert_eq!(
        found,
        [r#""logon" "high" null"#, r#""process" "medium" 5"#, r#""process" "medium" 7"#],
        "{}",
        direct.err
    );
    let first = &direct.json_lines()[1];
    assert_eq!(first["rule_id"], "11111111-1111-4111-8111-111111111111");
    assert_eq!(first["title"], "Encoded command");
    assert_eq!(first["attack"][0]["id"], "T1059.001", "{first}");

    let made = aql(&["sigma", "--profile", "raw", "-o", &pack, &rules]);
    assert_eq!(made.code, 0, "{}", made.err);
    let strict = aql(&[
        "hunt", "--strict", "--pack", &pack, "--rule", "logon", "--rule", "process", &evidence,
    ]);
    assert_eq!(strict.json_lines().len(), 3, "{}", strict.err);
    assert_eq!(aql(&["sigma", "-o", &pack, &rules]).code, 2, "it is there already");
}

#[test]
fn packs_and_sigma_rules_hunt_together() {
    let folder = folder();
    let of = |inner: &str| folder.path().join(inner).to_str().expect("a path").to_owned();
    let both = aql(&[
        "hunt",
        "--sigma",
        &of("rules"),
        "--sigma",
        &of("bad"),
        "--pack",
        "t1114-email-collection",
        &of("evidence"),
        "examples/evidence",
    ]);
    assert_eq!(both.code, 1, "{}", both.err);
    assert!(both.err.contains("error[SIG002]"), "{}", both.err);
    let rules: std::collections::BTreeSet<String> =
        both.json_lines().iter().map(|f| f["rule"].to_string()).collect();
    assert!(rules.contains("\"process\"") && rules.contains("\"logon\""), "{rules:?}");
    assert!(rules.len() > 5, "rules of the pack: {rules:?}");
    let strict =
        aql(&["hunt", "--strict", "--sigma", &of("bad"), "--sigma", &of("rules"), &of("evidence")]);
    assert_eq!(strict.code, 2, "{}", strict.err);
}

#[test]
fn files_that_cannot_be_read_stop_no_other() {
    let folder = folder();
    let of = |inner: &str| folder.path().join(inner).to_str().expect("a path").to_owned();
    fs::write(
        of("rules/latin.yml"),
        b"title: caf\xe9\nlogsource: {product: windows}\ndetection: {k: [x], condition: k}\n",
    )
    .expect("a file");
    fs::write(of("rules/long.yml"), vec![b'#'; 5 << 20]).expect("a file");
    fs::write(of("rules/broken.yml"), "a: [").expect("a file");
    let run = aql(&["sigma", &of("rules")]);
    assert_eq!(run.code, 0, "{}", run.err);
    for said in [
        "warning[SIG001]: ",
        "latin.yml: has bytes",
        "long.yml: is longer than 4 MB",
        "error[SIG001]: ",
    ] {
        assert!(run.err.contains(said), "{said}: {}", run.err);
    }
    assert!(run.err.contains("5 rules in 4 files"), "{}", run.err);
    assert_eq!(aql(&["sigma", "--strict", &of("rules")]).code, 2);
    assert_eq!(aql(&["sigma", &of("nowhere")]).code, 2);
    assert_eq!(aql(&["sigma", &of("evidence")]).code, 2, "a folder without rules");
}
