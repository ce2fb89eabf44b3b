//! FILETIME and SYSTEMTIME values: their text, and their milliseconds.

use super::value::push_ascii;

/// Ticks of 100 ns in a millisecond, and the milliseconds from 1601 to 1970.
const TICKS_PER_MS: u64 = 10_000;
const EPOCH_OFFSET_MS: i64 = 11_644_473_600_000;
const TICKS_PER_DAY: u64 = 86_400_000 * TICKS_PER_MS;

/// A FILETIME (100 ns ticks since 1601-01-01 UTC) as milliseconds since 1970-01-01 UTC; `None`
/// past the largest time that Windows reads.
pub(super) fn filetime_to_ms(ticks: u64) -> Option<i64> {
    let ticks = i64::try_from(ticks).ok()?;
    Some(ticks / TICKS_PER_MS as i64 - EPOCH_OFFSET_MS)
}

/// A date and time as shown, with the ticks of its second.
#[derive(Debug, Clone, Copy, Default)]
struct DateTime {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    ticks: u32,
}

/// Appends a FILETIME's text. Years past 9999 keep their last four digits, and a value that Windows
/// does not read as a time is all zeros.
pub(super) fn push_filetime(out: &mut String, ticks: u64) {
    if i64::try_from(ticks).is_err() {
        return push_datetime(out, DateTime::default());
    }
    let (days, rest) = (ticks / TICKS_PER_DAY, ticks % TICKS_PER_DAY);
    let (year, month, day) = civil_from_days(days);
    let seconds = rest / (1000 * TICKS_PER_MS);
    let time = DateTime {
        year: (year % 10_000) as u16,
        month,
        day,
        hour: (seconds / 3600) as u8,
        minute: (seconds / 60 % 60) as u8,
        second: (seconds % 60) as u8,
        ticks: (rest % (1000 * TICKS_PER_MS)) as u32,
    };
    push_datetime(out, time);
}

/// Days from 0000-03-01 to 1601-01-01.
const DAYS_TO_1601: u64 = 584_694;

/// The proleptic Gregorian date `days` after 1601-01-01, by Howard Hinnant's algorithm: eras of
/// 400 years that start on a 1st of March.
fn civil_from_days(days: u64) -> (u64, u8, u8) {
    let z = days + DAYS_TO_1601;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u8;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u8;
    (era * 400 + yoe + u64::from(month <= 2), month, day)
}

/// The days from 1601-01-01 to a date of the year 1601 or later.
fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let y = year - u64::from(month <= 2);
    let (era, yoe) = (y / 400, y % 400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - DAYS_TO_1601
}

fn push_datetime(out: &mut String, time: DateTime) {
    let mut buf = *b"0000-00-00T00:00:00.0000000Z";
    let mut put = |range: std::ops::Range<usize>, mut value: u32| {
        for digit in buf[range].iter_mut().rev() {
            *digit = b'0' + (value % 10) as u8;
            value /= 10;
        }
    };
    put(0..4, u32::from(time.year));
    put(5..7, u32::from(time.month));
    put(8..10, u32::from(time.day));
    put(11..13, u32::from(time.hour));
    put(14..16, u32::from(time.minute));
    put(17..19, u32::from(time.second));
    put(20..27, time.ticks);
    push_ascii(out, &buf);
}

/// Appends a SYSTEMTIME's text.
pub(super) fn push_systemtime(out: &mut String, bytes: &[u8; 16]) {
    push_datetime(out, SystemTime::read(bytes).shown());
}

/// A SYSTEMTIME: eight 16-bit fields, of which the day of the week is ignored.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SystemTime {
    year: u16,
    month: u16,
    day: u16,
    hour: u16,
    minute: u16,
    second: u16,
    millisecond: u16,
}

impl SystemTime {
    pub(super) fn read(bytes: &[u8; 16]) -> Self {
        let field = |i: usize| u16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]);
        SystemTime {
            year: field(0),
            month: field(1),
            day: field(3),
            hour: field(4),
            minute: field(5),
            second: field(6),
            millisecond: field(7),
        }
    }

    fn is_valid(&self) -> bool {
        (1601..=30_827).contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days_in_month(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
            && self.millisecond < 1000
    }

    /// Milliseconds since 1970-01-01 UTC, unless the time is not valid.
    pub(super) fn to_ms(self) -> Option<i64> {
        if !self.is_valid() {
            return None;
        }
        let days =
            days_from_civil(u64::from(self.year), u64::from(self.month), u64::from(self.day));
        let seconds =
            u64::from(self.hour) * 3600 + u64::from(self.minute) * 60 + u64::from(self.second);
        let ms = days * 86_400_000 + seconds * 1000 + u64::from(self.millisecond);
        Some(ms as i64 - EPOCH_OFFSET_MS)
    }

    /// What Windows shows: the first day of 1601 for a time that is not valid.
    fn shown(&self) -> DateTime {
        if !self.is_valid() {
            return DateTime { year: 1601, month: 1, day: 1, ..DateTime::default() };
        }
        DateTime {
            year: self.year % 10_000,
            month: self.month as u8,
            day: self.day as u8,
            hour: self.hour as u8,
            minute: self.minute as u8,
            second: self.second as u8,
            ticks: u32::from(self.millisecond) * TICKS_PER_MS as u32,
        }
    }
}

fn days_in_month(year: u16, month: u16) -> u16 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `2019-03-01T12:34:56.789Z` as milliseconds since 1970-01-01 UTC. The fraction may have any
/// number of digits, and the `Z` may be missing.
pub(super) fn parse_time_ms(text: &str) -> Option<i64> {
    let bytes = text.trim().as_bytes();
    let number = |range: std::ops::Range<usize>| -> Option<u16> {
        bytes.get(range)?.iter().try_fold(0_u16, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
        })
    };
    let separated = bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
        && matches!(bytes.get(10), Some(b'T' | b' '))
        && bytes.get(13) == Some(&b':')
        && bytes.get(16) == Some(&b':');
    if !separated {
        return None;
    }
    let mut millisecond = 0;
    if bytes.get(19) == Some(&b'.') {
        let mut scale = 100;
        for digit in bytes.get(20..)?.iter().take_while(|byte| byte.is_ascii_digit()).take(3) {
            millisecond += u16::from(digit - b'0') * scale;
            scale /= 10;
        }
    }
    let time = SystemTime {
        year: number(0..4)?,
        month: number(5..7)?,
        day: number(8..10)?,
        hour: number(11..13)?,
        minute: number(14..16)?,
        second: number(17..19)?,
        millisecond,
    };
    time.to_ms()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filetime(ticks: u64) -> String {
        let mut out = String::new();
        push_filetime(&mut out, ticks);
        out
    }

    #[test]
    fn times_agree_with_each_other() {
        let ticks = 132_956_963_014_075_398;
        assert_eq!(filetime(ticks), "2022-04-29T08:58:21.4075398Z");
        let ms = Some(1_651_222_701_407);
        assert_eq!(filetime_to_ms(ticks), ms);
        assert_eq!(parse_time_ms("2022-04-29T08:58:21.4075398Z"), ms);
        let mut bytes = [0; 16];
        for (pair, field) in bytes.chunks_mut(2).zip([2022_u16, 4, 5, 29, 8, 58, 21, 407]) {
            pair.copy_from_slice(&field.to_le_bytes());
        }
        assert_eq!(SystemTime::read(&bytes).to_ms(), ms);
        let mut out = String::new();
        push_systemtime(&mut out, &bytes);
        push_systemtime(&mut out, &[0; 16]);
        assert_eq!(out, "2022-04-29T08:58:21.4070000Z1601-01-01T00:00:00.0000000Z");
    }

    #[test]
    fn odd_times_are_no_error() {
        assert_eq!(filetime(0), "1601-01-01T00:00:00.0000000Z");
        assert_eq!(filetime(u64::MAX), "0000-00-00T00:00:00.0000000Z");
        assert_eq!(filetime_to_ms(u64::MAX), None);
        assert_eq!(filetime_to_ms(i64::MAX as u64).map(|ms| ms > 0), Some(true));
        assert_eq!(SystemTime::read(&[0xff; 16]).to_ms(), None);
        for text in ["", "2022-04-29", "2022-13-29T08:58:21Z", "2022-04-29T08:58:2xZ"] {
            assert_eq!(parse_time_ms(text), None, "{text}");
        }
        assert_eq!(parse_time_ms("1970-01-01 00:00:01"), Some(1000));
    }

    #[test]
    fn dates_count_on() {
        // Every day of the first four centuries follows the one before it.
        let mut day = 0;
        for year in 1601..2001_u64 {
            for month in 1..=12_u64 {
                for date in 1..=u64::from(days_in_month(year as u16, month as u16)) {
                    assert_eq!(civil_from_days(day), (year, month as u8, date as u8));
                    assert_eq!(days_from_civil(year, month, date), day);
                    day += 1;
                }
            }
        }
    }
}
