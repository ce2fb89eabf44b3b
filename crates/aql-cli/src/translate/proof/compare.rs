//! Rows of groups against rows of groups.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Verdict;

/// Digits that numbers are compared by: engines add up in different orders.
const DIGITS: usize = 10;

/// Compares rows without regard to their order.
pub(super) fn rows(ours: &[Vec<Value>], theirs: &[Vec<Value>], announced: bool) -> Verdict {
    let mut balance: BTreeMap<String, i64> = BTreeMap::new();
    for (rows, sign) in [(theirs, 1), (ours, -1)] {
        for row in rows {
            let cells: Vec<String> = row.iter().map(cell).collect();
            *balance.entry(cells.join(", ")).or_default() += sign;
        }
    }
    let side = |sign: i64| -> Vec<String> {
        let on_it = balance.iter().filter(|(_, count)| count.signum() == sign);
        on_it
            .flat_map(|(row, count)| {
                let count = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
                std::iter::repeat_n(row.clone(), count)
            })
            .collect()
    };
    let (more, fewer) = (side(1), side(-1));
    if more.is_empty() && fewer.is_empty() {
        return Verdict::Same { found: ours.len() };
    }
    Verdict::Differs { announced, found: ours.len(), more, fewer }
}

/// A value as text: `3` and `3.0` are the same, and so are texts and numbers that look alike.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(double) if number.is_f64() && double.fract() == 0.0 && double.abs() < 1e15 => {
                format!("{double:.0}")
            }
            Some(double) if number.is_f64() => format!("{double:.DIGITS$e}"),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Verdict, rows};

    #[test]
    fn rows_are_compared_by_value_and_number() {
        let ours = [vec![json!("a"), json!(3)], vec![json!(null), json!(0.1)]];
        let theirs = [vec![json!(null), json!(0.1 + 1e-16)], vec![json!("a"), json!(3.0)]];
        assert!(matches!(rows(&ours, &theirs, false), Verdict::Same { found: 2 }));
        let twice = [ours[0].clone(), ours[0].clone(), ours[1].clone()];
        let Verdict::Differs { more, fewer, .. } = rows(&ours, &twice, false) else {
            panic!("one row is there twice");
        };
        assert_eq!((more, fewer), (vec!["a, 3".to_owned()], vec![]));
        let other = [vec![json!("a"), json!(4)], vec![json!(null), json!(0.1)]];
        assert!(matches!(
            rows(&ours, &other, false),
            Verdict::Differs { more, fewer, .. } if more == ["a, 4"] && fewer == ["a, 3"]
        ));
    }
}
