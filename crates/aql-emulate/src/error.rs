//! What can be wrong with a test or its parameters.

/// Why something cannot be emulated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of tests or records that does not read.
    #[error("{file}: {reason}")]
    Data {
        /// Name of the file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name in double braces that nothing has a value for.
    #[error("{place}: nothing is called `{{{{{name}}}}}`")]
    Unknown {
        /// The test and its event.
        place: String,
        /// The name.
        name: String,
    },
    /// An event that names a process which neither the test nor the library declares.
    #[error("{place}: there is no process `{name}`")]
    Process {
        /// The test and its event.
        place: String,
        /// The name.
        name: String,
    },
    /// An event of a kind that no source makes a record of.
    #[error("{place}: no source records `{action}`")]
    Action {
        /// The test and its event.
        place: String,
        /// The action.
        action: String,
    },
    /// A parameter that cannot be a name of that kind.
    #[error("{parameter} `{value}`: {reason}")]
    Parameter {
        /// Which one.
        parameter: &'static str,
        /// What was given.
        value: String,
        /// What it has to be.
        reason: &'static str,
    },
    /// A time outside of what calendars here can say.
    #[error("the time of {place} is out of range")]
    Time {
        /// The test and its event.
        place: String,
    },
}
