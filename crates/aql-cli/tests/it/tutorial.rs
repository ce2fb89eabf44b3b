//! `docs/tutorial-pack.md`: its files are written and its commands run as they stand there. What is
//! left is the pack of that name below `packs`. `AQL_WRITE_TUTORIAL=1` writes what the commands print
//! into the page, and the pack into its place.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::root;

const PACK: &str = "t1070-event-logs-cleared";

/// A command line as words; double quotes hold a word together, a backslash the quote in it.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '\\' if quoted => words.last_mut().expect("a word").extend(chars.next()),
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("a word").push(c),
        }
    }
    words
}

/// Runs a command in the folder; what it prints, output before messages.
fn run(folder: &Path, line: &str) -> String {
    let words = words(line);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["rm", "-r", paths @ ..] => {
            for path in paths {
                fs::remove_dir_all(folder.join(path)).unwrap_or_else(|e| panic!("{line}: {e}"));
            }
            String::new()
        }
        ["mkdir", "-p", path] => {
            fs::create_dir_all(folder.join(path)).expect("a folder");
            String::new()
        }
        ["aql", args @ ..] => {
            let output = Command::new(env!("CARGO_BIN_EXE_aql"))
                .args(args)
                .current_dir(folder)
                .env_remove("AQL_CONTEXT")
                .env_remove("AQL_PROFILE")
                .env_remove("AQL_TIMEZONE")
                .env("AQL_THREADS", "2")
                .output()
                .expect("aql starts");
            assert!(output.status.code().is_some_and(|code| code < 2), "{line}: {output:?}");
            [output.stdout, output.stderr].map(|t| String::from_utf8(t).expect("UTF-8")).concat()
        }
        _ => panic!("the test cannot run `{line}`"),
    }
}

/// Goes through the page; gives it back with what the commands print now.
fn follow(page: &str, folder: &Path) -> String {
    let mut out = String::new();
    let mut lines = page.lines();
    let mut last = "";
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(language) = line.strip_prefix("```") else {
            if !line.is_empty() {
                last = line;
            }
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if language == "console" {
            for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                let printed = run(folder, command);
                let printed = printed.trim_end_matches('\n');
                out.push_str(&format!("$ {command}\n"));
                if !printed.is_empty() {
                    out.push_str(&format!("{printed}\n"));
                }
            }
        } else {
            let name = last.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:"));
            let path =
                folder.join(name.unwrap_or_else(|| panic!("a block without a file: {last}")));
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            let text: String = block.iter().map(|line| format!("{line}\n")).collect();
            fs::write(path, text).expect("a file");
            for line in block {
                out.push_str(line);
                out.push('\n');
            }
        }
        out.push_str("```\n");
    }
    out
}

/// The files of a folder, by path.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path();
                let inner = path.strip_prefix(folder).expect("below").display().to_string();
                files.insert(inner, fs::read_to_string(&path).expect("text"));
            }
        }
    }
    files
}

#[test]
fn the_tutorial_makes_the_pack() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = root().join("docs/tutorial-pack.md");
    let text = fs::read_to_string(&page).expect("the page");
    let followed = follow(&text, folder.path());
    let made = files(&folder.path().join(PACK));
    let shipped = root().join("packs").join(PACK);
    if std::env::var_os("AQL_WRITE_TUTORIAL").is_some() {
        fs::write(&page, &followed).expect("written");
        let _ = fs::remove_dir_all(&shipped);
        for (inner, text) in &made {
            let path = shipped.join(inner);
            fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            fs::write(path, text).expect("written");
        }
        return;
    }
    for (now, before) in followed.lines().zip(text.lines()) {
        assert_eq!(now, before, "AQL_WRITE_TUTORIAL=1 writes the page anew");
    }
    assert_eq!(followed.len(), text.len());
    assert_eq!(made, files(&shipped), "AQL_WRITE_TUTORIAL=1 writes the pack anew");
}
