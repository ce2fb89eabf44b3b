//! Embeds the tests and records of `data`, so that a new test is a new file and nothing else.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let mut code = String::new();
    for (constant, folder) in [("TESTS", "tests"), ("NOISE", "noise"), ("RECORDS", "records")] {
        let folder = data.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files: Vec<PathBuf> = match fs::read_dir(&folder) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(error) => {
                println!("cargo::error={}: {error}", folder.display());
                return;
            }
        };
        files.retain(|file| file.extension().is_some_and(|e| e == "toml"));
        files.sort();
        let _ = writeln!(code, "const {constant}: &[(&str, &str)] = &[");
        for file in files {
            println!("cargo::rerun-if-changed={}", file.display());
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let _ = writeln!(code, "({name:?}, include_str!({:?})),", file.display().to_string());
        }
        code.push_str("];\n");
    }
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("data.rs");
    if let Err(error) = fs::write(&out, code) {
        println!("cargo::error={}: {error}", out.display());
    }
}
