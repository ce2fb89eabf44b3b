//! Times as logs write them, to epoch milliseconds.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Reads `2019-03-01T12:34:56.789Z`: a blank may stand for the `T`, the fraction may be missing or
/// of any length, the zone may be `Z`, an offset, or missing, which means UTC.
pub(crate) fn parse_iso(text: &str) -> Option<i64> {
    let (time, zone) = split(text)?;
    Some(time - zone.unwrap_or(0))
}

/// Like [`parse_iso`], for times that mean nothing without a zone.
pub(crate) fn parse_iso_zoned(text: &str) -> Option<i64> {
    let (time, zone) = split(text)?;
    Some(time - zone?)
}

/// Reads seconds since 1970, with or without a fraction, as decimal digits: no rounding of a
/// binary fraction moves the millisecond.
pub(crate) fn parse_epoch_seconds(text: &str) -> Option<i64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = fraction.bytes().chain(std::iter::repeat(b'0')).take(3);
    let milliseconds = digits.fold(0, |n, digit| n * 10 + i64::from(digit - b'0'));
    whole.parse::<i64>().ok()?.checked_mul(1000)?.checked_add(milliseconds)
}

/// Reads a time in any of the forms that need no guess: [`parse_iso`], or epoch seconds (with or
/// without a fraction), milliseconds, microseconds or nanoseconds, told apart by their digits.
pub(crate) fn parse_any(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return parse_iso(text);
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        ..=8 => None,
        9 | 10 => parse_epoch_seconds(text),
        11..=13 => Some(number),
        14..=16 => Some(number / 1000),
        _ => Some(number / 1_000_000),
    }
}

/// Like [`parse_any`], where a time without a zone is of this one. Of two moments with the same local
/// time it is the earlier one.
pub(crate) fn parse_in_zone(text: &str, zone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    match split(text) {
        Some((local, None)) => {
            let local = TimeZone::UTC.to_datetime(Timestamp::from_millisecond(local).ok()?);
            Some(zone.to_ambiguous_timestamp(local).earlier().ok()?.as_millisecond())
        }
        _ => parse_any(text),
    }
}

/// Reads `Jan 18 11:07:53` and `Jan 25 2021 20:37:54.123 UTC`, as syslog headers, LEEF and CEF write
/// times. Without a year it is the one that puts the time nearest before a day after `now` (epoch
/// milliseconds); without `now` such a time is unknown. Without a zone it is UTC; nothing if the
/// zone is a name other than `UTC`, `GMT` and `Z`. Also returns the bytes used.
pub(crate) fn parse_month_first(text: &str, now: Option<i64>) -> Option<(i64, usize)> {
    // A letter in lower case; nothing else becomes one.
    let month = match &text.as_bytes().first_chunk::<3>()?.map(|b| b | 0x20) {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    };
    let mut rest = text.get(3..)?.strip_prefix(' ')?.trim_start_matches(' ');
    let number = |rest: &mut &str, longest: usize| -> Option<i64> {
        let digits = rest.bytes().take(longest).take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        *rest = after;
        number.parse().ok()
    };
    let day = number(&mut rest, 2)?;
    rest = rest.strip_prefix(' ')?.trim_start_matches(' ');
    let year = match rest.bytes().take_while(u8::is_ascii_digit).count() {
        4 => {
            let year = number(&mut rest, 4)?;
            rest = rest.strip_prefix(' ')?;
            Some(year)
        }
        _ => None,
    };
    let hour = number(&mut rest, 2)?;
    rest = rest.strip_prefix(':')?;
    let minute = number(&mut rest, 2)?;
    rest = rest.strip_prefix(':')?;
    let second = number(&mut rest, 2)?;
    let fraction = match rest.strip_prefix('.') {
        Some(after) if after.starts_with(|c: char| c.is_ascii_digit()) => {
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, after) = after.split_at(digits);
            rest = after;
            fraction
        }
        _ => "",
    };
    let (zone, rest) = match rest.strip_prefix(' ') {
        Some(after) if year.is_some() => {
            let word = after.split(' ').next().unwrap_or_default();
            (word, after.get(word.len()..).unwrap_or_default())
        }
        _ => ("", rest),
    };
    let zone = match zone {
        "" | "UTC" | "GMT" | "Z" => Some(0),
        other if other.is_ascii() => {
            offset(other.trim_end().as_bytes()).map(Option::unwrap_or_default)
        }
        // Marks of writing direction may stand in it, as in any other time.
        other => parse_iso(&format!("1970-01-01T00:00:00{other}")).map(|time| -time),
    };
    let of_year = |year: i64| {
        let seconds = seconds_of((year, month, day), (hour, minute, second))?;
        Some(seconds * 1000 + milliseconds(fraction.as_bytes()).0 - zone?)
    };
    let time = match year {
        Some(year) => of_year(year)?,
        None => {
            const DAY: i64 = 86_400_000;
            let latest = now?.saturating_add(DAY);
            let this_year = 1970 + latest.div_euclid(DAY) * 400 / 146_097;
            // 29 February lies up to eight years back.
            (this_year - 9..=this_year + 1).rev().filter_map(of_year).find(|t| *t <= latest)?
        }
    };
    Some((time, text.len() - rest.len()))
}

/// [`split`] of `2019-03-01T12:34:56.789Z`, as nearly all programs write it: a `T` or a blank in the
/// middle, three digits of a fraction, `Z` or nothing behind them. Nothing of any other form.
fn split_usual(text: &str) -> Option<(i64, Option<i64>)> {
    let (digits, zone) = text.as_bytes().split_first_chunk::<23>()?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b' ', rest @ ..] = digits else {
        return None;
    };
    let [h1, h2, b':', n1, n2, b':', s1, s2, b'.', f1, f2, f3] = rest else { return None };
    let zone = match zone {
        [] => None,
        b"Z" => Some(0),
        _ => return None,
    };
    let all = [y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2, f1, f2, f3];
    if !all.iter().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let two = |tens: &u8, ones: &u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    let (year, month, day) = (two(y1, y2) * 100 + two(y3, y4), two(m1, m2), two(d1, d2));
    let (hour, minute, second) = (two(h1, h2), two(n1, n2), two(s1, s2));
    // In every month; the end of months is looked at with more care.
    if !((1..=12).contains(&month) && (1..=28).contains(&day)) {
        return None;
    }
    if !(hour < 24 && minute < 60 && second <= 60) {
        return None;
    }
    let seconds = ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some((seconds * 1000 + two(f1, f2) * 10 + i64::from(f3 - b'0'), zone))
}

/// The time as if it were UTC, and its offset from UTC, both in milliseconds.
fn split(text: &str) -> Option<(i64, Option<i64>)> {
    if let Some(usual) = split_usual(text) {
        return Some(usual);
    }
    split_any(text)
}

fn split_any(text: &str) -> Option<(i64, Option<i64>)> {
    // Some exports put left-to-right marks around the parts of a date.
    let plain: String;
    let text = if text.is_ascii() {
        text
    } else {
        plain = text.chars().filter(|c| !matches!(c, '\u{200e}' | '\u{200f}')).collect();
        &plain
    };
    let bytes = text.trim().as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        bytes.get(from..to)?.iter().try_fold(0_i64, |n, digit| {
            digit.is_ascii_digit().then(|| n * 10 + i64::from(digit - b'0'))
        })
    };
    let is = |at: usize, wanted: &[u8]| bytes.get(at).is_some_and(|b| wanted.contains(b));
    if !(is(4, b"-/") && is(7, b"-/") && is(10, b"Tt ") && is(13, b":") && is(16, b":")) {
        return None;
    }
    let date = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let seconds = seconds_of(date, (number(11, 13)?, number(14, 16)?, number(17, 19)?))?;
    let mut at = 19;
    let mut millisecond = 0;
    if is(at, b".,") {
        let (fraction, digits) = milliseconds(bytes.get(at + 1..).unwrap_or_default());
        millisecond = fraction;
        at += 1 + digits;
    }
    let zone = offset(bytes.get(at..).unwrap_or_default())?;
    Some((seconds * 1000 + millisecond, zone))
}

/// The milliseconds of a fraction, and how many digits it has.
fn milliseconds(fraction: &[u8]) -> (i64, usize) {
    let digits = fraction.iter().take_while(|b| b.is_ascii_digit());
    let scaled = digits.clone().zip([100, 10, 1]);
    (scaled.map(|(digit, scale)| i64::from(digit - b'0') * scale).sum(), digits.count())
}

/// The offset that stands behind a time, in milliseconds; nothing inside if none does, nothing at all
/// if it is something else.
fn offset(zone: &[u8]) -> Option<Option<i64>> {
    Some(match zone {
        [] => None,
        [b'Z' | b'z'] | b" UTC" => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, rest @ ..] => {
            let digit = |b: u8| b.is_ascii_digit().then(|| i64::from(b - b'0'));
            let hours = digit(*h1)? * 10 + digit(*h2)?;
            let minutes = match rest {
                [] => 0,
                [b':', m1, m2] | [m1, m2] => digit(*m1)? * 10 + digit(*m2)?,
                _ => return None,
            };
            let offset = (hours * 60 + minutes) * 60_000;
            Some(if *sign == b'-' { -offset } else { offset })
        }
        _ => return None,
    })
}

/// Seconds since 1970 of a date and a time of day; nothing if there is no such moment.
fn seconds_of(date: (i64, i64, i64), clock: (i64, i64, i64)) -> Option<i64> {
    let ((year, month, day), (hour, minute, second)) = (date, clock);
    let is_real = (0..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    is_real.then(|| ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, after Howard Hinnant's
/// algorithm.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        parse_any, parse_in_zone, parse_iso, parse_iso_zoned, parse_month_first, split_any,
        split_usual,
    };

    #[test]
    fn shapes_of_times() {
        let ms = Some(1_651_222_701_407);
        assert_eq!(parse_iso("2022-04-29T08:58:21.4075398Z"), ms);
        assert_eq!(parse_iso("2022-04-29 08:58:21.407"), ms);
        assert_eq!(parse_iso("2022-04-29T10:58:21.407+02:00"), ms);
        assert_eq!(parse_iso("2022-04-29T03:28:21.407-0530"), ms);
        assert_eq!(parse_iso("2022-04-29 08:58:21"), Some(1_651_222_701_000));
        assert_eq!(parse_iso_zoned("2022-04-29 08:58:21"), None);
        assert_eq!(parse_iso("1969-12-31T23:59:59.9Z"), Some(-100));
        for no_time in ["", "2022-13-29T08:58:21Z", "2022-04-29", "2022-04-29T08:58:21Zx", "-"] {
            assert_eq!(parse_iso(no_time), None, "{no_time}");
        }
    }

    proptest! {
        #[test]
        fn the_usual_form_is_read_alike(
            time in "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9][.,][0-9x]{3}(|Z|z| UTC)",
        ) {
            if let Some(usual) = split_usual(&time) {
                prop_assert_eq!(Some(usual), split_any(&time));
            }
        }
    }

    #[test]
    fn times_that_begin_with_the_month() {
        let now = parse_iso("2022-01-05T00:00:00Z");
        let read = |text| parse_month_first(text, now).map(|(time, used)| (Some(time), used));
        for (text, expected, used) in [
            ("Jan  4 11:07:53 host", "2022-01-04T11:07:53Z", 15),
            ("Jan 05 11:07:53", "2022-01-05T11:07:53Z", 15),
            ("Jan 18 11:07:53", "2021-01-18T11:07:53Z", 15),
            ("Feb 29 00:00:00", "2020-02-29T00:00:00Z", 15),
            ("Jan 25 2021 20:37:54 UTC", "2021-01-25T20:37:54Z", 24),
            ("Jan 25 2021 20:37:54.25 +0100 x", "2021-01-25T19:37:54.25Z", 29),
        ] {
            assert_eq!(read(text), Some((parse_iso(expected), used)), "{text}");
        }
        for no_time in ["", "Jan", "Jan 32 11:07:53", "Jan 1 2021 20:37:54 PST", "Foo 1 11:07:53"] {
            assert_eq!(read(no_time), None, "{no_time}");
        }
        assert_eq!(parse_month_first("Jan 18 11:07:53", None), None);
    }

    #[test]
    fn epochs_are_told_apart_by_their_digits() {
        let ms = Some(1_651_222_701_407);
        for text in [
            "1651222701.407",
            "1651222701407",
            "1651222701407539",
            "1651222701407539800",
            "2022-04-29T08:58:21.407Z",
        ] {
            assert_eq!(parse_any(text), ms, "{text}");
        }
        assert_eq!(parse_any("1651222701"), Some(1_651_222_701_000));
        for no_time in ["", "20220429", "-1651222701", "1.2.3", "99999999999999999999"] {
            assert_eq!(parse_any(no_time), None, "{no_time}");
        }
    }

    #[test]
    fn times_without_a_zone_are_of_the_one_that_is_said() {
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
        for (text, utc) in [
            ("2024-07-01 12:00:00", "2024-07-01T10:00:00Z"),
            ("2024-01-01 12:00:00", "2024-01-01T11:00:00Z"),
            ("2024-01-01T12:00:00Z", "2024-01-01T12:00:00Z"),
            ("2024-01-01T12:00:00+05:00", "2024-01-01T07:00:00Z"),
            ("1704110400", "2024-01-01T12:00:00Z"),
            // Twice, and never.
            ("2024-10-27 02:30:00", "2024-10-27T00:30:00Z"),
            ("2024-03-31 02:30:00", "2024-03-31T00:30:00Z"),
        ] {
            assert_eq!(parse_in_zone(text, &zone), parse_iso(utc), "{text}");
        }
        assert_eq!(parse_in_zone("noon", &zone), None);
    }

    #[test]
    fn marks_of_writing_direction_are_no_part_of_a_time() {
        let ms = Some(1_651_222_701_000);
        assert_eq!(parse_iso("\u{200e}2022\u{200e}-\u{200e}04\u{200e}-\u{200e}29T08:58:21Z"), ms);
        assert_eq!(parse_iso("\u{200f}2022-04-29 \u{200f}08:58:21"), ms);
        assert_eq!(parse_iso("2022\u{2013}04\u{2013}29T08:58:21Z"), None);
    }

    #[test]
    fn days_that_no_month_has() {
        for no_day in ["2022-02-31", "2022-02-29", "2100-02-29", "2022-04-31", "2022-01-32"] {
            assert_eq!(parse_iso(&format!("{no_day}T00:00:00Z")), None, "{no_day}");
        }
        assert_eq!(parse_iso("2024-02-29T00:00:00Z"), Some(1_709_164_800_000));
        assert_eq!(parse_iso("2000-02-29T00:00:00Z"), Some(951_782_400_000));
    }

    #[test]
    fn agrees_with_a_calendar() {
        for seconds in (-60_000_000_000..60_000_000_000_i64).step_by(777_777_777) {
            let time = jiff::Timestamp::from_second(seconds).unwrap();
            if time.to_string().starts_with('-') {
                continue;
            }
            assert_eq!(parse_iso(&time.to_string()), Some(seconds * 1000), "{time}");
        }
    }
}
