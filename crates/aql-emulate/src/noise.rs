//! Ordinary events around a test.

use jiff::SignedDuration;

use crate::error::Error;
use crate::ids::Ids;
use crate::library::Library;
use crate::parameters::Parameters;
use crate::play::{Emitted, settle};
use crate::test::Test;
use crate::values::Scene;

/// How much of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Noise {
    /// Events a minute, from ten minutes before the first record to ten minutes after the last.
    pub per_minute: f64,
}

/// Most noise of one run, in events: enough to fill a disk with, and few enough to hold.
pub(crate) const MOST: f64 = 2e6;

impl Library {
    /// The records of these tests in order of time, with noise among them.
    pub fn emulate(
        &self,
        tests: &[&Test],
        parameters: &Parameters,
        noise: Noise,
    ) -> Result<Vec<Emitted>, Error> {
        let mut records = self.play(tests, parameters)?;
        self.noise(parameters, noise, &mut records)?;
        settle(&mut records, parameters.seed);
        Ok(records)
    }

    fn noise(
        &self,
        parameters: &Parameters,
        noise: Noise,
        records: &mut Vec<Emitted>,
    ) -> Result<(), Error> {
        let around = SignedDuration::from_mins(10);
        let first = records.iter().map(|r| r.time).min().unwrap_or(parameters.start);
        let last = records.iter().map(|r| r.time).max().unwrap_or(parameters.start);
        let out_of_range = |_| Error::Time { place: "noise".into() };
        let begin = first.checked_sub(around).map_err(out_of_range)?;
        let end = last.checked_add(around).map_err(out_of_range)?;
        let length = end.duration_since(begin);
        let count = noise.per_minute * length.as_secs_f64() / 60.0;
        if !(0.0..=MOST).contains(&count) {
            return Err(Error::Parameter {
                parameter: "noise",
                value: noise.per_minute.to_string(),
                reason: "write events a minute, from 0 on, and not more than two million in all",
            });
        }
        let ids = Ids::new(parameters.seed);
        let pool: Vec<(&Test, usize)> =
            self.pools().iter().flat_map(|p| (0..p.events.len()).map(move |n| (p, n))).collect();
        if pool.is_empty() {
            return Ok(());
        }
        let millis = u64::try_from(length.as_millis()).unwrap_or(1);
        for n in 0..count.round() as u64 {
            let label = format!("noise {n}");
            let pick = ids.number(&format!("{label} what"), pool.len() as u64) as usize;
            let (test, number) = pool[pick];
            let after = ids.number(&format!("{label} when"), millis) as i64;
            let start =
                begin.checked_add(SignedDuration::from_millis(after)).map_err(out_of_range)?;
            let scene = Scene { library: self, parameters, ids: &ids, test, start, label };
            self.record(&scene, number, None, records)?;
        }
        Ok(())
    }
}
