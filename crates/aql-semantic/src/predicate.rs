//! Binding predicates: what two sides are compared as, LIKE and its relatives, IN.

use std::sync::Arc;

use aql_diag::{Applicability, Diagnostic, Edit, Severity, Span, codes};
use aql_event::{Type, canonical_host};
use aql_syntax::ast::{self, PatternOp};

use crate::bind::{Binder, Rows, Scope};
use crate::bound::{CompareBy, CompareOp, Expr, ExprKind, NullSemantics, Value};
use crate::dialect::{
    EqualsNull, LikeAddress, LikeBackslash, Matches, MatchesDot, PropertyNumber, TextCase,
};
use crate::expr::{not, null_boolean};
use crate::text_search::utf8;

/// Values of an IN list that count: the appliance's limit for subqueries (IBM AQL guide).
pub const IN_QUERY_LIMIT: usize = 10_000;

impl Binder<'_> {
    pub(crate) fn compare(
        &mut self,
        op: CompareOp,
        op_span: Span,
        left: Expr,
        right: Expr,
        span: Span,
    ) -> Expr {
        if let Some(expr) = self.compare_null(op, op_span, &left, &right, span) {
            return expr;
        }
        let (left, right) = (self.comparable(left), self.comparable(right));
        let by = self.compare_by(&left, &right);
        let (left, right) = match by {
            CompareBy::Host => (self.host_side(left, op_span), self.host_side(right, op_span)),
            CompareBy::Number => (self.number_side(left), self.number_side(right)),
            CompareBy::Text => (self.text_operand(left), self.text_operand(right)),
            CompareBy::Boolean => (left, right),
        };
        let bound = Expr {
            kind: ExprKind::Compare { op, by, left: Box::new(left), right: Box::new(right) },
            ty: Type::Boolean,
            span,
        };
        self.with_alternate_qidname(bound)
    }

    /// `x = NULL`: IS NULL under two-valued logic, as shipped apps rely on; never true in SQL.
    fn compare_null(
        &mut self,
        op: CompareOp,
        op_span: Span,
        left: &Expr,
        right: &Expr,
        span: Span,
    ) -> Option<Expr> {
        let is_null =
            |e: &Expr| matches!(e.kind, ExprKind::Literal(Value::Null)) && e.ty == Type::Null;
        let value = match (is_null(left), is_null(right)) {
            (_, true) => left,
            (true, false) => right,
            (false, false) => return None,
        };
        let (word, negated) = match op {
            CompareOp::Eq => ("IS NULL", false),
            CompareOp::NotEq => ("IS NOT NULL", true),
            _ => return None,
        };
        if value.ty != Type::Null {
            self.push(
                Diagnostic::warning(codes::COMPARE_NULL, "a value is compared with NULL")
                    .at(op_span, format!("`{word}` says what is meant"))
                    .replace(
                        format!("write `{word}`"),
                        Applicability::Safe,
                        Span { start: op_span.start, end: span.end },
                        word,
                    ),
            );
        }
        let never = self.dialect.equals_null == EqualsNull::Never;
        if never || self.dialect.nulls == NullSemantics::Sql {
            return Some(null_boolean(span));
        }
        let test =
            Expr { kind: ExprKind::IsNull(Box::new(value.clone())), ty: Type::Boolean, span };
        Some(if negated { not(test, span) } else { test })
    }

    /// Bytes compare as their text.
    fn comparable(&mut self, expr: Expr) -> Expr {
        if expr.ty == Type::Binary { self.needs_utf8(expr) } else { expr }
    }

    pub(crate) fn needs_utf8(&mut self, expr: Expr) -> Expr {
        let span = expr.span;
        let name = span.slice(self.text);
        self.push(
            Diagnostic::warning(codes::ARGUMENT_TYPE, format!("`{name}` is bytes, not text"))
                .at(span, "read as UTF-8")
                .replace("write `UTF8(…)`", Applicability::Safe, span, format!("UTF8({name})")),
        );
        utf8(expr)
    }

    fn host_side(&mut self, expr: Expr, op_span: Span) -> Expr {
        let ExprKind::Literal(Value::Text(text)) = &expr.kind else { return expr };
        match canonical_host(text) {
            Some(host) => {
                Expr { kind: ExprKind::Literal(Value::Host(host)), ty: Type::Host, ..expr }
            }
            None => {
                let mut diagnostic = Diagnostic::warning(
                    codes::BAD_NETWORK,
                    format!("`'{text}'` is not an address"),
                )
                .at(expr.span, "an address field never equals this");
                if crate::call::parse_network(text).is_some() {
                    diagnostic = diagnostic
                        .label(op_span, "compares single addresses")
                        .help(format!("a network is tested with `INCIDR('{text}', field)`"));
                }
                self.push(diagnostic);
                expr
            }
        }
    }

    fn number_side(&mut self, expr: Expr) -> Expr {
        let ExprKind::Literal(Value::Text(text)) = &expr.kind else { return expr };
        let value = match parse_number(text) {
            Some(value) => value,
            None => {
                self.push(
                    Diagnostic::warning(
                        codes::TYPE_MISMATCH,
                        format!("`'{text}'` is not a number"),
                    )
                    .at(expr.span, "a number never equals this"),
                );
                return expr;
            }
        };
        let ty = if matches!(value, Value::Integer(_)) { Type::Integer } else { Type::Double };
        Expr { kind: ExprKind::Literal(value), ty, ..expr }
    }

    pub(crate) fn pattern(
        &mut self,
        op: PatternOp,
        op_span: Span,
        value: Expr,
        pattern: Expr,
        span: Span,
    ) -> Expr {
        let value = self.text_side(value, op);
        if !matches!(pattern.ty, Type::Text | Type::Null) {
            self.push(
                Diagnostic::error(
                    codes::ARGUMENT_TYPE,
                    format!("{} takes a pattern in quotes", op.keyword()),
                )
                .at(pattern.span, format!("this is {}", crate::expr::article(pattern.ty)))
                .label(op_span, ""),
            );
            return null_boolean(span);
        }
        let pattern = match op {
            PatternOp::Matches | PatternOp::IMatches => self.dotted(pattern),
            PatternOp::Like | PatternOp::ILike => pattern,
        };
        let kind = match op {
            PatternOp::Like | PatternOp::ILike => {
                let pattern = self.like_pattern(pattern, &value);
                ExprKind::Like {
                    expr: Box::new(value),
                    pattern: Box::new(pattern),
                    ignore_case: op == PatternOp::ILike,
                }
            }
            PatternOp::Matches | PatternOp::IMatches => ExprKind::Matches {
                expr: Box::new(value),
                pattern: Box::new(pattern),
                ignore_case: op == PatternOp::IMatches,
                full: self.dialect.matches == Matches::Full,
            },
        };
        self.with_alternate_qidname(Expr { kind, ty: Type::Boolean, span })
    }

    fn text_side(&mut self, value: Expr, op: PatternOp) -> Expr {
        let span = value.span;
        match value.ty {
            Type::Text | Type::Null => value,
            Type::Binary => self.needs_utf8(value),
            _ => {
                let name = span.slice(self.text);
                let ty = crate::expr::article(value.ty);
                let refused =
                    value.ty == Type::Host && self.dialect.like_address == LikeAddress::Reject;
                let (severity, label) = match refused {
                    true => (Severity::Error, "it takes text"),
                    false => (Severity::Warning, "its text is tested"),
                };
                let message = format!("{} on `{name}`, which is {ty}", op.keyword());
                let mut diagnostic =
                    Diagnostic::new(codes::ARGUMENT_TYPE, severity, message).at(span, label);
                diagnostic = if value.ty == Type::Host {
                    diagnostic.help(format!("`INCIDR('10.0.0.0/8', {name})` tests a network"))
                } else {
                    diagnostic.help(format!("write `STR({name})`"))
                };
                self.push(diagnostic);
                let function: Arc<str> = "STR".into();
                Expr { kind: ExprKind::Call { function, args: vec![value] }, ty: Type::Text, span }
            }
        }
    }

    fn like_pattern(&mut self, mut pattern: Expr, value: &Expr) -> Expr {
        let ExprKind::Literal(Value::Text(text)) = &pattern.kind else { return pattern };
        if self.dialect.like_backslash == LikeBackslash::Escape {
            let text: Arc<str> = text.replace("\\\\", "\\").into();
            pattern.kind = ExprKind::Literal(Value::Text(text));
            return pattern;
        }
        self.check_basename(text, value, pattern.span);
        if all_backslashes_doubled(text) {
            let single = text.replace("\\\\", "\\");
            self.backslashes.push(Edit {
                span: pattern.span,
                text: format!("'{}'", single.replace('\'', "''")),
            });
            if self.dialect.like_backslash == LikeBackslash::Repair {
                pattern.kind = ExprKind::Literal(Value::Text(single.into()));
            }
        }
        pattern
    }

    /// A path is looked for in a property that holds a file name only.
    fn check_basename(&mut self, pattern: &str, value: &Expr, span: Span) {
        let ExprKind::Column(column) = &value.kind else { return };
        let Some(whole) = whole_path_of(&column.name) else { return };
        if names_directory(pattern) {
            if !self.named.insert(format!("basename:{}", column.name)) {
                return;
            }
            self.push(
                Diagnostic::warning(
                    codes::BASENAME_PROPERTY,
                    format!(
                        "a path is looked for in `{}`, which holds a file name only",
                        column.name
                    ),
                )
                .at(span, "never found there")
                .help(format!(
                    "test `\"{whole}\"`, or bind with profile `raw`, where `{}` is the whole path",
                    column.name
                )),
            );
        }
    }

    /// As what two sides are compared, by their types.
    fn compare_by(&self, left: &Expr, right: &Expr) -> CompareBy {
        use Type::{Boolean, Host};
        let as_text = self.dialect.property_number == PropertyNumber::Text;
        match (left.ty, right.ty) {
            (Host, _) | (_, Host) => CompareBy::Host,
            (Boolean, _) | (_, Boolean) => CompareBy::Boolean,
            _ if as_text && (is_text_value(left) || is_text_value(right)) => CompareBy::Text,
            (l, r) if l.is_numeric() || r.is_numeric() => CompareBy::Number,
            _ => CompareBy::Text,
        }
    }

    /// A side of a comparison as text.
    fn text_operand(&self, mut expr: Expr) -> Expr {
        match &expr.kind {
            ExprKind::Literal(Value::Integer(n)) => {
                expr.kind = ExprKind::Literal(Value::Text(n.to_string().into()));
                expr.ty = Type::Text;
            }
            _ if expr.ty.is_numeric() => expr = text_call("STR", expr),
            _ => {}
        }
        if self.dialect.text_case == TextCase::Exact || expr.ty != Type::Text {
            return expr;
        }
        match &expr.kind {
            ExprKind::Literal(Value::Text(text)) => {
                expr.kind = ExprKind::Literal(Value::Text(text.to_lowercase().into()));
                expr
            }
            _ => text_call("LOWER", expr),
        }
    }

    /// A regular expression with the flag that lets its dot cross line breaks, if the dialect does.
    fn dotted(&self, mut pattern: Expr) -> Expr {
        if self.dialect.matches_dot == MatchesDot::Line || pattern.ty != Type::Text {
            return pattern;
        }
        const FLAG: &str = "(?s)";
        if let ExprKind::Literal(Value::Text(text)) = &pattern.kind {
            pattern.kind = ExprKind::Literal(Value::Text(format!("{FLAG}{text}").into()));
            return pattern;
        }
        let span = pattern.span;
        let flag = Expr { kind: ExprKind::Literal(Value::Text(FLAG.into())), ty: Type::Text, span };
        let kind = ExprKind::Call { function: "CONCAT".into(), args: vec![flag, pattern] };
        Expr { kind, ty: Type::Text, span }
    }

    pub(crate) fn in_list(&mut self, value: Expr, list: Vec<Expr>, span: Span) -> Expr {
        let value = self.comparable(value);
        let mut groups: Vec<(CompareBy, Vec<Value>)> = Vec::new();
        let mut terms: Vec<Expr> = Vec::new();
        let mut open = false;
        for item in list {
            let item = self.comparable(item);
            let by = self.compare_by(&value, &item);
            let item = match by {
                CompareBy::Host => self.host_side(item, span),
                CompareBy::Number => self.number_side(item),
                CompareBy::Text => self.text_operand(item),
                CompareBy::Boolean => item,
            };
            match item.kind {
                // A null in the list equals nothing; in SQL it leaves open whether the value is in.
                ExprKind::Literal(Value::Null) if self.dialect.nulls == NullSemantics::Sql => {
                    open = true;
                }
                ExprKind::Literal(Value::Null) => {}
                ExprKind::Literal(constant) => match groups.iter_mut().find(|(b, _)| *b == by) {
                    Some((_, list)) => list.push(constant),
                    None => groups.push((by, vec![constant])),
                },
                _ => terms.push(self.compare(CompareOp::Eq, item.span, value.clone(), item, span)),
            }
        }
        for (by, list) in groups {
            let value = match by {
                CompareBy::Text => self.text_operand(value.clone()),
                _ => value.clone(),
            };
            let kind = ExprKind::In { expr: Box::new(value), list, by };
            let bound = Expr { kind, ty: Type::Boolean, span };
            terms.push(self.with_alternate_qidname(bound));
        }
        if open {
            terms.push(null_boolean(span));
        }
        match terms.len() {
            0 => Expr {
                kind: ExprKind::In { expr: Box::new(value), list: Vec::new(), by: CompareBy::Text },
                ty: Type::Boolean,
                span,
            },
            1 => terms.remove(0),
            _ => Expr { kind: ExprKind::Or(terms), ty: Type::Boolean, span },
        }
    }

    pub(crate) fn in_query(
        &mut self,
        value: Expr,
        query: &ast::Query,
        span: Span,
        scope: &Scope,
    ) -> Expr {
        let names = scope.aliases.iter().chain(&scope.outputs).map(|(name, _)| name.clone());
        let mut names: Vec<String> = names.collect();
        if let Rows::Inner(columns) = &scope.rows {
            names.extend(columns.iter().map(|(name, _)| name.clone()));
        }
        self.outer.push(names);
        let mut inner = self.query(query);
        self.outer.pop();
        let [output] = inner.output.as_mut_slice() else {
            self.push(
                Diagnostic::error(
                    codes::SCALAR_SUBQUERY,
                    format!("the query after IN returns {} columns", inner.output.len()),
                )
                .at(query.span, "it must return one"),
            );
            return null_boolean(span);
        };
        let by = self.compare_by(&value, &output.expr);
        let mut value = value;
        if by == CompareBy::Text {
            value = self.text_operand(value);
            output.expr = self.text_operand(output.expr.clone());
        }
        let kind = ExprKind::InQuery { expr: Box::new(value), query: Box::new(inner), by };
        Expr { kind, ty: Type::Boolean, span }
    }

    pub(crate) fn report_backslashes(&mut self) {
        let edits = std::mem::take(&mut self.backslashes);
        let Some(first) = edits.first() else { return };
        let count = edits.len();
        let (are, s) = if count == 1 { ("is", "") } else { ("are", "s") };
        let mut diagnostic = Diagnostic::warning(
            codes::DOUBLED_BACKSLASH,
            format!("the backslash is doubled in {count} LIKE pattern{s}"),
        )
        .at(first.span, "asks for two backslashes in a row, which no path has");
        for edit in edits.iter().skip(1).take(2) {
            diagnostic = diagnostic.label(edit.span, "and here");
        }
        diagnostic = diagnostic
            .note("a backslash is an ordinary character in AQL strings and in LIKE patterns");
        if self.dialect.like_backslash == LikeBackslash::Repair {
            diagnostic = diagnostic.repaired(format!(
                "{are} read as one backslash",
                are = if count == 1 { "it is" } else { "each pair is" }
            ));
        } else {
            diagnostic =
                diagnostic.note(format!("as written, the pattern{s} {are} taken literally"));
        }
        let diagnostic = diagnostic.fix("write one backslash", Applicability::Safe, edits);
        self.push(diagnostic);
    }
}

/// The property with the whole path, for one that holds its last part only.
pub fn whole_path_of(property: &str) -> Option<&'static str> {
    match property {
        "Filename" => Some("File Path"),
        "Process Name" => Some("Process Path"),
        "Parent Process Name" => Some("Parent Process Path"),
        _ => None,
    }
}

/// Does a LIKE pattern ask for more of a path than its last part?
pub fn names_directory(pattern: &str) -> bool {
    const DIRECTORIES: [&str; 6] =
        ["appdata", "programdata", "program files", "users", "windows\\temp", "system32"];
    let lower = pattern.to_lowercase();
    lower.contains(['\\', '/']) || DIRECTORIES.iter().any(|d| lower.contains(d))
}

/// A function of one argument that gives text.
fn text_call(function: &str, expr: Expr) -> Expr {
    let span = expr.span;
    let kind = ExprKind::Call { function: function.into(), args: vec![expr] };
    Expr { kind, ty: Type::Text, span }
}

/// Is it text that is no constant: a property, or what a function makes?
fn is_text_value(expr: &Expr) -> bool {
    expr.ty == Type::Text && !matches!(expr.kind, ExprKind::Literal(_))
}

/// Text as a number: decimal, hexadecimal with `0x`, or broken.
pub fn parse_number(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        // `from_str_radix` takes a sign as well.
        let digits = hex.bytes().all(|b| b.is_ascii_hexdigit());
        return i64::from_str_radix(hex, 16).ok().filter(|_| digits).map(Value::Integer);
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Some(Value::Integer(integer));
    }
    // `inf` and `nan` are words, not numbers.
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse::<f64>().ok().filter(|x| x.is_finite()).map(Value::Double)
}

/// Are there backslashes, and all in pairs? A pair at the very start is the mark of a network
/// share (`\\server\…`) and says nothing.
fn all_backslashes_doubled(pattern: &str) -> bool {
    let mut runs = Vec::new();
    let mut chars = pattern.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            let mut length = 1;
            while chars.next_if(|(_, c)| *c == '\\').is_some() {
                length += 1;
            }
            runs.push((at, length));
        }
    }
    match runs.as_slice() {
        [] | [(0, 2)] => false,
        runs => runs.iter().all(|(_, length)| length % 2 == 0),
    }
}

#[cfg(test)]
mod tests {
    use super::all_backslashes_doubled;

    #[test]
    fn doubled_backslashes() {
        assert!(all_backslashes_doubled(r"%\\outlook.exe"));
        assert!(all_backslashes_doubled(r"C:\\Users\\%"));
        assert!(all_backslashes_doubled(r"\\\\server\\share%"));
        assert!(!all_backslashes_doubled(r"%\outlook.exe"));
        assert!(!all_backslashes_doubled(r"\\server%"));
        assert!(!all_backslashes_doubled(r"\\server\share%"));
        assert!(!all_backslashes_doubled(r"%\\tsclient\c$%"));
        assert!(!all_backslashes_doubled("%.pst"));
    }

    #[test]
    fn texts_that_are_numbers() {
        use super::{Value, parse_number};
        for (text, expected) in [
            ("42", Some(Value::Integer(42))),
            (" -7 ", Some(Value::Integer(-7))),
            ("0x2a", Some(Value::Integer(42))),
            ("1e3", Some(Value::Double(1000.0))),
            ("0x+1", None),
            ("0x-1", None),
            ("0x", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(parse_number(text), expected, "{text}");
        }
    }
}
