//! Conditions in languages that are no SQL: the tests that such a language has to write, and what is
//! the same for all of them.

use std::net::IpAddr;
use std::sync::Arc;

use aql_semantic::{CompareBy, CompareOp, NullSemantics};

use crate::base_name::of_name;
use crate::loss::{Direction, Losses};
use crate::map::{FieldRef, Source};
use crate::pattern::{Pattern, Shape};
use crate::pred::{Number, Pred, Test, What};
use crate::regex::ignores_case;
use crate::source::{Change, subject};
use crate::text::number;

/// A text of the target, or why there is none.
pub(crate) type Term = Result<String, String>;

/// What a language writes.
pub(crate) trait Language {
    /// LIKE; the pattern is no plain equality.
    fn like(&self, field: &str, pattern: &Pattern, ignore_case: bool) -> Term;
    /// Equal to one of these texts.
    fn equals(&self, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term;
    /// Equal to one of these numbers.
    fn numbers(&self, field: &str, is_number: bool, values: &[Number]) -> Term;
    /// Any other comparison of numbers.
    fn number(&self, field: &str, is_number: bool, op: CompareOp, value: Number) -> Term;
    /// A regular expression of Java.
    fn regex(&self, field: &str, java: &str, ignore_case: bool, full: bool) -> Term;
    /// In a network.
    fn network(&self, field: &str, address: IpAddr, bits: u8) -> Term;
    /// Not missing.
    fn present(&self, field: &str, is_number: bool) -> String;
    /// Missing.
    fn missing(&self, field: &str, is_number: bool) -> String {
        self.not(&self.present(field, is_number), false, false)
    }
    /// A comparison of two fields.
    fn fields(&self, _left: &str, _op: CompareOp, _by: CompareBy, _right: &str) -> Term {
        Err("the target compares no two fields".to_owned())
    }
    /// LOWER of a field.
    fn lower(&self, _field: &str) -> Option<String> {
        None
    }
    /// The first field that has a value.
    fn first_of(&self, fields: &[String]) -> Option<String>;
    /// Does not hold. With `two_valued` it is true where `inner` is null in the target; `numeric`
    /// says that there are tests of numbers or addresses in it.
    fn not(&self, inner: &str, two_valued: bool, numeric: bool) -> String;
    /// Words for all and one.
    fn words(&self) -> (&'static str, &'static str) {
        ("and", "or")
    }
    /// Always, never.
    fn constant(&self, value: bool) -> &'static str {
        if value { "true" } else { "false" }
    }
    /// Is missing text the empty text?
    fn empty_is_missing(&self) -> bool;
    /// Is the test of a missing value null, so that its negation is not true either?
    fn three_valued(&self) -> bool {
        false
    }
    /// Must a negation say itself that it also holds for what is missing?
    fn keeps_missing_by_guard(&self) -> bool {
        false
    }
    /// Is text always compared with, or always without case? Nothing if the query decides.
    fn case_is_fixed(&self) -> Option<bool> {
        None
    }
}

/// Writes a condition over a source.
pub(crate) struct Writer<'a> {
    pub(crate) language: &'a dyn Language,
    pub(crate) source: &'a Source,
    pub(crate) nulls: NullSemantics,
    pub(crate) losses: &'a mut Losses,
    /// Was there a test without case?
    pub(crate) folds: bool,
    /// Names for the values that stand in several fields, to be set before the condition.
    pub(crate) aliases: Vec<(String, String)>,
}

impl Writer<'_> {
    /// The text of a condition.
    pub(crate) fn pred(&mut self, pred: &Pred, depth: usize) -> String {
        let (and, or) = self.language.words();
        match pred {
            Pred::Const(value) => self.language.constant(*value).to_owned(),
            Pred::And(list) => self.join(list, and, depth),
            Pred::Or(list) => self.join(list, or, depth),
            Pred::Not(inner)
                if self.nulls == NullSemantics::Sql && !self.language.three_valued() =>
            {
                let guarded = self.guarded(inner, false);
                self.pred_plain(&guarded, depth)
            }
            Pred::Not(inner)
                if self.nulls == NullSemantics::TwoValued
                    && self.language.keeps_missing_by_guard() =>
            {
                let guarded = self.guarded(inner, true);
                self.pred_plain(&guarded, depth)
            }
            Pred::Not(inner) => {
                let text = self.pred(inner, depth);
                let two_valued = self.nulls == NullSemantics::TwoValued;
                self.language.not(&text, two_valued, has_numbers(inner))
            }
            Pred::Test(test) => self.test(test),
        }
    }

    /// As [`Self::pred`], for a tree whose negations stand at tests and are guarded.
    fn pred_plain(&mut self, pred: &Pred, depth: usize) -> String {
        let (and, or) = self.language.words();
        let list = |this: &mut Self, list: &[Pred], word: &str| {
            let parts = list.iter().map(|p| this.pred_plain(p, depth + 1)).collect();
            joined(parts, word, depth)
        };
        match pred {
            Pred::And(parts) => list(self, parts, and),
            Pred::Or(parts) => list(self, parts, or),
            Pred::Not(inner) => match &**inner {
                Pred::Test(test) if test.what == What::Missing => self.present(test),
                inner => {
                    let text = self.pred_plain(inner, depth);
                    self.language.not(&text, false, false)
                }
            },
            other => self.pred(other, depth),
        }
    }

    /// The negation of a condition, pushed down to the tests, each with a test for presence: what is
    /// missing is kept or left out.
    fn guarded(&mut self, pred: &Pred, keep: bool) -> Pred {
        match pred {
            Pred::Const(value) => Pred::Const(!value),
            Pred::And(list) => Pred::any(list.iter().map(|p| self.guarded(p, keep)).collect()),
            Pred::Or(list) => Pred::all(list.iter().map(|p| self.guarded(p, keep)).collect()),
            Pred::Not(inner) => self.settled(inner, keep),
            Pred::Test(test) => {
                let never_null =
                    matches!(test.what, What::Missing | What::Network(..) | What::Set { .. });
                let negated = pred.clone().negated();
                if test.what == What::Missing || (never_null && !keep) {
                    return negated;
                }
                self.losses.guarded(test.span, "a negated test also asks for presence");
                let missing = Pred::Test(Test { what: What::Missing, ..test.clone() });
                if keep {
                    Pred::any(vec![missing, negated])
                } else {
                    Pred::all(vec![missing.negated(), negated])
                }
            }
        }
    }

    /// A condition that is asked for being true, with the negations in it pushed down.
    fn settled(&mut self, pred: &Pred, keep: bool) -> Pred {
        match pred {
            Pred::And(list) => Pred::all(list.iter().map(|p| self.settled(p, keep)).collect()),
            Pred::Or(list) => Pred::any(list.iter().map(|p| self.settled(p, keep)).collect()),
            Pred::Not(inner) => self.guarded(inner, keep),
            other => other.clone(),
        }
    }

    fn join(&mut self, list: &[Pred], word: &str, depth: usize) -> String {
        let parts = list.iter().map(|p| self.pred(p, depth + 1)).collect();
        joined(parts, word, depth)
    }

    fn test(&mut self, test: &Test) -> String {
        let term = self.term(test);
        self.or_refused(test, term)
    }

    /// The opposite of a test for what is missing.
    fn present(&mut self, test: &Test) -> String {
        self.empty(test, Direction::Fewer);
        let field = self.field(&test.of);
        let term = field.map(|(field, info, _)| self.language.present(&field, info.number));
        self.or_refused(test, term)
    }

    fn or_refused(&mut self, test: &Test, term: Term) -> String {
        match term {
            Ok(text) => text,
            Err(why) => {
                self.losses.impossible(test.span, why);
                self.language.constant(false).to_owned()
            }
        }
    }

    /// The field of a tested value as it is written.
    pub(crate) fn field(
        &mut self,
        expr: &aql_semantic::Expr,
    ) -> Result<(String, FieldRef, Change), String> {
        let (column, change) =
            subject(expr).ok_or("a computed value is not tested in the target")?;
        let field = self
            .source
            .field(column)
            .ok_or_else(|| format!("no field is known for `{}`", column.name))?;
        if field.other_form {
            self.losses.approximate(
                Some(expr.span),
                Direction::Either,
                format!("the target holds `{}` in another form", column.name),
            );
        }
        let text = match field.names.as_slice() {
            [one] => one.clone(),
            many => {
                let text = self
                    .language
                    .first_of(many)
                    .ok_or_else(|| format!("`{}` is in several fields", column.name))?;
                if many.contains(&text) {
                    self.losses.approximate(
                        Some(expr.span),
                        Direction::Either,
                        format!("of the fields of `{}` only `{text}` is tested", column.name),
                    );
                    return Ok((text, field, change));
                }
                let name = alias(&column.name);
                if !self.aliases.iter().any(|(known, _)| *known == name) {
                    self.aliases.push((name.clone(), text));
                }
                name
            }
        };
        Ok((text, field, change))
    }

    fn term(&mut self, test: &Test) -> Term {
        let language = self.language;
        let (field, info, change) = self.field(&test.of)?;
        let span = test.span;
        let named;
        let test = if info.name_only {
            self.losses.approximate(
                Some(span),
                Direction::Either,
                format!("`{field}` is only the name of the file, without its folder"),
            );
            named = of_name(test)?;
            &named
        } else {
            test
        };
        let changed = |texts: &[Arc<str>]| {
            texts.iter().any(|text| match change {
                Change::None => true,
                Change::Lower => !text.chars().any(char::is_uppercase),
                Change::Upper => !text.chars().any(char::is_lowercase),
            })
        };
        Ok(match &test.what {
            What::Like { pattern, ignore_case } => {
                let literals: Vec<Arc<str>> = pattern.literals().map(Arc::from).collect();
                if !literals.is_empty() && !literals.iter().all(|l| changed(&[Arc::clone(l)])) {
                    return Ok(language.constant(false).to_owned());
                }
                let ignore_case =
                    self.case(test, *ignore_case || change != Change::None, &literals);
                match pattern.shape() {
                    Shape::Any => {
                        self.empty(test, Direction::Fewer);
                        language.present(&field, info.number)
                    }
                    Shape::Equals(text) => {
                        self.equals(test, &field, &[Arc::from(text)], ignore_case)?
                    }
                    _ => language.like(&field, pattern, ignore_case)?,
                }
            }
            What::TextIn(values) | What::Set { elements: values, .. } => {
                let set = matches!(&test.what, What::Set { ignore_case: true, .. });
                let values: Vec<Arc<str>> =
                    values.iter().filter(|v| changed(&[Arc::clone(v)])).cloned().collect();
                if values.is_empty() {
                    return Ok(language.constant(false).to_owned());
                }
                let ignore_case = self.case(test, set || change != Change::None, &values);
                self.equals(test, &field, &values, ignore_case)?
            }
            What::HostIn(hosts) => {
                let hosts: Vec<Arc<str>> = hosts.iter().map(|h| Arc::from(h.to_string())).collect();
                language.equals(&field, &hosts, false)?
            }
            What::Text(CompareOp::NotEq, value) => {
                let present = language.present(&field, info.number);
                if value.is_empty() && language.empty_is_missing() {
                    return Ok(present);
                }
                let case = self.case(test, change != Change::None, std::slice::from_ref(value));
                let equal = language.equals(&field, std::slice::from_ref(value), case)?;
                self.losses.guarded(span, "`!=` also asks for presence");
                inline(&[present, language.not(&equal, false, false)], language.words().0)
            }
            What::NotHost(host) => {
                let present = language.present(&field, info.number);
                let equal = language.equals(&field, &[Arc::from(host.to_string())], false)?;
                self.losses.guarded(span, "`!=` also asks for presence");
                inline(&[present, language.not(&equal, false, false)], language.words().0)
            }
            What::Text(..) => return Err("text is not ordered in the target".to_owned()),
            What::NumberIn(values) => language.numbers(&field, info.number, values)?,
            What::Number(CompareOp::NotEq, value) => {
                let present = language.present(&field, info.number);
                let equal = language.numbers(&field, info.number, &[*value])?;
                self.losses.guarded(span, "`!=` also asks for presence");
                inline(&[present, language.not(&equal, false, false)], language.words().0)
            }
            What::Number(op, value) => language.number(&field, info.number, *op, *value)?,
            What::Regex { java, ignore_case, full } => {
                if change != Change::None {
                    return Err("LOWER or UPPER before a regular expression".to_owned());
                }
                self.folds |= *ignore_case || ignores_case(java);
                language.regex(&field, java, *ignore_case, *full)?
            }
            What::Network(address, bits) => language.network(&field, *address, *bits)?,
            What::Missing => {
                self.empty(test, Direction::More);
                language.missing(&field, info.number)
            }
            What::True => language.equals(&field, &[Arc::from("true")], true)?,
            What::Field { op, by, right } => {
                let (right, _, other) = self.field(right)?;
                if change == Change::Upper || other != change {
                    return Err("values are changed before they are compared".to_owned());
                }
                let (left, right) = match change {
                    Change::Lower => match (language.lower(&field), language.lower(&right)) {
                        (Some(left), Some(right)) => (left, right),
                        _ => return Err("LOWER has no counterpart".to_owned()),
                    },
                    _ => (field, right),
                };
                language.fields(&left, *op, *by, &right)?
            }
        })
    }

    fn equals(&mut self, test: &Test, field: &str, values: &[Arc<str>], ignore_case: bool) -> Term {
        if values.iter().any(|v| v.is_empty()) {
            self.empty(test, Direction::More);
        }
        self.language.equals(field, values, ignore_case)
    }

    /// Whether case is ignored in the target; tells where it cannot choose.
    fn case(&mut self, test: &Test, ignore: bool, texts: &[Arc<str>]) -> bool {
        let letters = texts.iter().any(|t| t.chars().any(char::is_alphabetic));
        if !letters {
            return self.language.case_is_fixed().unwrap_or(false);
        }
        match self.language.case_is_fixed() {
            Some(fixed) if fixed != ignore => {
                let (finds, words) = if fixed {
                    (Direction::More, "without regard to case")
                } else {
                    (Direction::Fewer, "with case")
                };
                self.losses.approximate(
                    Some(test.span),
                    finds,
                    format!("the target compares this field {words}"),
                );
                fixed
            }
            _ => {
                self.folds |= ignore;
                ignore
            }
        }
    }

    /// Tells that missing and empty are the same in the target.
    fn empty(&mut self, test: &Test, finds: Direction) {
        if self.language.empty_is_missing() {
            self.losses.approximate(
                Some(test.span),
                finds,
                "the target does not tell an empty text from a missing one",
            );
        }
    }
}

/// Is equal to one of these, with the operators for one and for several.
pub(crate) fn one_of(of: &str, equals: &str, is_in: &str, values: &[String]) -> String {
    match values {
        [one] => format!("({of} {equals} {one})"),
        many => format!("({of} {is_in} ({}))", many.join(", ")),
    }
}

/// Numbers as texts, for a field that holds text.
pub(crate) fn as_texts(values: &[Number]) -> Vec<Arc<str>> {
    values.iter().map(|n| Arc::from(number(n))).collect()
}

/// Refuses to order texts.
pub(crate) fn only_numbers_are_ordered(op: CompareOp, by: CompareBy) -> Result<(), String> {
    match op {
        CompareOp::Eq | CompareOp::NotEq => Ok(()),
        _ if by == CompareBy::Number => Ok(()),
        _ => Err("text is not ordered in the target".to_owned()),
    }
}

/// The name of a value that stands in several fields.
pub(crate) fn alias(column: &str) -> String {
    let letters: String = column.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{letters}_")
}

/// Are there tests of numbers or addresses in it?
fn has_numbers(pred: &Pred) -> bool {
    match pred {
        Pred::Const(_) => false,
        Pred::And(list) | Pred::Or(list) => list.iter().any(has_numbers),
        Pred::Not(inner) => has_numbers(inner),
        Pred::Test(test) => matches!(
            test.what,
            What::NumberIn(_) | What::Number(..) | What::Network(..) | What::Field { .. }
        ),
    }
}

/// Parts in parentheses, on one line.
pub(crate) fn inline(parts: &[String], word: &str) -> String {
    format!("({})", parts.join(&format!(" {word} ")))
}

/// Parts that stand side by side at most.
const MOST_PARTS: usize = 200;

/// Parts in parentheses, one a line if there are many.
pub(crate) fn joined(mut parts: Vec<String>, word: &str, depth: usize) -> String {
    // Parsers nest one level for each part, and some give up beyond a thousand.
    while parts.len() > MOST_PARTS {
        parts = parts.chunks(MOST_PARTS).map(|some| inline(some, word)).collect();
    }
    let pad = "  ".repeat(depth + 1);
    let end = "  ".repeat(depth);
    if parts.iter().map(String::len).sum::<usize>() < 60 && !parts.iter().any(|p| p.contains('\n'))
    {
        return format!("({})", parts.join(&format!(" {word} ")));
    }
    format!("(\n{pad}  {}\n{end}  )", parts.join(&format!("\n{pad}  {word} ")))
}

#[cfg(test)]
mod tests {
    use super::{MOST_PARTS, joined};

    #[test]
    fn many_parts_are_nested() {
        let parts = |n: usize| (0..n).map(|at| format!("x{at}")).collect::<Vec<_>>();
        assert_eq!(joined(parts(2), "or", 0), "(x0 or x1)");
        let text = joined(parts(2 * MOST_PARTS + 1), "or", 0);
        assert_eq!(text.matches('(').count(), 4);
        assert_eq!(text.matches('x').count(), 2 * MOST_PARTS + 1);
        let first = format!("x{})", MOST_PARTS - 1);
        assert!(text.contains(&first), "{text}");
    }
}
