//! One value, and how it turns into a value of another type.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;

use aql_event::{Type, canonical_host};
use aql_semantic::{CompareBy, Value};

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum<'a> {
    /// Missing.
    Null,
    /// Text.
    Text(Cow<'a, str>),
    /// An address, as its canonical text.
    Host(Cow<'a, str>),
    /// Integer or time.
    Integer(i64),
    /// Double.
    Double(f64),
    /// Boolean.
    Boolean(bool),
    /// Bytes.
    Bytes(Cow<'a, [u8]>),
    /// List of integers.
    List(Cow<'a, [i64]>),
}

/// A number, exact where it is integral and fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    Double(f64),
}

impl<'a> Datum<'a> {
    /// Text of any lifetime.
    pub fn text_of(text: impl Into<Cow<'a, str>>) -> Self {
        Datum::Text(text.into())
    }

    /// Some text, or null.
    pub fn text_or_null(text: Option<impl Into<Cow<'a, str>>>) -> Self {
        text.map_or(Datum::Null, |t| Datum::Text(t.into()))
    }

    /// Some integer, or null.
    pub fn integer_or_null(value: Option<i64>) -> Self {
        value.map_or(Datum::Null, Datum::Integer)
    }

    /// Is it missing?
    pub fn is_null(&self) -> bool {
        matches!(self, Datum::Null)
    }

    /// The same value without its lender.
    pub fn into_owned(self) -> Datum<'static> {
        match self {
            Datum::Null => Datum::Null,
            Datum::Text(t) => Datum::Text(Cow::Owned(t.into_owned())),
            Datum::Host(t) => Datum::Host(Cow::Owned(t.into_owned())),
            Datum::Integer(v) => Datum::Integer(v),
            Datum::Double(v) => Datum::Double(v),
            Datum::Boolean(v) => Datum::Boolean(v),
            Datum::Bytes(b) => Datum::Bytes(Cow::Owned(b.into_owned())),
            Datum::List(l) => Datum::List(Cow::Owned(l.into_owned())),
        }
    }

    /// The same value, lent.
    pub fn lend(&self) -> Datum<'_> {
        match self {
            Datum::Null => Datum::Null,
            Datum::Text(t) => Datum::Text(Cow::Borrowed(t)),
            Datum::Host(t) => Datum::Host(Cow::Borrowed(t)),
            Datum::Integer(v) => Datum::Integer(*v),
            Datum::Double(v) => Datum::Double(*v),
            Datum::Boolean(v) => Datum::Boolean(*v),
            Datum::Bytes(b) => Datum::Bytes(Cow::Borrowed(b)),
            Datum::List(l) => Datum::List(Cow::Borrowed(l)),
        }
    }

    /// As text: numbers in decimal, bytes as UTF-8 with a mark for what is none, lists as
    /// `[1, 2]`. Nothing for null.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Datum::Null => return None,
            Datum::Text(t) | Datum::Host(t) => Cow::Borrowed(&**t),
            Datum::Integer(v) => Cow::Owned(v.to_string()),
            Datum::Double(v) => Cow::Owned(text_of_double(*v)),
            Datum::Boolean(v) => Cow::Borrowed(if *v { "true" } else { "false" }),
            Datum::Bytes(b) => String::from_utf8_lossy(b),
            Datum::List(l) => Cow::Owned(format!("{l:?}")),
        })
    }

    /// As a number; text is read as one. Nothing if it is none.
    pub(crate) fn number(&self) -> Option<Number> {
        match self {
            Datum::Integer(v) => Some(Number::Integer(*v)),
            Datum::Double(v) => Number::of_double(*v),
            Datum::Boolean(v) => Some(Number::Integer(i64::from(*v))),
            Datum::Text(t) => number_of(t),
            Datum::Null | Datum::Host(_) | Datum::Bytes(_) | Datum::List(_) => None,
        }
    }

    /// As an integer: doubles are cut off towards zero; text is read as a number. Nothing if it is
    /// none or too large.
    pub fn integer(&self) -> Option<i64> {
        match self.number()? {
            Number::Integer(v) => Some(v),
            Number::Double(v) => integer_of_double(v),
        }
    }

    /// As a double; text is read as a number.
    pub fn double(&self) -> Option<f64> {
        if let Datum::Double(v) = self {
            return Some(*v);
        }
        self.number().map(Number::double)
    }

    /// As a boolean: `true` and `false` in any case, 1 and 0.
    pub fn boolean(&self) -> Option<bool> {
        match self {
            Datum::Boolean(v) => Some(*v),
            Datum::Text(t) => match t.trim() {
                t if t.eq_ignore_ascii_case("true") || t == "1" => Some(true),
                t if t.eq_ignore_ascii_case("false") || t == "0" => Some(false),
                _ => None,
            },
            Datum::Integer(1) => Some(true),
            Datum::Integer(0) => Some(false),
            _ => None,
        }
    }

    /// As an address; text is read as one.
    pub fn host(&self) -> Option<IpAddr> {
        match self {
            Datum::Text(t) | Datum::Host(t) => canonical_host(t),
            _ => None,
        }
    }

    /// As bytes: those of the UTF-8 form of text.
    pub fn bytes(&self) -> Option<Cow<'_, [u8]>> {
        match self {
            Datum::Bytes(b) => Some(Cow::Borrowed(&**b)),
            other => other.text().map(|t| match t {
                Cow::Borrowed(t) => Cow::Borrowed(t.as_bytes()),
                Cow::Owned(t) => Cow::Owned(t.into_bytes()),
            }),
        }
    }

    /// As a value of a type; null where that cannot be.
    pub(crate) fn coerce(self, ty: Type) -> Datum<'a> {
        match (ty, self) {
            (Type::Text, Datum::Text(t) | Datum::Host(t)) => Datum::Text(t),
            (Type::Text, other) => {
                other.text().map_or(Datum::Null, |t| Datum::Text(Cow::Owned(t.into_owned())))
            }
            (Type::Host, Datum::Host(t)) => Datum::Host(t),
            (Type::Host, other) => {
                other.host().map_or(Datum::Null, |h| Datum::Host(Cow::Owned(h.to_string())))
            }
            (Type::Integer | Type::Time, other) => Datum::integer_or_null(other.integer()),
            (Type::Double, other) => other.double().map_or(Datum::Null, Datum::Double),
            (Type::Boolean, other) => other.boolean().map_or(Datum::Null, Datum::Boolean),
            (Type::Binary, Datum::Bytes(b)) => Datum::Bytes(b),
            (Type::Binary, other) => {
                other.bytes().map_or(Datum::Null, |b| Datum::Bytes(Cow::Owned(b.into_owned())))
            }
            (Type::IntegerList, list @ Datum::List(_)) => list,
            (Type::IntegerList | Type::Null, _) => Datum::Null,
        }
    }
}

impl<'a> From<&'a Value> for Datum<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Datum::Null,
            Value::Text(t) => Datum::Text(Cow::Borrowed(t)),
            Value::Integer(v) => Datum::Integer(*v),
            Value::Double(v) => Datum::Double(*v),
            Value::Boolean(v) => Datum::Boolean(*v),
            Value::Host(h) => Datum::Host(Cow::Owned(h.to_canonical().to_string())),
        }
    }
}

/// Bounds of the doubles that an `i64` can hold: -2^63 is one of them, 2^63 is not.
const I64_LIMIT: f64 = 9_223_372_036_854_775_808.0;

/// A double cut off towards zero; nothing if it does not fit or is no number.
pub(crate) fn integer_of_double(value: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "cutting off is what is asked for")]
    (-I64_LIMIT..I64_LIMIT).contains(&value.trunc()).then_some(value as i64)
}

impl Number {
    /// The exact integer if the double is one; nothing for NaN.
    pub(crate) fn of_double(value: f64) -> Option<Number> {
        if value.is_nan() {
            return None;
        }
        Some(match integer_of_double(value) {
            Some(integer) if value.fract() == 0.0 => Number::Integer(integer),
            _ => Number::Double(value),
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "the nearest double is asked for")]
    pub(crate) fn double(self) -> f64 {
        match self {
            Number::Integer(v) => v as f64,
            Number::Double(v) => v,
        }
    }

    /// Compares exactly, also an integer that no double can hold.
    pub(crate) fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) => Some(a.cmp(&b)),
            (Number::Double(a), Number::Double(b)) => a.partial_cmp(&b),
            (Number::Integer(a), Number::Double(b)) => compare_mixed(a, b),
            (Number::Double(a), Number::Integer(b)) => compare_mixed(b, a).map(Ordering::reverse),
        }
    }
}

fn compare_mixed(a: i64, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    Some(match integer_of_double(b) {
        Some(whole) => a.cmp(&whole).then_with(|| 0.0_f64.total_cmp(&(b.fract() + 0.0))),
        None if b > 0.0 => Ordering::Less,
        None => Ordering::Greater,
    })
}

/// Text read as a number, as [`CompareBy::Number`] does: decimal (`11`, `-2.5`, `1e3`) or
/// hexadecimal (`0xb`), blanks around it ignored. Nothing if it is none, or not finite.
pub fn number_of_text(text: &str) -> Option<f64> {
    number_of(text).map(Number::double)
}

pub(crate) fn number_of(text: &str) -> Option<Number> {
    let text = text.trim();
    let first = *text.as_bytes().first()?;
    // `inf`, `nan` and the like are no numbers here; a leading letter decides that early.
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        if hex.starts_with('+') {
            return None;
        }
        return i64::from_str_radix(hex, 16).ok().map(Number::Integer);
    }
    if let Ok(integer) = text.parse() {
        return Some(Number::Integer(integer));
    }
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let double: f64 = text.parse().ok()?;
    if double.is_finite() { Number::of_double(double) } else { None }
}

/// A double as text: decimal without an exponent, with at least one digit after the point
/// (`14.0`), as the appliance prints aggregates.
pub fn text_of_double(value: f64) -> String {
    let mut text = value.to_string();
    if value.is_finite() && !text.contains('.') {
        text.push_str(".0");
    }
    text
}

/// Compares two values; nothing if one is missing or is not of the kind that is asked for.
pub fn compare_as(by: CompareBy, left: &Datum<'_>, right: &Datum<'_>) -> Option<Ordering> {
    match by {
        CompareBy::Text => Some(left.text()?.as_ref().cmp(right.text()?.as_ref())),
        CompareBy::Number => left.number()?.compare(right.number()?),
        CompareBy::Host => Some(left.host()?.cmp(&right.host()?)),
        CompareBy::Boolean => Some(left.boolean()?.cmp(&right.boolean()?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_a_number() {
        for (text, number) in [
            ("11", Some(11.0)),
            (" 0xB ", Some(11.0)),
            ("-2.5", Some(-2.5)),
            ("1e3", Some(1000.0)),
            ("+7", Some(7.0)),
            (".5", Some(0.5)),
            ("", None),
            ("-", None),
            ("inf", None),
            ("-inf", None),
            ("NaN", None),
            ("1 2", None),
            ("0x", None),
            ("0x+1", None),
            ("1e999", None),
            ("12a", None),
            ("-infinity", None),
        ] {
            assert_eq!(number_of_text(text), number, "{text:?}");
        }
    }

    #[test]
    fn integers_and_doubles_compare_exactly() {
        let cmp = |a: i64, b: f64| Number::Integer(a).compare(Number::Double(b));
        assert_eq!(cmp(i64::MAX, 9_223_372_036_854_775_808.0), Some(Ordering::Less));
        assert_eq!(cmp(i64::MIN, -9_223_372_036_854_775_808.0), Some(Ordering::Equal));
        assert_eq!(cmp(9_007_199_254_740_993, 9_007_199_254_740_992.0), Some(Ordering::Greater));
        assert_eq!(cmp(-1, -1.5), Some(Ordering::Greater));
        assert_eq!(cmp(1, 1.5), Some(Ordering::Less));
        assert_eq!(cmp(0, -0.0), Some(Ordering::Equal));
        assert_eq!(cmp(0, f64::NAN), None);
        assert_eq!(cmp(0, f64::NEG_INFINITY), Some(Ordering::Greater));
    }

    #[test]
    fn doubles_as_text() {
        for (value, text) in [
            (14.0, "14.0"),
            (1_666_114_279_022.0, "1666114279022.0"),
            (-0.5, "-0.5"),
            (1e21, "1000000000000000000000.0"),
            (0.1, "0.1"),
        ] {
            assert_eq!(text_of_double(value), text);
        }
    }

    #[test]
    fn conversions_that_fail_are_null() {
        assert_eq!(Datum::text_of("x").integer(), None);
        assert_eq!(Datum::Double(1e300).integer(), None);
        assert_eq!(Datum::Double(-3.9).integer(), Some(-3));
        assert_eq!(Datum::text_of("TRUE").boolean(), Some(true));
        assert_eq!(Datum::text_of("yes").boolean(), None);
        assert_eq!(Datum::text_of("::ffff:10.0.0.1").host(), "10.0.0.1".parse().ok());
        assert_eq!(Datum::text_of("10.0.0.1").coerce(Type::Integer), Datum::Null);
        assert_eq!(Datum::Integer(5).coerce(Type::Text), Datum::text_of("5"));
    }
}
