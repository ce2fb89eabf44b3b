//! Detections of a Sigma rule: each test becomes one, and those that can stand in one map are put
//! together.

use std::cell::{Cell, RefCell};

/// One or more detections.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Detection {
    /// All fields, each with one of its values.
    All(Vec<(String, Vec<String>)>),
    /// One of these.
    One(Vec<Vec<(String, Vec<String>)>>),
}

impl Detection {
    /// As YAML, one item a line.
    pub(super) fn yaml(&self) -> String {
        match self {
            Detection::All(items) => {
                items.iter().map(|item| yaml_item(item, "        ", "        ")).collect()
            }
            Detection::One(list) => list
                .iter()
                .flat_map(|items| {
                    items.iter().enumerate().map(|(n, item)| {
                        let first = if n == 0 { "        - " } else { "          " };
                        yaml_item(item, first, "          ")
                    })
                })
                .collect(),
        }
    }
}

fn yaml_item((key, values): &(String, Vec<String>), first: &str, next: &str) -> String {
    match values.as_slice() {
        [one] => format!("{first}{key}: {one}\n"),
        many => {
            let many: String = many.iter().map(|v| format!("{next}    - {v}\n")).collect();
            format!("{first}{key}:\n{many}")
        }
    }
}

/// The detections of a rule that is being written.
#[derive(Default)]
pub(super) struct Sigma {
    detections: RefCell<Vec<Detection>>,
    /// Does a regular expression ask where lines end?
    pub(super) line_ends: Cell<bool>,
}

impl Sigma {
    /// Adds a detection of one field: its name.
    pub(super) fn add(&self, key: String, values: Vec<String>) -> String {
        self.push(Detection::All(vec![(key, values)]))
    }

    fn push(&self, detection: Detection) -> String {
        let mut list = self.detections.borrow_mut();
        list.push(detection);
        format!("s{}", list.len() - 1)
    }

    /// Puts detections together and names them: the detections that are left, and the condition.
    pub(super) fn settle(&self, condition: String) -> (Vec<(String, Detection)>, String) {
        let mut text = condition.split_whitespace().collect::<Vec<_>>().join(" ");
        text = text.replace("( ", "(").replace(" )", ")");
        while let Some(next) = self.merge(&text) {
            text = next;
        }
        let mut names = Vec::new();
        let mut out = String::new();
        let list = self.detections.borrow();
        let mut negated = false;
        let (mut selections, mut filters) = (0, 0);
        for token in tokens(&text) {
            match token
                .strip_prefix('s')
                .and_then(|n| n.parse::<usize>().ok())
                .and_then(|n| list.get(n))
            {
                Some(detection) => {
                    let name = if negated {
                        filters += 1;
                        format!("filter_main_{filters}")
                    } else {
                        selections += 1;
                        if selections == 1 {
                            "selection".to_owned()
                        } else {
                            format!("selection_{selections}")
                        }
                    };
                    out.push_str(&name);
                    names.push((name, detection.clone()));
                    negated = false;
                }
                None => {
                    negated = token == "not" || (negated && token.trim().is_empty());
                    out.push_str(token);
                }
            }
        }
        let whole = out.strip_prefix('(').and_then(|t| t.strip_suffix(')')).filter(|t| balanced(t));
        (names, whole.unwrap_or(&out).to_owned())
    }

    /// The condition with one pair of parentheses less, or with fewer detections in one; nothing if
    /// all is put together that can be.
    fn merge(&self, text: &str) -> Option<String> {
        for (open, _) in text.match_indices('(') {
            let rest = text.get(open + 1..)?;
            let Some(close) = closing(rest) else { continue };
            let (inner, after) = (rest.get(..close)?, rest.get(close + 1..)?);
            let before = text.get(..open)?;
            for word in [" and ", " or "] {
                let parts = split(inner, word);
                if parts.len() < 2 {
                    continue;
                }
                if let Some(detection) = self.merged(&parts, word) {
                    return Some(format!("{before}{}{after}", self.push(detection)));
                }
                // Some may go together where others, such as negations, stay.
                if let Some(partly) = self.partly(&parts, word) {
                    return Some(format!("{before}({partly}){after}"));
                }
            }
        }
        None
    }

    fn detection(&self, name: &str) -> Option<Detection> {
        let index: usize = name.strip_prefix('s')?.parse().ok()?;
        self.detections.borrow().get(index).cloned()
    }

    fn merged(&self, parts: &[&str], word: &str) -> Option<Detection> {
        let list: Option<Vec<Detection>> = parts.iter().map(|name| self.detection(name)).collect();
        let list = list?;
        if word == " and " { all(&list) } else { one(&list) }
    }

    /// `s1 and s2 and not s3` becomes `s4 and not s3`.
    fn partly(&self, parts: &[&str], word: &str) -> Option<String> {
        let mut taken: Vec<Detection> = Vec::new();
        let mut left = Vec::new();
        for part in parts {
            let Some(detection) = self.detection(part) else {
                left.push(*part);
                continue;
            };
            let mut with = taken.clone();
            with.push(detection);
            if word == " or " || all(&with).is_some() {
                taken = with;
            } else {
                left.push(*part);
            }
        }
        if taken.len() < 2 {
            return None;
        }
        let name = self.push(if word == " and " { all(&taken)? } else { one(&taken)? });
        left.insert(0, &name);
        Some(left.join(word))
    }
}

/// Where the parenthesis closes that was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The parts between a word, outside of parentheses.
fn split<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut begin = 0;
    for (at, _) in text.match_indices(word) {
        if text.get(..at).is_some_and(balanced) {
            parts.extend(text.get(begin..at));
            begin = at + word.len();
        }
    }
    parts.extend(text.get(begin..));
    parts
}

fn balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    for c in text.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return false;
        }
    }
    depth == 0
}

/// Words, names, and what stands between them.
fn tokens(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = if word(first) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(end);
        out.push(token);
        rest = after;
    }
    out
}

/// All of these as one: no key may stand twice.
fn all(list: &[Detection]) -> Option<Detection> {
    let mut items: Vec<(String, Vec<String>)> = Vec::new();
    for detection in list {
        let Detection::All(more) = detection else { return None };
        for item in more {
            if items.iter().any(|(key, _)| *key == item.0) {
                return None;
            }
            items.push(item.clone());
        }
    }
    Some(Detection::All(items))
}

/// One of these as one: values of the same key become a list.
fn one(list: &[Detection]) -> Option<Detection> {
    let mut maps: Vec<Vec<(String, Vec<String>)>> = Vec::new();
    for detection in list {
        let more = match detection {
            Detection::All(items) => vec![items.clone()],
            Detection::One(list) => list.clone(),
        };
        for map in more {
            let same =
                maps.iter_mut().find_map(|known| match (known.as_mut_slice(), map.as_slice()) {
                    ([(a, values)], [(b, _)]) if a == b => Some(values),
                    _ => None,
                });
            match (same, map.as_slice()) {
                (Some(values), [(_, more)]) => values.extend(more.iter().cloned()),
                _ => maps.push(map),
            }
        }
    }
    match maps.as_slice() {
        [one] => Some(Detection::All(one.clone())),
        _ => Some(Detection::One(maps)),
    }
}
