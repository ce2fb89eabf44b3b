//! SQL over the columns of a store of `aql import`. What products write differently is in
//! [`Flavour`]; a product is a file that implements it.

mod flavour;

use aql_event::{Column, ColumnKind, Type};
use aql_semantic::{
    AggregateCall, AggregateFunction, ArithmeticOp, CompareBy, CompareOp, Expr, ExprKind,
    NullSemantics, Value,
};

use crate::loss::{Direction, Losses};
use crate::pattern::Pattern;
use crate::pred::{Lowered, Number, Pred, Test, What};
use crate::regex::ignores_case;
use crate::text::{number, operator};
use crate::{Options, time};
pub(super) use flavour::{Flavour, ipv4_range};

/// Writes a query.
pub(crate) fn write(
    query: &Lowered,
    flavour: &dyn Flavour,
    options: &Options,
    losses: &mut Losses,
) -> String {
    let mut sql = Sql { flavour, query, options, losses, folds: false, changes: false };
    let text = sql.query();
    let changes = sql.changes;
    if changes {
        let message = "LOWER and UPPER of the target change some letters beyond ASCII otherwise";
        sql.losses.approximate(None, Direction::Either, message);
    }
    if sql.folds {
        let mut message = format!("ILIKE folds {} otherwise", flavour.other_letters());
        if flavour.exact_ilike("", &Pattern::like("")).is_some() {
            message.push_str("; `--max-loss exact` takes regular expressions instead");
        }
        losses.approximate(None, Direction::Either, message);
    }
    text
}

struct Sql<'a> {
    flavour: &'a dyn Flavour,
    query: &'a Lowered,
    options: &'a Options,
    losses: &'a mut Losses,
    /// Was there an ILIKE?
    folds: bool,
    /// Was there a LOWER or UPPER?
    changes: bool,
}

type Term = Result<String, String>;

impl Sql<'_> {
    fn query(&mut self) -> String {
        let query = self.query;
        let mut output = Vec::new();
        let mut renamed = Vec::new();
        for column in &query.output {
            match self.term(&column.expr) {
                Ok(term) => {
                    let name = self.flavour.name(&column.name);
                    output.push(format!("{term} AS {name}"));
                    renamed.extend((term != name).then_some(name));
                }
                Err(why) => self.losses.result(
                    Some(column.expr.span),
                    format!("result column `{}` is left out: {why}", column.name),
                ),
            }
        }
        // What is only shown finds no other events.
        self.changes = false;
        if output.is_empty() {
            output.push("1".to_owned());
        }
        let mut text = format!("SELECT\n  {}\nFROM {}", output.join(",\n  "), self.options.table());
        let mut conditions = Vec::new();
        if query.filter != Pred::Const(true) {
            conditions.push(self.pred(&query.filter, 1));
        }
        conditions.extend(self.window());
        if !conditions.is_empty() {
            text.push_str(&format!("\nWHERE {}", conditions.join("\n  AND ")));
        }
        if let Some(group) = &query.group {
            let mut keys = Vec::new();
            for key in &group.keys {
                match self.term(key) {
                    Ok(term) => keys.push(term),
                    Err(why) => self.losses.impossible(key.span, why),
                }
            }
            if !keys.is_empty() {
                text.push_str(&format!("\nGROUP BY {}", keys.join(", ")));
            }
        }
        if let Some(having) = &query.having {
            let having = self.pred(having, 1);
            text.push_str(&format!("\nHAVING {having}"));
        }
        // Does a result column have the name of another column, where the product would take it?
        let columns_first = self.flavour.columns_first().filter(|_| {
            let (_, rest) = text.rsplit_once("\nFROM ").unwrap_or_default();
            renamed.iter().any(|name| rest.contains(name.as_str()))
        });
        let mut order = Vec::new();
        for item in &query.order {
            // A result column goes by its name: where that is also the name of a column of the table,
            // its expression would be read as one over the result.
            let shown = query.output.iter().find(|o| o.expr == item.expr);
            let shown = shown.filter(|_| columns_first.is_none());
            let term = self.term(&item.expr).map(|term| match shown {
                Some(column) => self.flavour.name(&column.name),
                None => term,
            });
            match term {
                Ok(term) if item.descending => order.push(format!("{term} DESC NULLS LAST")),
                Ok(term) => order.push(format!("{term} ASC NULLS FIRST")),
                Err(why) => self
                    .losses
                    .result(Some(item.expr.span), format!("a sort key is left out: {why}")),
            }
        }
        if !order.is_empty() {
            text.push_str(&format!("\nORDER BY {}", order.join(", ")));
        }
        if let Some(limit) = query.limit {
            text.push_str(&format!("\nLIMIT {limit}"));
        }
        if let Some(setting) = columns_first {
            text.push_str(&format!("\n{setting}"));
        }
        text.push('\n');
        text
    }

    fn window(&mut self) -> Vec<String> {
        let start = self.flavour.millis(&self.flavour.name("starttime"));
        match time::bounds(&self.query.window, self.options, self.losses) {
            time::Bounds::None => Vec::new(),
            time::Bounds::Last(ms) => {
                let now = self.flavour.now();
                vec![format!("({start} >= {now} - {ms})")]
            }
            time::Bounds::Range(from, to) => vec![format!("({start} BETWEEN {from} AND {to})")],
        }
    }

    fn pred(&mut self, pred: &Pred, depth: usize) -> String {
        let pad = "  ".repeat(depth);
        match pred {
            Pred::Const(true) => "TRUE".to_owned(),
            Pred::Const(false) => "FALSE".to_owned(),
            Pred::And(list) => self.join(list, "AND", &pad, depth),
            Pred::Or(list) => self.join(list, "OR", &pad, depth),
            Pred::Not(inner) => {
                let never_null = matches!(
                    &**inner,
                    Pred::Test(Test { what: What::Missing, .. }) | Pred::Not(_) | Pred::Const(_)
                );
                let inner = self.pred(inner, depth);
                if never_null || self.query.nulls == NullSemantics::Sql {
                    format!("(NOT {inner})")
                } else {
                    format!("(NOT coalesce({inner}, FALSE))")
                }
            }
            Pred::Test(test) => match self.test(test) {
                Ok(text) => text,
                Err(why) => {
                    self.losses.impossible(test.span, why);
                    "FALSE".to_owned()
                }
            },
        }
    }

    fn join(&mut self, list: &[Pred], word: &str, pad: &str, depth: usize) -> String {
        let parts: Vec<String> = list.iter().map(|p| self.pred(p, depth + 1)).collect();
        format!("(\n{pad}  {}\n{pad})", parts.join(&format!("\n{pad}  {word} ")))
    }

    fn test(&mut self, test: &Test) -> Term {
        let flavour = self.flavour;
        let sql_nulls = self.query.nulls == NullSemantics::Sql;
        Ok(match &test.what {
            What::Like { pattern, ignore_case } => {
                let term = self.text_term(&test.of)?;
                self.like(&term, pattern, *ignore_case)
            }
            What::Regex { java, ignore_case, full } => {
                let term = self.text_term(&test.of)?;
                let folds = *ignore_case || ignores_case(java);
                if let Some(letters) = flavour.regex_letters().filter(|_| folds) {
                    let message = format!("regular expressions fold {letters} otherwise");
                    self.losses.approximate(Some(test.span), Direction::Either, message);
                }
                flavour.java_regex(&term, java, *ignore_case, *full)?
            }
            What::TextIn(values) => {
                let term = self.text_term(&test.of)?;
                is_one_of(&term, values.iter().map(|v| flavour.text(v)).collect())
            }
            What::Text(op, value) => {
                format!("({} {} {})", self.text_term(&test.of)?, operator(*op), flavour.text(value))
            }
            What::NumberIn(values) => {
                let term = self.number_term(&test.of)?;
                is_one_of(&term, values.iter().map(number).collect())
            }
            What::Number(op, value) => {
                format!("({} {} {})", self.number_term(&test.of)?, operator(*op), number(value))
            }
            What::HostIn(hosts) => {
                let term = self.host_term(&test.of)?;
                is_one_of(&term, hosts.iter().map(|h| flavour.text(&h.to_string())).collect())
            }
            What::NotHost(host) => {
                format!("({} <> {})", self.host_term(&test.of)?, flavour.text(&host.to_string()))
            }
            What::Network(address, bits) => {
                let term = self.host_term(&test.of)?;
                let text = flavour
                    .network(&term, *address, *bits)
                    .ok_or("networks of IPv6 addresses have no counterpart")?;
                if sql_nulls { format!("coalesce({text}, FALSE)") } else { text }
            }
            What::Set { elements, ignore_case } => {
                let mut term = self.text_term(&test.of)?;
                if *ignore_case {
                    self.changes = true;
                    term = flavour.change(&term, true);
                }
                let text = is_one_of(&term, elements.iter().map(|v| flavour.text(v)).collect());
                if sql_nulls { format!("coalesce({text}, FALSE)") } else { text }
            }
            What::Missing => format!("({} IS NULL)", self.term(&test.of)?),
            What::True => self.term(&test.of)?,
            What::Field { op, by, right } => {
                let (left, right) = match by {
                    CompareBy::Text => (self.text_term(&test.of)?, self.text_term(right)?),
                    CompareBy::Number => (self.number_term(&test.of)?, self.number_term(right)?),
                    CompareBy::Host if matches!(op, CompareOp::Eq | CompareOp::NotEq) => {
                        (self.host_term(&test.of)?, self.host_term(right)?)
                    }
                    CompareBy::Host => return Err("addresses are not ordered".to_owned()),
                    CompareBy::Boolean => (self.term(&test.of)?, self.term(right)?),
                };
                format!("({left} {} {right})", operator(*op))
            }
        })
    }

    fn like(&mut self, term: &str, pattern: &Pattern, ignore_case: bool) -> String {
        // Without a letter there is nothing to fold.
        let ignore_case =
            ignore_case && pattern.literals().any(|t| t.chars().any(char::is_alphabetic));
        if ignore_case
            && self.options.exact
            && let Some(text) = self.flavour.exact_ilike(term, pattern)
        {
            return text;
        }
        self.folds |= ignore_case;
        self.flavour.like(term, pattern, ignore_case)
    }

    fn text_term(&mut self, expr: &Expr) -> Term {
        let term = self.term(expr)?;
        match expr.ty {
            Type::Text | Type::Host | Type::Null => Ok(term),
            Type::Integer | Type::Time | Type::Boolean => Ok(self.flavour.to_text(&term)),
            Type::Double => Err("a decimal number as text is written otherwise".to_owned()),
            Type::Binary | Type::IntegerList => Err(format!("{} as text", expr.ty)),
        }
    }

    fn number_term(&mut self, expr: &Expr) -> Term {
        let term = self.term(expr)?;
        match expr.ty {
            Type::Integer | Type::Time | Type::Double => Ok(term),
            Type::Text => {
                if !crate::names::is_decimal(expr) {
                    self.losses.approximate(
                        Some(expr.span),
                        Direction::Either,
                        "text is read as a number by the rules of the target: AQL also reads \
                         hexadecimal numbers, and reads no `inf`",
                    );
                }
                Ok(self.flavour.to_number(&term))
            }
            other => Err(format!("{other} as a number")),
        }
    }

    fn host_term(&mut self, expr: &Expr) -> Term {
        if expr.ty == Type::Text {
            self.losses.approximate(
                Some(expr.span),
                Direction::Either,
                "text is not read as an address: other spellings of the same address differ",
            );
        } else if expr.ty != Type::Host {
            return Err(format!("{} as an address", expr.ty));
        }
        self.term(expr)
    }

    fn column(&self, column: &Column) -> Term {
        let name = self.flavour.name(&column.arrow_name());
        match column.ty {
            Type::Time => Ok(self.flavour.millis(&name)),
            Type::IntegerList => Err(format!("`{}` is a list", column.name)),
            Type::Binary if &*column.name != "payload" => {
                Err(format!("`{}` is bytes", column.name))
            }
            _ if column.kind == ColumnKind::Builtin && &*column.name == "sessionid" => {
                Err("there are no sessions".to_owned())
            }
            _ => Ok(name),
        }
    }

    fn term(&mut self, expr: &Expr) -> Term {
        let flavour = self.flavour;
        Ok(match &expr.kind {
            ExprKind::Literal(value) => self.literal(value),
            ExprKind::Column(column) => self.column(column)?,
            ExprKind::Key(index) => {
                let group = self.query.group.as_ref();
                let key = group.and_then(|g| g.keys.get(*index)).ok_or("no such key")?;
                self.term(key)?
            }
            ExprKind::Aggregate(index) => {
                let group = self.query.group.as_ref();
                let call = group.and_then(|g| g.calls.get(*index)).ok_or("no such aggregate")?;
                self.aggregate(call)?
            }
            ExprKind::Arithmetic { op, left, right } => {
                let (left, right) = (self.number_term(left)?, self.number_term(right)?);
                match op {
                    ArithmeticOp::Add => format!("({left} + {right})"),
                    ArithmeticOp::Sub => format!("({left} - {right})"),
                    ArithmeticOp::Mul => format!("({left} * {right})"),
                    ArithmeticOp::Div if expr.ty != Type::Integer => flavour.divide(&left, &right),
                    _ => return Err("this operator is not translated".to_owned()),
                }
            }
            ExprKind::Negate(inner) => format!("(-{})", self.number_term(inner)?),
            ExprKind::Case { branches, otherwise } => {
                let mut text = "CASE".to_owned();
                for (condition, value) in branches {
                    let condition = self.condition(condition)?;
                    let value = self.term(value)?;
                    text.push_str(&format!(" WHEN {condition} THEN {value}"));
                }
                if let Some(otherwise) = otherwise {
                    text.push_str(&format!(" ELSE {}", self.term(otherwise)?));
                }
                text + " END"
            }
            ExprKind::Call { function, args } => self.call(function, args)?,
            ExprKind::Input(_) | ExprKind::InQuery { .. } | ExprKind::BitNot(_) => {
                return Err("this value is not translated".to_owned());
            }
            ExprKind::Compare { .. }
            | ExprKind::Like { .. }
            | ExprKind::Matches { .. }
            | ExprKind::In { .. }
            | ExprKind::IsNull(_)
            | ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_) => self.condition(expr)?,
        })
    }

    /// A condition inside a value. Only comparisons of plain values are taken: what a filter may
    /// say was lowered before.
    fn condition(&mut self, expr: &Expr) -> Term {
        let mut losses = Losses::default();
        let pred = self.options.condition(expr, self.query.nulls, &mut losses);
        let Some(pred) = pred.filter(|_| !losses.is_impossible()) else {
            return Err("this condition is not translated".to_owned());
        };
        Ok(self.pred(&pred, 2))
    }

    fn literal(&self, value: &Value) -> String {
        match value {
            Value::Null => "NULL".to_owned(),
            Value::Text(text) => self.flavour.text(text),
            Value::Integer(value) => value.to_string(),
            Value::Double(value) => number(&Number::Double(*value)),
            Value::Boolean(true) => "TRUE".to_owned(),
            Value::Boolean(false) => "FALSE".to_owned(),
            Value::Host(host) => self.flavour.text(&host.to_string()),
        }
    }

    fn aggregate(&mut self, call: &AggregateCall) -> Term {
        use AggregateFunction as F;
        let Some(argument) = &call.argument else {
            return Ok("CAST(count(*) AS DOUBLE)".to_owned());
        };
        let numeric =
            matches!(call.function, F::Sum | F::Avg | F::StdevSample | F::StdevPopulation)
                || (matches!(call.function, F::Min | F::Max) && call.ty == Type::Double);
        let term = if numeric { self.number_term(argument)? } else { self.term(argument)? };
        Ok(match call.function {
            F::Count => format!("CAST(count({term}) AS DOUBLE)"),
            F::UniqueCount => format!("CAST(count(DISTINCT {term}) AS DOUBLE)"),
            F::Sum => self.flavour.double(&format!("sum({term})")),
            F::Avg => format!("avg({term})"),
            F::Min if call.ty == Type::Double => self.flavour.double(&format!("min({term})")),
            F::Max if call.ty == Type::Double => self.flavour.double(&format!("max({term})")),
            F::Min => format!("min({term})"),
            F::Max => format!("max({term})"),
            F::First | F::Last | F::StdevSample | F::StdevPopulation | F::DistinctCount => {
                let text = self.flavour.aggregate(call.function, &term);
                text.ok_or("this aggregate has no counterpart")?
            }
        })
    }

    fn call(&mut self, function: &str, args: &[Expr]) -> Term {
        let flavour = self.flavour;
        Ok(match (function, args) {
            ("LOWER" | "UPPER", [text, ..]) => {
                self.changes = true;
                flavour.change(&self.text_term(text)?, function == "LOWER")
            }
            ("STR", [value]) => self.text_term(value)?,
            ("UTF8", [value]) => self.term(value)?,
            ("DOUBLE", [value]) => self.number_term(value)?,
            ("LONG", [value]) => match value.ty {
                Type::Integer | Type::Time => self.term(value)?,
                _ => flavour.whole(&self.number_term(value)?),
            },
            ("STRLEN", [text]) => flavour.length(&self.text_term(text)?),
            ("SUBSTRING", [text, start, rest @ ..]) => {
                let whole = |e: &Expr| match e.kind {
                    ExprKind::Literal(Value::Integer(n)) if n >= 0 => Some(n),
                    _ => None,
                };
                let (Some(start), Some(length)) =
                    (whole(start), rest.first().map_or(Some(i64::from(i32::MAX)), whole))
                else {
                    return Err("SUBSTRING with a position that is no constant".to_owned());
                };
                flavour.part(&self.text_term(text)?, start + 1, length)
            }
            ("NOW", []) => flavour.now().to_owned(),
            ("DATEFORMAT", [time, format]) => {
                let ExprKind::Literal(Value::Text(format)) = &format.kind else {
                    return Err("a date pattern that is no constant".to_owned());
                };
                let pattern = time::Format::read(format)
                    .ok_or_else(|| format!("date pattern `{format}` is not translated"))?;
                let number = self.number_term(time)?;
                // The least or the greatest time of a group is a decimal number.
                let millis = match time.ty {
                    Type::Integer | Type::Time => number,
                    _ => flavour.whole(&number),
                };
                flavour
                    .date_format(&millis, &pattern)
                    .ok_or_else(|| format!("date pattern `{format}` is not translated"))?
            }
            ("REPLACEFIRST" | "REPLACEALL", [pattern, text, with]) => {
                let (ExprKind::Literal(Value::Text(java)), ExprKind::Literal(Value::Text(with))) =
                    (&pattern.kind, &with.kind)
                else {
                    return Err(format!("{function} with a pattern that is no constant"));
                };
                let term = self.text_term(text)?;
                flavour.java_replace(&term, java, with, function == "REPLACEALL")?
            }
            _ => return Err(format!("{function} has no counterpart")),
        })
    }
}

fn is_one_of(term: &str, values: Vec<String>) -> String {
    match values.as_slice() {
        [one] => format!("({term} = {one})"),
        _ => format!("({term} IN ({}))", values.join(", ")),
    }
}
