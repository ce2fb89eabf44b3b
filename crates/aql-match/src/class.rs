//! Which classes of records can match, from what all records of a class have in common.

use aql_event::{ClassFilter, ClassRow, Column, Occurrences};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use crate::atom::AtomKind;
use crate::columns::{Texts, values};
use crate::matcher::Matcher;
use crate::node::{Ask, AtomId, Node, NodeId};

impl ClassFilter for Matcher {
    /// May a record of this class be selected by at least one rule?
    ///
    /// Tests of columns that are not known count as whatever lets the rule hold; since programs
    /// have no negation, that is enough.
    fn may_match(&self, class: &ClassRow<'_>) -> bool {
        Row::new(self, class, None).may_match()
    }

    fn looks_for_texts(&self, column: &Column) -> bool {
        self.atoms.iter().any(|atom| match &atom.kind {
            AtomKind::Text { column: of, test, .. } => {
                test.form.texts().next().is_some() && self.columns.get(*of as usize) == Some(column)
            }
            _ => false,
        })
    }

    fn may_match_among(&self, class: &ClassRow<'_>, texts: &dyn Occurrences) -> bool {
        Row::new(self, class, Some(texts)).may_match()
    }
}

impl Matcher {
    /// The rules by which a record of this class may be selected, in order.
    pub fn possible(&self, class: &ClassRow<'_>) -> Vec<usize> {
        let mut row = Row::new(self, class, None);
        let rules = self.rules.iter().enumerate();
        rules.filter(|(_, rule)| row.may_hold(rule.root)).map(|(number, _)| number).collect()
    }
}

struct Row<'a> {
    matcher: &'a Matcher,
    class: &'a ClassRow<'a>,
    /// What is known of the texts in columns that are not known.
    texts: Option<&'a dyn Occurrences>,
    /// Per column of the matcher.
    known: Vec<bool>,
    /// Per atom, once asked for.
    memo: Vec<Option<Outcome>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    True,
    False,
    Null,
    /// False in some rows, null in others.
    NotTrue,
    Unknown,
}

impl<'a> Row<'a> {
    fn new(
        matcher: &'a Matcher,
        class: &'a ClassRow<'a>,
        texts: Option<&'a dyn Occurrences>,
    ) -> Self {
        let known = |column: &Column| {
            let at = class.row.columns().binary_search(column).ok();
            at.and_then(|at| class.known.get(at)).copied().unwrap_or(false)
        };
        let known = matcher.columns.iter().map(known).collect();
        Row { matcher, class, texts, known, memo: vec![None; matcher.atoms.len()] }
    }

    fn may_match(mut self) -> bool {
        let matcher = self.matcher;
        matcher.rules.iter().any(|rule| self.may_hold(rule.root))
    }

    fn may_hold(&mut self, node: NodeId) -> bool {
        let matcher = self.matcher;
        match matcher.nodes.get(node) {
            Node::Constant(value) => *value,
            Node::Atom(atom, ask) => match self.outcome(*atom) {
                Outcome::Unknown => true,
                Outcome::NotTrue => *ask != Ask::True,
                outcome => match ask {
                    Ask::True => outcome == Outcome::True,
                    Ask::NotTrue => outcome != Outcome::True,
                    Ask::False => outcome == Outcome::False,
                    Ask::NotFalse => outcome != Outcome::False,
                },
            },
            Node::And(below) => below.iter().all(|&node| self.may_hold(node)),
            Node::Or(below) => below.iter().any(|&node| self.may_hold(node)),
        }
    }

    fn outcome(&mut self, atom: AtomId) -> Outcome {
        if let Some(Some(outcome)) = self.memo.get(atom as usize) {
            return *outcome;
        }
        let outcome = self.evaluate(atom);
        if let Some(slot) = self.memo.get_mut(atom as usize) {
            *slot = Some(outcome);
        }
        outcome
    }

    fn is_known(&self, column: u32) -> bool {
        self.known.get(column as usize).copied().unwrap_or(false)
    }

    fn evaluate(&self, atom: AtomId) -> Outcome {
        let Some(atom) = self.matcher.atom(atom) else { return Outcome::Unknown };
        let of = |holds: Option<bool>| match holds {
            Some(true) => Outcome::True,
            Some(false) => Outcome::False,
            None => Outcome::Null,
        };
        let array = |column: u32| {
            let column = self.matcher.columns.get(column as usize)?;
            values(self.class.row, column)
        };
        match &atom.kind {
            AtomKind::Text { column, test, .. } if self.is_known(*column) => {
                let array = array(*column);
                let value = array.as_ref().and_then(Texts::new).and_then(|t| t.value(0));
                of(value.map(|value| test.holds_for(value)))
            }
            AtomKind::Text { column, test, .. } => {
                let may_occur = |text: &str| {
                    let column = self.matcher.columns.get(*column as usize);
                    let texts = self.texts.zip(column);
                    texts.is_none_or(|(texts, column)| texts.may_occur(column, text))
                };
                // Every piece of a pattern is in a text that it fits.
                match test.form.texts().all(may_occur) {
                    true => Outcome::Unknown,
                    false => Outcome::NotTrue,
                }
            }
            AtomKind::Integer { column, test } if self.is_known(*column) => {
                let array = array(*column);
                let value = array
                    .as_ref()
                    .and_then(|a| a.as_primitive_opt::<Int64Type>())
                    .filter(|a| !a.is_empty() && a.is_valid(0))
                    .map(|a| a.value(0));
                of(value.map(|value| test.holds(value)))
            }
            AtomKind::IsNull { column } if self.is_known(*column) => {
                let null = |a: &dyn Array| {
                    a.is_empty() || a.logical_nulls().is_some_and(|nulls| nulls.is_null(0))
                };
                of(Some(array(*column).is_none_or(|a| null(a.as_ref()))))
            }
            AtomKind::Expression(e) if e.settled && e.columns.iter().all(|&c| self.is_known(c)) => {
                let condition = e.program.evaluate_condition(self.class.row);
                if condition.is_empty() { Outcome::Unknown } else { of(condition.value(0)) }
            }
            _ => Outcome::Unknown,
        }
    }
}
