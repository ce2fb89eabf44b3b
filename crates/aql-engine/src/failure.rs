//! Why a run stops before its end.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aql_diag::{Diagnostic, codes};
use arrow_schema::ArrowError;
use datafusion::error::DataFusionError;

/// An error that ends a run, as the diagnostic that the user will see.
#[derive(Clone, Debug)]
pub(crate) struct Failure(Box<Diagnostic>);

impl Failure {
    /// The execution time limit was reached.
    pub(crate) fn time_limit(limit: Option<u64>) -> Self {
        let message = match limit {
            Some(ms) => format!("execution time limit of {ms} ms reached"),
            None => "execution time limit reached".to_owned(),
        };
        Diagnostic::error(codes::TIME_LIMIT, message)
            .help("raise EXECUTIONTIMELIMIT, narrow the time window, or give fewer paths")
            .into()
    }

    /// Something that cannot happen unless the program has a fault.
    pub(crate) fn internal(what: impl fmt::Display) -> Self {
        Diagnostic::error(codes::RUN_FAILED, format!("the query could not be finished: {what}"))
            .note("this is a defect of the program; please report the query")
            .into()
    }

    /// The diagnostic.
    pub(crate) fn into_diagnostic(self) -> Diagnostic {
        *self.0
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Failure(Box::new(diagnostic))
    }
}

impl From<ArrowError> for Failure {
    fn from(error: ArrowError) -> Self {
        Failure::internal(error)
    }
}

impl From<DataFusionError> for Failure {
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Diagnostic::error(
                codes::MEMORY_LIMIT,
                "memory limit reached while rows were grouped or sorted",
            )
            .note(error.strip_backtrace())
            .help("raise the memory limit, or group by fewer fields")
            .into(),
            _ => Failure::internal(error.strip_backtrace()),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

/// Keeps the failure of an input while DataFusion, which reads that input, wraps and copies the
/// error on its way up.
#[derive(Clone, Debug, Default)]
pub(crate) struct FailureSlot(Arc<Mutex<Option<Failure>>>);

impl FailureSlot {
    /// Keeps the failure, if it is the first, and gives what DataFusion is told.
    pub(crate) fn keep(&self, failure: Failure) -> DataFusionError {
        let told = DataFusionError::External(Box::new(failure.clone()));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
        told
    }

    /// The failure kept, or else the meaning of DataFusion's own error.
    pub(crate) fn explain(&self, error: DataFusionError) -> Failure {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.unwrap_or_else(|| error.into())
    }
}
