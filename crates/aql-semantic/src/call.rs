//! Binding calls: functions of the catalog, aggregates, and the repairs that concern them.

use std::net::IpAddr;
use std::sync::Arc;

use aql_diag::{Applicability, Diagnostic, Span, codes};
use aql_event::{Column, ColumnKind, Type, canonical_host, provenance};
use aql_syntax::ast;

use crate::bind::{Binder, Rows, Scope};
use crate::bound::{AggregateCall, AggregateFunction, CompareBy, Expr, ExprKind, Value};
use crate::dialect::{QidnameSpelling, SysmonAsType, TypenameOfLogsource};
use crate::expr::null;
use crate::lift::intern;

impl Binder<'_> {
    pub(crate) fn call(
        &mut self,
        name: &ast::Name,
        args: &[ast::Expr],
        star: bool,
        span: Span,
        scope: &mut Scope,
    ) -> Expr {
        let Some(info) = self.catalog.function(&name.text).filter(|f| !f.internal) else {
            self.unknown_function(name);
            for arg in args {
                self.expr(arg, scope);
            }
            return null(span);
        };
        if info.aggregate {
            return self.aggregate(name, &info.name, args, star, span, scope);
        }
        let mut args: Vec<Expr> = args.iter().map(|a| self.expr(a, scope)).collect();
        self.reorder_arguments(&info.name, &mut args);
        let least = info.params.iter().filter(|p| !p.optional).count();
        let most = if info.variadic { usize::MAX } else { info.params.len() };
        if star || args.len() < least || args.len() > most {
            let params: Vec<_> = info.params.iter().map(|p| p.name.as_str()).collect();
            let many = match (least, most) {
                (a, b) if a == b => plural(a),
                (a, usize::MAX) => format!("at least {}", plural(a)),
                (a, b) => format!("{a} to {}", plural(b)),
            };
            self.push(
                Diagnostic::error(
                    codes::ARGUMENT_COUNT,
                    format!("{} takes {many}, {} given", info.name, args.len()),
                )
                .at(span, format!("`{}({})`", info.name, params.join(", "))),
            );
            return null(span);
        }
        if &*info.name == "INCIDR" {
            self.incidr(&mut args);
        }
        for (i, arg) in args.iter_mut().enumerate() {
            let Some(param) = info.params.get(i).or_else(|| info.params.last()) else { continue };
            self.argument(&info.name, &param.types, arg);
        }
        let ty = info.result.unwrap_or_else(|| args.first().map_or(Type::Null, |a| a.ty));
        let mut function = Arc::clone(&info.name);
        if &*function == "LOGSOURCETYPENAME" {
            self.log_source_type_name(&mut function, &mut args, name);
        }
        self.event_arguments(&function, &mut args, span, &scope.rows);
        self.with_result(Expr { kind: ExprKind::Call { function, args }, ty, span })
    }

    /// Adds the columns of the event that a function looks at besides its arguments.
    fn event_arguments(&mut self, function: &str, args: &mut Vec<Expr>, span: Span, rows: &Rows) {
        let names: &[&str] = match function {
            "INOFFENSE" => &["starttime", "sourceip", provenance::FILE, provenance::RECORD],
            "LOGSOURCEGROUPNAME" => &["logsourceid"],
            _ => return,
        };
        if let (Rows::Inner(_), "INOFFENSE") = (rows, function) {
            self.push(
                Diagnostic::error(
                    codes::NOT_IMPLEMENTED,
                    "INOFFENSE of the rows of an inner query is not implemented",
                )
                .at(span, "these rows are no events")
                .help("move the condition into the inner query"),
            );
            return;
        }
        args.extend(names.iter().map(|name| {
            let field = match rows {
                Rows::Events => self.catalog.event_field(name),
                Rows::Flows => self.catalog.flow_field(name),
                Rows::Simarc => self.catalog.simarc_field(name),
                Rows::Inner(_) => None,
            };
            match field.map(|field| field.column.clone()) {
                Some(column) => Expr { ty: column.ty, kind: ExprKind::Column(column), span },
                None => null(span),
            }
        }));
    }

    fn unknown_function(&mut self, name: &ast::Name) {
        let mut diagnostic = Diagnostic::error(
            codes::UNKNOWN_FUNCTION,
            format!("there is no function `{}`", name.text),
        )
        .at(name.span, "");
        let similar = self.catalog.similar_functions(&name.text);
        if !similar.is_empty() {
            let list: Vec<_> = similar.iter().map(|s| format!("`{s}`")).collect();
            diagnostic = diagnostic.help(format!("AQL has {}", list.join(" or ")));
        } else if name.text.contains("::") {
            diagnostic = diagnostic
                .note("a name with `::` may be a custom function that an extension installs");
        }
        self.push(diagnostic);
    }

    /// Checks and converts one argument.
    fn argument(&mut self, function: &str, types: &[Type], arg: &mut Expr) {
        if types.is_empty() || types.contains(&arg.ty) || arg.ty == Type::Null {
            return;
        }
        let wants = |ty: Type| types.contains(&ty);
        if arg.ty == Type::Binary && wants(Type::Text) {
            let inner = std::mem::replace(arg, null(arg.span));
            *arg = self.needs_utf8(inner);
            return;
        }
        if let (ExprKind::Literal(Value::Text(text)), true) = (&arg.kind, wants(Type::Host)) {
            match canonical_host(text) {
                Some(host) => {
                    arg.kind = ExprKind::Literal(Value::Host(host));
                    arg.ty = Type::Host;
                }
                None => self.push(
                    Diagnostic::warning(
                        codes::BAD_NETWORK,
                        format!("`'{text}'` is not an address"),
                    )
                    .at(arg.span, format!("{function} answers null for it")),
                ),
            }
            return;
        }
        // Everything has a text, and text may hold a number or an address: the evaluator converts.
        let convertible = match arg.ty {
            Type::IntegerList => false,
            Type::Binary => wants(Type::Text),
            Type::Text => true,
            _ => wants(Type::Text) || types.iter().any(|t| t.is_numeric()),
        };
        if !convertible {
            let wanted: Vec<_> = types.iter().map(|t| t.name()).collect();
            self.push(
                Diagnostic::error(
                    codes::ARGUMENT_TYPE,
                    format!(
                        "{function} takes {}, not {}",
                        wanted.join(" or "),
                        crate::expr::article(arg.ty)
                    ),
                )
                .at(arg.span, format!("this is {}", crate::expr::article(arg.ty))),
            );
        }
    }

    fn aggregate(
        &mut self,
        name: &ast::Name,
        canonical: &str,
        args: &[ast::Expr],
        star: bool,
        span: Span,
        scope: &mut Scope,
    ) -> Expr {
        if let Some(place) = scope.no_aggregate {
            let (code, message, help) = if place == "an aggregate" {
                (
                    codes::NESTED_AGGREGATE,
                    format!("{canonical} inside another aggregate"),
                    "aggregate in a subselect, then again outside",
                )
            } else {
                let help =
                    if place == "WHERE" { "test it in HAVING" } else { "group by plain values" };
                (
                    codes::AGGREGATE_PLACE,
                    format!("{canonical} is an aggregate and cannot be used in {place}"),
                    help,
                )
            };
            self.push(Diagnostic::error(code, message).at(name.span, "").help(help));
            return null(span);
        }
        let function = match canonical {
            "COUNT" => AggregateFunction::Count,
            "SUM" => AggregateFunction::Sum,
            "AVG" => AggregateFunction::Avg,
            "MIN" => AggregateFunction::Min,
            "MAX" => AggregateFunction::Max,
            "FIRST" => AggregateFunction::First,
            "LAST" => AggregateFunction::Last,
            "STDEV" => AggregateFunction::StdevSample,
            "STDEVP" => AggregateFunction::StdevPopulation,
            "UNIQUECOUNT" => AggregateFunction::UniqueCount,
            "DISTINCTCOUNT" => AggregateFunction::DistinctCount,
            _ => {
                self.push(
                    Diagnostic::error(
                        codes::NOT_IMPLEMENTED,
                        format!("{canonical} is not implemented yet"),
                    )
                    .at(name.span, ""),
                );
                return null(span);
            }
        };
        let counts_rows = star || args.is_empty();
        if args.len() > 1 || (counts_rows && function != AggregateFunction::Count) {
            // `COUNT(DISTINCT a, b)` is one fault, which the parser has reported.
            let known = self.diagnostics.iter().any(|d| {
                d.code == codes::COUNT_DISTINCT
                    && d.primary.as_ref().is_some_and(|p| p.span.start == name.span.start)
            });
            if !known {
                self.push(
                    Diagnostic::error(
                        codes::ARGUMENT_COUNT,
                        format!("{canonical} takes 1 argument, {} given", args.len()),
                    )
                    .at(span, ""),
                );
            }
            return null(span);
        }
        scope.no_aggregate = Some("an aggregate");
        let argument = args.first().filter(|_| !star).map(|arg| self.expr(arg, scope));
        scope.no_aggregate = None;
        if let Some(argument) = &argument
            && self.refuse_sum(canonical, function, argument)
        {
            return null(span);
        }
        use AggregateFunction::{First, Last, Max, Min};
        let ty = match (function, argument.as_ref().map(|a| a.ty)) {
            (First | Last, Some(ty)) => ty,
            (Min | Max, Some(ty)) if !ty.is_numeric() => ty,
            _ => Type::Double,
        };
        let at = intern(&mut scope.calls, AggregateCall { function, argument, ty });
        Expr { kind: ExprKind::Aggregate(at), ty, span }
    }

    /// Reports a sum or mean of what is no number; says whether it did. Text is read as numbers:
    /// properties hold theirs as text (docs/compatibility.md, N03).
    fn refuse_sum(
        &mut self,
        canonical: &str,
        function: AggregateFunction,
        argument: &Expr,
    ) -> bool {
        use AggregateFunction::{Avg, StdevPopulation, StdevSample, Sum};
        if !matches!(function, Sum | Avg | StdevPopulation | StdevSample) {
            return false;
        }
        let is = crate::expr::article(argument.ty);
        let column = match &argument.kind {
            ExprKind::Column(column) if column.kind == ColumnKind::Builtin => Some(column),
            _ => None,
        };
        match argument.ty {
            Type::Text => {
                if let Some(column) = column {
                    let message = format!("{canonical} of `{}`, which is text", column.name);
                    self.push(
                        Diagnostic::warning(codes::ARGUMENT_TYPE, message)
                            .at(argument.span, "values that are no numbers are left out"),
                    );
                }
                false
            }
            ty if ty.is_numeric() || matches!(ty, Type::Null | Type::Time | Type::Boolean) => false,
            ty => {
                let message = format!("{canonical} takes a number, not {is}");
                let mut diagnostic = Diagnostic::error(codes::ARGUMENT_TYPE, message)
                    .at(argument.span, format!("this is {is}"));
                if ty == Type::Host {
                    diagnostic = diagnostic.help("`LONG(…)` is the number of an IPv4 address");
                }
                self.push(diagnostic);
                true
            }
        }
    }

    /// INCIDR takes the network first.
    fn incidr(&mut self, args: &mut [Expr]) {
        let [network, host] = args else { return };
        let literal = |e: &Expr| matches!(e.kind, ExprKind::Literal(Value::Text(_)));
        if !literal(network) && literal(host) {
            let (first, second) = (network.span, host.span);
            let edits = vec![
                aql_diag::Edit { span: first, text: second.slice(self.text).to_string() },
                aql_diag::Edit { span: second, text: first.slice(self.text).to_string() },
            ];
            let diagnostic =
                Diagnostic::error(codes::INCIDR_SWAPPED, "the arguments of INCIDR are swapped")
                    .at(first, "the network comes first")
                    .label(second, "the address second")
                    .fix("swap the arguments", Applicability::Safe, edits);
            self.push_repaired(diagnostic, "read with the network first");
            std::mem::swap(network, host);
        }
        if let ExprKind::Literal(Value::Text(text)) = &network.kind
            && parse_network(text).is_none()
        {
            let diagnostic =
                Diagnostic::error(codes::BAD_NETWORK, format!("`'{text}'` is not a network"))
                    .at(network.span, "expected an address or `address/prefix`");
            self.push(diagnostic);
        }
    }

    /// `LOGSOURCETYPENAME(logsourceid)`, and Sysmon taken for a log source type.
    fn log_source_type_name(
        &mut self,
        function: &mut Arc<str>,
        args: &mut Vec<Expr>,
        name: &ast::Name,
    ) {
        let Some(ExprKind::Column(column)) = args.first().map(|a| &a.kind) else { return };
        let is_source = &*column.name == "logsourceid";
        let by_source =
            is_source && self.dialect.typename_of_logsource == TypenameOfLogsource::Source;
        let sysmon_type = self.sysmon_type && self.dialect.sysmon_as_type == SysmonAsType::Yes;
        if is_source {
            let span = args[0].span;
            let diagnostic = Diagnostic::warning(
                codes::TYPENAME_OF_LOGSOURCE,
                "LOGSOURCETYPENAME is called with a log source id",
            )
            .at(span, "the function takes `devicetype`, the id of the type")
            .note("the id of a source is the number of an unrelated type or of none")
            .replace("write `devicetype`", Applicability::Safe, span, "devicetype");
            let diagnostic = if by_source {
                diagnostic.repaired("read as the type of that log source")
            } else {
                diagnostic
            };
            self.push(diagnostic);
        }
        if !by_source && !sysmon_type {
            return;
        }
        if sysmon_type && self.named.insert("sysmon type".into()) {
            self.push(
                Diagnostic::warning(codes::SYSMON_TYPE_NAME, "Sysmon is not a log source type")
                    .at(name.span, "Sysmon events have type 12, `Microsoft Windows Security Event Log`")
                    .help("test `devicetype = 12` and the event id or channel")
                    .repaired("events of the Sysmon channel answer `Microsoft Windows Sysmon` in this query"),
            );
        }
        let Some(channel) = self.catalog.event_field("qideventcategory") else { return };
        let channel = Expr {
            kind: ExprKind::Column(channel.column.clone()),
            ty: Type::Text,
            span: args[0].span,
        };
        *function = match (by_source, sysmon_type) {
            (true, true) => "LOGSOURCE_TYPENAME".into(),
            // Without Sysmon in play the type's own column says it.
            (true, false) => {
                if let Some(field) = self.catalog.event_field("devicetype") {
                    args[0].kind = ExprKind::Column(field.column.clone());
                }
                return;
            }
            (false, _) => "SYSMON_TYPENAME".into(),
        };
        args.truncate(1);
        args.push(channel);
    }

    /// A test on QIDNAME whose text fits only the other spelling of a name that is not certain.
    pub(crate) fn with_alternate_qidname(&mut self, test: Expr) -> Expr {
        let value = match &test.kind {
            ExprKind::Like { expr, .. } | ExprKind::In { expr, .. } => expr,
            ExprKind::Compare { left, .. } => left,
            _ => return test,
        };
        let ExprKind::Call { function, args } = &value.kind else { return test };
        let qid =
            |e: &Expr| matches!(&e.kind, ExprKind::Column(Column { name, .. }) if &**name == "qid");
        let both = self.dialect.qidname_spelling == QidnameSpelling::Both;
        if !both || &**function != "QIDNAME" || !args.first().is_some_and(qid) {
            return test;
        }
        let missed = name_test(&test.kind).and_then(|accepts| {
            self.catalog
                .qids()
                .iter()
                .find(|q| !accepts(&q.name) && q.alternate.as_deref().is_some_and(&accepts))
        });
        let Some(first) = missed else { return test };
        let alternate = first.alternate.as_deref().unwrap_or_default();
        self.push(
            Diagnostic::warning(
                codes::QIDNAME_SPELLING,
                format!(
                    "this does not match `{}`, the likely QIDNAME of event {}",
                    first.name, first.event_id
                ),
            )
            .at(
                test.span,
                format!("it would match `{alternate}`, the name in the event's manifest"),
            )
            .note("IBM does not publish this name; a test on the event id does not depend on it")
            .help(format!("test `\"Event ID\" = {}` with the channel", first.event_id))
            .repaired("both spellings are tried"),
        );
        let mut other = test.clone();
        let value = match &mut other.kind {
            ExprKind::Like { expr, .. } | ExprKind::In { expr, .. } => expr,
            ExprKind::Compare { left, .. } => left,
            _ => return test,
        };
        if let ExprKind::Call { function, .. } = &mut value.kind {
            *function = "QIDNAME_ALTERNATE".into();
        }
        let span = test.span;
        Expr { kind: ExprKind::Or(vec![test, other]), ty: Type::Boolean, span }
    }
}

fn plural(n: usize) -> String {
    match n {
        0 => "no arguments".into(),
        1 => "1 argument".into(),
        n => format!("{n} arguments"),
    }
}

/// Address and prefix length of a network; a bare address is a network of one.
pub fn parse_network(text: &str) -> Option<(IpAddr, u8)> {
    let text = text.trim();
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
        None => (text, None),
    };
    let address = canonical_host(address)?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.unwrap_or(most);
    (prefix <= most).then_some((address, prefix))
}

type NameTest<'a> = Box<dyn Fn(&str) -> bool + 'a>;

/// Would a test on a name accept this name? Only for tests with a constant.
fn name_test(kind: &ExprKind) -> Option<NameTest<'_>> {
    match kind {
        ExprKind::Like { pattern, ignore_case, .. } => {
            let ExprKind::Literal(Value::Text(pattern)) = &pattern.kind else { return None };
            let ignore_case = *ignore_case;
            Some(Box::new(move |name| like(pattern, name, ignore_case)))
        }
        ExprKind::In { list, by: CompareBy::Text, .. } => Some(Box::new(move |name| {
            list.iter().any(|v| matches!(v, Value::Text(t) if &**t == name))
        })),
        ExprKind::Compare { op: crate::bound::CompareOp::Eq, right, .. } => {
            let ExprKind::Literal(Value::Text(text)) = &right.kind else { return None };
            Some(Box::new(move |name| &**text == name))
        }
        _ => None,
    }
}

/// LIKE over a short name of the catalog; events are matched elsewhere.
fn like(pattern: &str, name: &str, ignore_case: bool) -> bool {
    let fold = |s: &str| if ignore_case { s.to_lowercase() } else { s.to_string() };
    let (pattern, name): (Vec<char>, Vec<char>) =
        (fold(pattern).chars().collect(), fold(name).chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some('%') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '_' || c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    p = at + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '%')
}

/// Does a query compare LOGSOURCETYPENAME with a text about Sysmon?
pub(crate) fn names_sysmon_type(query: &ast::Query) -> bool {
    fn is_type_name(expr: &ast::Expr) -> bool {
        let ast::ExprKind::Call { name, args, .. } = &expr.kind else { return false };
        let is = |word: &str| name.text.eq_ignore_ascii_case(word);
        is("LOGSOURCETYPENAME")
            || ((is("LOWER") || is("UPPER")) && args.first().is_some_and(is_type_name))
    }
    fn is_sysmon(expr: &ast::Expr) -> bool {
        matches!(&expr.kind, ast::ExprKind::Literal(ast::Literal::Text(t)) if t.to_ascii_lowercase().contains("sysmon"))
    }
    fn in_expr(expr: &ast::Expr) -> bool {
        use ast::ExprKind::{And, Binary, Case, InList, Not, Or, Pattern};
        match &expr.kind {
            And(list) | Or(list) => list.iter().any(in_expr),
            Not(inner) => in_expr(inner),
            Pattern { expr, pattern, .. } => is_type_name(expr) && is_sysmon(pattern),
            Binary { left, right, .. } => is_type_name(left) && is_sysmon(right),
            InList { expr, list, .. } => is_type_name(expr) && list.iter().any(is_sysmon),
            Case { branches, .. } => branches.iter().any(|(when, _)| in_expr(when)),
            _ => false,
        }
    }
    query.condition.as_ref().is_some_and(in_expr)
}
