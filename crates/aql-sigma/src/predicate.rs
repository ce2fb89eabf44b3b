//! Conditions as AQL.
//!
//! Three rules hold throughout. A wildcard of Sigma is written as one, and `%` and `_` of its text
//! never become one. Case does not count unless the rule says so. And a test of a missing value is
//! false, so that its opposite is true: where a test is negated, the query says so itself, since an
//! appliance may read NULL as SQL does.

use aql_diag::{Diagnostic, codes};
use aql_eval::regex::{JavaRegex, Mode};

use crate::item::{Item, Test};
use crate::names::{Kind, Operand, Scope, text};
use crate::pattern::Pattern;
use crate::rule::Tree;

/// A piece of a condition, and how tightly it holds together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) aql: String,
    tight: Tight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tight {
    Or,
    And,
    Test,
}

impl Written {
    fn test(aql: String) -> Written {
        Written { aql, tight: Tight::Test }
    }

    /// In parentheses, if it would fall apart inside of something that holds this tightly.
    fn inside(self, outer: Tight) -> String {
        if self.tight < outer || (self.tight != Tight::Test && self.tight != outer) {
            format!("({})", self.aql)
        } else {
            self.aql
        }
    }

    fn join(mut terms: Vec<Written>, by: Tight) -> Written {
        if terms.len() == 1 {
            return terms.remove(0);
        }
        let word = if by == Tight::Or { " OR " } else { " AND " };
        let terms: Vec<String> = terms.into_iter().map(|term| term.inside(by)).collect();
        Written { aql: terms.join(word), tight: by }
    }

    /// All of them.
    pub(crate) fn all(terms: Vec<Written>) -> Written {
        Written::join(terms, Tight::And)
    }

    /// Any of them.
    pub(crate) fn any(terms: Vec<Written>) -> Written {
        Written::join(terms, Tight::Or)
    }

    /// A condition that is taken as it stands.
    pub(crate) fn tight(aql: impl Into<String>) -> Written {
        Written::test(aql.into())
    }
}

/// Writes the conditions of one rule.
pub(crate) struct Writer<'a> {
    pub(crate) scope: &'a Scope<'a>,
    /// Fields in the order in which they are met.
    pub(crate) operands: Vec<(String, Operand)>,
    pub(crate) said: Vec<Diagnostic>,
}

impl Writer<'_> {
    /// A field, noted for the select list.
    pub(crate) fn operand(&mut self, field: &str) -> Operand {
        if let Some((_, operand)) = self.operands.iter().find(|(name, _)| name == field) {
            return operand.clone();
        }
        let operand = self.scope.operand(field);
        if let Some(note) = &operand.note {
            self.said.push(Diagnostic::warning(
                codes::SIGMA_APPROXIMATE,
                format!("`{field}` is not what it is in Sigma: {note}"),
            ));
        }
        self.operands.push((field.to_owned(), operand.clone()));
        operand
    }

    /// A condition. `negated`: does it stand below a NOT?
    pub(crate) fn tree(&mut self, tree: &Tree, negated: bool) -> Written {
        match tree {
            Tree::And(terms) => Written::all(terms.iter().map(|t| self.tree(t, negated)).collect()),
            Tree::Or(terms) => Written::any(terms.iter().map(|t| self.tree(t, negated)).collect()),
            Tree::Not(inner) => not(self.tree(inner, true)),
            Tree::Item(item) if item.negated => not(self.item(item, true)),
            Tree::Item(item) => self.item(item, negated),
        }
    }

    fn item(&mut self, item: &Item, negated: bool) -> Written {
        let operand = match &item.field {
            Some(field) => self.operand(field),
            None => Operand {
                aql: "UTF8(payload)".to_owned(),
                kind: Kind::Text,
                nullable: false,
                declares: None,
                note: None,
            },
        };
        let keyword = item.field.is_none();
        let mut groups = Vec::with_capacity(item.tests.len());
        let mut about_null = Vec::new();
        for group in &item.tests {
            let (null, tests): (Vec<&Test>, Vec<&Test>) =
                group.iter().partition(|t| matches!(t, Test::Null | Test::Exists(_)));
            about_null.extend(null.into_iter().map(|test| match test {
                Test::Exists(true) => Written::test(format!("{} IS NOT NULL", operand.aql)),
                _ => Written::test(format!("{} IS NULL", operand.aql)),
            }));
            if !tests.is_empty() {
                groups.push(tests);
            }
        }
        if operand.nullable && !item.all && item.tests.iter().flatten().any(says_nothing) {
            // Logs write `-` or no text for what they do not know, and it is read as missing.
            about_null.push(Written::test(format!("{} IS NULL", operand.aql)));
            about_null.dedup();
            self.approximate(
                item,
                "`-` and empty text are read as a missing value: events without the field are \
                 found too",
            );
        }
        if !about_null.is_empty() && !operand.nullable {
            self.approximate(
                item,
                "an appliance gives this field a value in every event: it is never missing",
            );
        }
        let mut others = Vec::new();
        let written = if item.all {
            let terms = groups.into_iter().map(|group| self.group(item, &operand, &group, keyword));
            terms.collect()
        } else {
            let tests: Vec<&Test> = groups.into_iter().flatten().collect();
            if tests.is_empty() {
                Vec::new()
            } else {
                vec![self.group(item, &operand, &tests, keyword)]
            }
        };
        if !written.is_empty() {
            let tests = Written::all(written);
            others.push(if negated { guarded(tests, &operand) } else { tests });
        }
        if item.all {
            about_null.extend(others);
            Written::all(about_null)
        } else {
            about_null.extend(others);
            Written::any(about_null)
        }
    }

    /// Alternatives about one field: what can stand in one list does.
    fn group(&mut self, item: &Item, operand: &Operand, tests: &[&Test], keyword: bool) -> Written {
        let mut lower = Vec::new();
        let mut exact = Vec::new();
        let mut terms = Vec::new();
        for test in tests {
            match test {
                Test::Text { pattern, cased } => {
                    let opened = if keyword {
                        self.escaped_keyword(item, pattern);
                        pattern.clone().open(true, true)
                    } else {
                        pattern.clone()
                    };
                    match (operand.kind, opened.as_literal()) {
                        (Kind::Text, Some(value)) if *cased || !opened.has_case() => {
                            exact.push(text(value));
                        }
                        (Kind::Text, Some(value)) if value.is_ascii() => {
                            lower.push(text(&value.to_ascii_lowercase()));
                        }
                        (Kind::Number, Some(value)) if is_integer(value) => {
                            exact.push(value.trim().to_owned());
                        }
                        _ => terms.push(self.text(item, operand, &opened, *cased)),
                    }
                }
                Test::Number(n) if keyword => {
                    let pattern = Pattern::literal(n.clone()).open(true, true);
                    terms.push(self.text(item, operand, &pattern, false));
                }
                Test::Number(n) if operand.kind == Kind::Number => exact.push(n.clone()),
                Test::Number(n) => exact.push(text(n)),
                other => terms.push(self.other(item, operand, other)),
            }
        }
        let mut all = Vec::new();
        let mut list = |operand: String, values: Vec<String>| match values.as_slice() {
            [] => {}
            [one] => all.push(Written::test(format!("{operand} = {one}"))),
            more => all.push(Written::test(format!("{operand} IN ({})", more.join(", ")))),
        };
        list(operand.aql.clone(), exact);
        list(format!("LOWER({})", operand.aql), lower);
        all.extend(terms);
        Written::any(all)
    }

    /// A text with wildcards, or one for which `=` has no way to ignore case.
    fn text(&mut self, item: &Item, operand: &Operand, pattern: &Pattern, cased: bool) -> Written {
        let aql = &operand.aql;
        match operand.kind {
            Kind::Address => return self.address(item, aql, pattern),
            Kind::Hashes => return hashes(pattern, cased),
            Kind::Number => return like(&format!("STR({aql})"), pattern, cased),
            Kind::Text => {}
        }
        like(aql, pattern, cased)
    }

    fn address(&mut self, item: &Item, aql: &str, pattern: &Pattern) -> Written {
        if pattern.is_anything() {
            return Written::test(format!("{aql} IS NOT NULL"));
        }
        if let Some(value) = pattern.as_literal()
            && aql_event::canonical_host(value).is_some()
        {
            return Written::test(format!("{} = {}", of_family(aql, value), text(value)));
        }
        if let Some((false, start, true)) = pattern.core()
            && let Some(network) = octets(start)
        {
            return Written::test(format!("INCIDR({}, {aql})", text(&network)));
        }
        if pattern.as_literal().is_some() {
            self.approximate(item, "the value is no address, so that the test is never true");
        }
        like(&format!("STR({aql})"), pattern, false)
    }

    fn other(&mut self, item: &Item, operand: &Operand, test: &Test) -> Written {
        let aql = &operand.aql;
        Written::test(match test {
            Test::Regex { pattern, flags } => {
                if let Err(error) = JavaRegex::new(pattern, false, Mode::Find) {
                    self.said.push(
                        Diagnostic::error(
                            codes::SIGMA_UNBOUND,
                            format!("a regular expression cannot be read: {error}"),
                        )
                        .at(item.span, ""),
                    );
                }
                let aql = match operand.kind {
                    Kind::Address | Kind::Number => format!("STR({aql})"),
                    Kind::Text | Kind::Hashes => aql.clone(),
                };
                match flags.as_str() {
                    "" => format!("{aql} MATCHES {}", text(pattern)),
                    "i" => format!("{aql} IMATCHES {}", text(pattern)),
                    flags => format!("{aql} MATCHES {}", text(&format!("(?{flags}){pattern}"))),
                }
            }
            Test::Cidr(network) => {
                let aql = match operand.kind {
                    Kind::Address => of_family(aql, network),
                    _ => aql.clone(),
                };
                format!("INCIDR({}, {aql})", text(network))
            }
            Test::Compare { op, number } => format!("{aql} {op} {number}"),
            Test::Placeholder(name) => {
                self.said.push(
                    Diagnostic::warning(
                        codes::SIGMA_PLACEHOLDER,
                        format!("placeholder `%{name}%` becomes reference set `{name}`"),
                    )
                    .at(item.span, "")
                    .help("a site fills it, without regard to case (ALNIC)"),
                );
                format!("REFERENCESETCONTAINS({}, {aql})", text(name))
            }
            Test::Field { name, front, back } => {
                let other = self.operand(name);
                return same(operand, &other, *front, *back);
            }
            Test::Text { .. } | Test::Number(_) | Test::Null | Test::Exists(_) => {
                format!("{aql} IS NULL")
            }
        })
    }

    fn approximate(&mut self, item: &Item, message: &str) {
        self.said.push(Diagnostic::warning(codes::SIGMA_APPROXIMATE, message).at(item.span, ""));
    }

    /// The raw record may spell characters in its own way.
    fn escaped_keyword(&mut self, item: &Item, pattern: &Pattern) {
        let escaped = |text: &str| text.contains(['\\', '"', '<', '>', '&']);
        if pattern.literals().any(escaped) {
            self.approximate(
                item,
                "a keyword has a character that XML or JSON escapes: it is looked for in the raw \
                 record as it stands, and may be missed",
            );
        }
    }
}

fn not(inner: Written) -> Written {
    Written::test(format!("NOT ({})", inner.aql))
}

/// Is it the text that logs write for a value that they do not have?
fn says_nothing(test: &Test) -> bool {
    let Test::Text { pattern, .. } = test else { return false };
    pattern.as_literal().is_some_and(|text| text.is_empty() || text == "-")
}

/// The same, false where the value is missing.
fn guarded(tests: Written, operand: &Operand) -> Written {
    if !operand.nullable {
        return tests;
    }
    let guard = Written::test(format!("{} IS NOT NULL", operand.aql));
    Written::all(vec![tests, guard])
}

/// A pattern over text.
fn like(aql: &str, pattern: &Pattern, cased: bool) -> Written {
    if pattern.is_anything() {
        return Written::test(format!("{aql} IS NOT NULL"));
    }
    let (like, matches) = if cased { ("LIKE", "MATCHES") } else { ("ILIKE", "IMATCHES") };
    let wide = Written::test(format!("{aql} {like} {}", text(&pattern.to_like())));
    if pattern.fits_like() {
        return wide;
    }
    // LIKE has no escape for `%` and `_`. As wildcards they let more through, quickly; the
    // expression behind is exact.
    let exact = Written::test(format!("{aql} {matches} {}", text(&pattern.to_regex())));
    Written::all(vec![wide, exact])
}

/// Two fields compared.
fn same(left: &Operand, right: &Operand, front: bool, back: bool) -> Written {
    let (a, b) = (&left.aql, &right.aql);
    let both = |tests: Vec<String>| {
        let present = [left, right].into_iter().filter(|o| o.nullable);
        let guards = present.map(|o| format!("{} IS NOT NULL", o.aql));
        Written::all(tests.into_iter().chain(guards).map(Written::test).collect())
    };
    if !front && !back {
        let is_text = |o: &Operand| matches!(o.kind, Kind::Text | Kind::Hashes);
        return both(vec![match is_text(left) && is_text(right) {
            true => format!("LOWER({a}) = LOWER({b})"),
            false => format!("{a} = {b}"),
        }]);
    }
    let as_text = |o: &Operand| match o.kind {
        Kind::Text | Kind::Hashes => o.aql.clone(),
        Kind::Number | Kind::Address => format!("STR({})", o.aql),
    };
    let (a, b) = (as_text(left), as_text(right));
    both(match (front, back) {
        (true, true) => vec![format!("STRPOS(LOWER({a}), LOWER({b})) >= 0")],
        (false, _) => vec![format!("STRPOS(LOWER({a}), LOWER({b})) = 0")],
        (true, false) => vec![
            format!("STRLEN({a}) >= STRLEN({b})"),
            format!("SUBSTRING(LOWER({a}), STRLEN({a}) - STRLEN({b})) = LOWER({b})"),
        ],
    })
}

/// Hashes in the properties that IBM's content keeps them in, one each.
fn hashes(pattern: &Pattern, cased: bool) -> Written {
    let whole = || like("\"File Hash\"", pattern, cased);
    let Some((_, core, _)) = pattern.core() else { return whole() };
    let (algorithm, hash) = match core.split_once('=') {
        Some((algorithm, hash)) => (algorithm.to_ascii_uppercase(), hash),
        None => (String::new(), core),
    };
    let is_hex = hash.len() >= 16 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    let properties: &[&str] = match (algorithm.as_str(), hash.len()) {
        _ if !is_hex => return whole(),
        ("MD5", 32) => &["MD5 Hash"],
        ("SHA1", 40) => &["SHA1 Hash"],
        ("SHA256", 64) => &["SHA256 Hash"],
        ("IMPHASH", 32) => &["IMP Hash"],
        ("", 32) => &["MD5 Hash", "IMP Hash"],
        ("", 40) => &["SHA1 Hash"],
        ("", 64) => &["SHA256 Hash"],
        _ => return whole(),
    };
    let hash = text(&hash.to_ascii_lowercase());
    let tests = properties.iter().map(|p| Written::test(format!("LOWER(\"{p}\") = {hash}")));
    Written::any(tests.collect())
}

/// `10.1.` as a network.
fn octets(start: &str) -> Option<String> {
    let parts: Vec<&str> = start.strip_suffix('.')?.split('.').collect();
    let valid = parts.iter().all(|part| part.parse::<u8>().is_ok_and(|n| n.to_string() == *part));
    if !valid || parts.len() > 3 {
        return None;
    }
    let mut four = parts.clone();
    four.resize(4, "0");
    Some(format!("{}/{}", four.join("."), parts.len() * 8))
}

/// The field of the family of an address or network.
fn of_family(aql: &str, value: &str) -> String {
    match (aql, value.contains(':')) {
        ("sourceip", true) => "sourcev6".to_owned(),
        ("destinationip", true) => "destinationv6".to_owned(),
        _ => aql.to_owned(),
    }
}

fn is_integer(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && text.parse::<i64>().is_ok()
}
