//! What SQL products write differently.

use std::net::{IpAddr, Ipv4Addr};

use aql_semantic::AggregateFunction;

use crate::pattern::Pattern;
use crate::regex::portable;
use crate::time;

/// Why a regular expression is refused.
const BACKTRACKS: &str = "the target's regular expressions have no look-around, back-references or \
                          possessive quantifiers";

/// What SQL products write differently.
pub(crate) trait Flavour: Sync {
    /// A text constant.
    fn text(&self, text: &str) -> String;
    /// A quoted name.
    fn name(&self, name: &str) -> String;
    /// Epoch milliseconds of a timestamp column.
    fn millis(&self, column: &str) -> String;
    /// A number as text.
    fn to_text(&self, term: &str) -> String;
    /// A text as a number, null if it is none.
    fn to_number(&self, term: &str) -> String;
    /// A number without its fraction.
    fn whole(&self, number: &str) -> String {
        format!("CAST(trunc({number}) AS BIGINT)")
    }
    /// Literal text inside a pattern of LIKE; as it is, where LIKE has no escape character.
    fn literal(&self, text: &str) -> String {
        text.to_owned()
    }
    /// LIKE or ILIKE.
    fn like(&self, term: &str, pattern: &Pattern, ignore_case: bool) -> String {
        let text = pattern.render(|t| self.literal(t), "%", "_");
        let word = if ignore_case { "ILIKE" } else { "LIKE" };
        format!("({term} {word} {})", self.text(&text))
    }
    /// ILIKE in a way that folds all letters as AQL does; nothing if there is none.
    fn exact_ilike(&self, term: &str, pattern: &Pattern) -> Option<String> {
        Some(self.regex(term, &format!("(?is){}", pattern.regex())))
    }
    /// Is a regular expression of the RE2 family found in a text?
    fn regex(&self, term: &str, regex: &str) -> String;
    /// Does a regular expression of Java match a text?
    fn java_regex(
        &self,
        term: &str,
        java: &str,
        ignore_case: bool,
        full: bool,
    ) -> Result<String, String> {
        let regex = portable(java, ignore_case, full)?;
        if regex.backtracks {
            return Err(BACKTRACKS.to_owned());
        }
        Ok(self.regex(term, &regex.text))
    }
    /// Letters that regular expressions without case take as other letters than AQL does.
    fn regex_letters(&self) -> Option<&'static str> {
        None
    }
    /// LOWER and UPPER.
    fn change(&self, term: &str, lower: bool) -> String;
    /// Is an address, as its canonical text, in a network? Nothing if the product cannot say.
    fn network(&self, term: &str, address: IpAddr, bits: u8) -> Option<String>;
    /// DATEFORMAT of epoch milliseconds in UTC.
    fn date_format(&self, millis: &str, format: &time::Format) -> Option<String>;
    /// Now, in epoch milliseconds.
    fn now(&self) -> &'static str;
    /// An aggregate that is not the same everywhere; nothing if there is no such thing.
    fn aggregate(&self, function: AggregateFunction, argument: &str) -> Option<String>;
    /// The first match of a regular expression of the RE2 family, or all, replaced; groups are `\1`.
    fn replace(&self, term: &str, regex: &str, with: &str, all: bool) -> String;
    /// The first match of a regular expression of Java, or all, replaced; groups are `$1`.
    fn java_replace(
        &self,
        term: &str,
        java: &str,
        with: &str,
        all: bool,
    ) -> Result<String, String> {
        let regex = portable(java, false, false)?;
        if regex.backtracks || with.contains(['\\', '{']) {
            return Err("this replacement has no counterpart".to_owned());
        }
        Ok(self.replace(term, &regex.text, &with.replace('$', "\\"), all))
    }
    /// Characters from a position on, counted from 1.
    fn part(&self, term: &str, start: i64, length: i64) -> String;
    /// Number of characters.
    fn length(&self, term: &str) -> String;
    /// Does the whole number division, `a / b` of doubles.
    fn divide(&self, left: &str, right: &str) -> String {
        format!("({} / nullif({right}, 0))", self.double(left))
    }
    /// A number, or null, as DOUBLE.
    fn double(&self, number: &str) -> String {
        format!("CAST({number} AS DOUBLE)")
    }
    /// What says that a name in WHERE is a column of the table, for products that take it for the
    /// result column of that name.
    fn columns_first(&self) -> Option<&'static str> {
        None
    }
    /// Letters that ILIKE takes as other letters than AQL does.
    fn other_letters(&self) -> &'static str;
}

/// Is an address, as its canonical text, in a network, by arithmetic with its four parts? `part`
/// writes the number of a part, and null where the address has none: one of the other family.
/// Nothing for networks of IPv6.
pub(in crate::dialects) fn ipv4_range(
    flavour: &dyn Flavour,
    term: &str,
    address: IpAddr,
    bits: u8,
    part: impl Fn(u8) -> String,
) -> Option<String> {
    let address = match address {
        IpAddr::V4(address) => u32::from(address),
        IpAddr::V6(_) if bits == 128 => {
            return Some(format!("({term} = {})", flavour.text(&address.to_string())));
        }
        IpAddr::V6(_) => return None,
    };
    let mask = u32::MAX.checked_shl(32_u32.checked_sub(bits.into())?).unwrap_or(0);
    let (low, high) = (address & mask, (address & mask) | !mask);
    if low == high {
        return Some(format!("({term} = {})", flavour.text(&Ipv4Addr::from(low).to_string())));
    }
    let scaled = |n: u8, by: u32| format!("{} * {by}", part(n));
    let sum = [scaled(1, 1 << 24), scaled(2, 1 << 16), scaled(3, 1 << 8), scaled(4, 1)].join(" + ");
    Some(format!("({sum} BETWEEN {low} AND {high})"))
}
