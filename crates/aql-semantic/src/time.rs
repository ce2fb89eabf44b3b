//! Reading the times of START, STOP and PARSEDATETIME.
//!
//! Pure functions of text: "now" stays symbolic in a [`Moment`].

use aql_syntax::time_text::{self, TimeText};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::bound::Moment;

const SECOND: i64 = 1000;

/// Reads an absolute time in one of the formats of START and STOP, or in one that has an evident
/// equivalent there (`2024-06-12`, `2024-06-12T08:38:00Z`). `utc_offset` (milliseconds) applies
/// without a zone. The result is epoch milliseconds.
pub fn parse_absolute(text: &str, utc_offset: i64) -> Option<i64> {
    let civil = match time_text::classify(text) {
        TimeText::Civil(civil) => civil,
        TimeText::Normalised(text) => time_text::parse(&text)?,
        TimeText::Relative | TimeText::Unknown => return None,
    };
    let small = |n: u8| i8::try_from(n).ok();
    let date =
        Date::new(i16::try_from(civil.year).ok()?, small(civil.month)?, small(civil.day)?).ok()?;
    let nanos = i32::from(civil.millisecond) * 1_000_000;
    let time =
        Time::new(small(civil.hour)?, small(civil.minute)?, small(civil.second)?, nanos).ok()?;
    let stamp = DateTime::from_parts(date, time).to_zoned(TimeZone::UTC).ok()?.timestamp();
    let offset = if civil.utc { 0 } else { utc_offset };
    Some(stamp.as_millisecond() - offset)
}

/// Reads the text of PARSEDATETIME: `now`, `today`, `yesterday`, `<n> <unit> ago`, or an absolute
/// time. IBM shows `now`, `1 hour ago`, `7 days ago`; the whole language is not documented.
pub fn parse_relative(text: &str, utc_offset: i64) -> Option<Relative> {
    let lower = text.trim().to_ascii_lowercase();
    match lower.as_str() {
        "now" => return Some(Relative::Moment(Moment::BeforeNow(0))),
        "today" => return Some(Relative::StartOfDay { days_back: 0 }),
        "yesterday" => return Some(Relative::StartOfDay { days_back: 1 }),
        _ => {}
    }
    let words: Vec<&str> = lower.split_whitespace().collect();
    if let [count, unit, "ago"] = words.as_slice() {
        let count: i64 = match *count {
            "a" | "an" | "one" => 1,
            digits => digits.parse().ok()?,
        };
        let unit = match unit.strip_suffix('s').unwrap_or(unit) {
            "second" | "sec" => SECOND,
            "minute" | "min" => 60 * SECOND,
            "hour" => 3600 * SECOND,
            "day" => 86_400 * SECOND,
            "week" => 7 * 86_400 * SECOND,
            // Calendar months and years would need a zone; QRadar's rule is not documented.
            "month" => 30 * 86_400 * SECOND,
            "year" => 365 * 86_400 * SECOND,
            _ => return None,
        };
        return Some(Relative::Moment(Moment::BeforeNow(count.checked_mul(unit)?)));
    }
    parse_absolute(text, utc_offset).map(|at| Relative::Moment(Moment::At(at)))
}

/// What [`parse_relative`] read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relative {
    /// A moment.
    Moment(Moment),
    /// Midnight (UTC) so many days before today.
    StartOfDay {
        /// 0 for today.
        days_back: i64,
    },
}

impl Relative {
    /// Epoch milliseconds, given the present.
    pub fn resolve(self, now: i64) -> i64 {
        const DAY: i64 = 86_400 * SECOND;
        match self {
            Relative::Moment(moment) => moment.resolve(now),
            Relative::StartOfDay { days_back } => {
                (now.div_euclid(DAY)).saturating_sub(days_back).saturating_mul(DAY)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Relative, parse_absolute, parse_relative};
    use crate::bound::Moment;

    #[test]
    fn formats_of_the_guide() {
        // 2024-06-12T08:38:00Z
        let minute = 1_718_181_480_000;
        for text in [
            "2024-06-12 08:38",
            "2024/06/12 08:38:00",
            "2024/06/12-08:38:00",
            "2024:06:12-08:38:00",
            "2024-06-12 8:38",
            "2024-06-12 08:38z",
        ] {
            assert_eq!(parse_absolute(text, 0), Some(minute), "{text}");
        }
        assert_eq!(parse_absolute("2024-06-12 08:38:16.262", 0), Some(minute + 16_262));
        assert_eq!(parse_absolute("2024-06-12 08:38", 3_600_000), Some(minute - 3_600_000));
        assert_eq!(parse_absolute("2024-06-12 08:38Z", 3_600_000), Some(minute));
        for text in
            ["30 days ago", "2024-13-01 00:00", "2024-06-12 25:00", "2024-06/12 08:38", "12:00", ""]
        {
            assert_eq!(parse_absolute(text, 0), None, "{text}");
        }
    }

    #[test]
    fn relative_times() {
        let moment = |t| parse_relative(t, 0);
        assert_eq!(moment("now"), Some(Relative::Moment(Moment::BeforeNow(0))));
        assert_eq!(moment("1 Hour ago"), Some(Relative::Moment(Moment::BeforeNow(3_600_000))));
        assert_eq!(moment("8 day ago"), Some(Relative::Moment(Moment::BeforeNow(8 * 86_400_000))));
        assert_eq!(moment("soon"), None);
        assert_eq!(
            moment("yesterday").map(|r| r.resolve(86_400_000 * 3 + 5)),
            Some(86_400_000 * 2)
        );
    }
}
