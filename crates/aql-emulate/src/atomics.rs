//! Tests of Atomic Red Team, as the YAML files of a checkout list them. Only what says which tests
//! there are is read; their commands are neither read nor run.

use serde::Deserialize;

use crate::error::Error;

/// A technique with its tests: `atomics/T1114.001/T1114.001.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AtomicTechnique {
    /// Id of ATT&CK.
    #[serde(rename = "attack_technique")]
    pub id: String,
    /// Name of the technique.
    #[serde(rename = "display_name", default)]
    pub name: String,
    /// The tests, in their order.
    #[serde(rename = "atomic_tests", default)]
    pub tests: Vec<AtomicTest>,
}

/// A test.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AtomicTest {
    /// Its name.
    pub name: String,
    /// Its GUID; a test that is new in a fork may have none yet.
    #[serde(rename = "auto_generated_guid", default)]
    pub guid: Option<String>,
    /// What it runs on.
    #[serde(rename = "supported_platforms", default)]
    pub platforms: Vec<String>,
}

impl AtomicTechnique {
    /// Reads the file of a technique; `file` is how it is called in messages.
    pub fn read(file: &str, text: &str) -> Result<AtomicTechnique, Error> {
        serde_saphyr::from_str(text)
            .map_err(|e| Error::Data { file: file.to_owned(), reason: e.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::AtomicTechnique;

    #[test]
    fn tests_are_listed_and_everything_else_is_passed_over() {
        let text = "\
attack_technique: T1114.001
display_name: 'Email Collection: Local Email Collection'
atomic_tests:
- name: Reads a mailbox twice
  auto_generated_guid: 00000000-0000-4000-8000-000000000001
  description: |
    Two lines: with a colon,
      and an indent.
  supported_platforms:
  - windows
  input_arguments:
    file:
      type: path
      default: $env:TEMP\\mail.csv
  executor:
    name: powershell
    command: |
      echo #{file}
- name: without a GUID
  supported_platforms: [linux, macos]
";
        let technique = AtomicTechnique::read("a.yaml", text).expect("it reads");
        assert_eq!(technique.id, "T1114.001");
        assert_eq!(technique.name, "Email Collection: Local Email Collection");
        let [first, second] = technique.tests.as_slice() else { panic!("{technique:?}") };
        assert_eq!(first.guid.as_deref(), Some("00000000-0000-4000-8000-000000000001"));
        assert_eq!((second.guid.as_deref(), second.platforms.len()), (None, 2));
    }

    #[test]
    fn what_is_no_such_file_is_an_error_with_its_name() {
        for text in
            ["", "- 1\n- 2", "attack_technique: [", "display_name: x", "\u{0}", "a: &a [*a]"]
        {
            let error = AtomicTechnique::read("a.yaml", text).expect_err(text).to_string();
            assert!(error.starts_with("a.yaml: "), "{error}");
        }
    }
}
