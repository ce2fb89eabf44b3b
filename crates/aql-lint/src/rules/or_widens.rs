//! Branches of OR test another field than the rest, one that a condition beside the OR has tested
//! already: where they hold, the rest of the OR counts for nothing.

use aql_diag::{Diagnostic, codes};
use aql_semantic::{Expr, ExprKind};

use crate::cx::Cx;
use crate::tests_of::test;

/// So many branches make a list that its author means to be one.
const LIST: usize = 3;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    cx.walk(&mut |expr| {
        let ExprKind::And(terms) = &expr.kind else { return };
        for (at, term) in terms.iter().enumerate() {
            let ExprKind::Or(branches) = &term.kind else { continue };
            let Some(subjects) = branches.iter().map(positive).collect::<Option<Vec<_>>>() else {
                continue;
            };
            let mut distinct: Vec<(&Expr, usize, usize)> = Vec::new();
            for (at, subject) in subjects.iter().enumerate() {
                match distinct.iter_mut().find(|(s, ..)| s == subject) {
                    Some((_, count, _)) => *count += 1,
                    None => distinct.push((subject, 1, at)),
                }
            }
            // A list of one field has nothing to be widened by, and many fields are no list.
            let Some(&(main, count, of_main)) = distinct.iter().max_by_key(|(_, count, _)| *count)
            else {
                continue;
            };
            if count < LIST || distinct.len() == 1 {
                continue;
            }
            let beside = |s: &Expr| {
                let mut others = terms.iter().enumerate().filter(|(i, _)| *i != at);
                others.any(|(_, other)| mentions(other, s))
            };
            let odd = distinct.iter().find(|(s, n, _)| *s != main && *n < count && beside(s));
            let Some(&(_, _, first)) = odd else { continue };
            let (main_name, name) = (cx.slice(main.span), cx.slice(subjects[first].span));
            out.push(
                Diagnostic::note_severity(
                    codes::OR_WIDENS,
                    format!("the tests of `{main_name}` count for nothing where `{name}` passes"),
                )
                .at(branches[first].span, format!("holds whatever `{main_name}` is"))
                .label(branches[of_main].span, format!("the list of `{main_name}` begins here"))
                .help(format!(
                    "if both are meant, close the list before `{name}` and write `AND (…)`"
                )),
            );
        }
    });
}

/// What a plain test is about.
fn positive(expr: &Expr) -> Option<&Expr> {
    test(expr).filter(|t| !t.negated).map(|t| t.subject)
}

fn mentions(expr: &Expr, subject: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |e| found |= test(e).is_some_and(|t| t.subject == subject));
    found
}
