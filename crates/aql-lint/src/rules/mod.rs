//! The lints: a file each, and one list.

mod always_constant;
mod case_never_matches;
mod date_pattern;
mod mixed_and_or;
mod no_limit;
mod property_never_set;
mod select_star;

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
    rule(codes::WEEK_YEAR, Level::Warning, date_pattern::check),
    rule(codes::SELECT_STAR, Level::Note, select_star::check),
    rule(codes::CASE_NEVER_MATCHES, Level::Warning, case_never_matches::check),
    rule(codes::MIXED_AND_OR, Level::Warning, mixed_and_or::check),
];
