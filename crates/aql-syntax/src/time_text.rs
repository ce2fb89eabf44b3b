//! Times as START and STOP take them: the formats, and reading one.
//!
//! Not in here: time zones and `PARSEDATETIME`. A [`CivilTime`] says what is on the clock, and
//! whether the text asks for UTC; whoever has a clock and a zone makes a moment of it.

/// The formats, as a note for messages.
pub(crate) const FORMATS: &str = "START and STOP take 'yyyy-MM-dd HH:mm', 'yyyy-MM-dd HH:mm:ss', 'yyyy/MM/dd HH:mm:ss', 'yyyy/MM/dd-HH:mm:ss' or 'yyyy:MM:dd-HH:mm:ss', the first two also with Z for UTC (IBM AQL guide, time criteria)";

/// A date and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilTime {
    /// Year, four digits.
    pub year: u16,
    /// Month, 1 to 12.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// Hour, 0 to 23.
    pub hour: u8,
    /// Minute.
    pub minute: u8,
    /// Second.
    pub second: u8,
    /// Millisecond.
    pub millisecond: u16,
    /// Did the text end with `Z`? Otherwise the zone of the console counts.
    pub utc: bool,
}

/// What a text in the place of a time is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeText {
    /// In one of the formats.
    Civil(CivilTime),
    /// A time in another format; this is the same time in one of AQL's.
    Normalised(String),
    /// `now`, `30 days ago`: something for PARSEDATETIME.
    Relative,
    /// None of these.
    Unknown,
}

/// Reads a time in one of the formats of START and STOP.
///
/// ```
/// let time = aql_syntax::time_text::parse("2024-06-12 08:38").expect("a time");
/// assert_eq!((time.hour, time.minute, time.utc), (8, 38, false));
/// assert!(aql_syntax::time_text::parse("yesterday").is_none());
/// ```
pub fn parse(text: &str) -> Option<CivilTime> {
    let mut reader = Reader(text.as_bytes());
    let year = reader.number(4, 4)?;
    let separator = reader.any(b"-/:")?;
    let month = reader.number(1, 2)?;
    reader.exactly(separator)?;
    let day = reader.number(1, 2)?;
    match separator {
        b'-' => reader.exactly(b' ')?,
        b'/' => reader.any(b" -").map(|_| ())?,
        _ => reader.exactly(b'-')?,
    }
    let hour = reader.number(1, 2)?;
    reader.exactly(b':')?;
    let minute = reader.number(2, 2)?;
    let mut second = 0;
    let mut millisecond = 0;
    if reader.exactly(b':').is_some() {
        second = reader.number(2, 2)?;
        if reader.exactly(b'.').is_some() {
            millisecond = reader.number(3, 3)?;
        }
    } else if separator != b'-' {
        return None;
    }
    let zone = reader.0;
    let utc = matches!(zone, b"Z" | b"z" | b"'Z'" | b"'z'");
    let valid = (zone.is_empty() || utc)
        && (1..=12).contains(&month)
        && (1..=days(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    valid.then(|| CivilTime {
        year,
        month: small(month),
        day: small(day),
        hour: small(hour),
        minute: small(minute),
        second: small(second),
        millisecond,
        utc,
    })
}

/// Says what kind of time a text is.
pub fn classify(text: &str) -> TimeText {
    if let Some(time) = parse(text) {
        return TimeText::Civil(time);
    }
    let trimmed = text.trim();
    let candidates = [
        trimmed.to_owned(),
        trimmed.replacen(['T', 't'], " ", 1),
        format!("{trimmed} 00:00"),
        format!("{trimmed} 00:00:00"),
        format!("{trimmed}:00"),
    ];
    if let Some(found) = candidates.into_iter().find(|candidate| parse(candidate).is_some()) {
        return TimeText::Normalised(found);
    }
    if is_relative(trimmed) { TimeText::Relative } else { TimeText::Unknown }
}

/// `now`, `today`, `yesterday`, `<n> <unit>[s] ago`.
fn is_relative(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    match words.as_slice() {
        ["now" | "today" | "yesterday"] => true,
        [count, unit, "ago"] => {
            let unit = unit.strip_suffix('s').unwrap_or(unit);
            count.bytes().all(|b| b.is_ascii_digit())
                && matches!(unit, "second" | "minute" | "hour" | "day" | "week" | "month" | "year")
        }
        _ => false,
    }
}

fn days(year: u16, month: u16) -> u16 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    }
}

fn small(number: u16) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self, least: usize, most: usize) -> Option<u16> {
        let digits = self.0.iter().take(most).take_while(|b| b.is_ascii_digit()).count();
        if digits < least {
            return None;
        }
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        Some(number.iter().fold(0, |n, b| n * 10 + u16::from(b - b'0')))
    }

    fn any(&mut self, wanted: &[u8]) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        wanted.contains(&first).then(|| {
            self.0 = rest;
            first
        })
    }

    fn exactly(&mut self, wanted: u8) -> Option<()> {
        self.any(&[wanted]).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::{TimeText, classify, parse};

    #[test]
    fn documented_formats() {
        for text in [
            "2024-06-12 08:38",
            "2024-06-12 08:38:16",
            "2024/06/12 08:38:16",
            "2024/06/12-08:38:16",
            "2024:06:12-08:38:16",
            "2024-06-12 08:38Z",
            "2024-06-12 08:38'z'",
            "2024-06-12 08:38:16.262",
            "2022-01-25 1:30",
            "2024-02-29 00:00",
        ] {
            assert!(parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn impossible_times() {
        for text in [
            "2023-02-29 00:00",
            "2024-13-01 00:00",
            "2024-01-01 24:00",
            "2024-01-01 10:60",
            "2024-01-01",
            "",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn other_texts() {
        assert_eq!(classify("2024-06-12"), TimeText::Normalised("2024-06-12 00:00".into()));
        assert_eq!(
            classify("2024-06-12T08:38:16Z"),
            TimeText::Normalised("2024-06-12 08:38:16Z".into())
        );
        assert_eq!(
            classify("2024/06/12 08:38"),
            TimeText::Normalised("2024/06/12 08:38:00".into())
        );
        assert_eq!(classify("30 days ago"), TimeText::Relative);
        assert_eq!(classify("NOW"), TimeText::Relative);
        assert_eq!(classify("soon"), TimeText::Unknown);
    }
}
