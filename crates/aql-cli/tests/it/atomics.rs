//! `aql atomics`.

use crate::support::aql;

const CHECKOUT: &str = "crates/aql-cli/tests/data/atomic-red-team";
const PACK: &str = "--pack=t1114-email-collection";

#[test]
fn tests_of_the_packs_techniques_are_covered_by_guid() {
    for path in [CHECKOUT.to_owned(), format!("{CHECKOUT}/atomics")] {
        let run = aql(&["atomics", PACK, &path]);
        assert_eq!(run.code, 1, "{}", run.err);
        let lines = run.json_lines();
        let [inbox, spool, fork] = lines.as_slice() else { panic!("{}", run.out) };
        assert_eq!(inbox["covered"], true);
        assert_eq!(inbox["cases"][0], "t1114-email-collection/atomic-get-inbox");
        assert_eq!(inbox["emulated"][0], "atomic-get-inbox");
        assert_eq!((&spool["covered"], &spool["platforms"][1]), (&false.into(), &"macos".into()));
        assert_eq!((&fork["technique"], &fork["covered"]), (&"T1114.003".into(), &false.into()));
        let summary = "1 of 3 tests of T1114, T1114.001, T1114.002, T1114.003 are covered";
        assert_eq!(run.err.trim(), summary);
    }
}

#[test]
fn the_table_names_what_covers_a_test() {
    let run = aql(&["atomics", PACK, "--format=table", CHECKOUT]);
    let line = run.out.lines().find(|l| l.contains("Copies a mail spool")).expect("a line");
    assert!(line.contains("linux, macos") && line.contains('–'), "{line}");
}

#[test]
fn a_folder_that_is_no_checkout_and_a_file_that_does_not_read_are_errors() {
    let run = aql(&["atomics", PACK, "docs"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("docs: this is no checkout of Atomic Red Team"), "{}", run.err);
    let run = aql(&["atomics", PACK, "no-such-folder"]);
    assert!(run.err.contains("no-such-folder: cannot be read"), "{}", run.err);
    let folder = tempfile::tempdir().expect("a folder");
    let technique = folder.path().join("T1114.001");
    std::fs::create_dir(&technique).expect("a folder");
    std::fs::write(technique.join("T1114.001.yaml"), "atomic_tests: [").expect("written");
    let run = aql(&["atomics", PACK, &folder.path().to_string_lossy()]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert!(run.err.contains("T1114.001.yaml: "), "{}", run.err);
}
