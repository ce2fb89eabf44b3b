//! Conditions whose value is decided: by themselves, or by the conditions beside them: contradictions,
//! terms that another one implies, exclusions that exclude nothing.

use aql_diag::{Applicability, Diagnostic, codes};
use aql_semantic::{Expr, ExprKind, Value};

use crate::cx::Cx;
use crate::like::Outline;
use crate::tests_of::{Kind, Test, test};

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    cx.walk(&mut |expr| match &expr.kind {
        ExprKind::And(list) => {
            terms(cx, list, true, out);
            empty_ranges(list, out);
            missing_and_tested(list, out);
            groups(cx, list, true, out);
        }
        ExprKind::Or(list) => {
            terms(cx, list, false, out);
            groups(cx, list, false, out);
        }
        ExprKind::Compare { left, right, .. } if is_number(left) && is_number(right) => {
            out.push(
                Diagnostic::warning(codes::ALWAYS_CONSTANT, "two numbers are compared")
                    .at(expr.span, "the same for every event"),
            );
        }
        _ => {}
    });
}

fn is_number(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(Value::Integer(_) | Value::Double(_)))
}

/// `BETWEEN 5 AND 1`: both bounds have the place of the whole.
fn empty_ranges(list: &[Expr], out: &mut Vec<Diagnostic>) {
    for (low, high) in list.iter().zip(list.iter().skip(1)) {
        let (Some(low), Some(high)) = (test(low), test(high)) else { continue };
        if low.span == high.span && low.subject == high.subject && low.excludes(&high) {
            out.push(
                Diagnostic::warning(codes::ALWAYS_CONSTANT, "no value lies between these bounds")
                    .at(low.span, "the lower bound stands first"),
            );
        }
    }
}

/// `x IS NULL AND x = 1`.
fn missing_and_tested(list: &[Expr], out: &mut Vec<Diagnostic>) {
    for missing in list {
        let ExprKind::IsNull(value) = &missing.kind else { continue };
        let tested = list.iter().filter_map(test).find(|t| !t.negated && *t.subject == **value);
        if let Some(tested) = tested {
            out.push(
                Diagnostic::warning(codes::ALWAYS_CONSTANT, "these conditions exclude each other")
                    .at(tested.span, "never true of a value that is missing")
                    .label(missing.span, "the other"),
            );
        }
    }
}

/// Lists longer than this are written by programs, and each term would be compared with each.
const LONGEST_LIST: usize = 100;

/// `a OR (a AND b)`, `a AND (a OR b)`: the group adds nothing.
fn groups(cx: &Cx<'_>, list: &[Expr], and: bool, out: &mut Vec<Diagnostic>) {
    if list.len() > LONGEST_LIST {
        return;
    }
    for (at, group) in list.iter().enumerate() {
        let inner = match (&group.kind, and) {
            (ExprKind::Or(inner), true) | (ExprKind::And(inner), false) => inner,
            _ => continue,
        };
        let implied = |a: &Expr, b: &Expr| {
            a == b
                || match (test(a), test(b)) {
                    (Some(a), Some(b)) => {
                        !a.negated && !b.negated && a.subject == b.subject && a.implies(&b)
                    }
                    _ => false,
                }
        };
        let decides = |other: &&Expr| {
            inner.iter().any(|term| if and { implied(other, term) } else { implied(term, other) })
        };
        let others = list.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, other)| other);
        // Two ways to write one test are read as a group with the place of the whole.
        let others = others.filter(|other| other.span != group.span);
        let Some(other) = others.into_iter().find(decides) else { continue };
        let mut found = Diagnostic::note_severity(
            codes::SUBSUMED_CONDITION,
            "a group of conditions adds nothing to another condition",
        )
        .at(group.span, if and { "holds wherever the other holds" } else { "never reached alone" })
        .label(other.span, "because of this");
        if let Some(edit) = at.checked_sub(1).and_then(|before| cx.without(&list[before], group)) {
            found = found.fix("leave it out", Applicability::Unsafe, vec![edit]);
        }
        out.push(found);
    }
}

/// Lists of a thousand patterns occur: what can be said of one test is found out once.
struct Term<'a> {
    test: Test<'a>,
    /// Which of the values that are tested.
    subject: usize,
    outline: Option<Outline>,
}

fn prepare(list: &[Expr]) -> Vec<Option<Term<'_>>> {
    let mut subjects: Vec<&Expr> = Vec::new();
    let terms = list.iter().map(test).map(|test| {
        let test = test?;
        let subject = subjects.iter().position(|s| **s == *test.subject).unwrap_or_else(|| {
            subjects.push(test.subject);
            subjects.len() - 1
        });
        let outline = match test.kind {
            Kind::Like(pattern, _) => Some(Outline::of(pattern)),
            _ => None,
        };
        Some(Term { test, subject, outline })
    });
    terms.collect()
}

impl Term<'_> {
    fn implies(&self, other: &Term<'_>) -> bool {
        let ruled_out = match (&self.outline, &other.outline) {
            (Some(narrow), Some(wide)) => !narrow.may_imply(wide),
            _ => false,
        };
        !ruled_out && self.test.implies(&other.test)
    }

    fn excludes(&self, other: &Term<'_>) -> bool {
        self.test.excludes(&other.test)
    }
}

fn terms(cx: &Cx<'_>, list: &[Expr], and: bool, out: &mut Vec<Diagnostic>) {
    let tests = prepare(list);
    let mut told = vec![false; list.len()];
    for j in 1..list.len() {
        for i in 0..j {
            let (Some(a), Some(b)) = (&tests[i], &tests[j]) else { continue };
            if a.test.span == b.test.span || a.subject != b.subject || told[i] || told[j] {
                continue;
            }
            let constant = match (a.test.negated, b.test.negated) {
                (false, false) => {
                    if and {
                        a.excludes(b)
                    } else {
                        a.test.covers(&b.test)
                    }
                }
                (true, true) => !and && a.excludes(b),
                (false, true) => {
                    if and {
                        a.implies(b)
                    } else {
                        b.implies(a)
                    }
                }
                (true, false) => {
                    if and {
                        b.implies(a)
                    } else {
                        a.implies(b)
                    }
                }
            };
            if constant {
                let (message, label) = if and {
                    ("these conditions exclude each other", "never true together with the other")
                } else {
                    ("one of these conditions always holds", "true wherever the other is false")
                };
                out.push(
                    Diagnostic::warning(codes::ALWAYS_CONSTANT, message)
                        .at(b.test.span, label)
                        .label(a.test.span, "the other"),
                );
                (told[i], told[j]) = (true, true);
                continue;
            }
            // Which of the two is implied by the other, and so adds nothing?
            let (a_in_b, b_in_a) = match (a.test.negated, b.test.negated) {
                (false, false) => (a.implies(b), b.implies(a)),
                (true, true) => (b.implies(a), a.implies(b)),
                (false, true) => (a.excludes(b), false),
                (true, false) => (false, a.excludes(b)),
            };
            let spare = match (a_in_b, b_in_a, and) {
                (true, true, _) | (true, false, true) | (false, true, false) => j,
                (true, false, false) | (false, true, true) => i,
                _ => continue,
            };
            told[spare] = true;
            let (spare_at, other) =
                if spare == j { (b.test.span, a.test.span) } else { (a.test.span, b.test.span) };
            let word = if a_in_b && b_in_a {
                "says the same as another"
            } else {
                "adds nothing to another"
            };
            let mut found =
                Diagnostic::note_severity(codes::SUBSUMED_CONDITION, format!("a condition {word}"))
                    .at(spare_at, "can be left out")
                    .label(other, "because of this");
            if let Some(edit) =
                spare.checked_sub(1).and_then(|before| cx.without(&list[before], &list[spare]))
            {
                found = found.fix("leave it out", Applicability::Safe, vec![edit]);
            }
            out.push(found);
        }
    }
}
