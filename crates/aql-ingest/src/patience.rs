//! How long a file may take, by a clock that is handed in.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Tells the time since some moment. Nothing in here reads a clock of its own.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How long reading one file may take.
#[derive(Clone)]
pub struct Patience {
    /// The time that a file has, from the moment its first part is begun.
    pub per_file: Duration,
    /// What the time is measured with.
    pub clock: Clock,
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience").field("per_file", &self.per_file).finish_non_exhaustive()
    }
}

/// When the first part of a file was begun.
pub(crate) type Began = Arc<OnceLock<Duration>>;

/// Says when the time of a file is over.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    clock: Option<(Clock, Duration, Duration)>,
}

impl Watch {
    /// Begins a part of a file.
    pub(crate) fn begin(patience: Option<&Patience>, began: &Began) -> Watch {
        let clock = patience.map(|patience| {
            let start = *began.get_or_init(|| (patience.clock)());
            let end = start.saturating_add(patience.per_file);
            (Arc::clone(&patience.clock), end, patience.per_file)
        });
        Watch { clock }
    }

    /// The error that ends the reading, once the time is over.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &self.clock {
            Some((clock, end, limit)) if clock() >= *end => {
                let message = format!("it took longer than {} s", limit.as_secs_f64());
                Err(Error::new(ErrorKind::TimedOut, message))
            }
            _ => Ok(()),
        }
    }
}
