//! Running the command.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What a run left behind.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// The lines of standard output as JSON objects.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect()
    }
}

/// Runs `aql` in the root of the repository, without the settings of whoever runs the test.
pub(crate) fn aql<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Run {
    aql_with(args, Stdio::null())
}

/// The same, with this as standard input.
pub(crate) fn aql_with<S: AsRef<std::ffi::OsStr>>(args: &[S], stdin: impl Into<Stdio>) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_aql"))
        .args(args)
        .current_dir(root())
        .stdin(stdin)
        .env_remove("AQL_CONTEXT")
        .env_remove("AQL_THREADS")
        .env_remove("AQL_PROFILE")
        .env_remove("AQL_TIMEZONE")
        .output()
        .expect("aql starts");
    Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
