//! Tests of a path where the target knows only the name of the file.

use std::sync::Arc;

use crate::pattern::{Pattern, Piece};
use crate::pred::{Test, What};

/// The test of the name that comes closest; an error if it asks for the folder.
pub(crate) fn of_name(test: &Test) -> Result<Test, String> {
    let names = |values: &[Arc<str>]| values.iter().map(|v| Arc::from(last(v))).collect();
    let what = match &test.what {
        What::Like { pattern, ignore_case } => {
            What::Like { pattern: name_of(pattern)?, ignore_case: *ignore_case }
        }
        What::TextIn(values) => What::TextIn(names(values)),
        What::Set { elements, ignore_case } => {
            What::Set { elements: names(elements), ignore_case: *ignore_case }
        }
        What::Missing => What::Missing,
        _ => return Err("the target knows only the name of this file, not its path".to_owned()),
    };
    Ok(Test { what, ..test.clone() })
}

/// The last part of a path.
fn last(path: &str) -> &str {
    path.rsplit('\\').next().unwrap_or(path)
}

/// `%\name` as `name`; a pattern without a folder stays as it is.
fn name_of(pattern: &Pattern) -> Result<Pattern, String> {
    let refuse = || Err("the target knows only the name of this file, not its folder".to_owned());
    let [Piece::AnyRun, rest @ ..] = pattern.pieces.as_slice() else { return refuse() };
    let (named, pieces) = match rest {
        [Piece::Text(text), more @ ..] => match text.strip_prefix('\\') {
            Some("") => (true, more.to_vec()),
            Some(name) => {
                let mut pieces = vec![Piece::Text(name.to_owned())];
                pieces.extend_from_slice(more);
                (true, pieces)
            }
            None => (false, pattern.pieces.clone()),
        },
        _ => (false, pattern.pieces.clone()),
    };
    let found = Pattern { pieces };
    // `%\a%` also finds a folder.
    let open = named && found.pieces.last() == Some(&Piece::AnyRun);
    if open || found.literals().any(|text| text.contains('\\')) { refuse() } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::name_of;
    use crate::pattern::Pattern;

    #[test]
    fn names_of_patterns() {
        let name = |p| name_of(&Pattern::like(p)).ok().map(|p| p.render(str::to_owned, "%", "_"));
        assert_eq!(name(r"%\cmd.exe").as_deref(), Some("cmd.exe"));
        assert_eq!(name(r"%\python%.exe").as_deref(), Some("python%.exe"));
        assert_eq!(name("%.exe").as_deref(), Some("%.exe"));
        assert_eq!(name(r"%\System32\cmd.exe"), None);
        assert_eq!(name(r"C:\a%"), None);
        assert_eq!(name(r"%\Temp\%"), None);
    }
}
