//! One line of a detection, `field|modifier|…: values`, as tests of one field.

use aql_diag::{Diagnostic, Span, codes};

use crate::encode;
use crate::pattern::Pattern;
use crate::yaml::{Node, Value};

/// More values than these no list has; `windash` makes many of one.
const MOST_VALUES: usize = 20_000;

/// Tests of one field that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The field; nothing for keywords, which are looked for in the whole record.
    pub field: Option<String>,
    /// What is asked, each a list of alternatives.
    pub tests: Vec<Vec<Test>>,
    /// Must all of `tests` hold, or is one enough?
    pub all: bool,
    /// Is the opposite asked for (`neq`)?
    pub negated: bool,
    /// Where it stands.
    pub span: Span,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// The whole text.
    Text {
        /// What it looks like.
        pattern: Pattern,
        /// Does case count?
        cased: bool,
    },
    /// A number.
    Number(String),
    /// There is no value.
    Null,
    /// Is there the field?
    Exists(bool),
    /// A regular expression is found in the text.
    Regex {
        /// The expression.
        pattern: String,
        /// `(?ims)` and the like, without parentheses.
        flags: String,
    },
    /// The address is in a network.
    Cidr(String),
    /// The number is smaller or greater.
    Compare {
        /// `<`, `<=`, `>`, `>=`.
        op: &'static str,
        /// The number.
        number: String,
    },
    /// The same as another field.
    Field {
        /// The other field.
        name: String,
        /// May there be text in front of it?
        front: bool,
        /// May there be text behind it?
        back: bool,
    },
    /// One of the values that a site gives a placeholder.
    Placeholder(String),
}

/// A value on its way through the modifiers.
#[derive(Clone)]
enum State {
    Text(Pattern),
    Bytes(Vec<u8>),
    Test(Test),
    Null,
    Number(String),
    Bool(bool),
}

/// Reads a line of a detection. `modifiers` are those behind the field.
pub(crate) fn read(
    field: Option<&str>,
    modifiers: &[&str],
    node: &Node,
    said: &mut Vec<Diagnostic>,
) -> Option<Item> {
    let mut chain = Chain { span: node.span, said, cased: false, all: false, negated: false };
    let mut groups = chain.values(node)?;
    // A regular expression is read as it stands: its backslashes are its own.
    let raw = modifiers.contains(&"re");
    for (group, item) in groups.iter_mut().zip(node.items_or_null()) {
        if let (true, Some(text)) = (raw, item.text()) {
            *group = vec![State::Text(Pattern::literal(text))];
        }
    }
    let mut at = 0;
    while let Some(modifier) = modifiers.get(at) {
        at += 1;
        match *modifier {
            "all" => chain.all = true,
            "cased" => chain.cased = true,
            "neq" => chain.negated = true,
            _ => {
                let mut changed = Vec::with_capacity(groups.len());
                for group in groups {
                    let mut alternatives = Vec::new();
                    for state in group {
                        alternatives.extend(chain.apply(modifier, state)?);
                    }
                    changed.push(alternatives);
                }
                groups = changed;
                if groups.iter().map(Vec::len).sum::<usize>() > MOST_VALUES {
                    chain
                        .refuse(format!("a field is compared with more than {MOST_VALUES} values"));
                    return None;
                }
            }
        }
    }
    let mut tests = Vec::with_capacity(groups.len());
    for group in groups {
        let test =
            group.into_iter().map(|state| chain.finish(state)).collect::<Option<Vec<_>>>()?;
        tests.push(test);
    }
    let Chain { all, negated, .. } = chain;
    Some(Item { field: field.map(str::to_owned), tests, all, negated, span: node.span })
}

impl Node {
    /// The items of a list; a single value, null too, is a list of one.
    fn items_or_null(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }
}

struct Chain<'a> {
    span: Span,
    said: &'a mut Vec<Diagnostic>,
    cased: bool,
    all: bool,
    negated: bool,
}

impl Chain<'_> {
    fn wrong(&mut self, message: impl Into<String>) {
        self.said.push(Diagnostic::error(codes::SIGMA_RULE, message).at(self.span, ""));
    }

    fn refuse(&mut self, message: impl Into<String>) {
        self.said.push(Diagnostic::error(codes::SIGMA_REFUSED, message).at(self.span, ""));
    }

    fn values(&mut self, node: &Node) -> Option<Vec<Vec<State>>> {
        let items = node.items_or_null();
        if items.is_empty() {
            self.wrong("a field is compared with an empty list, which nothing matches");
            return None;
        }
        let mut groups = Vec::with_capacity(items.len());
        for item in items {
            self.span = item.span;
            let state = match &item.value {
                Value::Null => State::Null,
                Value::Bool(b) => State::Bool(*b),
                Value::Integer(n) => State::Number(n.to_string()),
                Value::Float(x) => State::Number(x.to_string()),
                Value::Text(text) => State::Text(Pattern::parse(text)),
                Value::List(_) | Value::Map(_) => {
                    self.wrong(format!("a value of a field is {}, not text", item.kind()));
                    return None;
                }
            };
            groups.push(vec![state]);
        }
        Some(groups)
    }

    /// A modifier on one value; several values are alternatives.
    fn apply(&mut self, modifier: &str, state: State) -> Option<Vec<State>> {
        let one = |state| Some(vec![state]);
        match modifier {
            "contains" => one(self.open(state, true, true)?),
            "startswith" => one(self.open(state, false, true)?),
            "endswith" => one(self.open(state, true, false)?),
            "exists" => match state {
                State::Bool(b) => one(State::Test(Test::Exists(b))),
                State::Text(p) if p.as_literal().is_some_and(|t| t == "true" || t == "false") => {
                    one(State::Test(Test::Exists(p.as_literal() == Some("true"))))
                }
                _ => {
                    self.wrong("`exists` takes `true` or `false`");
                    None
                }
            },
            "re" => {
                let pattern = self.literal(state, modifier)?;
                one(State::Test(Test::Regex { pattern, flags: String::new() }))
            }
            "i" | "m" | "s" | "ignorecase" | "multiline" | "dotall" => match state {
                State::Test(Test::Regex { pattern, mut flags }) => {
                    let flag = match modifier {
                        "ignorecase" => "i",
                        "multiline" => "m",
                        "dotall" => "s",
                        flag => flag,
                    };
                    if !flags.contains(flag) {
                        flags.push_str(flag);
                    }
                    one(State::Test(Test::Regex { pattern, flags }))
                }
                _ => {
                    self.wrong(format!("`{modifier}` belongs behind `re`"));
                    None
                }
            },
            "cidr" => {
                let network = self.literal(state, modifier)?;
                if aql_semantic::parse_network(&network).is_none() {
                    self.wrong(format!("`{network}` is no network such as `10.0.0.0/8`"));
                    return None;
                }
                one(State::Test(Test::Cidr(network)))
            }
            "lt" => one(self.compare(state, "<")?),
            "lte" => one(self.compare(state, "<=")?),
            "gt" => one(self.compare(state, ">")?),
            "gte" => one(self.compare(state, ">=")?),
            "fieldref" => {
                let name = self.literal(state, modifier)?;
                one(State::Test(Test::Field { name, front: false, back: false }))
            }
            "expand" => one(self.placeholder(state)?),
            "windash" => match state {
                State::Text(pattern) => match encode::dashes(&pattern) {
                    Some(all) => Some(all.into_iter().map(State::Text).collect()),
                    None => {
                        self.refuse(
                            "`windash` over more than three dashes of one value gives hundreds of \
                             values",
                        );
                        None
                    }
                },
                other => one(other),
            },
            "wide" | "utf16le" => {
                let text = self.literal(state, modifier)?;
                one(State::Bytes(encode::utf16(&text, false, false)))
            }
            "utf16be" => {
                let text = self.literal(state, modifier)?;
                one(State::Bytes(encode::utf16(&text, true, false)))
            }
            "utf16" => {
                let text = self.literal(state, modifier)?;
                one(State::Bytes(encode::utf16(&text, false, true)))
            }
            "base64" => {
                let bytes = self.bytes(state, modifier)?;
                one(State::Text(Pattern::literal(encode::base64(&bytes))))
            }
            "base64offset" => {
                let bytes = self.bytes(state, modifier)?;
                let shifted = encode::base64_shifted(&bytes);
                if shifted.iter().any(String::is_empty) {
                    self.refuse("a value is too short for `base64offset`: nothing of it is fixed");
                    return None;
                }
                Some(shifted.into_iter().map(|t| State::Text(Pattern::literal(t))).collect())
            }
            "minute" | "hour" | "day" | "week" | "month" | "year" => {
                self.refuse(format!(
                    "`{modifier}` asks for a part of a time, and a field of a log is text to AQL"
                ));
                None
            }
            other => {
                self.wrong(format!("there is no modifier `{other}`"));
                None
            }
        }
    }

    fn wide<T>(&mut self) -> Option<T> {
        self.refuse(
            "a value is turned into UTF-16 and not into Base64 behind it: AQL compares text, not \
             bytes",
        );
        None
    }

    fn open(&mut self, state: State, front: bool, back: bool) -> Option<State> {
        Some(match state {
            State::Text(pattern) => State::Text(pattern.open(front, back)),
            State::Number(n) => State::Text(Pattern::literal(n).open(front, back)),
            State::Bool(b) => State::Text(Pattern::literal(b.to_string()).open(front, back)),
            State::Test(Test::Field { name, front: f, back: b }) => {
                State::Test(Test::Field { name, front: f || front, back: b || back })
            }
            State::Test(Test::Regex { pattern, flags }) => {
                // MATCHES finds its expression anywhere; an end is said.
                let pattern = match (front, back) {
                    (false, true) => format!("^(?:{pattern})"),
                    (true, false) => format!("(?:{pattern})\\z"),
                    _ => pattern,
                };
                State::Test(Test::Regex { pattern, flags })
            }
            State::Bytes(_) => return self.wide(),
            State::Null | State::Test(_) => {
                self.wrong("a part of a text is asked for, and the value is none");
                return None;
            }
        })
    }

    fn literal(&mut self, state: State, modifier: &str) -> Option<String> {
        let text = match &state {
            State::Text(pattern) => pattern.as_literal().map(str::to_owned),
            State::Number(n) => Some(n.clone()),
            State::Bool(b) => Some(b.to_string()),
            _ => None,
        };
        if text.is_none() {
            self.wrong(format!("`{modifier}` takes text without wildcards"));
        }
        text
    }

    fn bytes(&mut self, state: State, modifier: &str) -> Option<Vec<u8>> {
        match state {
            State::Bytes(bytes) => Some(bytes),
            other => self.literal(other, modifier).map(String::into_bytes),
        }
    }

    fn compare(&mut self, state: State, op: &'static str) -> Option<State> {
        let text = self.literal(state, "lt, lte, gt, gte")?;
        if aql_semantic::parse_number(&text).is_none() {
            self.wrong(format!("`{text}` is no number"));
            return None;
        }
        Some(State::Test(Test::Compare { op, number: text }))
    }

    /// `%name%` as the whole value is a list that a site keeps; inside of other text it has no
    /// counterpart.
    fn placeholder(&mut self, state: State) -> Option<State> {
        let State::Text(pattern) = &state else { return Some(state) };
        let whole = pattern.as_literal().and_then(|text| {
            let name = text.strip_prefix('%')?.strip_suffix('%')?;
            (!name.is_empty() && !name.contains('%')).then(|| name.to_owned())
        });
        if let Some(name) = whole {
            return Some(State::Test(Test::Placeholder(name)));
        }
        let marks: usize = pattern.literals().map(|text| text.matches('%').count()).sum();
        if marks >= 2 {
            self.refuse(
                "a placeholder stands inside of other text: a reference set holds whole values",
            );
            return None;
        }
        Some(state)
    }

    fn finish(&mut self, state: State) -> Option<Test> {
        Some(match state {
            State::Text(pattern) => Test::Text { pattern, cased: self.cased },
            State::Number(n) => Test::Number(n),
            State::Bool(b) => Test::Text { pattern: Pattern::literal(b.to_string()), cased: false },
            State::Null => Test::Null,
            State::Test(test) => test,
            State::Bytes(_) => return self.wide(),
        })
    }
}
