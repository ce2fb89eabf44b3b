//! Fixes for what binding reports, where the fix depends on the rest of the query.

use aql_catalog::SYSMON_TYPE_NAME;
use aql_diag::{Applicability, Diagnostic, Edit, Span, codes};
use aql_event::{Column, ColumnKind, Type};
use aql_semantic::{CompareOp, Expr, ExprKind, names_directory, parse_network, whole_path_of};

use crate::class;
use crate::cx::Cx;
use crate::tests_of::text;

/// Adds a fix to every finding that has one in this query.
pub(crate) fn mend(cx: &Cx<'_>, found: &mut [Diagnostic]) {
    for diagnostic in found {
        let Some(at) = diagnostic.primary.as_ref().map(|p| p.span) else { continue };
        let by_code = match diagnostic.code {
            codes::UNKNOWN_FIELD => text_in_double_quotes(cx, at),
            codes::BAD_NETWORK => network_as_address(cx, at),
            codes::ARGUMENT_TYPE => address_prefix(cx, at),
            _ => None,
        };
        if let (Some((title, edit)), true) = (by_code, diagnostic.fixes.is_empty()) {
            // The help is for whoever has no fix.
            diagnostic.help.clear();
            let taken = std::mem::replace(diagnostic, Diagnostic::error(codes::SYNTAX, ""));
            *diagnostic = taken.fix(title, Applicability::Unsafe, vec![edit]);
            continue;
        }
        let (title, edits) = match diagnostic.code {
            codes::RAW_PROPERTY_NAME => raw_name(cx, at),
            codes::SYSMON_TYPE_NAME => sysmon_type(cx),
            codes::BASENAME_PROPERTY => whole_path(cx, at),
            codes::QIDNAME_SPELLING => event_id(cx, at),
            _ => continue,
        };
        if !edits.is_empty() && diagnostic.fixes.is_empty() {
            let taken = std::mem::replace(diagnostic, Diagnostic::error(codes::SYNTAX, ""));
            *diagnostic = taken.fix(title, Applicability::Unsafe, edits);
        }
    }
}

/// The log's own name of a property, wherever it is used.
fn raw_name(cx: &Cx<'_>, at: Span) -> (String, Vec<Edit>) {
    let name = unquoted(cx.slice(at));
    let mut property = None;
    let mut places = Vec::new();
    cx.walk(&mut |expr| {
        if !unquoted(cx.slice(expr.span)).eq_ignore_ascii_case(name) {
            return;
        }
        if let ExprKind::Column(column) = &expr.kind {
            property.get_or_insert(column);
        }
        places.push(expr.span);
    });
    let Some(property) = property else { return (String::new(), Vec::new()) };
    let written = quoted(&property.name);
    (format!("write `{written}`, as IBM's content calls it"), replace_all(places, &written))
}

/// `LOGSOURCETYPENAME(…) ILIKE '%Sysmon%'`: the type and the channel that Sysmon events have.
fn sysmon_type(cx: &Cx<'_>) -> (String, Vec<Edit>) {
    let mut places = Vec::new();
    for_each_test(cx, &mut |test, value| {
        let ExprKind::Call { function, .. } = &value.kind else { return };
        let named = matches!(&**function, "SYSMON_TYPENAME" | "LOGSOURCE_TYPENAME");
        if named && class::accepts(test, SYSMON_TYPE_NAME) == Some(true) && !negated(cx, test) {
            places.push(test.span);
        }
    });
    let test = "devicetype = 12 AND qideventcategory = 'Microsoft-Windows-Sysmon/Operational'";
    let edits = places
        .into_iter()
        .map(|span| Edit { span, text: in_place(cx, span, test) })
        .collect::<Vec<_>>();
    ("test the type and the channel of Sysmon's events".to_owned(), edits)
}

/// Directories looked for in a file name: the property with the whole path.
fn whole_path(cx: &Cx<'_>, at: Span) -> (String, Vec<Edit>) {
    let mut of: Option<&Column> = None;
    let mut places = Vec::new();
    // The finding stands at the first pattern; it is about all patterns over that property.
    cx.walk(&mut |expr| {
        let ExprKind::Like { expr, pattern, .. } = &expr.kind else { return };
        if let (true, ExprKind::Column(column)) = (pattern.span == at, &expr.kind) {
            of = Some(column);
        }
    });
    let Some(whole) = of.and_then(|column| whole_path_of(&column.name)) else {
        return (String::new(), Vec::new());
    };
    cx.walk(&mut |expr| {
        let ExprKind::Like { expr, pattern, .. } = &expr.kind else { return };
        let same = matches!(&expr.kind, ExprKind::Column(column) if Some(column) == of);
        // Where the value is written as the property; an alias would have to be changed elsewhere.
        let written = of.is_some_and(|c| names(cx, expr.span, c));
        if same && written && text(pattern).is_some_and(names_directory) {
            places.push(expr.span);
        }
    });
    let written = quoted(whole);
    (format!("test `{written}`"), replace_all(places, &written))
}

/// A pattern over QIDNAME: the ids of the events that it means.
fn event_id(cx: &Cx<'_>, at: Span) -> (String, Vec<Edit>) {
    let mut test = None;
    for_each_test(cx, &mut |t, _| {
        if t.span == at && test.is_none() {
            test = Some(t);
        }
    });
    let ids = test.filter(|t| !negated(cx, t)).and_then(|t| class::event_ids(cx, t));
    let Some(written) = ids else { return (String::new(), Vec::new()) };
    let edit = Edit { span: at, text: in_place(cx, at, &written) };
    (format!("test the event id: `{written}`"), vec![edit])
}

/// `username = "admin"`: a value that was meant to be a text.
fn text_in_double_quotes(cx: &Cx<'_>, at: Span) -> Option<(String, Edit)> {
    let written = cx.slice(at).strip_prefix('"')?.strip_suffix('"')?;
    let mut compared = false;
    cx.walk(&mut |expr| match &expr.kind {
        ExprKind::Compare { left, right, .. } => {
            compared |= right.span == at && left.span != at && left.span.end <= at.start;
        }
        ExprKind::Like { pattern, .. } | ExprKind::Matches { pattern, .. } => {
            compared |= pattern.span == at;
        }
        _ => {}
    });
    let text = format!("'{}'", written.replace("\"\"", "\"").replace('\'', "''"));
    let title = format!("write `{text}`: double quotes are for names");
    compared.then_some((title, Edit { span: at, text }))
}

/// `sourceip = '10.0.0.0/8'`: a network where a single address is compared.
fn network_as_address(cx: &Cx<'_>, at: Span) -> Option<(String, Edit)> {
    let mut found = None;
    cx.walk(&mut |expr| {
        let ExprKind::Compare { op, left, right, .. } = &expr.kind else { return };
        let not = match op {
            CompareOp::Eq => "",
            CompareOp::NotEq => "NOT ",
            _ => return,
        };
        if right.span == at && text(right).is_some_and(|t| parse_network(t).is_some()) {
            let (network, field) = (cx.slice(right.span), cx.slice(left.span));
            found = Some((expr.span, format!("{not}INCIDR({network}, {field})")));
        }
    });
    let (span, text) = found?;
    Some((format!("write `{text}`"), Edit { span, text }))
}

/// `sourceip LIKE '10.%'`: a network, written as the beginning of an address.
fn address_prefix(cx: &Cx<'_>, at: Span) -> Option<(String, Edit)> {
    let mut found = None;
    cx.walk(&mut |expr| {
        let ExprKind::Like { expr: value, pattern, .. } = &expr.kind else { return };
        let host = match &value.kind {
            ExprKind::Call { args, .. } => args.first().is_some_and(|a| a.ty == Type::Host),
            _ => false,
        };
        if value.span != at || !host {
            return;
        }
        let Some(network) = text(pattern).and_then(network_of_prefix) else { return };
        let not = if negated(cx, expr) { "NOT " } else { "" };
        found = Some((expr.span, format!("{not}INCIDR('{network}', {})", cx.slice(at))));
    });
    let (span, text) = found?;
    Some((format!("write `{text}`"), Edit { span, text }))
}

/// `10.%` and `10.1.%`, `10.1.2.%`: whole bytes of an address.
fn network_of_prefix(pattern: &str) -> Option<String> {
    let bytes = pattern.strip_suffix(".%")?.split('.').map(str::parse::<u8>);
    let bytes: Vec<u8> = bytes.collect::<Result<_, _>>().ok()?;
    let length = match bytes.len() {
        n @ 1..=3 => n * 8,
        _ => return None,
    };
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    Some(format!("{}.{}.{}.0/{length}", byte(0), byte(1), byte(2)))
}

/// Every test of a value against constants, and that value.
fn for_each_test<'a>(cx: &Cx<'a>, f: &mut dyn FnMut(&'a Expr, &'a Expr)) {
    cx.walk(&mut |expr| match &expr.kind {
        ExprKind::Like { expr: value, .. } | ExprKind::In { expr: value, .. } => f(expr, value),
        ExprKind::Compare { left, .. } => f(expr, left),
        _ => {}
    });
}

/// Is it written with NOT inside, as in `x NOT LIKE y`? The place of such a test has the NOT in it.
pub(crate) fn negated(cx: &Cx<'_>, test: &Expr) -> bool {
    let value = match &test.kind {
        ExprKind::Like { expr, .. } | ExprKind::In { expr, .. } => expr,
        _ => return false,
    };
    let behind = cx.slice(Span { start: value.span.end, end: test.span.end });
    behind
        .trim_start_matches(')')
        .trim_start()
        .get(..3)
        .is_some_and(|w| w.eq_ignore_ascii_case("not"))
}

/// Conditions joined by AND, as they can stand in the place of one condition.
pub(crate) fn in_place(cx: &Cx<'_>, at: Span, written: &str) -> String {
    let top = match cx.query.filter.as_ref().map(|f| (&f.kind, f.span)) {
        Some((ExprKind::And(terms), _)) => terms.iter().any(|t| t.span == at),
        Some((_, span)) => span == at,
        None => false,
    };
    let several = written.contains(" AND ");
    if top || !several { written.to_owned() } else { format!("({written})") }
}

fn names(cx: &Cx<'_>, at: Span, column: &Column) -> bool {
    let written = unquoted(cx.slice(at));
    match column.kind {
        ColumnKind::Property => {
            let found = cx.catalog.property(written, cx.profile);
            found.is_some_and(|(found, _)| found == *column)
        }
        _ => written.eq_ignore_ascii_case(&column.name),
    }
}

fn unquoted(name: &str) -> &str {
    name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).unwrap_or(name)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn replace_all(mut places: Vec<Span>, text: &str) -> Vec<Edit> {
    places.sort_by_key(|s| (s.start, s.end));
    places.dedup();
    places.into_iter().map(|span| Edit { span, text: text.to_owned() }).collect()
}
