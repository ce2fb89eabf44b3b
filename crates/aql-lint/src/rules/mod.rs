//! The lints: a file each, and one list.

mod always_constant;
mod any_file;
mod case_never_matches;
mod coalesced_burst;
mod count_of_records;
mod date_pattern;
mod dear_test_first;
mod double_equals;
mod event_limits;
mod excludes_nothing;
mod half_day_hour;
mod having_expression;
mod hidden_index;
mod long_window;
mod mixed_and_or;
mod name_pattern;
mod no_limit;
mod no_wildcard;
mod not_live;
mod or_widens;
mod payload_scan;
mod property_never_set;
mod quoted_property;
mod seconds;
mod select_star;
mod time_as_text;
mod unanchored_regex;
mod unknown_wildcard;

use aql_diag::{Diagnostic, codes, codes::Code};

use crate::config::Level;
use crate::cx::Cx;

/// A lint.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its code; the registry has the page.
    pub code: Code,
    /// Its level if nothing else is configured; a finding may have less.
    pub level: Level,
    /// Adds what it finds in one query.
    pub check: fn(&Cx<'_>, &mut Vec<Diagnostic>),
}

const fn rule(code: Code, level: Level, check: fn(&Cx<'_>, &mut Vec<Diagnostic>)) -> Rule {
    Rule { code, level, check }
}

/// Every lint, by code.
pub static RULES: &[Rule] = &[
    rule(codes::PROPERTY_NEVER_SET, Level::Note, property_never_set::check),
    rule(codes::ALWAYS_CONSTANT, Level::Warning, always_constant::check),
    rule(codes::NO_LIMIT, Level::Note, no_limit::check),
    rule(codes::SECONDS, Level::Warning, seconds::check),
    rule(codes::TIME_AS_TEXT, Level::Warning, time_as_text::check),
    rule(codes::HALF_DAY_HOUR, Level::Warning, half_day_hour::check),
    rule(codes::WEEK_YEAR, Level::Warning, date_pattern::check),
    rule(codes::HAVING_EXPRESSION, Level::Note, having_expression::check),
    rule(codes::DOUBLE_EQUALS, Level::Note, double_equals::check),
    rule(codes::SELECT_STAR, Level::Note, select_star::check),
    rule(codes::UNANCHORED_REGEX, Level::Note, unanchored_regex::check),
    rule(codes::COUNT_OF_RECORDS, Level::Note, count_of_records::check),
    rule(codes::CASE_NEVER_MATCHES, Level::Warning, case_never_matches::check),
    rule(codes::QUOTED_PROPERTY, Level::Warning, quoted_property::check),
    rule(codes::MIXED_AND_OR, Level::Warning, mixed_and_or::check),
    rule(codes::NO_WILDCARD, Level::Warning, no_wildcard::check),
    rule(codes::NAME_PATTERN, Level::Note, name_pattern::check),
    rule(codes::EXCLUDES_NOTHING, Level::Note, excludes_nothing::check),
    rule(codes::OR_WIDENS, Level::Note, or_widens::check),
    rule(codes::EVENT_LIMITS, Level::Note, event_limits::check),
    rule(codes::ANY_FILE, Level::Note, any_file::check),
    rule(codes::UNKNOWN_WILDCARD, Level::Warning, unknown_wildcard::check),
    rule(codes::PAYLOAD_SCAN, Level::Note, payload_scan::check),
    rule(codes::DEAR_TEST_FIRST, Level::Note, dear_test_first::check),
    rule(codes::HIDDEN_INDEX, Level::Note, hidden_index::check),
    rule(codes::LONG_WINDOW, Level::Note, long_window::check),
    rule(codes::NOT_LIVE, Level::Off, not_live::check),
    rule(codes::COALESCED_BURST, Level::Note, coalesced_burst::check),
];
