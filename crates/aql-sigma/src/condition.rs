//! Conditions: `selection and not 1 of filter_*`.

use aql_diag::{Diagnostic, Span, codes};

/// Parentheses deeper than this are refused: nobody wrote them by hand.
const MOST_NESTED: usize = 64;

/// A condition over named searches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// All of them.
    And(Vec<Condition>),
    /// Any of them.
    Or(Vec<Condition>),
    /// The opposite.
    Not(Box<Condition>),
    /// A search by its name.
    Name(String),
    /// `1 of …`, `all of …`: the searches whose names fit; nothing for `them`.
    Of {
        /// All of them, not one?
        all: bool,
        /// Names with `*`.
        pattern: Option<String>,
    },
}

/// Reads a condition.
pub fn parse(text: &str, span: Span) -> Result<Condition, Box<Diagnostic>> {
    let rule = |message: String| {
        Box::new(Diagnostic::error(codes::SIGMA_RULE, message).at(span, "in this condition"))
    };
    if let Some((_, aggregation)) = text.split_once('|') {
        return Err(Box::new(
            Diagnostic::error(
                codes::SIGMA_REFUSED,
                format!("`| {}` is how Sigma counted before 2024", aggregation.trim()),
            )
            .at(span, "in this condition")
            .help("write a correlation rule: `type: event_count` or `value_count`"),
        ));
    }
    let tokens = tokens(text).map_err(rule)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let condition = parser.or().map_err(rule)?;
    match parser.peek() {
        None => Ok(condition),
        Some(token) => Err(rule(format!("`{token}` stands where the condition should end"))),
    }
}

fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, '_' | '*' | '-' | '.' | '?') {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        match c {
            '(' | ')' => tokens.push(c.to_string()),
            c if c.is_whitespace() => {}
            c => return Err(format!("`{c}` has no meaning in a condition")),
        }
    }
    if !word.is_empty() {
        tokens.push(word);
    }
    Ok(tokens)
}

struct Parser<'a> {
    tokens: &'a [String],
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.tokens.get(self.at).map(String::as_str)
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Result<Condition, String> {
        let mut terms = vec![self.and()?];
        while self.word("or") {
            terms.push(self.and()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Condition::Or(terms) })
    }

    fn and(&mut self) -> Result<Condition, String> {
        let mut terms = vec![self.not()?];
        while self.word("and") {
            terms.push(self.not()?);
        }
        Ok(if terms.len() == 1 { terms.remove(0) } else { Condition::And(terms) })
    }

    fn not(&mut self) -> Result<Condition, String> {
        self.depth += 1;
        if self.depth > MOST_NESTED {
            return Err(format!("the condition is nested more than {MOST_NESTED} deep"));
        }
        let condition =
            if self.word("not") { Condition::Not(Box::new(self.not()?)) } else { self.operand()? };
        self.depth -= 1;
        Ok(condition)
    }

    fn operand(&mut self) -> Result<Condition, String> {
        let Some(token) = self.peek() else {
            return Err("the condition ends where a search should stand".to_owned());
        };
        self.at += 1;
        if token == "(" {
            let inner = self.or()?;
            return if self.word(")") {
                Ok(inner)
            } else {
                Err("a parenthesis is not closed".to_owned())
            };
        }
        let lower = token.to_ascii_lowercase();
        if matches!(lower.as_str(), "1" | "any" | "all") && self.word("of") {
            let Some(pattern) = self.peek() else {
                return Err(format!("`{token} of` is followed by nothing"));
            };
            self.at += 1;
            let pattern = (!pattern.eq_ignore_ascii_case("them")).then(|| pattern.to_owned());
            return Ok(Condition::Of { all: lower == "all", pattern });
        }
        if token.chars().all(|c| c.is_ascii_digit()) && self.word("of") {
            return Err(format!("`{token} of` is no Sigma: it knows `1 of` and `all of`"));
        }
        if matches!(lower.as_str(), ")" | "and" | "or" | "not" | "of") {
            return Err(format!("`{token}` stands where a search should stand"));
        }
        Ok(Condition::Name(token.to_owned()))
    }
}

/// Does the name of a search fit a pattern? Names that begin with `_` fit only a pattern that does.
pub(crate) fn fits(pattern: Option<&str>, name: &str) -> bool {
    match pattern {
        None => !name.starts_with('_'),
        Some(pattern) => {
            if name.starts_with('_') && !pattern.starts_with('_') {
                return false;
            }
            glob(pattern, name)
        }
    }
}

fn glob(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return false };
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use aql_diag::Span;

    use super::{Condition, fits, parse};

    fn shown(condition: &Condition) -> String {
        let list = |terms: &[Condition], word: &str| {
            let terms: Vec<String> = terms.iter().map(shown).collect();
            format!("({})", terms.join(word))
        };
        match condition {
            Condition::And(terms) => list(terms, " & "),
            Condition::Or(terms) => list(terms, " | "),
            Condition::Not(inner) => format!("!{}", shown(inner)),
            Condition::Name(name) => name.clone(),
            Condition::Of { all, pattern } => {
                let count = if *all { "all" } else { "1" };
                format!("<{count} {}>", pattern.as_deref().unwrap_or("them"))
            }
        }
    }

    #[test]
    fn precedence() {
        for (text, expected) in [
            ("a", "a"),
            ("a or b and not c", "(a | (b & !c))"),
            ("(a or b) and c", "((a | b) & c)"),
            ("not not a", "!!a"),
            ("selection AND NOT 1 of filter_*", "(selection & !<1 filter_*>)"),
            ("all of them", "<all them>"),
            ("any of sel*", "<1 sel*>"),
            ("1 of them or all of x_*", "(<1 them> | <all x_*>)"),
            ("all", "all"),
        ] {
            let condition =
                parse(text, Span::default()).unwrap_or_else(|d| panic!("{text}: {d:?}"));
            assert_eq!(shown(&condition), expected, "{text}");
        }
    }

    #[test]
    fn faults() {
        let deep = "(".repeat(10_000);
        for text in ["", "a and", "(a", "a)", "a b", "and a", "2 of them", "1 of", "a & b", &deep] {
            let error = parse(text, Span::default()).expect_err(text);
            assert_eq!(error.code.as_str(), "SIG002", "{text}");
        }
        let error = parse("a | count() by b > 3", Span::default()).expect_err("aggregation");
        assert_eq!(error.code.as_str(), "SIG003");
    }

    #[test]
    fn names_that_fit() {
        for (pattern, name, expected) in [
            (Some("sel*"), "selection", true),
            (Some("sel*"), "filter", false),
            (Some("*_img"), "sel_img", true),
            (Some("a*b*c"), "aXbYc", true),
            (Some("a*b*c"), "aXc", false),
            (Some("sel"), "selection", false),
            (Some("*"), "_hidden", false),
            (Some("_*"), "_hidden", true),
            (None, "_hidden", false),
            (None, "x", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern:?} {name}");
        }
    }
}
