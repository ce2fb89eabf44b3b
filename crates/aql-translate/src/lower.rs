//! From a bound query to what the dialects render: constants worked out, names looked up, tests of
//! one value each. What no target has is refused here.

use std::sync::Arc;

use aql_catalog::SYSMON_TYPE_NAME;
use aql_diag::Span;
use aql_eval::site::ElementType;
use aql_eval::{Context, number_of_text};
use aql_event::{Column, ColumnKind, Encoding, Type, canonical_host};
use aql_semantic::{
    BoundQuery, CompareBy, CompareOp, Expr, ExprKind, NullSemantics, Output, Source, Value,
    parse_network,
};

use crate::fold::{Domain, Folder};
use crate::loss::{Direction, Losses};
use crate::pattern::Pattern;
use crate::pred::{Group, Lowered, Number, Pred, Test, What};

/// Lowers a query; what is refused is in the report, and the result is of no use then.
pub(crate) fn lower(query: &BoundQuery, cx: &Arc<Context>, losses: &mut Losses) -> Lowered {
    let mut lowering = Lowering { folder: Folder { cx, nulls: query.nulls }, losses };
    let whole = query.output.first().map_or(Span::default(), |o| o.expr.span);
    match query.source {
        Source::Events => {}
        Source::Flows => {
            lowering.losses.impossible(whole, "the flows of QRadar have no counterpart")
        }
        Source::Simarc => {
            lowering.losses.impossible(whole, "the simulation data of QRadar has no counterpart");
        }
        Source::Query(_) => {
            lowering
                .losses
                .impossible(whole, "a query over the result of a query is not translated");
        }
    }
    if query.session.is_some() {
        lowering.losses.impossible(whole, "SESSION BY has no counterpart");
    }
    if let aql_semantic::Window::Offense(_) = query.window {
        lowering.losses.impossible(whole, "only QRadar knows its offenses");
    }
    let filter = query.filter.as_ref().map_or(Pred::Const(true), |e| lowering.condition(e));
    let group = query.aggregate.as_ref().map(|aggregate| Group {
        keys: aggregate.keys.iter().map(|e| lowering.folder.fold(e)).collect(),
        calls: aggregate
            .calls
            .iter()
            .map(|call| {
                let mut call = call.clone();
                call.argument = call.argument.as_ref().map(|e| lowering.folder.fold(e));
                call
            })
            .collect(),
    });
    let having = query.having.as_ref().map(|e| lowering.condition(e));
    let output = query
        .output
        .iter()
        .map(|o| Output { name: o.name.clone(), expr: lowering.folder.fold(&o.expr) })
        .collect();
    let order = query
        .order_by
        .iter()
        .map(|o| {
            let mut order = o.clone();
            order.expr = lowering.folder.fold(&o.expr);
            order
        })
        .collect();
    Lowered {
        filter,
        group,
        having,
        output,
        order,
        limit: query.limit,
        window: query.window.clone(),
        nulls: query.nulls,
    }
}

/// Lowers one condition; what is refused is in the report.
pub(crate) fn condition(
    expr: &Expr,
    nulls: NullSemantics,
    cx: &Arc<Context>,
    losses: &mut Losses,
) -> Option<Pred> {
    let pred = Lowering { folder: Folder { cx, nulls }, losses }.condition(expr);
    (!losses.is_impossible()).then_some(pred)
}

/// The log source type of Windows.
const WINDOWS: i64 = 12;

/// The channel of Sysmon.
const SYSMON_CHANNEL: &str = "Microsoft-Windows-Sysmon/Operational";

/// The expression with the name of the type of a log source replaced.
fn replaced(expr: &Expr, by: &ExprKind) -> Expr {
    if let ExprKind::Call { function, .. } = &expr.kind
        && matches!(&**function, "LOGSOURCE_TYPENAME" | "SYSMON_TYPENAME")
    {
        return Expr { kind: by.clone(), ty: Type::Text, span: expr.span };
    }
    let mut expr = expr.clone();
    expr.for_each_child(&mut |child| *child = replaced(child, by));
    expr
}

struct Lowering<'a, 'l> {
    folder: Folder<'a>,
    losses: &'l mut Losses,
}

impl Lowering<'_, '_> {
    fn refuse(&mut self, span: Span, message: impl Into<String>) -> Pred {
        self.losses.impossible(span, message);
        Pred::Const(true)
    }

    fn condition(&mut self, expr: &Expr) -> Pred {
        match &expr.kind {
            ExprKind::And(list) => {
                return Pred::all(list.iter().map(|e| self.condition(e)).collect());
            }
            ExprKind::Or(list) => {
                return Pred::any(list.iter().map(|e| self.condition(e)).collect());
            }
            ExprKind::Not(inner) => return self.condition(inner).negated(),
            _ => {}
        }
        if let Some(value) = self.folder.constant(expr) {
            self.note_set(expr);
            return match value {
                Value::Boolean(value) => Pred::Const(value),
                Value::Null if self.folder.nulls == NullSemantics::TwoValued => Pred::Const(false),
                _ => self.refuse(expr.span, "a condition that is always null is not translated"),
            };
        }
        if let Some(pred) = self.sysmon_told_apart(expr) {
            return pred;
        }
        if let Some((column, domain)) = self.folder.domain(expr) {
            let of =
                Expr { kind: ExprKind::Column(column.clone()), ty: column.ty, span: expr.span };
            let list =
                |values: Vec<i64>| values.into_iter().map(Number::Integer).collect::<Vec<_>>();
            let test =
                |values| Pred::Test(Test { of, what: What::NumberIn(values), span: expr.span });
            let (values, all_but) = match domain {
                Domain::Only(values) => (list(values), false),
                Domain::AllBut(values) => (list(values), true),
            };
            self.losses.frozen(
                expr.span,
                format!("the names were looked up: {} values of `{}`", values.len(), column.name),
            );
            if values.is_empty() {
                return Pred::Const(all_but);
            }
            return if all_but { test(values).negated() } else { test(values) };
        }
        self.leaf(expr)
    }

    /// A condition over the name of the type of a log source, where Sysmon has a name of its own: one
    /// for events of its channel, one for all others.
    fn sysmon_told_apart(&mut self, expr: &Expr) -> Option<Pred> {
        let mut category = None;
        expr.walk(&mut |e| {
            if let ExprKind::Call { function, args } = &e.kind
                && matches!(&**function, "LOGSOURCE_TYPENAME" | "SYSMON_TYPENAME")
            {
                category = args.get(1).cloned();
            }
        });
        let category = category?;
        let sysmon = Value::Text(Arc::from(SYSMON_TYPE_NAME));
        let named = replaced(expr, &ExprKind::Literal(sysmon));
        let Some(Value::Boolean(of_sysmon)) = self.folder.constant(&named) else { return None };
        let kind = Column::new(ColumnKind::Builtin, "devicetype", Type::Integer, Encoding::Plain);
        let kind = Expr { kind: ExprKind::Column(kind), ty: Type::Integer, span: expr.span };
        let call =
            ExprKind::Call { function: Arc::from("LOGSOURCETYPENAME"), args: vec![kind.clone()] };
        let of_others = self.condition(&replaced(expr, &call));
        let what = What::Like { pattern: Pattern::like(SYSMON_CHANNEL), ignore_case: true };
        let is_windows = Test {
            of: kind,
            what: What::NumberIn(vec![Number::Integer(WINDOWS)]),
            span: expr.span,
        };
        let in_channel = Test { of: category, what, span: expr.span };
        let is_sysmon = Pred::all(vec![Pred::Test(is_windows), Pred::Test(in_channel)]);
        Some(if of_sysmon {
            Pred::any(vec![is_sysmon, of_others])
        } else {
            Pred::all(vec![is_sysmon.negated(), of_others])
        })
    }

    fn leaf(&mut self, expr: &Expr) -> Pred {
        let span = expr.span;
        let test = |of: Expr, what| Pred::Test(Test { of, what, span });
        match &expr.kind {
            ExprKind::Compare { op, by, left, right } => self.compare(span, *op, *by, left, right),
            ExprKind::Like { expr: of, pattern, ignore_case } => {
                let Some(Value::Text(text)) = self.folder.constant(pattern) else {
                    return self.refuse(span, "a pattern that is no constant is not translated");
                };
                let what = What::Like { pattern: Pattern::like(&text), ignore_case: *ignore_case };
                test(self.folder.fold(of), what)
            }
            ExprKind::Matches { expr: of, pattern, ignore_case, full } => {
                let Some(Value::Text(java)) = self.folder.constant(pattern) else {
                    return self.refuse(span, "a pattern that is no constant is not translated");
                };
                let what = What::Regex { java, ignore_case: *ignore_case, full: *full };
                test(self.folder.fold(of), what)
            }
            ExprKind::In { expr: of, list, by } => {
                let of = self.folder.fold(of);
                let values: Vec<Value> =
                    list.iter().filter(|v| !matches!(v, Value::Null)).cloned().collect();
                self.one_of(span, of, *by, &values)
            }
            ExprKind::InQuery { .. } => self.refuse(span, "IN (SELECT …) is not translated"),
            ExprKind::IsNull(of) => test(self.folder.fold(of), What::Missing),
            ExprKind::Column(column) if column.ty == Type::Boolean => {
                test(expr.clone(), What::True)
            }
            ExprKind::Call { function, args } => self.call(expr, function, args),
            ExprKind::Case { .. } => test(self.folder.fold(expr), What::True),
            _ => self.refuse(span, "this value as a condition is not translated"),
        }
    }

    fn compare(
        &mut self,
        span: Span,
        op: CompareOp,
        by: CompareBy,
        left: &Expr,
        right: &Expr,
    ) -> Pred {
        let (op, of, constant) = match (self.folder.constant(left), self.folder.constant(right)) {
            (_, Some(value)) => (op, left, value),
            (Some(value), None) => (op.swapped(), right, value),
            (None, None) => {
                let right = Box::new(self.folder.fold(right));
                let of = self.folder.fold(left);
                return Pred::Test(Test { of, what: What::Field { op, by, right }, span });
            }
        };
        // A boolean function compared with TRUE or FALSE is a condition itself; it is never null.
        if by == CompareBy::Boolean && !matches!(of.kind, ExprKind::Column(_)) {
            let wanted = match (op, &constant) {
                (CompareOp::Eq, Value::Boolean(b)) => *b,
                (CompareOp::NotEq, Value::Boolean(b)) => !*b,
                _ => return self.refuse(span, "this comparison of booleans is not translated"),
            };
            let two_valued = matches!(
                &of.kind,
                ExprKind::Call { function, .. } if matches!(&**function, "INCIDR" | "REFERENCESETCONTAINS")
            ) || self.folder.nulls == NullSemantics::TwoValued;
            if !two_valued {
                return self.refuse(span, "this comparison of booleans is not translated");
            }
            let condition = self.condition(of);
            return if wanted { condition } else { condition.negated() };
        }
        let of = self.folder.fold(of);
        let test = |what| Pred::Test(Test { of: of.clone(), what, span });
        match (by, op) {
            (_, CompareOp::Eq) => self.one_of(span, of, by, &[constant]),
            (CompareBy::Text, op) => match text_of(&constant) {
                Some(text) => test(What::Text(op, text)),
                None => self.never(span),
            },
            (CompareBy::Number, op) => match number_of(&constant) {
                Some(number) => test(What::Number(op, number)),
                None => self.never(span),
            },
            (CompareBy::Host, CompareOp::NotEq) => match host_of(&constant) {
                Some(host) => test(What::NotHost(host)),
                None => self.never(span),
            },
            (CompareBy::Boolean, CompareOp::NotEq) if constant == Value::Boolean(false) => {
                test(What::True)
            }
            _ => self.refuse(span, "this comparison is not translated"),
        }
    }

    /// A comparison that is never true; its negation is always true, or never.
    fn never(&mut self, span: Span) -> Pred {
        match self.folder.nulls {
            NullSemantics::TwoValued => Pred::Const(false),
            NullSemantics::Sql => {
                self.refuse(span, "a comparison that is always null is not translated")
            }
        }
    }

    fn one_of(&mut self, span: Span, of: Expr, by: CompareBy, values: &[Value]) -> Pred {
        let what = match by {
            CompareBy::Text => What::TextIn(values.iter().filter_map(text_of).collect()),
            CompareBy::Number => What::NumberIn(values.iter().filter_map(number_of).collect()),
            CompareBy::Host => What::HostIn(values.iter().filter_map(host_of).collect()),
            CompareBy::Boolean => match values {
                [Value::Boolean(true)] => What::True,
                _ => return self.refuse(span, "this comparison of booleans is not translated"),
            },
        };
        let empty = match &what {
            What::TextIn(list) => list.is_empty(),
            What::NumberIn(list) => list.is_empty(),
            What::HostIn(list) => list.is_empty(),
            _ => false,
        };
        if empty { self.never(span) } else { Pred::Test(Test { of, what, span }) }
    }

    fn call(&mut self, expr: &Expr, function: &str, args: &[Expr]) -> Pred {
        let span = expr.span;
        match (function, args) {
            ("INCIDR", [network, host]) => {
                let Some(Value::Text(text)) = self.folder.constant(network) else {
                    return self.refuse(span, "a network that is no constant is not translated");
                };
                let Some((address, bits)) = parse_network(&text) else {
                    return self.refuse(span, format!("`{text}` is no network"));
                };
                let of = self.folder.fold(host);
                Pred::Test(Test { of, what: What::Network(address, bits), span })
            }
            ("REFERENCESETCONTAINS", [name, value]) => self.reference_set(span, name, value),
            ("REFERENCEMAPSETCONTAINS", [name, key, value]) => {
                self.reference_map_of_sets(span, name, key, value)
            }
            _ => self.refuse(span, format!("{function} has no counterpart")),
        }
    }

    fn reference_set(&mut self, span: Span, name: &Expr, value: &Expr) -> Pred {
        let Some(Value::Text(name)) = self.folder.constant(name) else {
            return self.refuse(span, "the name of a reference set has to be a constant");
        };
        let Some(set) = self.folder.cx.site.reference_set(&name) else {
            self.losses.approximate(
                Some(span),
                Direction::Either,
                format!("reference set `{name}` is not known: it counts as empty (give --context)"),
            );
            return Pred::Const(false);
        };
        let Some(elements) = set.spellings() else {
            return self.refuse(span, format!("reference set `{name}` holds networks"));
        };
        let what = format!("reference set `{name}` was written out: {} elements", elements.len());
        self.losses.frozen(span, what);
        if elements.is_empty() {
            return Pred::Const(false);
        }
        let elements = elements.into_iter().map(Arc::from).collect();
        let ignore_case = match set.element_type() {
            ElementType::Aln => false,
            ElementType::AlnIc => true,
            _ => {
                let kind = set.element_type().name();
                return self
                    .refuse(span, format!("reference set `{name}` has elements of type {kind}"));
            }
        };
        let of = self.folder.fold(value);
        Pred::Test(Test { of, what: What::Set { elements, ignore_case }, span })
    }

    fn reference_map_of_sets(&mut self, span: Span, name: &Expr, key: &Expr, value: &Expr) -> Pred {
        let Some(Value::Text(name)) = self.folder.constant(name) else {
            return self.refuse(span, "the name of a reference map has to be a constant");
        };
        let Some(map) = self.folder.cx.site.reference_map_of_sets(&name) else {
            self.losses.approximate(
                Some(span),
                Direction::Either,
                format!("reference map `{name}` is not known: it counts as empty (give --context)"),
            );
            return Pred::Const(false);
        };
        let Some(entries) = map.spellings() else {
            return self.refuse(span, format!("reference map `{name}` holds networks"));
        };
        let message = format!("reference map `{name}` was written out: {} keys", entries.len());
        self.losses.frozen(span, message);
        let (key, value) = (self.folder.fold(key), self.folder.fold(value));
        // Keys and elements of other types than text would be compared in another spelling.
        if !entries.is_empty() && (key.ty != Type::Text || value.ty != Type::Text) {
            return self.refuse(span, format!("reference map `{name}` is asked for no text"));
        }
        let set = |of: &Expr, elements: Vec<&str>| {
            let elements = elements.into_iter().map(Arc::from).collect();
            let what = What::Set { elements, ignore_case: false };
            Pred::Test(Test { of: of.clone(), what, span })
        };
        let entry = |(k, elements)| Pred::all(vec![set(&key, vec![k]), set(&value, elements)]);
        Pred::any(entries.into_iter().map(entry).collect())
    }

    /// Says that reference data was looked up for a constant.
    fn note_set(&mut self, expr: &Expr) {
        let mut looked_up = false;
        expr.walk(&mut |e| {
            if let ExprKind::Call { function, .. } = &e.kind {
                looked_up |= function.starts_with("REFERENCE");
            }
        });
        if looked_up {
            self.losses.frozen(expr.span, "reference data was looked up");
        }
    }
}

fn text_of(value: &Value) -> Option<Arc<str>> {
    Some(match value {
        Value::Text(text) => Arc::clone(text),
        Value::Integer(value) => Arc::from(value.to_string()),
        Value::Double(value) => Arc::from(aql_eval::text_of_double(*value)),
        Value::Boolean(value) => Arc::from(value.to_string()),
        Value::Host(value) => Arc::from(value.to_string()),
        Value::Null => return None,
    })
}

fn number_of(value: &Value) -> Option<Number> {
    match value {
        Value::Integer(value) => Some(Number::Integer(*value)),
        Value::Double(value) => Some(whole(*value)),
        Value::Text(text) => number_of_text(text).map(whole),
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "only whole numbers in the exact range")]
#[expect(clippy::cast_precision_loss, reason = "the bound is exact")]
fn whole(value: f64) -> Number {
    const EXACT: f64 = (1_i64 << 53) as f64;
    if value.fract() == 0.0 && value.abs() < EXACT {
        Number::Integer(value as i64)
    } else {
        Number::Double(value)
    }
}

fn host_of(value: &Value) -> Option<std::net::IpAddr> {
    match value {
        Value::Host(host) => Some(host.to_canonical()),
        Value::Text(text) => canonical_host(text),
        _ => None,
    }
}
