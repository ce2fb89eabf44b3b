//! Binding expressions: names, operators, CASE.

use aql_catalog::{Found, Profile, similar_names};
use aql_diag::{Applicability, Diagnostic, Span, codes};
use aql_event::{Type, canonical_host};
use aql_syntax::ast;

use crate::bind::{Binder, Rows, Scope};
use crate::bound::{ArithmeticOp, CompareBy, CompareOp, Expr, ExprKind, Value};
use crate::dialect::{
    Between, Division, LooseNames, NumberCondition, OperatorSpelling, PropertyCase, RawNames,
    UnknownProperty, WhereName,
};
use crate::predicate::parse_number;

impl Binder<'_> {
    pub(crate) fn expr(&mut self, expr: &ast::Expr, scope: &mut Scope) -> Expr {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Literal(literal) => literal_expr(literal, span),
            ast::ExprKind::Name(name) => self.name(name, scope),
            ast::ExprKind::Call { name, args, star } => self.call(name, args, *star, span, scope),
            ast::ExprKind::Unary { op, expr } => {
                let inner = self.expr(expr, scope);
                match op {
                    ast::UnaryOp::Plus => inner,
                    ast::UnaryOp::Minus => negate(inner, span),
                    ast::UnaryOp::BitNot => {
                        Expr { kind: ExprKind::BitNot(Box::new(inner)), ty: Type::Integer, span }
                    }
                }
            }
            ast::ExprKind::Binary { op, op_span, left, right } => {
                // The parser has reported it; it is not compared with a NULL that nobody wrote.
                let is_error = |side: &ast::Expr| matches!(side.kind, ast::ExprKind::Error);
                if compare_op(*op).is_ok() && (is_error(left) || is_error(right)) {
                    self.expr(left, scope);
                    self.expr(right, scope);
                    return null_boolean(span);
                }
                let (left, right) = (self.expr(left, scope), self.expr(right, scope));
                match compare_op(*op) {
                    Ok(op) => {
                        self.check_spelling(*op_span);
                        self.compare(op, *op_span, left, right, span)
                    }
                    Err(op) => arithmetic(op, left, right, span, self.dialect.division),
                }
            }
            ast::ExprKind::And(list) => self.junction(list, scope, span, ExprKind::And),
            ast::ExprKind::Or(list) => self.junction(list, scope, span, ExprKind::Or),
            ast::ExprKind::Not(inner) => {
                let inner = self.condition(inner, scope);
                not(inner, span)
            }
            ast::ExprKind::Pattern { op, negated, op_span, expr, pattern } => {
                let (value, pattern) = (self.expr(expr, scope), self.expr(pattern, scope));
                let bound = self.pattern(*op, *op_span, value, pattern, span);
                if *negated { not(bound, span) } else { bound }
            }
            ast::ExprKind::InList { negated, expr, list } => {
                let value = self.expr(expr, scope);
                let list = list.iter().map(|e| self.expr(e, scope)).collect();
                let bound = self.in_list(value, list, span);
                if *negated { not(bound, span) } else { bound }
            }
            ast::ExprKind::InQuery { negated, expr, query } => {
                let value = self.expr(expr, scope);
                let bound = self.in_query(value, query, span, scope);
                if *negated { not(bound, span) } else { bound }
            }
            ast::ExprKind::Between { negated, expr, low, high } => {
                let value = self.expr(expr, scope);
                let (low, high) = (self.expr(low, scope), self.expr(high, scope));
                let again = self.copy(&value);
                let (least, most) = match self.dialect.between {
                    Between::Inclusive => (CompareOp::GtEq, CompareOp::LtEq),
                    Between::Exclusive => (CompareOp::Gt, CompareOp::Lt),
                };
                let from = self.compare(least, span, again, low, span);
                let to = self.compare(most, span, value, high, span);
                let both = Expr { kind: ExprKind::And(vec![from, to]), ty: Type::Boolean, span };
                if *negated { not(both, span) } else { both }
            }
            ast::ExprKind::IsNull { negated, expr } => {
                let inner = self.expr(expr, scope);
                let bound =
                    Expr { kind: ExprKind::IsNull(Box::new(inner)), ty: Type::Boolean, span };
                if *negated { not(bound, span) } else { bound }
            }
            ast::ExprKind::Case { operand, branches, otherwise } => {
                let operand = operand.as_ref().map(|e| self.expr(e, scope));
                let branches: Vec<(Expr, Expr)> = branches
                    .iter()
                    .map(|(when, then)| {
                        let condition = match &operand {
                            Some(operand) => {
                                let when = self.expr(when, scope);
                                let (operand, span) = (self.copy(operand), when.span);
                                self.compare(CompareOp::Eq, span, operand, when, span)
                            }
                            None => self.condition(when, scope),
                        };
                        (condition, self.expr(then, scope))
                    })
                    .collect();
                let otherwise = otherwise.as_ref().map(|e| self.expr(e, scope));
                self.case(branches, otherwise, span)
            }
            ast::ExprKind::If { condition, then, otherwise } => {
                let condition = self.condition(condition, scope);
                let then = self.expr(then, scope);
                let otherwise = otherwise.as_ref().map(|e| self.expr(e, scope));
                self.case(vec![(condition, then)], otherwise, span)
            }
            // The parser has reported it.
            ast::ExprKind::Error => null(span),
        }
    }

    /// Result type: that of the first branch that is not null; whole and broken numbers mixed are
    /// doubles (aql-language.md 6.8). Says so where that makes another branch null.
    fn case(&mut self, branches: Vec<(Expr, Expr)>, otherwise: Option<Expr>, span: Span) -> Expr {
        let values = || branches.iter().map(|(_, value)| value).chain(&otherwise);
        let types = values().map(|value| value.ty);
        let ty = types.filter(|t| *t != Type::Null).fold(Type::Null, |ty, next| match (ty, next) {
            (Type::Null, next) => next,
            (Type::Integer | Type::Time, Type::Double) => Type::Double,
            (ty, _) => ty,
        });
        let remarks: Vec<Diagnostic> = values().filter_map(|v| branch_remark(ty, v)).collect();
        self.diagnostics.extend(remarks);
        Expr { kind: ExprKind::Case { branches, otherwise: otherwise.map(Box::new) }, ty, span }
    }

    /// An expression at a place where only true or false makes sense.
    pub(crate) fn condition(&mut self, expr: &ast::Expr, scope: &mut Scope) -> Expr {
        let bound = self.expr(expr, scope);
        let span = bound.span;
        match bound.ty {
            Type::Boolean | Type::Null => return bound,
            _ => {}
        }
        let diagnostic = Diagnostic::error(
            codes::TYPE_MISMATCH,
            format!("a condition is expected here, not {}", article(bound.ty)),
        )
        .at(span, format!("this is {}", article(bound.ty)));
        if !bound.ty.is_numeric() {
            self.push(diagnostic);
            return null_boolean(span);
        }
        let mend = self.dialect.number_condition == NumberCondition::Nonzero;
        self.push_repaired_if(mend, diagnostic, "read as `!= 0`");
        let zero = Expr { kind: ExprKind::Literal(Value::Integer(0)), ty: Type::Integer, span };
        let kind = ExprKind::Compare {
            op: CompareOp::NotEq,
            by: CompareBy::Number,
            left: Box::new(bound),
            right: Box::new(zero),
        };
        Expr { kind, ty: Type::Boolean, span }
    }

    fn junction(
        &mut self,
        list: &[ast::Expr],
        scope: &mut Scope,
        span: Span,
        make: fn(Vec<Expr>) -> ExprKind,
    ) -> Expr {
        let list = list.iter().map(|e| self.condition(e, scope)).collect();
        Expr { kind: make(list), ty: Type::Boolean, span }
    }

    /// A field, a property, an alias.
    pub(crate) fn name(&mut self, name: &ast::Name, scope: &Scope) -> Expr {
        let span = name.span;
        if scope.see_aliases {
            let alias = scope.aliases.iter().find(|(a, _)| a.eq_ignore_ascii_case(&name.text));
            let hidden = self.dialect.where_name == WhereName::Field
                && scope.no_aggregate == Some("WHERE")
                && self.is_field(&name.text, &scope.rows);
            if let (Some((_, expr)), false) = (alias, hidden) {
                return self.alias(name, expr, scope);
            }
        }
        if let Some(id) = self.session_name(name, scope) {
            return id;
        }
        match &scope.rows {
            Rows::Inner(columns) => {
                let at = columns.iter().position(|(n, _)| n.eq_ignore_ascii_case(&name.text));
                if let Some(at) = at {
                    return Expr { kind: ExprKind::Input(at), ty: columns[at].1, span };
                }
                if self.outer_name(name) {
                    return null(span);
                }
                let names = columns.iter().map(|(n, _)| format!("`{n}`")).collect::<Vec<_>>();
                self.push(
                    Diagnostic::error(
                        codes::UNKNOWN_FIELD,
                        format!("the inner query has no column `{}`", name.text),
                    )
                    .at(span, "")
                    .note(format!("its columns are {}", names.join(", "))),
                );
                null(span)
            }
            Rows::Events => self.event_name(name, scope),
            Rows::Flows | Rows::Simarc => {
                let (database, field) = match scope.rows {
                    Rows::Flows => ("flows", self.catalog.flow_field(&name.text)),
                    _ => ("simarc", self.catalog.simarc_field(&name.text)),
                };
                let column = match field {
                    Some(field) => field.column.clone(),
                    None => self.property_or_unknown(name, database, scope),
                };
                Expr { ty: column.ty, kind: ExprKind::Column(column), span }
            }
        }
    }

    pub(crate) fn alias(&mut self, name: &ast::Name, expr: &Expr, scope: &Scope) -> Expr {
        let mut aggregate = false;
        expr.walk(&mut |e| aggregate |= matches!(e.kind, ExprKind::Aggregate(_)));
        if let (true, Some(place)) = (aggregate, scope.no_aggregate) {
            let (code, help) = match place {
                "WHERE" => (codes::AGGREGATE_PLACE, "test it in HAVING"),
                "an aggregate" => {
                    (codes::NESTED_AGGREGATE, "aggregate in a subselect, then again outside")
                }
                "GROUP BY" => (codes::AGGREGATE_PLACE, "group by plain values"),
                _ => (codes::AGGREGATE_PLACE, "use plain values there"),
            };
            self.push(
                Diagnostic::error(
                    code,
                    format!("`{}` is an aggregate and cannot be used in {place}", name.text),
                )
                .at(name.span, "")
                .help(help),
            );
            return null(name.span);
        }
        Expr { span: name.span, ..self.copy(expr) }
    }

    fn event_name(&mut self, name: &ast::Name, scope: &Scope) -> Expr {
        let span = name.span;
        if let Some(field) = self.catalog.event_field(&name.text) {
            let column = field.column.clone();
            return Expr { ty: column.ty, kind: ExprKind::Column(column), span };
        }
        let output = scope.outputs.iter().find(|(o, _)| o.eq_ignore_ascii_case(&name.text));
        if let (true, Some((_, expr))) = (scope.see_aliases, output)
            && !matches!(expr.kind, ExprKind::Column(_))
        {
            return self.alias(name, expr, scope);
        }
        if let Some(file) = self.options.declared.as_deref() {
            if let Some(property) = file.property(&name.text) {
                return self.declared(property, span);
            }
            if let Some(target) = file.alias(&name.text) {
                let target = ast::Name { text: target.to_owned(), ..name.clone() };
                return self.alias_target(file, &target, scope);
            }
        }
        let known = self.property(&name.text);
        if let (None, Some(screen)) = (&known, self.catalog.screen_label(&name.text)) {
            return self.screen_label(name, screen, scope);
        }
        let column = self.property_or_unknown(name, "events", scope);
        Expr { ty: column.ty, kind: ExprKind::Column(column), span }
    }

    pub(crate) fn property_or_unknown(
        &mut self,
        name: &ast::Name,
        database: &str,
        _scope: &Scope,
    ) -> aql_event::Column {
        let first_time = self.named.insert(name.text.to_lowercase());
        let Some((column, found)) = self.property(&name.text) else {
            if first_time && !self.outer_name(name) {
                self.unknown_field(name, database);
            }
            return self.catalog.raw_column(&name.text);
        };
        if first_time {
            match found {
                Found::Exact | Found::RawField => {}
                Found::Alias
                    if self.options.profile == Profile::Ibm
                        && self.is_raw_field(&column, &name.text) =>
                {
                    self.push(
                        Diagnostic::note_severity(
                            codes::RAW_PROPERTY_NAME,
                            format!(
                                "`{}` is the log's own name for what IBM's content calls `{}`",
                                name.text, column.name
                            ),
                        )
                        .at(name.span, format!("read as `\"{}\"`", column.name))
                        .note("an appliance knows it only where a site has defined a property of this name, and refuses the query otherwise"),
                    );
                }
                Found::Alias => {}
                Found::Loose => self.push(
                    Diagnostic::warning(
                        codes::LOOSE_NAME,
                        format!("there is no property `{}`", name.text),
                    )
                    .at(
                        name.span,
                        format!("read as `\"{}\"`, which differs in blanks", column.name),
                    )
                    .replace(
                        "write the property's name",
                        Applicability::Unsafe,
                        name.span,
                        format!("\"{}\"", column.name),
                    ),
                ),
            }
        }
        column
    }

    /// A property of the catalog, if the dialect finds it under this name.
    fn property(&self, name: &str) -> Option<(aql_event::Column, Found)> {
        let (column, found) = self.catalog.property(name, self.options.profile)?;
        let known = match found {
            Found::Loose => self.dialect.loose_names == LooseNames::Accept,
            // What profile `raw` renames are raw fields too, and meant.
            Found::RawField => {
                self.options.profile == Profile::Raw || self.dialect.raw_names == RawNames::Accept
            }
            // Profile `raw` is that of a site whose properties have the log's own names.
            Found::Alias => {
                self.options.profile == Profile::Raw
                    || self.dialect.raw_names == RawNames::Accept
                    || !self.is_raw_field(&column, name)
            }
            Found::Exact => true,
        };
        let exact = self.dialect.property_case == PropertyCase::Exact;
        let spelled = match found {
            Found::Exact => &*column.name == name,
            Found::Alias => {
                let property = self.catalog.properties().iter().find(|p| p.column == column);
                property.is_some_and(|p| p.aliases.iter().any(|a| a == name))
            }
            Found::RawField | Found::Loose => true,
        };
        (known && (spelled || !exact)).then_some((column, found))
    }

    /// Is there a field or property of this name?
    fn is_field(&self, name: &str, rows: &Rows) -> bool {
        match rows {
            Rows::Inner(columns) => columns.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)),
            Rows::Events => {
                self.catalog.event_field(name).is_some()
                    || self.options.declared.as_deref().is_some_and(|file| file.has(name))
                    || self.property(name).is_some()
            }
            Rows::Flows => self.catalog.flow_field(name).is_some(),
            Rows::Simarc => self.catalog.simarc_field(name).is_some(),
        }
    }

    fn check_spelling(&mut self, op: Span) {
        let spelling = op.slice(self.text);
        let plain = match spelling {
            "==" => "=",
            "<>" => "!=",
            _ => return,
        };
        if self.dialect.operator_spelling == OperatorSpelling::Reject {
            self.push(
                Diagnostic::error(codes::SYNTAX, format!("`{spelling}` is no operator of AQL"))
                    .at(op, "")
                    .note("the dialect option `operator_spelling` says so")
                    .replace(format!("write `{plain}`"), Applicability::Safe, op, plain),
            );
        }
    }

    /// Is the name that of the field in the log which fills this property?
    fn is_raw_field(&self, column: &aql_event::Column, name: &str) -> bool {
        let sources = self.catalog.windows_sources(&column.name);
        sources.iter().any(|source| source.raw_field.eq_ignore_ascii_case(name))
    }

    fn unknown_field(&mut self, name: &ast::Name, database: &str) {
        let mut diagnostic = Diagnostic::error(
            codes::UNKNOWN_FIELD,
            format!("there is no field or property `{}` in `{database}`", name.text),
        )
        .at(name.span, "");
        let mut similar = self.catalog.similar_fields(&name.text);
        if let Some(file) = self.options.declared.as_deref() {
            similar.splice(
                0..0,
                similar_names(&name.text, file.names()).into_iter().map(str::to_owned),
            );
            similar.truncate(3);
        }
        if !similar.is_empty() {
            let similar: Vec<String> = similar.iter().map(|s| format!("`{s}`")).collect();
            diagnostic = diagnostic.help(format!("did you mean {}?", similar.join(" or ")));
        }
        self.push_repaired_if(
            self.dialect.unknown_property == UnknownProperty::RawField,
            diagnostic,
            "read as a field of the raw record, empty where a record has none of this name",
        );
    }

    /// A label of QRadar's screens, or the name of a function without its argument.
    fn screen_label(&mut self, name: &ast::Name, meant: &str, scope: &Scope) -> Expr {
        if self.named.insert(name.text.to_lowercase()) {
            let diagnostic = Diagnostic::error(
                codes::SCREEN_NAME,
                format!("there is no field `{}` in `events`", name.text),
            )
            .at(name.span, format!("this is a label of the screen; AQL writes `{meant}`"))
            .replace(format!("write `{meant}`"), Applicability::Safe, name.span, meant);
            self.push_repaired(diagnostic, &format!("read as `{meant}`"));
        }
        let parsed = aql_syntax::parse_expr(meant);
        let mut inner = Scope {
            rows: Rows::Events,
            aliases: Vec::new(),
            outputs: Vec::new(),
            calls: Vec::new(),
            no_aggregate: scope.no_aggregate,
            see_aliases: false,
            session: false,
        };
        let mut bound = self.expr(&parsed.expr, &mut inner);
        place(&mut bound, name.span);
        bound
    }
}

/// Gives a whole expression one place: it was made from text that is not in the query.
fn place(expr: &mut Expr, span: Span) {
    expr.span = span;
    crate::lift::for_each_child(&mut expr.kind, &mut |child| place(child, span));
}

pub(crate) fn null(span: Span) -> Expr {
    Expr { kind: ExprKind::Literal(Value::Null), ty: Type::Null, span }
}

pub(crate) fn null_boolean(span: Span) -> Expr {
    Expr { kind: ExprKind::Literal(Value::Null), ty: Type::Boolean, span }
}

pub(crate) fn not(expr: Expr, span: Span) -> Expr {
    Expr { kind: ExprKind::Not(Box::new(expr)), ty: Type::Boolean, span }
}

pub(crate) fn article(ty: Type) -> String {
    match ty {
        Type::Integer | Type::Host => format!("an {ty}"),
        Type::Text | Type::Binary | Type::Null => ty.to_string(),
        _ => format!("a {ty}"),
    }
}

fn literal_expr(literal: &ast::Literal, span: Span) -> Expr {
    let (value, ty) = match literal {
        ast::Literal::Text(text) => (Value::Text(text.as_str().into()), Type::Text),
        ast::Literal::Integer(n) => (Value::Integer(*n), Type::Integer),
        ast::Literal::Double(x) => (Value::Double(*x), Type::Double),
        ast::Literal::Boolean(b) => (Value::Boolean(*b), Type::Boolean),
        ast::Literal::Null => (Value::Null, Type::Null),
    };
    Expr { kind: ExprKind::Literal(value), ty, span }
}

fn negate(inner: Expr, span: Span) -> Expr {
    let (kind, ty) = match inner.kind {
        // The smallest integer has no opposite: null when it is computed.
        ExprKind::Literal(Value::Integer(n)) if n != i64::MIN => {
            (ExprKind::Literal(Value::Integer(-n)), Type::Integer)
        }
        ExprKind::Literal(Value::Double(x)) => (ExprKind::Literal(Value::Double(-x)), Type::Double),
        _ => {
            let ty = if inner.ty == Type::Integer { Type::Integer } else { Type::Double };
            (ExprKind::Negate(Box::new(inner)), ty)
        }
    };
    Expr { kind, ty, span }
}

pub(crate) fn arithmetic(
    op: ArithmeticOp,
    left: Expr,
    right: Expr,
    span: Span,
    division: Division,
) -> Expr {
    use ArithmeticOp::{BitAnd, BitOr, BitXor, Div, Pow};
    let integer = |ty: Type| matches!(ty, Type::Integer | Type::Time | Type::Null | Type::Boolean);
    let ty = match op {
        BitAnd | BitOr | BitXor => Type::Integer,
        Pow => Type::Double,
        Div if division == Division::Double => Type::Double,
        _ if integer(left.ty) && integer(right.ty) => Type::Integer,
        _ => Type::Double,
    };
    let kind = ExprKind::Arithmetic { op, left: Box::new(left), right: Box::new(right) };
    Expr { kind, ty, span }
}

/// What is worth saying about a branch in a CASE of this type: that its value is lost.
fn branch_remark(ty: Type, value: &Expr) -> Option<Diagnostic> {
    if value.ty == ty || matches!(ty, Type::Null | Type::Text) || value.ty == Type::Null {
        return None;
    }
    let fits = match (&value.kind, value.ty) {
        (ExprKind::Literal(Value::Text(text)), _) => match ty {
            Type::Host => canonical_host(text).is_some(),
            Type::Boolean => ["true", "false"].iter().any(|b| text.eq_ignore_ascii_case(b)),
            ty if ty.is_numeric() => parse_number(text).is_some(),
            _ => false,
        },
        // The text of a field may be a number, or an address.
        (_, Type::Text) => return None,
        (_, other) => {
            let number = |ty: Type| ty.is_numeric() || matches!(ty, Type::Boolean | Type::Time);
            number(ty) && number(other)
        }
    };
    (!fits).then(|| {
        let message = format!("this branch gives null: the expression is {}", article(ty));
        Diagnostic::warning(codes::BRANCH_TYPE, message)
            .at(value.span, format!("this is {}", article(value.ty)))
            .note("the first branch that is not null decides the type")
            .help("write every branch as text, `STR(…)` around what is none")
    })
}

fn compare_op(op: ast::BinaryOp) -> Result<CompareOp, ArithmeticOp> {
    use ast::BinaryOp;
    Ok(match op {
        BinaryOp::Eq => CompareOp::Eq,
        BinaryOp::NotEq => CompareOp::NotEq,
        BinaryOp::Lt => CompareOp::Lt,
        BinaryOp::LtEq => CompareOp::LtEq,
        BinaryOp::Gt => CompareOp::Gt,
        BinaryOp::GtEq => CompareOp::GtEq,
        BinaryOp::Add => return Err(ArithmeticOp::Add),
        BinaryOp::Sub => return Err(ArithmeticOp::Sub),
        BinaryOp::Mul => return Err(ArithmeticOp::Mul),
        BinaryOp::Div => return Err(ArithmeticOp::Div),
        BinaryOp::Rem => return Err(ArithmeticOp::Rem),
        BinaryOp::Pow => return Err(ArithmeticOp::Pow),
        BinaryOp::BitAnd => return Err(ArithmeticOp::BitAnd),
        BinaryOp::BitOr => return Err(ArithmeticOp::BitOr),
        BinaryOp::BitXor => return Err(ArithmeticOp::BitXor),
    })
}
