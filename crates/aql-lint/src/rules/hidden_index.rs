//! A function around an indexed field: the appliance looks at every event instead of its index.

use aql_catalog::similar_names;
use aql_diag::{Applicability, Diagnostic, Span, codes};
use aql_event::ColumnKind;
use aql_semantic::{CompareOp, Expr, ExprKind, Value};

use crate::cx::Cx;
use crate::tests_of::text;

/// Fields whose index is switched on as the product comes, or can be.
const INDEXED: [&str; 10] = [
    "sourceip",
    "destinationip",
    "username",
    "qid",
    "category",
    "devicetype",
    "logsourceid",
    "sourceport",
    "destinationport",
    "highlevelcategory",
];

pub(super) fn check(cx: &Cx<'_>, out: &mut Vec<Diagnostic>) {
    let mut seen: Vec<Span> = Vec::new();
    cx.walk(&mut |test| {
        let value = match &test.kind {
            ExprKind::Compare { op: CompareOp::Eq, left, right, .. }
                if matches!(right.kind, ExprKind::Literal(_)) =>
            {
                left
            }
            ExprKind::In { expr, .. } => expr,
            _ => return,
        };
        let ExprKind::Call { function, args } = &value.kind else { return };
        let [Expr { kind: ExprKind::Column(column), .. }] = args.as_slice() else { return };
        let indexed = column.kind == ColumnKind::Builtin && INDEXED.contains(&&*column.name);
        // What binding has put around a field is not in the text.
        let written = cx.slice(value.span).trim_start();
        let spelled =
            written.get(..function.len()).is_some_and(|w| w.eq_ignore_ascii_case(function));
        if !indexed || !spelled || seen.contains(&test.span) {
            return;
        }
        seen.push(test.span);
        let mut found = Diagnostic::note_severity(
            codes::HIDDEN_INDEX,
            format!("{function}(…) keeps the index of `{}` from being used", column.name),
        )
        .at(value.span, "computed for every event");
        if let Some(plain) = plain(cx, test, function) {
            found = found.replace(
                format!("write `{plain}`"),
                Applicability::Unsafe,
                test.span,
                plain.clone(),
            );
        }
        if let (true, Some(name)) = (&**function == "LOGSOURCETYPENAME", compared(test)) {
            let names = || cx.catalog.log_source_types().iter().map(|t| t.name.as_str());
            if !names().any(|n| n == name) {
                let similar: Vec<String> =
                    similar_names(name, names()).iter().map(|n| format!("`{n}`")).collect();
                found = found.note(match similar.is_empty() {
                    true => "the catalog has no log source type of this name".to_owned(),
                    false => format!(
                        "the catalog has no log source type of this name; did you mean {}?",
                        similar.join(" or ")
                    ),
                });
            }
        }
        out.push(found);
    });
}

/// The one text that is compared with.
fn compared(test: &Expr) -> Option<&str> {
    match &test.kind {
        ExprKind::Compare { right, .. } => text(right),
        _ => None,
    }
}

/// The same test on the number itself, where the catalog knows it.
fn plain(cx: &Cx<'_>, test: &Expr, function: &str) -> Option<String> {
    let names: Vec<&str> = match &test.kind {
        ExprKind::Compare { right, .. } => vec![text(right)?],
        ExprKind::In { list, .. } => list
            .iter()
            .map(|v| match v {
                Value::Text(text) => Some(&**text),
                _ => None,
            })
            .collect::<Option<_>>()?,
        _ => return None,
    };
    let id = |name: &&str| -> Option<i64> {
        match function {
            "LOGSOURCETYPENAME" => {
                cx.catalog.log_source_types().iter().find(|t| t.name == **name).map(|t| t.id)
            }
            "CATEGORYNAME" => {
                let mut same = cx.catalog.categories().iter().filter(|c| c.name == **name);
                let one = same.next()?;
                same.next().is_none().then_some(one.id)
            }
            _ => None,
        }
    };
    let field = if function == "LOGSOURCETYPENAME" { "devicetype" } else { "category" };
    let ids: Vec<String> =
        names.iter().map(|n| id(n).map(|id| id.to_string())).collect::<Option<_>>()?;
    Some(match ids.as_slice() {
        [id] => format!("{field} = {id}"),
        ids => format!("{field} IN ({})", ids.join(", ")),
    })
}
