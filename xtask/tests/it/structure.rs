//! The crates and their arrows, held against the table in ARCHITECTURE.md.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Level of every crate in the table `| level | crate | …`.
fn levels() -> BTreeMap<String, u32> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    text.lines()
        .filter_map(|line| {
            let mut cells = line.split('|').skip(1).map(str::trim);
            let level = cells.next()?.parse().ok()?;
            let name = cells.next()?.trim_matches('`').to_string();
            Some((name, level))
        })
        .collect()
}

/// Name and dependencies inside the workspace (dev-dependencies apart) of every crate.
fn crates() -> BTreeMap<String, Vec<String>> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages").clone();
    let name = |p: &Value| p["name"].as_str().expect("a name").to_string();
    let members: Vec<String> = packages.iter().map(name).collect();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let inner = dependencies
                .iter()
                .filter(|d| d["kind"] != "dev")
                .map(name)
                .filter(|d| members.contains(d))
                .collect();
            (name(package), inner)
        })
        .collect()
}

#[test]
fn arrows_point_down() {
    let levels = levels();
    for (name, dependencies) in crates() {
        let level = levels
            .get(&name)
            .unwrap_or_else(|| panic!("`{name}` is missing in the table of ARCHITECTURE.md"));
        for dependency in dependencies {
            let below = levels.get(&dependency);
            assert!(
                below.is_some_and(|below| below < level),
                "`{name}` (level {level}) depends on `{dependency}` (level {below:?})"
            );
        }
    }
}

#[test]
fn the_table_names_only_crates_that_exist() {
    let crates = crates();
    for name in levels().keys() {
        assert!(crates.contains_key(name), "ARCHITECTURE.md names `{name}`, which does not exist");
    }
}

#[test]
fn the_testkit_is_for_tests_only() {
    for (name, dependencies) in crates() {
        let uses = dependencies.iter().any(|d| d == "aql-testkit");
        assert!(!uses, "`{name}` has `aql-testkit` among its dependencies outside tests");
    }
}

#[test]
fn datafusion_is_named_in_one_manifest() {
    let mut named = Vec::new();
    for name in crates().keys().filter(|n| n.starts_with("aql-")) {
        let manifest = root().join("crates").join(name).join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("a manifest");
        if text.lines().any(|line| line.trim_start().starts_with("datafusion")) {
            named.push(name.clone());
        }
    }
    assert_eq!(named, ["aql-engine"]);
}

#[test]
fn crates_take_lints_and_facts_from_the_workspace() {
    for name in crates().keys().filter(|n| n.starts_with("aql-")) {
        let manifest = root().join("crates").join(name).join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("a manifest");
        for line in
            ["version.workspace = true", "license.workspace = true", "[lints]\nworkspace = true"]
        {
            assert!(text.contains(line), "crates/{name}/Cargo.toml lacks `{line}`");
        }
    }
}
