//! Times as English text: PARSEDATETIME, and the formats of START and STOP.
//!
//! IBM shows `now`, `1 hour ago`, `7 days ago` and absolute dates without describing the language;
//! what is read beyond these examples is listed at [`parse_datetime`].

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// The moment (epoch milliseconds) that a text names, seen from `now`; nothing if it names none.
///
/// Without regard to case and doubled blanks:
/// * `now`; `today`, `yesterday`, `tomorrow`: midnight in the zone;
/// * `<n> <unit> ago` with millisecond, second, minute, hour, day, week, month or year, singular or
///   plural, and `a` or `an` for 1. A day is 24 hours, as in `LAST n DAYS`; months and years are
///   those of the calendar;
/// * the formats of [`parse_absolute`].
pub fn parse_datetime(text: &str, now: i64, zone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    match words.as_slice() {
        ["now"] => Some(now),
        ["today"] => midnight(now, 0, zone),
        ["yesterday"] => midnight(now, -1, zone),
        ["tomorrow"] => midnight(now, 1, zone),
        [number, unit, "ago"] => {
            let number = match *number {
                "a" | "an" => 1,
                digits => digits.parse::<u32>().ok().map(i64::from)?,
            };
            before(now, number, unit.strip_suffix('s').unwrap_or(unit), zone)
        }
        _ => parse_absolute(text, zone),
    }
}

fn midnight(now: i64, days: i64, zone: &TimeZone) -> Option<i64> {
    let today = zone.to_datetime(Timestamp::from_millisecond(now).ok()?).date();
    let date = today.checked_add(Span::new().try_days(days).ok()?).ok()?;
    Some(zone.to_timestamp(date.to_datetime(Time::midnight())).ok()?.as_millisecond())
}

fn before(now: i64, number: i64, unit: &str, zone: &TimeZone) -> Option<i64> {
    let fixed = match unit {
        "millisecond" => 1,
        "second" => 1_000,
        "minute" => 60_000,
        "hour" => 3_600_000,
        "day" => 86_400_000,
        "week" => 7 * 86_400_000,
        "month" | "year" => {
            let span = if unit == "month" {
                Span::new().try_months(number)
            } else {
                Span::new().try_years(number)
            };
            let moment = Timestamp::from_millisecond(now).ok()?.to_zoned(zone.clone());
            return Some(moment.checked_sub(span.ok()?).ok()?.timestamp().as_millisecond());
        }
        _ => return None,
    };
    now.checked_sub(number.checked_mul(fixed)?)
}

/// A date, or a date and a time, in a format of START and STOP (IBM AQL guide, time criteria).
///
/// `yyyy-MM-dd`, `yyyy/MM/dd` or `yyyy:MM:dd`, then a blank, `-` or `T`, then `HH:mm` with optional
/// seconds and fraction (anything finer than a millisecond is cut off), then an optional `Z` for
/// UTC or an offset `+hh:mm`. Month, day and hour may have one digit. Without a zone it is a time
/// of `zone`. Nothing if the text is in no such format, or no such day or time exists.
pub fn parse_absolute(text: &str, zone: &TimeZone) -> Option<i64> {
    let mut scan = Scan { rest: text.trim() };
    let year = scan.number(4, 4)?;
    let separator = ['-', '/', ':'].into_iter().find(|c| scan.eat(*c))?;
    let month = scan.number(1, 2)?;
    if !scan.eat(separator) {
        return None;
    }
    let day = scan.number(1, 2)?;
    let date =
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
            .ok()?;
    let mut time = Time::midnight();
    let mut offset = None;
    if !scan.rest.is_empty() {
        let before = scan.rest;
        scan.rest = scan.rest.trim_start_matches(' ');
        if scan.rest.len() == before.len() && !['-', 'T', 't'].into_iter().any(|c| scan.eat(c)) {
            return None;
        }
        time = scan.time()?;
        scan.rest = scan.rest.trim_start_matches(' ');
        offset = scan.zone()?;
        if !scan.rest.is_empty() {
            return None;
        }
    }
    let local = date.to_datetime(time);
    let moment = match offset {
        Some(seconds) => {
            TimeZone::UTC.to_timestamp(local).ok()?.as_millisecond().checked_sub(seconds * 1000)?
        }
        None => zone.to_timestamp(local).ok()?.as_millisecond(),
    };
    Some(moment)
}

struct Scan<'t> {
    rest: &'t str,
}

impl Scan<'_> {
    fn eat(&mut self, c: char) -> bool {
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn number(&mut self, least: usize, most: usize) -> Option<i64> {
        let count = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if count < least {
            return None;
        }
        let (digits, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        digits.parse().ok()
    }

    fn time(&mut self) -> Option<Time> {
        let hour = self.number(1, 2)?;
        if !self.eat(':') {
            return None;
        }
        let minute = self.number(2, 2)?;
        let (mut second, mut nanosecond) = (0, 0);
        if self.eat(':') {
            second = self.number(2, 2)?;
            if self.eat('.') || self.eat(',') {
                let count = self.rest.bytes().take_while(u8::is_ascii_digit).count();
                let (digits, rest) = self.rest.split_at_checked(count)?;
                self.rest = rest;
                let milliseconds: i64 = format!("{digits:0<3}").get(..3)?.parse().ok()?;
                if count == 0 {
                    return None;
                }
                nanosecond = milliseconds * 1_000_000;
            }
        }
        Time::new(
            i8::try_from(hour).ok()?,
            i8::try_from(minute).ok()?,
            i8::try_from(second).ok()?,
            i32::try_from(nanosecond).ok()?,
        )
        .ok()
    }

    /// Seconds east of UTC, if a zone is given; nothing at all if it cannot be read.
    #[expect(clippy::option_option, reason = "failure, and no zone")]
    fn zone(&mut self) -> Option<Option<i64>> {
        // IBM writes the letter in quotes: HH:mm'Z'.
        let bare = self.rest.trim_matches('\'');
        if bare.eq_ignore_ascii_case("z") || bare.eq_ignore_ascii_case("utc") {
            self.rest = "";
            return Some(Some(0));
        }
        let sign = match self.rest.chars().next() {
            Some('+') => 1,
            Some('-') => -1,
            _ => return Some(None),
        };
        self.rest = self.rest.get(1..)?;
        let hours = self.number(2, 2)?;
        self.eat(':');
        let minutes = self.number(2, 2)?;
        (hours < 24 && minutes < 60).then_some(Some(sign * (hours * 3600 + minutes * 60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2023-11-14 22:13:20 UTC
    const NOW: i64 = 1_700_000_000_000;
    const DAY: i64 = 86_400_000;

    #[test]
    fn table() {
        for (text, expected) in [
            ("now", Some(NOW)),
            (" NOW ", Some(NOW)),
            ("1 hour ago", Some(NOW - 3_600_000)),
            ("8 day ago", Some(NOW - 8 * DAY)),
            ("7 Days  ago", Some(NOW - 7 * DAY)),
            ("an hour ago", Some(NOW - 3_600_000)),
            ("2 weeks ago", Some(NOW - 14 * DAY)),
            ("30 seconds ago", Some(NOW - 30_000)),
            ("1 month ago", Some(NOW - 31 * DAY)),
            ("1 year ago", Some(NOW - 365 * DAY)),
            ("today", Some(1_699_920_000_000)),
            ("yesterday", Some(1_699_920_000_000 - DAY)),
            ("tomorrow", Some(1_699_920_000_000 + DAY)),
            ("2023-11-14 22:13", Some(1_699_999_980_000)),
            ("2023-11-14 22:13:20", Some(NOW)),
            ("2023/11/14 22:13:20", Some(NOW)),
            ("2023/11/14-22:13:20", Some(NOW)),
            ("2023:11:14-22:13:20", Some(NOW)),
            ("2023-11-14 22:13Z", Some(1_699_999_980_000)),
            ("2023-11-14 22:13'z'", Some(1_699_999_980_000)),
            ("2023-11-14T22:13:20.5+00:00", Some(NOW + 500)),
            ("2023-11-14 23:13:20.1239999 +0100", Some(NOW + 123)),
            ("2023-11-14 1:30", Some(1_699_925_400_000)),
            ("2023-11-14", Some(1_699_920_000_000)),
            ("2023-02-30", None),
            ("2023-11-14 24:00", None),
            ("2023-11/14", None),
            ("2023-11-14 22", None),
            ("2023-11-14 22:13 x", None),
            ("2023-11-14x22:13", None),
            ("5 fortnights ago", None),
            ("-1 day ago", None),
            ("99999999999 days ago", None),
            ("4000000000 years ago", None),
            ("hour ago", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(parse_datetime(text, NOW, &TimeZone::UTC), expected, "{text}");
        }
    }

    #[test]
    fn zoneless_times_are_of_the_zone() {
        let berlin = TimeZone::get("Europe/Berlin").expect("built in");
        assert_eq!(parse_datetime("2023-11-14 23:13:20", NOW, &berlin), Some(NOW));
        assert_eq!(parse_datetime("today", NOW, &berlin), Some(1_699_916_400_000));
        assert_eq!(parse_datetime("2023-11-14 22:13:20Z", NOW, &berlin), Some(NOW));
    }
}
