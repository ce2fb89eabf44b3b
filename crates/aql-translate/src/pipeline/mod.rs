//! Languages that pipe events from command to command: what their queries have in common.

mod language;

use aql_event::Type;
use aql_semantic::{AggregateCall, AggregateFunction, Expr, ExprKind, Value};

use crate::Options;
use crate::condition::{Term, Writer, joined};
use crate::filter::TIME_IS_OUTSIDE;
use crate::loss::{Direction, Losses};
use crate::map::{Map, Source};
use crate::pred::{Lowered, Pred, What};
use crate::source::{Part, parts, subject};
use crate::text::number;
use crate::time::{Bounds, Format, bounds};
pub(crate) use language::{Commands, Naming, PartText, Pipeline};

/// Writes a query.
pub(crate) fn write(
    query: &Lowered,
    map: &Result<Map, String>,
    language: &dyn Pipeline,
    options: &Options,
    losses: &mut Losses,
) -> String {
    let Some(map) = losses.map(map) else { return String::new() };
    let parts = parts(query, map, losses);
    if losses.is_impossible() {
        return String::new();
    }
    let mut pipe = Pipe { query, language, options, losses };
    pipe.write(&parts)
}

struct Pipe<'a> {
    query: &'a Lowered,
    language: &'a dyn Pipeline,
    options: &'a Options,
    losses: &'a mut Losses,
}

impl Pipe<'_> {
    fn write(&mut self, parts: &[Part<'_>]) -> String {
        let language = self.language;
        let mut bounds = bounds(&self.query.window, self.options, self.losses);
        if language.window_is_outside() && !matches!(bounds, Bounds::None) {
            self.losses.result(None, TIME_IS_OUTSIDE);
            bounds = Bounds::None;
        }
        let mut folds = false;
        let mut names = Vec::new();
        let mut texts = Vec::new();
        for part in parts {
            let mut aliases = Vec::new();
            let condition = (part.pred != Pred::Const(true)).then(|| {
                let mut writer = Writer {
                    language,
                    source: part.source,
                    nulls: self.query.nulls,
                    losses: self.losses,
                    folds: false,
                    aliases: Vec::new(),
                };
                let text = writer.pred(&part.pred, 0);
                folds |= writer.folds;
                aliases = writer.aliases;
                text
            });
            let columns = match self.query.group {
                Some(_) => self.inputs(part.source),
                None => self.outputs(part.source),
            };
            for (name, _) in &columns {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
            let window = language.window(&part.source.time, &bounds);
            texts.push(PartText { source: part.source, aliases, condition, window, columns });
        }
        if folds {
            let message = format!("the target folds {} otherwise", language.other_letters());
            self.losses.approximate(None, Direction::Either, message);
        }
        let time = parts.first().map_or("", |p| p.source.time.as_str()).to_owned();
        let mut lines = vec![language.sources(&texts)];
        if let Some(group) = &self.query.group {
            let keys = (0..group.keys.len()).map(|n| format!("k{n}")).collect::<Vec<_>>();
            let calls = self.calls(&group.calls, &time);
            lines.push(language.group(&calls, &keys));
            if let Some(having) = &self.query.having {
                let text = self.having(having);
                lines.push(language.filter(&text));
            }
            let outputs = self.group_outputs();
            lines.extend((!outputs.is_empty()).then(|| language.set(&outputs)));
            names = outputs.into_iter().map(|(name, _)| name).collect();
        }
        let sort = self.order(&time);
        if !sort.is_empty() {
            lines.push(language.sort(&sort));
            if let Some(message) = language.sort_limit() {
                self.losses.result(None, message);
            }
        }
        lines.extend(self.query.limit.map(|limit| language.limit(limit)));
        if self.query.group.is_none() && !time.is_empty() {
            names.insert(0, time);
        }
        lines.push(language.keep(&names));
        lines.join("\n") + "\n"
    }

    /// The columns that keys and aggregates read.
    fn inputs(&mut self, source: &Source) -> Vec<(String, String)> {
        let mut columns = Vec::new();
        let Some(group) = &self.query.group else { return columns };
        for (n, key) in group.keys.iter().enumerate() {
            match self.value(key, source) {
                Ok(text) => {
                    self.form(key, source);
                    if self.language.drops_missing_keys() {
                        self.losses.approximate(
                            Some(key.span),
                            Direction::Fewer,
                            "events without a key are in no group",
                        );
                    }
                    columns.push((format!("k{n}"), text));
                }
                Err(why) => self.losses.impossible(key.span, why),
            }
        }
        for (n, call) in group.calls.iter().enumerate() {
            let Some(argument) = &call.argument else { continue };
            self.form(argument, source);
            if self.language.estimates(call.function) {
                self.losses.approximate(
                    Some(argument.span),
                    Direction::Either,
                    "the target only estimates how many different values there are",
                );
            }
            if is_time(argument) {
                continue;
            }
            let numeric = call.ty == Type::Double
                && matches!(
                    call.function,
                    AggregateFunction::Sum
                        | AggregateFunction::Avg
                        | AggregateFunction::Min
                        | AggregateFunction::Max
                );
            match self.value(argument, source) {
                Ok(text) if numeric && !is_number(argument) => {
                    columns.push((format!("a{n}"), self.language.to_number(&text)))
                }
                Ok(text) => columns.push((format!("a{n}"), text)),
                Err(why) => self.losses.impossible(argument.span, why),
            }
        }
        columns
    }

    /// Tells that a field holds a value in another form.
    fn form(&mut self, expr: &Expr, source: &Source) {
        let other = subject(expr).and_then(|(c, _)| source.field(c)).is_some_and(|f| f.other_form);
        if other {
            let message = "the target holds this value in another form";
            self.losses.approximate(Some(expr.span), Direction::Either, message);
        }
    }

    fn calls(&mut self, calls: &[AggregateCall], time: &str) -> Vec<(String, String)> {
        let mut texts = Vec::new();
        for (n, call) in calls.iter().enumerate() {
            let argument = call
                .argument
                .as_ref()
                .map(|argument| if is_time(argument) { time.to_owned() } else { format!("a{n}") });
            match self.language.aggregate(call.function, argument.as_deref()) {
                Some(text) => texts.push((format!("c{n}"), text)),
                None => {
                    let span = call.argument.as_ref().map_or_else(Default::default, |a| a.span);
                    self.losses.impossible(span, "this aggregate has no counterpart");
                }
            }
            if matches!(call.function, AggregateFunction::First | AggregateFunction::Last) {
                let span = call.argument.as_ref().map(|a| a.span);
                self.losses.result(span, self.language.first_and_last());
            }
        }
        texts
    }

    fn having(&mut self, pred: &Pred) -> String {
        let (and, or) = self.language.words();
        match pred {
            Pred::Const(value) => self.language.constant(*value).to_owned(),
            Pred::And(list) => joined(list.iter().map(|p| self.having(p)).collect(), and, 0),
            Pred::Or(list) => joined(list.iter().map(|p| self.having(p)).collect(), or, 0),
            Pred::Not(inner) => {
                let inner = self.having(inner);
                self.language.not(&inner, true, true)
            }
            Pred::Test(test) => {
                let Some(index) = aggregate_of(&test.of) else {
                    self.losses.impossible(test.span, "HAVING tests more than an aggregate");
                    return String::new();
                };
                let of = format!("c{index}");
                match &test.what {
                    What::Number(op, value) => {
                        let op = self.language.having_operator(*op);
                        format!("({of} {op} {})", number(value))
                    }
                    What::NumberIn(values) => match self.language.numbers(&of, true, values) {
                        Ok(text) => text,
                        Err(why) => {
                            self.losses.impossible(test.span, why);
                            String::new()
                        }
                    },
                    _ => {
                        self.losses
                            .impossible(test.span, "this test of an aggregate has no counterpart");
                        String::new()
                    }
                }
            }
        }
    }

    fn outputs(&mut self, source: &Source) -> Vec<(String, String)> {
        let mut columns = Vec::new();
        for output in &self.query.output {
            match self.value(&output.expr, source) {
                Ok(text) => columns.push((self.language.name(&output.name), text)),
                Err(why) => self.losses.result(
                    Some(output.expr.span),
                    format!("result column `{}` is left out: {why}", output.name),
                ),
            }
        }
        columns
    }

    fn group_outputs(&mut self) -> Vec<(String, String)> {
        let mut columns = Vec::new();
        for output in &self.query.output {
            match self.group_value(&output.expr) {
                Ok(text) => columns.push((self.language.name(&output.name), text)),
                Err(why) => self.losses.result(
                    Some(output.expr.span),
                    format!("result column `{}` is left out: {why}", output.name),
                ),
            }
        }
        columns
    }

    fn group_value(&self, expr: &Expr) -> Term {
        match &expr.kind {
            ExprKind::Key(n) => Ok(format!("k{n}")),
            ExprKind::Aggregate(n) => Ok(format!("c{n}")),
            ExprKind::Literal(value) => self.literal(value),
            ExprKind::Call { function, args } => match (&**function, args.as_slice()) {
                ("LONG" | "DOUBLE", [value]) => self.group_value(value),
                ("DATEFORMAT", [time, format]) => self.date(self.group_value(time)?, format),
                _ => Err(format!("{function} has no counterpart")),
            },
            _ => Err("this value is not translated".to_owned()),
        }
    }

    fn value(&mut self, expr: &Expr, source: &Source) -> Term {
        match &expr.kind {
            ExprKind::Literal(value) => self.literal(value),
            ExprKind::Column(column) => {
                let field = source
                    .field(column)
                    .ok_or_else(|| format!("no field is known for `{}`", column.name))?;
                match field.names.as_slice() {
                    [one] => Ok(one.clone()),
                    many => self
                        .language
                        .first_of(many)
                        .ok_or_else(|| format!("`{}` is in several fields", column.name)),
                }
            }
            ExprKind::Call { function, args } => match (&**function, args.as_slice()) {
                ("DATEFORMAT", [time, format]) => {
                    let time = self.value(time, source)?;
                    self.date(time, format)
                }
                ("LOWER", [value, ..]) => {
                    let field = self.value(value, source)?;
                    self.language.lower(&field).ok_or_else(|| "LOWER has no counterpart".to_owned())
                }
                ("UTF8" | "STR", [value]) => self.value(value, source),
                ("SUBSTRING", [value, start, length]) => {
                    let (
                        ExprKind::Literal(Value::Integer(start)),
                        ExprKind::Literal(Value::Integer(length)),
                    ) = (&start.kind, &length.kind)
                    else {
                        return Err("SUBSTRING with a position that is no constant".to_owned());
                    };
                    let text = self.value(value, source)?;
                    self.language
                        .part(&text, (*start).max(0), (*length).max(0))
                        .ok_or_else(|| "SUBSTRING has no counterpart".to_owned())
                }
                ("LONG" | "DOUBLE", [value]) => {
                    let field = self.value(value, source)?;
                    Ok(self.language.to_number(&field))
                }
                _ => Err(format!("{function} has no counterpart")),
            },
            _ => Err("this value is not translated".to_owned()),
        }
    }

    fn date(&self, time: String, format: &Expr) -> Term {
        let ExprKind::Literal(Value::Text(pattern)) = &format.kind else {
            return Err("a date pattern that is no constant".to_owned());
        };
        let format = Format::read(pattern)
            .ok_or_else(|| format!("date pattern `{pattern}` is not translated"))?;
        Ok(self.language.date(&time, &format))
    }

    fn literal(&self, value: &Value) -> Term {
        Ok(match value {
            Value::Text(text) => self.language.text(text),
            Value::Integer(value) => value.to_string(),
            Value::Double(value) => format!("{value:?}"),
            Value::Host(host) => self.language.text(&host.to_string()),
            Value::Boolean(_) | Value::Null => {
                return Err("this constant is not translated".to_owned());
            }
        })
    }

    fn order(&mut self, time: &str) -> Vec<(String, bool)> {
        let mut by = Vec::new();
        for order in &self.query.order {
            let output = self.query.output.iter().find(|o| o.expr == order.expr);
            if is_time(&order.expr) && self.query.group.is_none() {
                by.push((time.to_owned(), order.descending));
            } else if let Some(output) = output {
                by.push((self.language.name(&output.name), order.descending));
            } else {
                self.losses.result(
                    Some(order.expr.span),
                    "a sort key that is no result column is left out",
                );
            }
        }
        by
    }
}

fn aggregate_of(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Aggregate(index) => Some(*index),
        ExprKind::Call { function, args } if matches!(&**function, "LONG" | "DOUBLE") => {
            aggregate_of(args.first()?)
        }
        _ => None,
    }
}

/// Is it written as a number already?
fn is_number(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call { function, .. } if matches!(&**function, "LONG" | "DOUBLE"))
}

fn is_time(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Column(c) if c.ty == Type::Time)
}
