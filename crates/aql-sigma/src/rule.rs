//! A Sigma document: rule, correlation or filter.

use aql_diag::{Diagnostic, Span, codes};

use crate::condition::{self, Condition, fits};
use crate::correlation::Correlation;
use crate::item::{self, Item};
use crate::yaml::{Node, Value};

/// What every document says about itself.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// Title.
    pub title: String,
    /// Id, a UUID as a rule.
    pub id: Option<String>,
    /// Short name, by which correlations refer to it.
    pub name: Option<String>,
    /// `stable`, `test`, `experimental`, ….
    pub status: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// Who wrote it.
    pub author: Option<String>,
    /// SPDX expression.
    pub license: Option<String>,
    /// How much a match matters.
    pub level: Option<String>,
    /// Tags, such as `attack.t1114`.
    pub tags: Vec<String>,
    /// Where to read on.
    pub references: Vec<String>,
    /// What else looks like this.
    pub false_positives: Vec<String>,
    /// What a match should show.
    pub fields: Vec<String>,
}

/// Which log a rule is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSource {
    /// Such as `windows`.
    pub product: Option<String>,
    /// Such as `process_creation`.
    pub category: Option<String>,
    /// Such as `security`.
    pub service: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// A condition whose searches are filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// All of them.
    And(Vec<Tree>),
    /// Any of them.
    Or(Vec<Tree>),
    /// The opposite.
    Not(Box<Tree>),
    /// Tests of one field.
    Item(Item),
}

impl Tree {
    /// How many lines of a detection it holds.
    fn lines(&self) -> usize {
        match self {
            Tree::And(terms) | Tree::Or(terms) => terms.iter().map(Tree::lines).sum(),
            Tree::Not(inner) => inner.lines(),
            Tree::Item(_) => 1,
        }
    }
}

/// A document of a Sigma file.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it says about itself.
    pub about: About,
    /// What it is.
    pub body: Body,
    /// What reading it had to say. With an error it is not used.
    pub diagnostics: Vec<Diagnostic>,
}

/// What a document is.
#[derive(Clone, Debug)]
pub enum Body {
    /// A rule over single events.
    Rule {
        /// Which log.
        source: LogSource,
        /// What is looked for; nothing if it cannot be read.
        tree: Option<Tree>,
    },
    /// A rule over the matches of other rules.
    Correlation(Option<Correlation>),
    /// A condition that is added to other rules.
    Filter {
        /// Which log.
        source: LogSource,
        /// Ids and names of the rules; nothing for all of the log source.
        rules: Option<Vec<String>>,
        /// The condition that is added.
        tree: Option<Tree>,
    },
    /// None of these.
    Unknown,
}

impl Document {
    /// Was there an error?
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Is it called so by a correlation or a filter?
    pub fn is_called(&self, name: &str) -> bool {
        let same =
            |own: &Option<String>| own.as_deref().is_some_and(|o| o.eq_ignore_ascii_case(name));
        same(&self.about.id) || same(&self.about.name)
    }

    pub(crate) fn read(node: &Node) -> Document {
        let mut said = Vec::new();
        let about = about(node, &mut said);
        let body = if let Some(action) = node.get("action") {
            let action = action.text().unwrap_or_default();
            said.push(
                Diagnostic::error(
                    codes::SIGMA_REFUSED,
                    format!("`action: {action}` is how Sigma shared parts of rules before 2023"),
                )
                .at(node.get("action").map_or(node.span, |n| n.span), "")
                .help("write each rule out; a correlation refers to rules by name"),
            );
            Body::Unknown
        } else if let Some(correlation) = node.get("correlation") {
            Body::Correlation(Correlation::read(correlation, &mut said))
        } else if let Some(filter) = node.get("filter") {
            let mut keys = vec!["rules".to_owned()];
            let rules = match filter.get("rules") {
                Some(node) if node.text().is_some_and(|t| t.eq_ignore_ascii_case("any")) => None,
                Some(node) => Some(node.items().iter().filter_map(Node::text).collect()),
                None => {
                    wrong(&mut said, filter.span, "a filter needs `rules`");
                    None
                }
            };
            let tree = detection(filter, &mut keys, &mut said);
            Body::Filter { source: source(node, &mut said), rules, tree }
        } else if let Some(node_of_detection) = node.get("detection") {
            let source = source(node, &mut said);
            let tree = detection(node_of_detection, &mut Vec::new(), &mut said);
            Body::Rule { source, tree }
        } else {
            wrong(
                &mut said,
                node.span,
                "the document has no `detection`, `correlation` or `filter`",
            );
            Body::Unknown
        };
        Document { about, body, diagnostics: said }
    }
}

fn wrong(said: &mut Vec<Diagnostic>, span: Span, message: impl Into<String>) {
    said.push(Diagnostic::error(codes::SIGMA_RULE, message).at(span, ""));
}

fn about(node: &Node, said: &mut Vec<Diagnostic>) -> About {
    let text = |key: &str| node.get(key).and_then(Node::text);
    let list = |key: &str| {
        let items = node.get(key).map(Node::items).unwrap_or_default();
        items.iter().filter_map(Node::text).collect::<Vec<_>>()
    };
    let mut about = About {
        title: text("title").unwrap_or_default(),
        id: text("id"),
        name: text("name"),
        status: text("status"),
        description: text("description"),
        author: text("author"),
        license: text("license"),
        level: text("level"),
        tags: list("tags"),
        references: list("references"),
        false_positives: list("falsepositives"),
        fields: list("fields"),
    };
    if about.title.trim().is_empty() {
        wrong(said, node.span, "the document has no `title`");
    }
    if let Some(level) = &about.level
        && !["informational", "low", "medium", "high", "critical"].contains(&level.as_str())
    {
        let span = node.get("level").map_or(node.span, |n| n.span);
        said.push(
            Diagnostic::warning(codes::SIGMA_RULE, format!("`{level}` is no level of Sigma"))
                .at(span, "read as `medium`"),
        );
        about.level = None;
    }
    about
}

fn source(node: &Node, said: &mut Vec<Diagnostic>) -> LogSource {
    let Some(source) = node.get("logsource") else {
        wrong(said, node.span, "the document has no `logsource`");
        return LogSource::default();
    };
    let part = |key: &str| source.get(key).and_then(Node::text).map(|t| t.trim().to_lowercase());
    LogSource {
        product: part("product"),
        category: part("category"),
        service: part("service"),
        span: source.span,
    }
}

/// The searches and the condition of a detection. `keys` are those that are no searches.
fn detection(node: &Node, keys: &mut Vec<String>, said: &mut Vec<Diagnostic>) -> Option<Tree> {
    if !matches!(node.value, Value::Map(_)) {
        wrong(said, node.span, format!("`detection` is {}, not a map", node.kind()));
        return None;
    }
    keys.extend(["condition".to_owned(), "timeframe".to_owned()]);
    let mut searches = Vec::new();
    let mut failed = false;
    for (name, search) in node.entries() {
        if keys.contains(name) {
            continue;
        }
        match search_tree(search, 0, said) {
            Some(tree) => searches.push((name.as_str(), tree)),
            None => failed = true,
        }
    }
    if let Some(timeframe) = node.get("timeframe") {
        said.push(
            Diagnostic::warning(
                codes::SIGMA_APPROXIMATE,
                "`timeframe` without counting has no meaning and is left out",
            )
            .at(timeframe.span, ""),
        );
    }
    let Some(condition) = node.get("condition") else {
        wrong(said, node.span, "`detection` has no `condition`");
        return None;
    };
    let mut trees = Vec::new();
    let mut left = MOST_LINES;
    for item in condition.items() {
        let Some(text) = item.text() else {
            wrong(said, item.span, format!("a condition is {}, not text", item.kind()));
            failed = true;
            continue;
        };
        match condition::parse(&text, item.span) {
            Ok(condition) => match fill(&condition, &searches, &mut left) {
                Ok(tree) => trees.push(tree),
                // Of a search that could not be read that is said already.
                Err(_) if failed => {}
                Err(message) => {
                    wrong(said, item.span, message);
                    failed = true;
                }
            },
            Err(diagnostic) => {
                said.push(*diagnostic);
                failed = true;
            }
        }
    }
    if trees.is_empty() && !failed {
        wrong(said, condition.span, "`condition` is empty");
        return None;
    }
    (!failed).then(|| join(trees, Tree::Or))
}

/// Lines of searches that a condition may name, each as often as it names it.
const MOST_LINES: usize = 10_000;

fn fill(
    condition: &Condition,
    searches: &[(&str, Tree)],
    left: &mut usize,
) -> Result<Tree, String> {
    let copy = |tree: &Tree, left: &mut usize| {
        *left = left.checked_sub(tree.lines()).ok_or_else(|| {
            format!("the condition names more than {MOST_LINES} lines of searches")
        })?;
        Ok::<Tree, String>(tree.clone())
    };
    let all = |terms: &[Condition], left: &mut usize| {
        terms.iter().map(|term| fill(term, searches, left)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match condition {
        Condition::And(terms) => Tree::And(all(terms, left)?),
        Condition::Or(terms) => Tree::Or(all(terms, left)?),
        Condition::Not(inner) => Tree::Not(Box::new(fill(inner, searches, left)?)),
        Condition::Name(name) => {
            let found = searches.iter().find(|(own, _)| own == name).ok_or_else(|| {
                format!("the condition names `{name}`, which the detection has not")
            })?;
            copy(&found.1, left)?
        }
        Condition::Of { all, pattern } => {
            let chosen: Vec<Tree> = searches
                .iter()
                .filter(|(name, _)| fits(pattern.as_deref(), name))
                .map(|(_, tree)| copy(tree, left))
                .collect::<Result<_, _>>()?;
            if chosen.is_empty() {
                let pattern = pattern.as_deref().unwrap_or("them");
                return Err(format!("no search of the detection fits `{pattern}`"));
            }
            join(chosen, if *all { Tree::And } else { Tree::Or })
        }
    })
}

fn join(mut trees: Vec<Tree>, by: fn(Vec<Tree>) -> Tree) -> Tree {
    if trees.len() == 1 { trees.remove(0) } else { by(trees) }
}

/// A search: a map of fields, a list of maps or keywords, a keyword.
fn search_tree(node: &Node, depth: usize, said: &mut Vec<Diagnostic>) -> Option<Tree> {
    if depth > 8 {
        wrong(said, node.span, "a search is nested more than eight deep");
        return None;
    }
    match &node.value {
        Value::Map(entries) if entries.is_empty() => {
            wrong(said, node.span, "a search is empty");
            None
        }
        Value::Map(entries) => {
            let mut terms = Vec::new();
            for (key, value) in entries {
                let mut parts = key.split('|');
                let field = parts.next().map(str::trim).filter(|f| !f.is_empty());
                let modifiers: Vec<&str> = parts.map(str::trim).collect();
                terms.push(Tree::Item(item::read(field, &modifiers, value, said)?));
            }
            Some(join(terms, Tree::And))
        }
        Value::List(items) if items.is_empty() => {
            wrong(said, node.span, "a search is empty");
            None
        }
        Value::List(items) => {
            let mut terms = Vec::new();
            let mut words = Vec::new();
            for item in items {
                if matches!(item.value, Value::Map(_) | Value::List(_)) {
                    terms.push(search_tree(item, depth + 1, said)?);
                } else {
                    words.push(item.clone());
                }
            }
            if !words.is_empty() {
                let list = Node { value: Value::List(words), span: node.span };
                terms.push(Tree::Item(item::read(None, &[], &list, said)?));
            }
            Some(join(terms, Tree::Or))
        }
        Value::Null => {
            wrong(said, node.span, "a search is empty");
            None
        }
        _ => Some(Tree::Item(item::read(None, &[], node, said)?)),
    }
}
