//! Tables of expressions with their results, under both readings of null.

use aql_diag::codes;
use aql_eval::{Program, text as view, to_plain};
use aql_event::Type;
use aql_semantic::{
    ArithmeticOp, BoundQuery, CompareBy, CompareOp, Expr, ExprKind, NullSemantics, Source, Value,
    Window,
};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};

use crate::build::*;

/// Rows of `username, command, sourceip, sourceport, hasoffense, score, payload`.
fn rows() -> Vec<Row> {
    let row = |values: [&str; 7]| values.map(|v| (v != "-").then(|| v.to_owned()));
    vec![
        row(["alice", "outlook.exe /x", "10.0.0.1", "443", "true", "1.5", "GET /a"]),
        row(["BOB", "5", "2001:db8::1", "-1", "false", "-2", "POST /b"]),
        row(["-", "-", "-", "-", "-", "-", "-"]),
    ]
}

const T: Option<bool> = Some(true);
const F: Option<bool> = Some(false);
const N: Option<bool> = None;

/// Outcome of a condition for the three rows, under SQL; under two values null is false.
fn check(expr: Expr, expected: [Option<bool>; 3]) {
    let events = batch(&rows());
    let outcomes = |nulls| {
        let condition = compile(&expr, nulls).evaluate_condition(&events);
        [0, 1, 2].map(|row| condition.value(row))
    };
    assert_eq!(outcomes(NullSemantics::Sql), expected, "{expr:?}");
    let two = expected.map(|o| Some(o == T));
    assert_eq!(outcomes(NullSemantics::TwoValued), two, "{expr:?}");
}

#[test]
fn comparisons() {
    use CompareBy::{Boolean, Host, Number, Text};
    use CompareOp::{Eq, Gt, Lt, LtEq, NotEq};
    check(compare(Eq, Text, col("username"), text("alice")), [T, F, N]);
    check(compare(Eq, Text, col("username"), text("Alice")), [F, F, N]);
    check(compare(NotEq, Text, col("username"), text("alice")), [F, T, N]);
    check(compare(Lt, Text, col("username"), text("a")), [F, T, N]);
    check(compare(Eq, Number, col("sourceport"), text("0x1bb")), [T, F, N]);
    check(compare(Eq, Number, text("443.0"), col("sourceport")), [T, F, N]);
    check(compare(Gt, Number, int(0), col("sourceport")), [F, T, N]);
    check(compare(LtEq, Number, col("sourceport"), double(0.5)), [F, T, N]);
    check(compare(Eq, Number, col("command"), int(5)), [N, T, N]);
    check(compare(Eq, Number, col("username"), text("5")), [N, N, N]);
    check(compare(Eq, Host, col("sourceip"), text("::ffff:10.0.0.1")), [T, F, N]);
    check(compare(Gt, Host, col("sourceip"), text("255.255.255.255")), [F, T, N]);
    check(compare(Eq, Host, col("sourceip"), text("host")), [N, N, N]);
    check(compare(Eq, Boolean, col("hasoffense"), text("True")), [T, F, N]);
    check(compare(Eq, Number, null(), int(5)), [N, N, N]);
    check(compare(Eq, Text, text("a"), text("a")), [T, T, T]);
}

#[test]
fn patterns() {
    check(like(col("command"), text("OUTLOOK%"), true), [T, F, N]);
    check(like(col("command"), text("OUTLOOK%"), false), [F, F, N]);
    check(like(col("username"), text("%"), false), [T, T, N]);
    check(like(col("sourceport"), text("4_3"), false), [T, F, N]);
    check(like(col("username"), null(), false), [N, N, N]);
    check(like(text("alice"), col("username"), true), [T, F, N]);
    check(matches(col("command"), text("exe"), false, false), [T, F, N]);
    check(matches(col("command"), text("exe"), false, true), [F, F, N]);
    check(matches(col("username"), text("^b.b$"), true, false), [F, T, N]);
    check(matches(col("command"), text("\\.(?=exe)"), false, false), [T, F, N]);
    check(matches(text("x("), col("username"), false, false), [F, F, N]);
    check(matches(col("username"), null(), true, false), [N, N, N]);
}

#[test]
fn lists() {
    let texts = |list: &[&str]| list.iter().map(|t| Value::Text((*t).into())).collect::<Vec<_>>();
    check(is_in(col("username"), texts(&["BOB", "eve"]), CompareBy::Text), [F, T, N]);
    check(is_in(col("sourceport"), texts(&["443", "x"]), CompareBy::Number), [T, F, N]);
    check(
        is_in(col("score"), vec![Value::Double(1.5), Value::Integer(7)], CompareBy::Number),
        [T, F, N],
    );
    check(is_in(col("score"), vec![Value::Integer(-2)], CompareBy::Number), [F, T, N]);
    check(is_in(col("sourceip"), texts(&["2001:0DB8::1"]), CompareBy::Host), [F, T, N]);
    check(is_in(col("hasoffense"), texts(&["FALSE"]), CompareBy::Boolean), [F, T, N]);
    check(is_in(col("username"), vec![Value::Null], CompareBy::Text), [F, F, N]);
    check(is_in(col("username"), vec![], CompareBy::Text), [F, F, N]);
}

#[test]
fn logic_and_null() {
    let alice = || compare(CompareOp::Eq, CompareBy::Text, col("username"), text("alice"));
    check(is_null(col("username")), [F, F, T]);
    check(is_null(call("LOWER", vec![col("username")], Type::Text)), [F, F, T]);
    check(is_null(null()), [T, T, T]);
    check(col("hasoffense"), [T, F, N]);
    check(call("INCIDR", vec![text("10.0.0.0/8"), col("sourceip")], Type::Boolean), [T, F, F]);
    check(and(vec![alice(), col("hasoffense")]), [T, F, N]);
    check(or(vec![alice(), is_null(col("command"))]), [T, F, T]);
    // NOT of a comparison with a missing value is true under two values, null under SQL.
    let events = batch(&rows());
    let outcome = |nulls| compile(&not(alice()), nulls).evaluate_condition(&events).value(2);
    assert_eq!(outcome(NullSemantics::TwoValued), T);
    assert_eq!(outcome(NullSemantics::Sql), N);
    // The same as a value.
    for (nulls, valid) in [(NullSemantics::TwoValued, true), (NullSemantics::Sql, false)] {
        assert_eq!(compile(&alice(), nulls).evaluate(&events).is_valid(2), valid);
        assert!(compile(&col("hasoffense"), nulls).evaluate(&events).is_null(2));
    }
}

fn integers(expr: &Expr) -> Vec<Option<i64>> {
    let array = compile(expr, NullSemantics::TwoValued).evaluate(&batch(&rows()));
    array.as_primitive::<Int64Type>().iter().collect()
}

fn doubles(expr: &Expr) -> Vec<Option<f64>> {
    let array = compile(expr, NullSemantics::TwoValued).evaluate(&batch(&rows()));
    array.as_primitive::<Float64Type>().iter().collect()
}

fn texts(expr: &Expr) -> Vec<Option<String>> {
    let array = to_plain(&compile(expr, NullSemantics::TwoValued).evaluate(&batch(&rows())));
    view(&array).expect("text").iter().map(|t| t.map(str::to_owned)).collect()
}

#[test]
fn numbers() {
    use ArithmeticOp::{Add, BitAnd, BitOr, BitXor, Div, Mul, Pow, Rem, Sub};
    let port = || col("sourceport");
    let on_port = |op, right| integers(&arithmetic(op, port(), right, Type::Integer));
    assert_eq!(on_port(Add, int(1)), [Some(444), Some(0), None]);
    assert_eq!(on_port(Sub, int(1)), [Some(442), Some(-2), None]);
    assert_eq!(on_port(Mul, int(i64::MAX)), [None, Some(-i64::MAX), None]);
    assert_eq!(on_port(Rem, int(10)), [Some(3), Some(-1), None]);
    assert_eq!(on_port(Rem, int(0)), [None, None, None]);
    assert_eq!(on_port(Rem, int(-1)), [Some(0), Some(0), None]);
    assert_eq!(on_port(BitAnd, int(0xff)), [Some(0xbb), Some(0xff), None]);
    assert_eq!(on_port(BitOr, int(4)), [Some(447), Some(-1), None]);
    assert_eq!(on_port(BitXor, int(1)), [Some(442), Some(-2), None]);
    assert_eq!(on_port(Add, text("0x10")), [Some(459), Some(15), None]);
    assert_eq!(on_port(Add, text("x")), [None, None, None]);
    assert_eq!(integers(&negate(port())), [Some(-443), Some(1), None]);
    assert_eq!(integers(&bit_not(port())), [Some(-444), Some(0), None]);
    // Of integers to an integer: cut off towards zero.
    assert_eq!(on_port(Div, int(2)), [Some(221), Some(0), None]);
    assert_eq!(on_port(Div, int(-100)), [Some(-4), Some(0), None]);
    assert_eq!(on_port(Div, int(0)), [None, None, None]);
    let min = arithmetic(Div, int(i64::MIN), int(-1), Type::Integer);
    assert_eq!(integers(&min), [None, None, None]);
    let div = |l, r| doubles(&arithmetic(Div, l, r, Type::Double));
    assert_eq!(div(port(), int(2)), [Some(221.5), Some(-0.5), None]);
    assert_eq!(div(port(), int(0)), [None, None, None]);
    assert_eq!(div(int(0), port()), [Some(0.0), Some(0.0), None]);
    let pow = doubles(&arithmetic(Pow, col("score"), int(2), Type::Double));
    assert_eq!(pow, [Some(2.25), Some(4.0), None]);
    let root = doubles(&arithmetic(Pow, col("score"), double(0.5), Type::Double));
    assert_eq!(root[1], None, "no real number");
    assert_eq!(doubles(&negate(col("score"))), [Some(-1.5), Some(2.0), None]);
    let min = arithmetic(Sub, int(i64::MIN), int(1), Type::Integer);
    assert_eq!(integers(&min), [None, None, None]);
    assert_eq!(integers(&negate(int(i64::MIN))), [None, None, None]);
}

#[test]
fn cases() {
    let low = compare(CompareOp::Lt, CompareBy::Number, col("sourceport"), int(0));
    let missing = is_null(col("sourceport"));
    let some = |t: &str| Some(t.to_owned());
    let expr = case(vec![(low.clone(), text("low"))], Some(text("other")), Type::Text);
    assert_eq!(texts(&expr), [some("other"), some("low"), some("other")]);
    let expr =
        case(vec![(low.clone(), text("low")), (missing.clone(), text("none"))], None, Type::Text);
    assert_eq!(texts(&expr), [None, some("low"), some("none")]);
    // The first branch wins, and values take the type of the whole.
    let always = compare(CompareOp::Eq, CompareBy::Number, int(1), int(1));
    let expr = case(vec![(always, col("sourceport")), (low.clone(), text("x"))], None, Type::Text);
    assert_eq!(texts(&expr), [some("443"), some("-1"), None]);
    let expr = case(vec![(low, col("username"))], Some(col("sourceport")), Type::Integer);
    assert_eq!(integers(&expr), [Some(443), None, None]);
}

#[test]
fn times_and_names() {
    let format = call("DATEFORMAT", vec![int(NOW), text("yyyy-MM-dd HH:mm:ss")], Type::Text);
    assert_eq!(texts(&format)[0].as_deref(), Some("2023-11-14 22:13:20"));
    let week = arithmetic(
        ArithmeticOp::Sub,
        call("NOW", vec![], Type::Time),
        int(7 * 24 * 3600 * 1000),
        Type::Integer,
    );
    assert_eq!(integers(&week)[0], Some(NOW - 604_800_000));
    let long = call("LONG", vec![col("sourceip")], Type::Integer);
    assert_eq!(integers(&long), [Some(0x0a00_0001), None, None]);
    let payload = call("UTF8", vec![col("payload")], Type::Text);
    check(like(payload.clone(), text("%get%"), true), [T, F, N]);
    let search = call("ICU4JSEARCH", vec![text("/A"), col("payload")], Type::Integer);
    check(compare(CompareOp::NotEq, CompareBy::Number, search, int(-1)), [T, F, F]);
    assert_eq!(texts(&payload)[1].as_deref(), Some("POST /b"));
}

fn refused(expr: &Expr) -> Vec<aql_diag::Code> {
    let diagnostics = Program::compile(expr, NullSemantics::Sql, &context()).expect_err("refused");
    diagnostics.into_iter().map(|d| d.code).collect()
}

#[test]
fn what_cannot_run_is_refused() {
    let view = call("GLOBALVIEW", vec![text("a"), text("DAILY")], Type::Text);
    assert_eq!(refused(&view), [codes::NOT_IMPLEMENTED]);
    let message = Program::compile(&view, NullSemantics::Sql, &context()).expect_err("refused");
    assert_eq!(message[0].message, "GLOBALVIEW is not implemented yet");
    let both = and(vec![
        like(view, text("x"), true),
        matches(col("username"), text("("), false, false),
        call("INCIDR", vec![text("10.0.0.0/99"), col("sourceip")], Type::Boolean),
    ]);
    assert_eq!(refused(&both), [codes::NOT_IMPLEMENTED, codes::BAD_REGEX, codes::BAD_NETWORK]);
    let format = call("DATEFORMAT", vec![col("sourceport"), text("yyyy-bb")], Type::Text);
    assert_eq!(refused(&format), [codes::ARGUMENT_TYPE]);
    let inner = BoundQuery {
        source: Source::Events,
        filter: None,
        session: None,
        aggregate: None,
        having: None,
        output: vec![],
        order_by: vec![],
        limit: None,
        window: Window::None,
        into: None,
        time_limit: None,
        nulls: NullSemantics::Sql,
    };
    let kind = ExprKind::InQuery {
        expr: Box::new(col("username")),
        query: Box::new(inner),
        by: CompareBy::Text,
    };
    let query = Expr { kind, ty: Type::Boolean, span: aql_diag::Span::default() };
    assert_eq!(refused(&query), [codes::NOT_IMPLEMENTED]);
}

#[test]
fn backtracking_is_noted() {
    let program =
        compile(&matches(col("username"), text("a(?!b)"), false, false), NullSemantics::Sql);
    assert_eq!(
        program.notes().iter().map(|d| d.code).collect::<Vec<_>>(),
        [codes::REGEX_LOOKAROUND]
    );
    let plain = compile(&matches(col("username"), text("a[^b]"), false, false), NullSemantics::Sql);
    assert!(plain.notes().is_empty());
}

#[test]
fn data_that_is_not_there_is_noted_once() {
    let in_set =
        |name| call("REFERENCESETCONTAINS", vec![text(name), col("sourceip")], Type::Boolean);
    let program = compile(
        &and(vec![or(vec![in_set("A"), in_set("A")]), in_set("B")]),
        NullSemantics::TwoValued,
    );
    let notes: Vec<_> = program.notes().iter().map(|d| (d.code, d.message.as_str())).collect();
    assert_eq!(
        notes,
        [
            (codes::NO_SITE_DATA, "there is no reference set `A`"),
            (codes::NO_SITE_DATA, "there is no reference set `B`"),
        ]
    );
    let feed = call("XFORCE_IP_CATEGORY", vec![col("sourceip")], Type::Text);
    let feed = compile(
        &or(vec![like(feed.clone(), text("a"), false), like(feed, text("b"), false)]),
        NullSemantics::Sql,
    );
    let codes: Vec<_> = feed.notes().iter().map(|d| d.code).collect();
    assert_eq!(codes, [codes::NO_DATA_SOURCE]);
}

/// `NOT`, `OR` and calls inside one another, so many levels deep.
fn nested(levels: usize) -> [Expr; 2] {
    let mut condition = is_null(col("username"));
    let mut value = col("username");
    for level in 1..levels {
        condition = if level % 2 == 0 {
            not(condition)
        } else {
            or(vec![condition, is_null(col("command"))])
        };
        value = call("LOWER", vec![value], Type::Text);
    }
    [condition, value]
}

#[test]
fn deep_nesting_is_no_danger() {
    let [condition, value] = nested(250);
    check(condition, [F, F, T]);
    check(like(value, text("alice"), false), [T, F, N]);
    let [condition, value] = nested(3000);
    assert_eq!(refused(&condition), [codes::TOO_DEEP]);
    assert_eq!(refused(&value), [codes::TOO_DEEP]);
}
