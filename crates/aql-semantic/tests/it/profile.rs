//! Profile files: what they say, and what queries make of it.

use aql_catalog::{Catalog, Profile};
use aql_diag::{SourceText, render};
use aql_semantic::profile::{DeclaredProperty, PropertyExpression, PropertyPlace};
use aql_semantic::{
    AggregateFunction, BindOptions, Bound, Expr, ExprKind, Mode, ProfileFile, Value, bind_text,
};

fn read(text: &str) -> ProfileFile {
    let (file, diagnostics) = ProfileFile::parse(text);
    assert_eq!(diagnostics, [], "{text}");
    file
}

const SITE: &str = r#"
base = "raw"

[dialect]
matches = "full"
string_base = 1

[aliases]
CmdLine = "Process CommandLine"
Who = "username"
Sess = "Session"

[properties."Session"]
regex = 'session=(\w+)-(\w+)'
group = 2

[properties]
Filename = { field = "TargetFilename" }

[[properties.Actor]]
json = '/"actor"/"name"'
log_source_types = [382, 12]

[[properties.Actor]]
xml = "/Event/User"
"#;

fn bind(query: &str, mode: Mode) -> Bound {
    let options =
        BindOptions { mode, ..BindOptions::default() }.with_profile_file(read(SITE), None);
    bind_text(query, &options, Catalog::get())
}

fn first(bound: &Bound) -> Expr {
    let query = bound.query.as_ref().unwrap_or_else(|| panic!("{:?}", bound.diagnostics));
    query.output[0].expr.clone()
}

/// An expression in a short form.
fn show(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Literal(Value::Text(text)) => format!("'{text}'"),
        ExprKind::Literal(Value::Integer(n)) => n.to_string(),
        ExprKind::Column(column) => format!("{:?}:{}", column.kind, column.name),
        ExprKind::Call { function, args } => {
            format!("{function}({})", args.iter().map(show).collect::<Vec<_>>().join(", "))
        }
        ExprKind::In { expr, list, .. } => format!("{} IN {}", show(expr), list.len()),
        ExprKind::IsNull(e) => format!("{} IS NULL", show(e)),
        ExprKind::Not(e) => format!("NOT {}", show(e)),
        ExprKind::And(list) => list.iter().map(show).collect::<Vec<_>>().join(" AND "),
        ExprKind::Case { branches, otherwise } => {
            let branches: Vec<_> = branches
                .iter()
                .map(|(w, t)| format!("WHEN {} THEN {}", show(w), show(t)))
                .collect();
            let otherwise = otherwise.as_ref().map(|e| format!(" ELSE {}", show(e)));
            format!("CASE {}{}", branches.join(" "), otherwise.unwrap_or_default())
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn a_file_says_what_it_says() {
    let file = read(SITE);
    assert_eq!(file.base, Some(Profile::Raw));
    let set: Vec<_> = file.dialect.iter().collect();
    assert_eq!(set, [("matches", "full"), ("string_base", "1")]);
    assert_eq!(file.alias("cmdline"), Some("Process CommandLine"));
    let place = PropertyPlace::Regex { pattern: r"session=(\w+)-(\w+)".into(), group: 2 };
    let expressions = vec![PropertyExpression { place, log_source_types: vec![] }];
    assert_eq!(
        file.property("SESSION"),
        Some(&DeclaredProperty { name: "Session".into(), expressions })
    );
    let types: Vec<_> = file
        .property("Actor")
        .map(|p| p.expressions.iter().map(|e| e.log_source_types.clone()).collect())
        .unwrap_or_default();
    assert_eq!(types, [vec![382, 12], vec![]]);
}

#[test]
fn names_of_the_file_are_bound() {
    let cases = [
        (r#""session""#, r"PAYLOAD_REGEX(UTF8(Builtin:payload), 'session=(\w+)-(\w+)', 2)"),
        ("Sess", r"PAYLOAD_REGEX(UTF8(Builtin:payload), 'session=(\w+)-(\w+)', 2)"),
        ("cmdline", "Property:Process CommandLine"),
        ("who", "Builtin:username"),
        ("Filename", "Field:TargetFilename"),
        (
            "Actor",
            "CASE WHEN Builtin:devicetype IN 2 AND NOT PAYLOAD_JSON(UTF8(Builtin:payload), \
             '/\"actor\"/\"name\"') IS NULL THEN PAYLOAD_JSON(UTF8(Builtin:payload), \
             '/\"actor\"/\"name\"') ELSE PAYLOAD_XML(UTF8(Builtin:payload), '/Event/User')",
        ),
        // What the file does not name is as before.
        ("Image", "Property:Process Path"),
    ];
    for (name, expected) in cases {
        let bound = bind(&format!("SELECT {name} FROM events LAST 1 DAYS"), Mode::Strict);
        assert_eq!(show(&first(&bound)), expected, "{name}");
        let query = bound.query.expect("a query");
        assert_eq!(query.output[0].name, name.trim_matches('"'));
    }
}

#[test]
fn a_declared_property_is_one_value_of_a_group() {
    let bound = bind("SELECT \"Session\", COUNT(*) FROM events LAST 1 DAYS", Mode::Strict);
    let query = bound.query.expect("a query");
    assert_eq!(query.output[0].name, "FIRST_Session");
    let calls = query.aggregate.expect("groups").calls;
    let first = calls.iter().find(|c| c.function == AggregateFunction::First).expect("FIRST");
    let argument = first.argument.as_ref().map(show).unwrap_or_default();
    assert!(argument.starts_with("PAYLOAD_REGEX("), "{argument}");
    let grouped = bind(
        "SELECT \"Session\", COUNT(*) FROM events GROUP BY \"Session\" LAST 1 DAYS",
        Mode::Strict,
    );
    let query = grouped.query.expect("a query");
    assert_eq!(query.output[0].name, "Session");
    assert_eq!(query.output[0].expr.kind, ExprKind::Key(0));
}

#[test]
fn restricted_to_types_a_property_is_null_elsewhere() {
    let text = "[properties.P]\nregex = 'p=(.)'\nlog_source_types = [12]";
    let options = BindOptions::default().with_profile_file(read(text), Some(Profile::Ibm));
    let bound = bind_text("SELECT P FROM events", &options, Catalog::get());
    assert_eq!(
        show(&first(&bound)),
        "CASE WHEN Builtin:devicetype IN 1 THEN PAYLOAD_REGEX(UTF8(Builtin:payload), 'p=(.)', 1)"
    );
}

#[test]
fn a_later_file_counts() {
    let first = read("base = \"raw\"\n[aliases]\nA = \"username\"\nB = \"username\"");
    let second = read("[aliases]\na = \"File Path\"\n[dialect]\nmatches = \"full\"");
    let both = first.then(second);
    assert_eq!(both.base, Some(Profile::Raw));
    assert_eq!((both.alias("A"), both.alias("B")), (Some("File Path"), Some("username")));
    assert_eq!(both.dialect.iter().count(), 1);
}

#[test]
fn a_misspelt_name_is_not_far_from_the_files_own() {
    for mode in [Mode::Strict, Mode::Lenient] {
        let bound = bind("SELECT Sesion FROM events LAST 1 DAYS", mode);
        let said = &bound.diagnostics[0];
        assert_eq!(said.code.as_str(), "AQL101");
        assert_eq!(said.is_error(), mode == Mode::Strict);
        assert!(said.help[0].contains("`Session`"), "{:?}", said.help);
    }
    // So is what an alias stands for.
    let options = BindOptions { mode: Mode::Strict, ..BindOptions::default() };
    let options = options.with_profile_file(read("[aliases]\nX = \"Process Pth\""), None);
    let bound = bind_text("SELECT X FROM events LAST 1 DAYS", &options, Catalog::get());
    assert!(bound.diagnostics[0].message.contains("`Process Pth`"), "{:?}", bound.diagnostics);
    assert!(bound.diagnostics[0].help[0].contains("`Process Path`"));
}

#[test]
fn faults_are_shown_where_they_are() {
    let cases = [
        ("[dialect\nmatches = 1", "PROF001", ":1"),
        ("base = \"imb\"", "PROF002", "there is no profile `imb`"),
        ("basis = \"ibm\"", "PROF002", "there is no key `basis`"),
        ("base = 1", "PROF002", "`base` must be text, not a whole number"),
        ("\n[dialect]\nmatch = \"full\"", "PROF002", "did you mean `matches`"),
        ("[dialect]\nmatches = \"ful\"", "PROF002", "the values are find, full"),
        ("[dialect]\nmatches = true", "PROF002", "must be text, not a boolean"),
        ("dialect = \"x\"", "PROF002", "`dialect` must be a table"),
        ("[aliases]\nusername = \"x\"", "PROF002", "`username` is a field of every event"),
        ("[aliases]\nx = \"\"", "PROF002", "`x` is empty"),
        ("[properties]\nusername = { regex = 'x' }", "PROF002", "cannot be redefined"),
        ("[properties]\nX = 1", "PROF002", "must be a table, not a whole number"),
        ("[properties.X]\nregx = 'x'", "PROF002", "did you mean `regex`?"),
        ("[properties.X]\nlog_source_types = [12]", "PROF002", "says not where it is"),
        ("[properties.X]\nregex = 'x'\njson = '/\"a\"'", "PROF002", "several places"),
        ("[properties.X]\nregex = 'x'\ngroup = 100", "PROF002", "from 0 to 99"),
        ("[properties.X]\nfield = 'x'\ngroup = 1", "PROF002", "`group` belongs to `regex`"),
        ("[properties.X]\njson = 'a.b'", "PROF002", "must begin with `/`"),
        ("[properties.X]\nxml = 'Event'", "PROF002", "must begin with `/`"),
        ("[properties.X]\nregex = 'x'\nlog_source_types = 12", "PROF002", "a list of numbers"),
        ("[properties.X]\nregex = 'x'\nlog_source_types = ['12']", "PROF002", "is a number"),
        (
            "[properties.X]\nregex = 'x'\nlog_source_types = [123456]",
            "PROF002",
            "no log source type",
        ),
        ("[[properties.X]]\nregex = 'x'\n[[properties.X]]\nregx = 'y'", "PROF002", ":4:1"),
    ];
    for (text, code, part) in cases {
        let (_, diagnostics) = ProfileFile::parse(text);
        assert_eq!(diagnostics.len(), 1, "{text}: {diagnostics:?}");
        assert_eq!(diagnostics[0].code.as_str(), code, "{text}");
        let source = SourceText::new("site.toml", text);
        let shown = render::text(&diagnostics[0], Some(&source), false);
        assert!(shown.contains(part) && shown.contains("site.toml:"), "{text}\n{shown}");
    }
}

#[test]
fn a_file_that_breaks_off_anywhere_is_read_or_reported() {
    for (end, _) in SITE.char_indices() {
        let text = &SITE[..end];
        let (_, diagnostics) = ProfileFile::parse(text);
        let source = SourceText::new("site.toml", text);
        for diagnostic in &diagnostics {
            let place = diagnostic.primary.as_ref().expect("a place").span;
            assert!(place.end as usize <= end, "{text}: {diagnostic:?}");
            assert!(render::text(diagnostic, Some(&source), false).contains("PROF00"));
        }
    }
}
