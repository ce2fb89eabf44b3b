//! The tests, records and programs that are built in.

use crate::error::Error;
use crate::process::Programs;
use crate::record::Recorder;
use crate::test::{Kind, Test};

include!(concat!(env!("OUT_DIR"), "/data.rs"));

/// What can be emulated.
#[derive(Clone, Debug)]
pub struct Library {
    tests: Vec<Test>,
    pools: Vec<Test>,
    recorders: Vec<Recorder>,
    programs: Programs,
}

impl Library {
    /// What is built in. It reads: a test of this crate says so.
    pub fn bundled() -> Result<Library, Error> {
        let read = |files: &[(&str, &str)]| {
            files.iter().map(|(name, text)| Test::read(name, text)).collect::<Result<Vec<_>, _>>()
        };
        let recorders = RECORDS.iter().map(|(name, text)| Recorder::read(name, text));
        Ok(Library {
            tests: read(TESTS)?,
            pools: read(NOISE)?,
            recorders: recorders.collect::<Result<_, _>>()?,
            programs: Programs::read(include_str!("../data/processes.toml"))?,
        })
    }

    /// Adds a test of somebody's own; it takes the place of one of the same name.
    pub fn add(&mut self, test: Test) {
        self.tests.retain(|other| other.name != test.name);
        self.tests.push(test);
    }

    /// All tests, by name.
    pub fn tests(&self) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(|test| test.kind != Kind::Noise)
    }

    /// The test of this name.
    pub fn test(&self, name: &str) -> Option<&Test> {
        self.tests().find(|test| test.name == name)
    }

    pub(crate) fn pools(&self) -> &[Test] {
        &self.pools
    }

    pub(crate) fn recorders(&self) -> &[Recorder] {
        &self.recorders
    }

    pub(crate) fn programs(&self) -> &Programs {
        &self.programs
    }
}
