//! Seconds where AQL has milliseconds.

use aql_diag::{Applicability, Diagnostic, codes};
use aql_event::Type;
use aql_semantic::{ArithmeticOp, CompareBy, Expr, ExprKind, Value};

use crate::cx::Cx;

const DAY: i64 = 86_400;

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen = Vec::new();
    cx.walk(&mut |expr| {
        let Some((place, message, label, title, text)) = fault(cx, expr) else { return };
        if seen.contains(&place) {
            return;
        }
        seen.push(place);
        out.push(
            Diagnostic::warning(codes::SECONDS, message)
                .at(place, label)
                .note("times of events, NOW() and DATEFORMAT count milliseconds since 1970")
                .replace(title, Applicability::Unsafe, place, text),
        );
    });
}

type Fault = (aql_diag::Span, &'static str, String, &'static str, String);

fn fault(cx: &Cx<'_>, expr: &Expr) -> Option<Fault> {
    match &expr.kind {
        ExprKind::Call { function, args } if &**function == "DATEFORMAT" => {
            let first = args.first()?;
            let time = thousandth(first)?;
            Some((
                first.span,
                "DATEFORMAT gets seconds",
                "prints a day of January 1970".to_owned(),
                "leave out the division",
                cx.slice(time.span).to_owned(),
            ))
        }
        ExprKind::Arithmetic { op: ArithmeticOp::Sub | ArithmeticOp::Add, left, right }
            if is_now(left) =>
        {
            let number = constant(right)?;
            // Less than a minute, or whole days of seconds: hardly milliseconds.
            let days = number % DAY == 0 && number <= 366 * DAY;
            if number < 1_000 || (number >= 60_000 && !days) {
                return None;
            }
            let written = cx.slice(right.span);
            let plain = written.bytes().all(|b| b.is_ascii_digit());
            let text = match plain || written.starts_with('(') {
                true => format!("{written} * 1000"),
                false => format!("({written}) * 1000"),
            };
            Some((
                right.span,
                "a time span in seconds",
                format!("as milliseconds this is {}", span_in_words(number)),
                "multiply by 1000",
                text,
            ))
        }
        ExprKind::Compare { by: CompareBy::Number, left, right, .. } => {
            let (_, number) = [(left, right), (right, left)]
                .into_iter()
                .find(|(time, number)| time.ty == Type::Time && constant(number).is_some())?;
            let value = constant(number)?;
            (1_000_000_000..100_000_000_000).contains(&value).then(|| {
                (
                    number.span,
                    "a time in seconds",
                    "as milliseconds this is a day of the early seventies".to_owned(),
                    "multiply by 1000",
                    format!("{}000", cx.slice(number.span)),
                )
            })
        }
        _ => None,
    }
}

/// A time divided by 1000: the time.
fn thousandth(expr: &Expr) -> Option<&Expr> {
    let ExprKind::Arithmetic { op: ArithmeticOp::Div, left, right } = &expr.kind else {
        return None;
    };
    (constant(right) == Some(1000) && left.ty == Type::Time).then_some(left)
}

fn is_now(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if &**function == "NOW")
}

/// The value of a product of whole numbers.
fn constant(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(Value::Integer(n)) => Some(*n),
        ExprKind::Arithmetic { op: ArithmeticOp::Mul, left, right } => {
            constant(left)?.checked_mul(constant(right)?)
        }
        _ => None,
    }
}

fn span_in_words(milliseconds: i64) -> String {
    match milliseconds {
        ms if ms < 120_000 => format!("{:.1} seconds", Millis(ms).over(1_000)),
        ms => format!("{:.1} minutes", Millis(ms).over(60_000)),
    }
}

struct Millis(i64);

impl Millis {
    #[expect(clippy::cast_precision_loss, reason = "to be shown with one decimal")]
    fn over(&self, unit: i64) -> f64 {
        self.0 as f64 / unit as f64
    }
}
