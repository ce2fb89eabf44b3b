//! `docs/schemas`: the schemas say what the loader takes, and what is shipped holds to them.

use std::fs;
use std::path::{Path, PathBuf};

use aql_pack::{
    AdversaryTest, Attack, CaseFacts, Correlation, Expect, LabelFacts, ListedReference, PackFacts,
    Parameter, Positive, Reference, ReferenceList, RuleFacts, Suppression, TunedReference,
    TuningFacts,
};
use regex::Regex;
use serde_json::{Map, Value};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn schema(name: &str) -> Value {
    let path = root().join(format!("docs/schemas/{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// What of a value does not hold to a schema. Knows the keywords that the schemas here use, and
/// takes no other.
fn check(value: &Value, schema: &Value, whole: &Value, at: &str, wrong: &mut Vec<String>) {
    let rules = schema.as_object().expect("a schema");
    for (keyword, rule) in rules {
        let holds = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "examples" => true,
            "$ref" => {
                let name = rule.as_str().and_then(|r| r.strip_prefix("#/$defs/")).expect("a ref");
                check(value, &whole["$defs"][name], whole, at, wrong);
                true
            }
            "type" => match rule.as_str().expect("a type") {
                "string" => value.is_string(),
                "number" => value.is_number(),
                "integer" => value.is_i64(),
                "boolean" => value.is_boolean(),
                "array" => value.is_array(),
                "object" => value.is_object(),
                other => panic!("type {other}"),
            },
            "enum" => rule.as_array().expect("a list").contains(value),
            "pattern" => {
                let regex = Regex::new(rule.as_str().expect("a pattern")).expect("a regex");
                value.as_str().is_none_or(|text| regex.is_match(text))
            }
            "minimum" => value.as_f64().is_none_or(|n| n >= rule.as_f64().expect("a number")),
            "minItems" => value
                .as_array()
                .is_none_or(|list| list.len() as u64 >= rule.as_u64().expect("a number")),
            "required" => {
                let names = rule.as_array().expect("a list").iter().filter_map(Value::as_str);
                value
                    .as_object()
                    .is_none_or(|object| names.into_iter().all(|name| object.contains_key(name)))
            }
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(item, rule, whole, &format!("{at}[{n}]"), wrong);
                }
                true
            }
            "properties" => {
                for (name, rule) in rule.as_object().expect("properties") {
                    if let Some(inner) = value.get(name) {
                        check(inner, rule, whole, &format!("{at}.{name}"), wrong);
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = rules.get("properties").and_then(Value::as_object);
                let others = value.as_object().into_iter().flatten();
                for (name, inner) in
                    others.filter(|(n, _)| known.is_none_or(|k| !k.contains_key(*n)))
                {
                    match rule {
                        Value::Bool(false) => wrong.push(format!("{at}: key `{name}`")),
                        rule => check(inner, rule, whole, &format!("{at}.{name}"), wrong),
                    }
                }
                true
            }
            "anyOf" => rule.as_array().expect("a list").iter().any(|rule| {
                let mut inner = Vec::new();
                check(value, rule, whole, at, &mut inner);
                inner.is_empty()
            }),
            other => panic!("the test does not know the keyword `{other}`"),
        };
        if !holds {
            wrong.push(format!("{at}: {keyword} {rule}"));
        }
    }
}

/// Which schema is for a file of a pack, by its path there.
fn schema_of(inner: &str) -> Option<&'static str> {
    let parts: Vec<&str> = inner.split('/').collect();
    Some(match parts.as_slice() {
        ["pack.toml"] => "pack",
        ["references.toml"] => "references",
        ["tests.toml"] => "tests",
        ["rules", _] => "rule",
        ["tunings", _] => "tuning",
        ["labels", _] => "labels",
        ["cases", _, "case.toml"] => "case",
        _ => return None,
    })
}

fn toml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            toml_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "toml") {
            files.push(path);
        }
    }
}

#[test]
fn every_file_of_the_packs_holds_to_its_schema() {
    let mut checked = 0;
    for pack in fs::read_dir(root().join("packs")).expect("packs").flatten() {
        let mut files = Vec::new();
        toml_files(&pack.path(), &mut files);
        for file in files {
            let inner = file.strip_prefix(pack.path()).expect("below").display().to_string();
            let Some(name) = schema_of(&inner) else {
                assert!(inner.starts_with("emulate/") || inner.contains("/evidence/"), "{inner}");
                continue;
            };
            let text = fs::read_to_string(&file).expect("a file");
            let value: Value = toml::from_str(&text).expect("TOML");
            let schema = schema(name);
            let mut wrong = Vec::new();
            check(&value, &schema, &schema, name, &mut wrong);
            assert_eq!(wrong, [""; 0], "{}", file.display());
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn a_schema_refuses_what_is_wrong() {
    let good = "id = \"5f4b1d0e-2f0b-4f5e-9a53-0f6f0a1c2d11\"\ntitle = \"t\"\ndescription = \"d\"\nlevel = \"low\"\nstatus = \"test\"\nauthor = \"a\"\nattack = [{ id = \"T1114\", version = \"18.1\" }]\n";
    let schema = schema("rule");
    let wrong = |text: &str| {
        let value: Value = toml::from_str(text).expect("TOML");
        let mut wrong = Vec::new();
        check(&value, &schema, &schema, "rule", &mut wrong);
        wrong.join("; ")
    };
    assert_eq!(wrong(good), "");
    for (from, to, expected) in [
        ("level = \"low\"", "level = \"lowest\"", "rule.level: enum"),
        ("level", "levle", "key `levle`"),
        ("title = \"t\"\n", "", "rule: required"),
        ("\"T1114\"", "\"1114\"", "rule.attack[0].id: pattern"),
        ("\"18.1\"", "18.1", "rule.attack[0].version: type"),
        ("\"d\"", "\"d\"\nmax_per_million = -1", "rule.max_per_million: minimum"),
        ("\"d\"", "\"d\"\nparameters = [{ name = \"a\" }]", "rule.parameters[0]: required"),
    ] {
        let told = wrong(&good.replacen(from, to, 1));
        assert!(told.contains(expected), "{to}: {told}");
    }
}

/// The smallest value that a schema takes, with the keys it requires.
fn smallest(schema: &Value, whole: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.strip_prefix("#/$defs/")) {
        return smallest(&whole["$defs"][name], whole);
    }
    if let Some(first) = schema["enum"].get(0).or_else(|| schema["examples"].get(0)) {
        return first.clone();
    }
    if let Some(first) = schema["anyOf"].get(0) {
        return smallest(first, whole);
    }
    match schema["type"].as_str().expect("a type") {
        "string" => "x".into(),
        "boolean" => true.into(),
        "array" => Value::Array(Vec::new()),
        "object" => {
            let mut object = Map::new();
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().expect("a name");
                object.insert(name.to_owned(), smallest(&schema["properties"][name], whole));
            }
            Value::Object(object)
        }
        _ => 2.into(),
    }
}

/// Schema and loader know the same keys, and need the same ones.
fn agree<T: serde::de::DeserializeOwned>(name: &str, part: &str) {
    let whole = schema(name);
    let schema = if part.is_empty() { &whole } else { &whole["$defs"][part] };
    let what = format!("{name}.json {part}");
    let read =
        |value: &Value| serde_json::from_value::<T>(value.clone()).err().map(|e| e.to_string());
    let small = smallest(schema, &whole);
    assert_eq!(read(&small), None, "{what}: the keys that it requires are enough");
    let object = small.as_object().expect("an object");
    for key in object.keys() {
        let mut less = object.clone();
        less.remove(key);
        let told = read(&Value::Object(less)).unwrap_or_default();
        assert!(told.contains(&format!("missing field `{key}`")), "{what} {key}: {told}");
    }
    let mut more = object.clone();
    more.insert("no such key".to_owned(), 1.into());
    // "unknown field `no such key`, expected one of `a`, `b`"
    let told = read(&Value::Object(more)).unwrap_or_default();
    let mut known: Vec<&str> = told.split('`').skip(3).step_by(2).collect();
    let properties = schema["properties"].as_object().expect("properties");
    let mut listed: Vec<&str> = properties.keys().map(String::as_str).collect();
    known.sort_unstable();
    listed.sort_unstable();
    assert_eq!(known, listed, "{what}: {told}");
}

#[test]
fn schemas_and_loader_know_the_same_keys() {
    agree::<PackFacts>("pack", "");
    agree::<Attack>("pack", "attack");
    agree::<RuleFacts>("rule", "");
    agree::<Attack>("rule", "attack");
    agree::<Reference>("rule", "reference");
    agree::<Parameter>("rule", "parameter");
    agree::<Correlation>("rule", "correlation");
    agree::<CaseFacts>("case", "");
    agree::<Expect>("case", "expect");
    agree::<TuningFacts>("tuning", "");
    agree::<TunedReference>("tuning", "tuned");
    agree::<Suppression>("tuning", "suppression");
    agree::<ReferenceList>("references", "");
    agree::<ListedReference>("references", "listed");
    agree::<AdversaryTest>("tests", "test");
    agree::<LabelFacts>("labels", "");
    agree::<Positive>("labels", "positive");
}
