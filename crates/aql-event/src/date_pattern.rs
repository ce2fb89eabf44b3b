//! Patterns of Java's `SimpleDateFormat`, for printing (DATEFORMAT) and reading
//! (PARSETIMESTAMP, `devTimeFormat` of LEEF, mappings).
//!
//! Names are English; weeks begin on Sunday and week 1 holds January 1, as in the US locale. Read
//! [`DatePattern`] first. Source of the rules: IBM AQL guide, time and date formats, and the
//! documentation of `java.text.SimpleDateFormat`.

use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

/// A pattern, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatePattern {
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Text(String),
    Field(char, usize),
}

/// Why a pattern cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A letter without a meaning.
    #[error("date pattern has the letter `{0}`, which means nothing (put text in single quotes)")]
    Letter(char),
    /// A quote that is not closed.
    #[error("date pattern has a quote that is not closed")]
    Quote,
    /// Too many `X`.
    #[error("date pattern has more than three `X` in a row")]
    Zone,
}

const LETTERS: &str = "GyYMLwWDdFEuaHkKhmsSzZX";

/// Longest run of one letter that is honoured.
const MAX_RUN: usize = 40;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Abbreviations of zones that Java reads in English, with their minutes east of UTC, also in the
/// season in which the zone goes by its other name. Those that mean several zones are left out.
const ZONES: [(&str, i64); 35] = [
    ("ACST", 570),
    ("ADT", -180),
    ("AEDT", 660),
    ("AEST", 600),
    ("AKDT", -480),
    ("AKST", -540),
    ("AST", -240),
    ("AWST", 480),
    ("BST", 60),
    ("CDT", -300),
    ("CEST", 120),
    ("CET", 60),
    ("CST", -360),
    ("EDT", -240),
    ("EEST", 180),
    ("EET", 120),
    ("EST", -300),
    ("HKT", 480),
    ("HST", -600),
    ("JST", 540),
    ("MDT", -360),
    ("MSK", 180),
    ("MST", -420),
    ("NDT", -150),
    ("NST", -210),
    ("NZDT", 780),
    ("NZST", 720),
    ("PDT", -420),
    ("PKT", 300),
    ("PST", -480),
    ("SAST", 120),
    ("SGT", 480),
    ("WAT", 60),
    ("WEST", 60),
    ("WET", 0),
];

impl DatePattern {
    /// Takes a pattern apart.
    ///
    /// # Errors
    /// If it has a letter without a meaning or an open quote.
    pub fn new(pattern: &str) -> Result<Self, PatternError> {
        let mut items: Vec<Item> = Vec::new();
        let mut text = String::new();
        let mut rest = pattern.chars().peekable();
        while let Some(c) = rest.next() {
            if c == '\'' {
                if rest.next_if_eq(&'\'').is_some() {
                    text.push('\'');
                    continue;
                }
                loop {
                    match rest.next() {
                        Some('\'') if rest.next_if_eq(&'\'').is_some() => text.push('\''),
                        Some('\'') => break,
                        Some(c) => text.push(c),
                        None => return Err(PatternError::Quote),
                    }
                }
            } else if c.is_ascii_alphabetic() {
                if !LETTERS.contains(c) {
                    return Err(PatternError::Letter(c));
                }
                let mut count = 1;
                while rest.next_if_eq(&c).is_some() {
                    count += 1;
                }
                if c == 'X' && count > 3 {
                    return Err(PatternError::Zone);
                }
                if !text.is_empty() {
                    items.push(Item::Text(std::mem::take(&mut text)));
                }
                items.push(Item::Field(c, count.min(MAX_RUN)));
            } else {
                text.push(c);
            }
        }
        if !text.is_empty() {
            items.push(Item::Text(text));
        }
        Ok(DatePattern { items })
    }

    /// A moment (epoch milliseconds) in a zone; nothing if it is beyond the calendar
    /// (years -9999 to 9999).
    pub fn format(&self, time: i64, zone: &TimeZone) -> Option<String> {
        let moment = Timestamp::from_millisecond(time).ok()?.to_zoned(zone.clone());
        let mut out = String::new();
        for item in &self.items {
            match item {
                Item::Text(text) => out.push_str(text),
                Item::Field(letter, count) => field(&mut out, *letter, *count, &moment),
            }
        }
        Some(out)
    }

    /// The moment (epoch milliseconds) of a text; nothing if the text does not fit the pattern.
    ///
    /// As `SimpleDateFormat` in its lenient mode: numbers out of range run over into the next
    /// field, and text behind the end of the pattern is ignored. Fields that the pattern leaves
    /// out are those of 1970-01-01 00:00:00. `now` decides the century of a year of two digits:
    /// 80 years back to 20 years ahead.
    pub fn parse(&self, text: &str, zone: &TimeZone, now: i64) -> Option<i64> {
        let mut fields = Parsed::default();
        let mut rest = text;
        for (index, item) in self.items.iter().enumerate() {
            match item {
                Item::Text(expected) => rest = rest.strip_prefix(expected.as_str())?,
                Item::Field(letter, count) => {
                    let adjacent = match self.items.get(index + 1) {
                        Some(Item::Field(next, count)) => is_number(*next, *count),
                        _ => false,
                    };
                    rest = fields.read(rest, *letter, *count, adjacent, zone, now)?;
                }
            }
        }
        let moment = fields.moment(zone)?;
        // The year of the bound belongs to both centuries: the day decides.
        if fields.two_digit_year && moment < oldest_of_century(zone, now)? {
            fields.year = fields.year.map(|year| year + 100);
            return fields.moment(zone);
        }
        Some(moment)
    }
}

fn is_number(letter: char, count: usize) -> bool {
    match letter {
        'M' | 'L' => count <= 2,
        letter => !matches!(letter, 'G' | 'E' | 'a' | 'z' | 'Z' | 'X'),
    }
}

fn weekday_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// Year and week of the year, weeks beginning on Sunday, week 1 holding January 1.
fn week_of_year(date: Date) -> (i64, i64) {
    let year = i64::from(date.year());
    let first = date.first_of_year();
    let lead = i64::from(first.weekday().to_sunday_zero_offset());
    let day = i64::from(date.day_of_year()) - 1;
    let week = (day + lead) / 7 + 1;
    let length = i64::from(date.days_in_year());
    let next_lead = (lead + length) % 7;
    // The last days of December belong to week 1 of the next year if January 1 is in their week.
    if next_lead != 0 && day >= length - next_lead { (year + 1, 1) } else { (year, week) }
}

fn number(out: &mut String, value: i64, width: usize) {
    use std::fmt::Write as _;
    let _ = write!(out, "{value:0width$}");
}

fn field(out: &mut String, letter: char, count: usize, moment: &Zoned) {
    let hour = i64::from(moment.hour());
    let date = moment.date();
    let year = |year: i64, out: &mut String| {
        if count == 2 {
            number(out, year.rem_euclid(100), 2);
        } else {
            number(out, year, count);
        }
    };
    // Years before 1 are counted backwards in their own era.
    let of_era = |year: i64| if year > 0 { year } else { 1 - year };
    match letter {
        'G' => out.push_str(if moment.year() > 0 { "AD" } else { "BC" }),
        'y' => year(of_era(moment.year().into()), out),
        'Y' => year(of_era(week_of_year(date).0), out),
        'M' | 'L' => match count {
            1 | 2 => number(out, moment.month().into(), count),
            _ => {
                let index = usize::from(moment.month().unsigned_abs()).saturating_sub(1);
                let name = MONTHS.get(index).copied().unwrap_or_default();
                out.push_str(if count == 3 { name.get(..3).unwrap_or(name) } else { name });
            }
        },
        'w' => number(out, week_of_year(date).1, count),
        'W' => {
            let lead = i64::from(date.first_of_month().weekday().to_sunday_zero_offset());
            number(out, (i64::from(date.day()) - 1 + lead) / 7 + 1, count);
        }
        'D' => number(out, date.day_of_year().into(), count),
        'd' => number(out, date.day().into(), count),
        'F' => number(out, (i64::from(date.day()) - 1) / 7 + 1, count),
        'E' => {
            let name = weekday_name(date.weekday());
            out.push_str(if count < 4 { name.get(..3).unwrap_or(name) } else { name });
        }
        'u' => number(out, date.weekday().to_monday_one_offset().into(), count),
        'a' => out.push_str(if hour < 12 { "AM" } else { "PM" }),
        'H' => number(out, hour, count),
        'k' => number(out, if hour == 0 { 24 } else { hour }, count),
        'K' => number(out, hour % 12, count),
        'h' => number(out, if hour % 12 == 0 { 12 } else { hour % 12 }, count),
        'm' => number(out, moment.minute().into(), count),
        's' => number(out, moment.second().into(), count),
        'S' => number(out, moment.millisecond().into(), count),
        'z' => zone_name(out, count, moment),
        'Z' => offset(out, moment.offset(), true, ""),
        'X' if moment.offset() == Offset::UTC => out.push('Z'),
        'X' => offset(out, moment.offset(), count > 1, if count == 3 { ":" } else { "" }),
        _ => {}
    }
}

fn zone_name(out: &mut String, count: usize, moment: &Zoned) {
    let info = moment.time_zone().to_offset_info(moment.timestamp());
    let name = info.abbreviation();
    if name == "UTC" || name == "Etc/Unknown" {
        out.push_str(if count < 4 { "UTC" } else { "Coordinated Universal Time" });
    } else if name.starts_with(['+', '-']) {
        // A zone without a name is printed as its distance from GMT.
        out.push_str("GMT");
        offset(out, moment.offset(), true, ":");
    } else {
        out.push_str(name);
    }
}

fn offset(out: &mut String, offset: Offset, minutes: bool, separator: &str) {
    let seconds = offset.seconds();
    out.push(if seconds < 0 { '-' } else { '+' });
    let total = i64::from(seconds.unsigned_abs() / 60);
    number(out, total / 60, 2);
    if minutes {
        out.push_str(separator);
        number(out, total % 60, 2);
    }
}

/// The fields of a text that is being read.
#[derive(Default)]
struct Parsed {
    before_christ: bool,
    year: Option<i64>,
    two_digit_year: bool,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: i64,
    /// 0 to 11, with `afternoon`.
    half_hour: Option<i64>,
    afternoon: bool,
    minute: i64,
    second: i64,
    millisecond: i64,
    /// Seconds east of UTC.
    offset: Option<i64>,
    zone: Option<TimeZone>,
}

impl Parsed {
    /// Reads one field and returns what is behind it.
    fn read<'t>(
        &mut self,
        text: &'t str,
        letter: char,
        count: usize,
        adjacent: bool,
        zone: &TimeZone,
        now: i64,
    ) -> Option<&'t str> {
        let text = text.trim_start_matches([' ', '\t']);
        if is_number(letter, count) {
            let most = if adjacent { count } else { 18 };
            let (value, digits, rest) = digits(text, most)?;
            match letter {
                'y' | 'Y' => {
                    let two = count <= 2 && digits == 2;
                    self.year = Some(if two { century(value, zone, now) } else { value });
                    self.two_digit_year = two;
                }
                'M' | 'L' => self.month = Some(value),
                'd' => self.day = Some(value),
                'D' => self.day_of_year = Some(value),
                'H' => self.hour = value,
                'k' => self.hour = if value == 24 { 0 } else { value },
                'K' => self.half_hour = Some(value),
                'h' => self.half_hour = Some(if value == 12 { 0 } else { value }),
                'm' => self.minute = value,
                's' => self.second = value,
                'S' => self.millisecond = value,
                // Week numbers and weekday numbers say nothing beside year, month and day.
                _ => {}
            }
            return Some(rest);
        }
        match letter {
            'G' => {
                let (name, rest) = letters(text);
                self.before_christ = match name {
                    n if n.eq_ignore_ascii_case("ad") => false,
                    n if n.eq_ignore_ascii_case("bc") => true,
                    _ => return None,
                };
                Some(rest)
            }
            'M' | 'L' => {
                let (name, rest) = letters(text);
                let month = MONTHS.iter().position(|m| named(name, m))?;
                self.month = Some(i64::try_from(month).ok()? + 1);
                Some(rest)
            }
            'E' => {
                let (name, rest) = letters(text);
                let days = Weekday::Sunday.cycle_forward().take(7);
                days.map(weekday_name).any(|day| named(name, day)).then_some(rest)
            }
            'a' => {
                let (name, rest) = letters(text);
                self.afternoon = match name {
                    n if n.eq_ignore_ascii_case("am") => false,
                    n if n.eq_ignore_ascii_case("pm") => true,
                    _ => return None,
                };
                Some(rest)
            }
            _ => self.read_zone(text),
        }
    }

    /// `Z`, `UTC`, `GMT`, `GMT+01:00`, `+0100`, `+01:00`, `+01`, one of [`ZONES`], a zone of the zone
    /// database.
    fn read_zone<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        let name_end = text
            .find(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '/' | '_')))
            .unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(name_end)?;
        if name.is_empty() {
            let (offset, rest) = read_offset(text)?;
            self.offset = Some(offset);
            return Some(rest);
        }
        if ["Z", "UTC", "GMT", "UT"].iter().any(|n| n.eq_ignore_ascii_case(name)) {
            let (offset, rest) = match read_offset(rest) {
                Some(read) if !name.eq_ignore_ascii_case("Z") => read,
                _ => (0, rest),
            };
            self.offset = Some(offset);
            return Some(rest);
        }
        if let Some((_, minutes)) = ZONES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
            self.offset = Some(minutes * 60);
            return Some(rest);
        }
        self.zone = Some(TimeZone::get(name).ok()?);
        Some(rest)
    }

    fn moment(&self, zone: &TimeZone) -> Option<i64> {
        let year = self.year.unwrap_or(1970);
        let year = if self.before_christ { 1_i64.checked_sub(year)? } else { year };
        let months = year.checked_mul(12)?.checked_add(self.month.unwrap_or(1).checked_sub(1)?)?;
        let first = |months: i64| {
            let year = i16::try_from(months.div_euclid(12)).ok()?;
            let month = i8::try_from(months.rem_euclid(12) + 1).ok()?;
            Date::new(year, month, 1).ok()
        };
        let (start, days) = match (self.day_of_year, self.day) {
            (Some(days), None) => (first(year.checked_mul(12)?)?, days),
            (_, day) => (first(months)?, day.unwrap_or(1)),
        };
        let hour = match self.half_hour {
            Some(half) => half.checked_add(if self.afternoon { 12 } else { 0 })?,
            None => self.hour,
        };
        let mut ms = days.checked_sub(1)?;
        for (unit, value) in
            [(24, hour), (60, self.minute), (60, self.second), (1000, self.millisecond)]
        {
            ms = ms.checked_mul(unit)?.checked_add(value)?;
        }
        // As if in UTC first: a calendar without gaps, in which fields can run over.
        let start = TimeZone::UTC.to_timestamp(start.to_datetime(jiff::civil::Time::midnight()));
        let local = start.ok()?.as_millisecond().checked_add(ms)?;
        if let Some(offset) = self.offset {
            return local.checked_sub(offset.checked_mul(1000)?);
        }
        let local: DateTime = TimeZone::UTC.to_datetime(Timestamp::from_millisecond(local).ok()?);
        let zone = self.zone.as_ref().unwrap_or(zone);
        // Of two moments with this local time Java takes the later, which is in standard time.
        Some(zone.to_ambiguous_timestamp(local).later().ok()?.as_millisecond())
    }
}

/// Is this the full or the short name, in any case?
fn named(text: &str, name: &str) -> bool {
    text.eq_ignore_ascii_case(name)
        || name.get(..3).is_some_and(|short| text.eq_ignore_ascii_case(short))
}

fn letters(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A number of at most so many digits, how many there were, and the rest.
fn digits(text: &str, most: usize) -> Option<(i64, usize, &str)> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(count)?;
    Some((number.parse().ok()?, count, rest))
}

/// `+hhmm`, `+hh:mm`, `+hh`, `+h:mm` in seconds.
fn read_offset(text: &str) -> Option<(i64, &str)> {
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, _, rest) = digits(rest, 2)?;
    let behind = rest.strip_prefix(':').unwrap_or(rest);
    let (minutes, rest) = match digits(behind, 2) {
        Some((minutes, 2, rest)) => (minutes, rest),
        _ => (0, rest),
    };
    (hours < 24 && minutes < 60).then_some((sign * (hours * 3600 + minutes * 60), rest))
}

/// The year with these last two digits from 80 years before now to 20 years after.
fn century(two: i64, zone: &TimeZone, now: i64) -> i64 {
    let this = match Timestamp::from_millisecond(now) {
        Ok(now) => i64::from(zone.to_datetime(now).year()),
        Err(_) => 1970,
    };
    let oldest = this - 80;
    oldest + (two - oldest).rem_euclid(100)
}

/// 80 years before now, epoch milliseconds.
fn oldest_of_century(zone: &TimeZone, now: i64) -> Option<i64> {
    let now = Timestamp::from_millisecond(now).ok()?.to_zoned(zone.clone());
    let years = jiff::Span::new().try_years(80).ok()?;
    Some(now.checked_sub(years).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;

    fn format(pattern: &str, time: i64, zone: &TimeZone) -> String {
        DatePattern::new(pattern).expect(pattern).format(time, zone).expect("in range")
    }

    #[test]
    fn letters_print_as_in_java() {
        // 2016-06-20 15:05:09.007 UTC, a Monday.
        let time = 1_466_435_109_007;
        for (pattern, text) in [
            ("yyyy-MM-dd HH:mm:ss", "2016-06-20 15:05:09"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2016-06-20T15:05:09.007Z"),
            ("yyyy-MM-DD", "2016-06-172"),
            ("y yy yyy yyyyy", "2016 16 2016 02016"),
            ("M MM MMM MMMM LLL", "6 06 Jun June Jun"),
            ("E EEE EEEE u", "Mon Mon Monday 1"),
            ("h hh K KK H k kk a", "3 03 3 03 15 15 15 PM"),
            ("s ss m mm", "9 09 5 05"),
            ("S SSS SSSSSS", "7 007 000007"),
            ("G w W F D d", "AD 26 4 3 172 20"),
            ("z zzzz Z X XX XXX", "UTC Coordinated Universal Time +0000 Z Z Z"),
            ("''yyyy' o''clock'", "'2016 o'clock"),
            ("yyyy年", "2016年"),
            ("", ""),
        ] {
            assert_eq!(format(pattern, time, &TimeZone::UTC), text, "{pattern}");
        }
        assert_eq!(format("h K k H a", 0, &TimeZone::UTC), "12 0 24 0 AM");
    }

    #[test]
    fn week_years_are_those_of_the_us_locale() {
        // Days around New Year, as `YYYY w` and `yyyy`.
        for (date, expected) in [
            ("2018-12-29", "2018 52"),
            ("2018-12-30", "2019 1"),
            ("2018-12-31", "2019 1"),
            ("2019-01-01", "2019 1"),
            ("2019-01-06", "2019 2"),
            ("2022-12-31", "2022 53"),
            ("2023-01-01", "2023 1"),
            ("2023-12-31", "2024 1"),
            ("2024-12-28", "2024 52"),
            ("2024-12-29", "2025 1"),
        ] {
            let date: Date = date.parse().expect("date");
            let time = TimeZone::UTC.to_timestamp(date.at(12, 0, 0, 0)).expect("in range");
            assert_eq!(format("YYYY w", time.as_millisecond(), &TimeZone::UTC), expected, "{date}");
        }
    }

    #[test]
    fn zones() {
        let berlin = TimeZone::get("Europe/Berlin").expect("built in");
        let summer = 1_466_435_109_007;
        assert_eq!(format("HH z Z XXX X", summer, &berlin), "17 CEST +0200 +02:00 +02");
        let fixed = TimeZone::fixed(Offset::from_seconds(-(5 * 3600 + 1800)).expect("offset"));
        assert_eq!(format("HH:mm Z X XX XXX", summer, &fixed), "09:35 -0530 -05 -0530 -05:30");
        assert_eq!(format("z", summer, &fixed), "GMT-05:30");
    }

    #[test]
    fn bad_patterns() {
        assert_eq!(DatePattern::new("yyyy-bb"), Err(PatternError::Letter('b')));
        assert_eq!(DatePattern::new("yyyyTHH"), Err(PatternError::Letter('T')));
        assert_eq!(DatePattern::new("'x"), Err(PatternError::Quote));
        assert_eq!(DatePattern::new("XXXX"), Err(PatternError::Zone));
    }

    #[test]
    fn far_moments_are_null() {
        let pattern = DatePattern::new("yyyy").expect("valid");
        assert_eq!(pattern.format(i64::MAX, &TimeZone::UTC), None);
        assert_eq!(pattern.format(i64::MIN, &TimeZone::UTC), None);
    }

    #[test]
    fn reading() {
        let berlin = TimeZone::get("Europe/Berlin").expect("built in");
        for (pattern, text, time) in [
            ("yyyy-MM-dd HH:mm:ss", "2016-06-20 15:05:09", Some(1_466_435_109_000)),
            ("yyyy-MM-dd HH:mm:ss.SSS", "2016-06-20 15:05:09.007", Some(1_466_435_109_007)),
            ("yyyyMMddHHmmss", "20160620150509", Some(1_466_435_109_000)),
            ("dd MMM yyyy hh:mm a", "20 jun 2016 03:05 PM", Some(1_466_435_100_000)),
            ("dd MMMM yyyy", "20 June 2016 and more", Some(1_466_380_800_000)),
            (
                "EEE, d MMM yyyy HH:mm:ss Z",
                "Mon, 20 Jun 2016 17:05:09 +0200",
                Some(1_466_435_109_000),
            ),
            ("yyyy-MM-dd'T'HH:mm:ssX", "2016-06-20T15:05:09Z", Some(1_466_435_109_000)),
            ("yyyy-MM-dd'T'HH:mm:ssXXX", "2016-06-20T10:05:09-05:00", Some(1_466_435_109_000)),
            ("yyyy-MM-dd HH:mm z", "2016-06-20 17:05 Europe/Berlin", Some(1_466_435_100_000)),
            ("yyyy-MM-dd HH:mm z", "2016-06-20 17:05 GMT+2:00", Some(1_466_435_100_000)),
            ("yy-MM-dd", "16-06-20", Some(1_466_380_800_000)),
            ("yy-MM-dd", "70-01-01", Some(0)),
            // Now is 2023-11-14: the year 43 begins in this century's range, and ends in the last one's.
            ("yy-MM-dd", "43-11-14", Some(2_331_072_000_000)),
            ("yy-MM-dd", "43-11-15", Some(-824_601_600_000)),
            ("yyyy-MM-dd HH:mm z", "2016-06-20 17:05 CEST", Some(1_466_435_100_000)),
            ("yyyy-MM-dd HH:mm z", "2016-06-20 16:05 CET", Some(1_466_435_100_000)),
            ("yyyy-MM-dd HH:mm z", "2016-06-20 08:05 pdt", Some(1_466_435_100_000)),
            ("yyyy-MM-dd", "2016-02-30", Some(1_456_790_400_000)),
            ("yyyy-MM-dd HH", "2016-06-20 24", Some(1_466_467_200_000)),
            ("yyyy D", "2016 172", Some(1_466_380_800_000)),
            ("HH:mm", "00:01", Some(60_000)),
            ("yyyy-MM-dd", "2016/06/20", None),
            ("yyyy-MM-dd", "", None),
            ("dd MMM yyyy", "20 Foo 2016", None),
            ("yyyy", "99999999999999", None),
            ("yyyy-MM-dd z", "2016-06-20 Nowhere", None),
        ] {
            let read = DatePattern::new(pattern).expect(pattern).parse(text, &TimeZone::UTC, NOW);
            assert_eq!(read, time, "{pattern} on {text}");
        }
        let local = DatePattern::new("yyyy-MM-dd HH:mm").expect("valid");
        assert_eq!(local.parse("2016-06-20 17:05", &berlin, NOW), Some(1_466_435_100_000));
        // 02:30 comes twice.
        assert_eq!(local.parse("2024-10-27 02:30", &berlin, NOW), Some(1_729_992_600_000));
    }
}
