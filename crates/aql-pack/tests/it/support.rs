//! Packs that are written for a test.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// A folder with a pack of these rules (name, query, more facts) and these other files.
pub(crate) fn folder(rules: &[(&str, &str, &str)], files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let pack = "format = 1\nid = \"x\"\nname = \"test\"\ntitle = \"\"\nversion = \"1\"\ndescription = \"\"\nlicense = \"MIT\"\nauthor = \"\"\nrequires = \"0.1.0\"\nattack = []\n";
    write(folder.path(), "pack.toml", pack);
    for (name, query, more) in rules {
        let level = if more.contains("level =") { "" } else { "level = \"low\"\n" };
        let facts = format!(
            "id = \"{name}\"\ntitle = \"\"\ndescription = \"\"\n{level}status = \"test\"\nauthor = \"\"\nattack = []\n{more}\n"
        );
        write(folder.path(), &format!("rules/{name}.toml"), &facts);
        if !query.is_empty() {
            write(folder.path(), &format!("rules/{name}.aql"), query);
        }
    }
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    folder
}

pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// Audit records: time of day on 11 November 2026, operation, user, and more fields as JSON.
pub(crate) fn audit(records: &[(&str, &str, &str, &str)]) -> String {
    let lines: Vec<String> = records
        .iter()
        .map(|(time, operation, user, more)| {
            let more = if more.is_empty() { String::new() } else { format!(",{more}") };
            format!(
                "{{\"CreationTime\":\"2026-11-11T{time}\",\"Id\":\"1\",\"Operation\":\"{operation}\",\"OrganizationId\":\"2\",\"RecordType\":1,\"UserKey\":\"{user}\",\"UserType\":0,\"Version\":1,\"Workload\":\"Exchange\",\"UserId\":\"{user}\"{more}}}"
            )
        })
        .collect();
    lines.join("\n")
}
