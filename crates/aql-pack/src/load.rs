//! Loading a pack from a folder or from the binary.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Component, Path};

use aql_diag::{Code, Diagnostic, InputPlace, codes};
use aql_semantic::{BindOptions, Mode, ProfileFile};

use crate::facts::{PackFacts, ReferenceList, RuleFacts};
use crate::settings::check_parameters;
use crate::tuning::Tuning;

/// The packs of the repository, as (path below `packs/`, text).
static BUNDLED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// The only format of packs that exists so far.
const FORMAT: u32 = 1;

/// The file of a pack that says what to do about what it finds.
const PLAYBOOK: &str = "playbook.md";

/// The file of a pack that lists what its rules refer to.
const REFERENCES: &str = "references.toml";

/// A pack: rules, and facts about them.
#[derive(Clone, Debug)]
pub struct Pack {
    /// What `pack.toml` says.
    pub facts: PackFacts,
    /// The rules, by name.
    pub rules: Vec<Rule>,
    /// What to do about what it finds: the text of `playbook.md`, Markdown, if it has one.
    pub playbook: Option<String>,
    /// Its ready tunings, by name.
    pub tunings: Vec<Tuning>,
    /// What its rules refer to: `references.toml`, if it has one.
    pub references: Option<ReferenceList>,
}

/// A rule: a query, and facts about it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Name: the file name without its ending.
    pub name: String,
    /// Path of the query, or of the facts of a correlation, as shown to the user.
    pub path: String,
    /// The query, as it would be pasted into QRadar; empty for a correlation.
    pub query: String,
    /// Path of the facts, as shown to the user.
    pub facts_path: String,
    /// What the `.toml` beside it says.
    pub facts: RuleFacts,
    /// What its profile file says, if it has one.
    pub profile: ProfileFile,
}

impl Rule {
    /// How its query is bound at a site. The site's names count more than those of the rule's
    /// profile file, except for the base: whose names a query uses, its rule knows.
    pub fn bind_options(&self, mode: Mode, site: &ProfileFile) -> BindOptions {
        let names = self.profile.clone().then(site.clone());
        BindOptions { mode, ..BindOptions::default() }
            .with_profile_file(names, Some(self.facts.profile))
    }
}

impl Pack {
    /// The names of the packs in the binary.
    pub fn bundled_names() -> Vec<&'static str> {
        let mut names: Vec<_> =
            BUNDLED.iter().filter_map(|(path, _)| path.strip_suffix("/pack.toml")).collect();
        names.retain(|name| !name.contains('/'));
        names
    }

    /// A pack of the binary by name.
    pub fn bundled(name: &str) -> Option<Result<Pack, Vec<Diagnostic>>> {
        let files: BTreeMap<String, String> = BUNDLED
            .iter()
            .filter_map(|(path, text)| {
                let inner = path.strip_prefix(name)?.strip_prefix('/')?;
                Some((inner.to_string(), (*text).to_string()))
            })
            .collect();
        if files.is_empty() { None } else { Some(Pack::from_files(name, &files)) }
    }

    /// A pack from a folder that holds `pack.toml` and `rules/`.
    ///
    /// # Errors
    /// Diagnostics with the file and the reason: a file that cannot be read, facts that are
    /// missing or wrong, a rule without its other half, an id used twice.
    pub fn load(folder: &Path) -> Result<Pack, Vec<Diagnostic>> {
        let mut files = BTreeMap::new();
        let mut problems = Vec::new();
        let mut unreadable = Vec::new();
        let mut read = |name: String, path: &Path| match fs::read_to_string(path) {
            Ok(text) => {
                files.insert(name, text);
            }
            Err(error) => {
                let message = format!("cannot be read: {error}");
                problems.push(problem(
                    codes::PACK_UNREADABLE,
                    &path.display().to_string(),
                    message,
                ));
            }
        };
        read("pack.toml".into(), &folder.join("pack.toml"));
        for name in [PLAYBOOK, REFERENCES] {
            let path = folder.join(name);
            if path.exists() {
                read(name.into(), &path);
            }
        }
        for (inner, endings) in [("rules", &[".aql", ".toml"][..]), ("tunings", &[".toml"])] {
            let path = folder.join(inner);
            if inner != "rules" && !path.exists() {
                continue;
            }
            match names(&path) {
                Ok(names) => {
                    for name in names.iter().filter(|n| endings.iter().any(|e| n.ends_with(e))) {
                        read(format!("{inner}/{name}"), &path.join(name));
                    }
                }
                Err(error) => {
                    let message = format!("cannot be read: {error}");
                    let path = path.display().to_string();
                    unreadable.push(problem(codes::PACK_UNREADABLE, &path, message));
                }
            }
        }
        problems.extend(unreadable);
        read_profile_files(folder, &mut files, &mut problems);
        if problems.is_empty() {
            Pack::from_files(&folder.display().to_string(), &files)
        } else {
            Err(problems)
        }
    }

    fn from_files(root: &str, files: &BTreeMap<String, String>) -> Result<Pack, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let place = |inner: &str| format!("{root}/{inner}");
        let facts = match files.get("pack.toml").map(|text| toml::from_str::<PackFacts>(text)) {
            Some(Ok(facts)) => Some(facts),
            Some(Err(error)) => {
                let message = error.to_string();
                problems.push(problem(codes::PACK_FACTS, &place("pack.toml"), message));
                None
            }
            None => {
                problems.push(problem(
                    codes::PACK_UNREADABLE,
                    &place("pack.toml"),
                    "is missing: a pack needs one",
                ));
                None
            }
        };
        if let Some(format) = facts.as_ref().map(|f| f.format).filter(|&f| f != FORMAT) {
            let message = format!("pack format {format} is not known; this version reads {FORMAT}");
            problems.push(problem(codes::PACK_FACTS, &place("pack.toml"), message));
        }
        if let Some(wanted) = facts.as_ref().map(|f| f.requires.as_str())
            && version(wanted)
                .is_none_or(|wanted| Some(wanted) > version(env!("CARGO_PKG_VERSION")))
        {
            let this = env!("CARGO_PKG_VERSION");
            let message = format!("the pack needs Aquiline {wanted}; this is {this}");
            problems.push(problem(codes::PACK_FACTS, &place("pack.toml"), message));
        }
        let mut rules: Vec<Rule> = Vec::new();
        let mut by_id: HashMap<String, usize> = HashMap::new();
        for inner in files.keys().filter(|inner| inner.starts_with("rules/")) {
            if let Some(name) = inner.strip_suffix(".aql")
                && !files.contains_key(&format!("{name}.toml"))
            {
                let name = name.trim_start_matches("rules/");
                let message = format!("has no facts: `{name}.toml` is missing beside it");
                problems.push(problem(codes::PACK_FACTS, &place(inner), message));
            }
            if let Some(rule) = read_rule(root, inner, files, &mut problems) {
                let first = *by_id.entry(rule.facts.id.clone()).or_insert(rules.len());
                if let Some(other) = rules.get(first) {
                    let message = format!("has the id of rule `{}`", other.name);
                    problems.push(problem(codes::PACK_DUPLICATE, &place(inner), message));
                }
                rules.push(rule);
            }
        }
        check_correlations(&rules, &mut problems);
        let mut tunings = Vec::new();
        for (inner, text) in files.iter().filter(|(inner, _)| inner.starts_with("tunings/")) {
            match Tuning::parse(&place(inner), text) {
                Ok(tuning) => tunings.push(tuning),
                Err(wrong) => problems.extend(wrong),
            }
        }
        let references = files.get(REFERENCES).and_then(|text| match toml::from_str(text) {
            Ok(list) => Some(list),
            Err(error) => {
                problems.push(problem(codes::PACK_FACTS, &place(REFERENCES), error.to_string()));
                None
            }
        });
        let Some(facts) = facts else { return Err(problems) };
        let playbook = files.get(PLAYBOOK).cloned();
        let pack = Pack { facts, rules, tunings, playbook, references };
        problems.extend(check_parameters(&pack));
        if problems.is_empty() { Ok(pack) } else { Err(problems) }
    }

    /// Its ready tuning of a name.
    pub fn tuning(&self, name: &str) -> Option<&Tuning> {
        self.tunings.iter().find(|tuning| tuning.name == name)
    }
}

/// The rule of a `.toml` file in `rules/`; nothing if it is none or has a fault.
fn read_rule(
    root: &str,
    inner: &str,
    files: &BTreeMap<String, String>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Rule> {
    let place = |inner: &str| format!("{root}/{inner}");
    let name = inner.strip_prefix("rules/")?.strip_suffix(".toml")?;
    let mut wrong = |message: String| {
        problems.push(problem(codes::PACK_FACTS, &place(inner), message));
    };
    let facts: RuleFacts = match toml::from_str(files.get(inner)?) {
        Ok(facts) => facts,
        Err(error) => {
            wrong(error.to_string());
            return None;
        }
    };
    let query = format!("rules/{name}.aql");
    let text = files.get(&query);
    match (&facts.correlation, text) {
        (None, None) => {
            wrong(format!("has no query: `{name}.aql` is missing beside it"));
            return None;
        }
        (Some(_), Some(_)) => {
            wrong(format!("has a `correlation`, and `{name}.aql` beside it: one is too many"));
            return None;
        }
        _ => {}
    }
    let profile = match &facts.profile_file {
        Some(path) => match files.get(path) {
            Some(text) => profile_file(&place(path), text, problems),
            None => {
                wrong(format!("its profile file `{path}` is not in the pack"));
                return None;
            }
        },
        None => ProfileFile::default(),
    };
    Some(Rule {
        name: name.to_owned(),
        path: place(if text.is_some() { &query } else { inner }),
        query: text.cloned().unwrap_or_default(),
        facts_path: place(inner),
        facts,
        profile,
    })
}

/// Correlations read rules of their pack that have a query.
fn check_correlations(rules: &[Rule], problems: &mut Vec<Diagnostic>) {
    for rule in rules {
        let Some(correlation) = &rule.facts.correlation else { continue };
        let mut wrong = correlation.check();
        for name in &correlation.rules {
            match rules.iter().find(|other| other.name == *name) {
                None => wrong.push(format!(
                    "its correlation reads rule `{name}`, which the pack does not have"
                )),
                Some(other) if other.facts.correlation.is_some() => {
                    wrong.push(format!(
                        "its correlation reads rule `{name}`, which is a correlation itself"
                    ));
                }
                Some(_) => {}
            }
        }
        let wrong = wrong.into_iter();
        problems.extend(wrong.map(|message| problem(codes::PACK_FACTS, &rule.facts_path, message)));
    }
}

/// The names in a folder, in order.
pub(crate) fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Reads the profile files that rules name, into `files` under their paths in the pack. Facts that
/// cannot be read name none; they are reported elsewhere.
fn read_profile_files(
    folder: &Path,
    files: &mut BTreeMap<String, String>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut named = BTreeMap::new();
    for (inner, text) in files.iter().filter(|(inner, _)| inner.starts_with("rules/")) {
        // Facts are read as a whole later on; few name a file, and only with escapes in another way.
        if !inner.ends_with(".toml") || !text.contains('\\') && !text.contains("profile_file") {
            continue;
        }
        let facts = toml::from_str::<RuleFacts>(text).ok();
        if let Some(path) = facts.and_then(|facts| facts.profile_file) {
            named.entry(path).or_insert_with(|| folder.join(inner).display().to_string());
        }
    }
    for (path, by) in named {
        let inside = Path::new(&path).components().all(|c| matches!(c, Component::Normal(_)));
        if !inside {
            let message = format!("its profile file `{path}` lies outside the pack");
            problems.push(problem(codes::PACK_FACTS, &by, message));
            continue;
        }
        match fs::read_to_string(folder.join(&path)) {
            Ok(text) => {
                files.insert(path, text);
            }
            Err(error) => {
                let message = format!("its profile file `{path}` cannot be read: {error}");
                problems.push(problem(codes::PACK_UNREADABLE, &by, message));
            }
        }
    }
}

/// A profile file of a pack; what is wrong in it goes to `problems`.
fn profile_file(place: &str, text: &str, problems: &mut Vec<Diagnostic>) -> ProfileFile {
    let (profile, diagnostics) = ProfileFile::parse(text);
    problems.extend(diagnostics.into_iter().filter(Diagnostic::is_error).map(|mut diagnostic| {
        let line = diagnostic.primary.take().map(|primary| {
            let start = (primary.span.start as usize).min(text.len());
            1 + text.as_bytes().iter().take(start).filter(|b| **b == b'\n').count()
        });
        if let Some(line) = line {
            diagnostic = diagnostic.note(format!("line {line} of the file"));
        }
        diagnostic.input(InputPlace { file: place.to_string(), offset: None, record: None })
    }));
    profile
}

/// `1.2.3` as numbers.
fn version(text: &str) -> Option<[u64; 3]> {
    let numbers: Vec<u64> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

/// An error about a file.
pub(crate) fn problem(code: Code, file: &str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(code, message).input(place(file))
}

/// A file as the place of a diagnostic.
pub(crate) fn place(file: &str) -> InputPlace {
    InputPlace { file: file.to_owned(), offset: None, record: None }
}
