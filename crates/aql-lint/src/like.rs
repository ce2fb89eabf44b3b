//! What can be said of LIKE patterns without an event at hand.

use memchr::memmem::Finder;

/// Does the pattern cover the text?
pub(crate) fn matches(pattern: &str, text: &str, ignore_case: bool) -> bool {
    let text: Vec<Piece> = fold(text, ignore_case).into_iter().map(Piece::Char).collect();
    covers(&pieces(pattern, ignore_case), &text)
}

/// Does everything that `narrow` covers fall under `wide`? When in doubt, no.
pub(crate) fn implies(narrow: (&str, bool), wide: (&str, bool)) -> bool {
    // A pattern that ignores case covers more than one that does not, unless it has no letters.
    if narrow.1 && !wide.1 && narrow.0.chars().any(char::is_alphabetic) {
        return false;
    }
    let ignore_case = wide.1;
    covers(&pieces(wide.0, ignore_case), &pieces(narrow.0, ignore_case))
}

/// Is there no text that both cover? When in doubt, no.
pub(crate) fn disjoint(a: (&str, bool), b: (&str, bool)) -> bool {
    let ignore_case = a.1 || b.1;
    let (x, y) = (pieces(a.0, ignore_case), pieces(b.0, ignore_case));
    conflict(x.iter(), y.iter()) || conflict(x.iter().rev(), y.iter().rev())
}

/// What rules most pairs of patterns out before they are compared piece by piece: the pattern
/// without regard to case, and its longest text without a wildcard.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    folded: String,
    longest: Finder<'static>,
}

impl Outline {
    pub(crate) fn of(pattern: &str) -> Self {
        let folded = pattern.to_lowercase();
        let longest = folded.split(['%', '_']).max_by_key(|part| part.len()).unwrap_or_default();
        let longest = Finder::new(longest).into_owned();
        Outline { folded, longest }
    }

    /// May everything that this pattern covers fall under the wide one? If not, it is certain.
    pub(crate) fn may_imply(&self, wide: &Outline) -> bool {
        wide.longest.needle().len() <= self.folded.len()
            && wide.longest.find(self.folded.as_bytes()).is_some()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Char(char),
    One,
    Any,
}

fn fold(text: &str, ignore_case: bool) -> Vec<char> {
    if ignore_case {
        text.chars().flat_map(char::to_lowercase).collect()
    } else {
        text.chars().collect()
    }
}

fn pieces(pattern: &str, ignore_case: bool) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(pattern.len());
    for c in fold(pattern, ignore_case) {
        let piece = match c {
            '%' => Piece::Any,
            '_' => Piece::One,
            c => Piece::Char(c),
        };
        if !(piece == Piece::Any && pieces.last() == Some(&Piece::Any)) {
            pieces.push(piece);
        }
    }
    pieces
}

/// Fits the wide pattern over the narrow one, whose wildcards only an `Any` of the wide one may
/// swallow.
fn covers(wide: &[Piece], narrow: &[Piece]) -> bool {
    let fits = |w: Piece, n: Piece| match (w, n) {
        (Piece::Char(a), Piece::Char(b)) => a == b,
        (Piece::One, Piece::Char(_) | Piece::One) => true,
        _ => false,
    };
    let (mut w, mut n, mut star) = (0, 0, None);
    while n < narrow.len() {
        match wide.get(w) {
            Some(Piece::Any) => {
                star = Some((w, n));
                w += 1;
            }
            Some(&piece) if fits(piece, narrow[n]) => {
                w += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    w = at + 1;
                    n = from + 1;
                }
                None => return false,
            },
        }
    }
    wide[w..].iter().all(|piece| *piece == Piece::Any)
}

/// Do the beginnings contradict each other?
fn conflict<'a>(a: impl Iterator<Item = &'a Piece>, b: impl Iterator<Item = &'a Piece>) -> bool {
    for (a, b) in a.zip(b) {
        match (a, b) {
            (Piece::Any, _) | (_, Piece::Any) => return false,
            (Piece::Char(a), Piece::Char(b)) if a != b => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Outline, disjoint, implies, matches};

    #[test]
    fn covering() {
        assert!(matches("%File Create%", "file created", true));
        assert!(!matches("%File Create%", "file created", false));
        assert!(matches("a_c", "abc", false));
    }

    #[test]
    fn an_outline_rules_nothing_out_that_holds() {
        let patterns = ["%\\a.exe", "%.exe", "%x%y%", "%y%", "a%", "a_", "%A%", "", "%", "İx%"];
        for narrow in patterns {
            for wide in patterns {
                if implies((narrow, true), (wide, true)) {
                    assert!(Outline::of(narrow).may_imply(&Outline::of(wide)), "{narrow} {wide}");
                }
            }
        }
    }

    #[test]
    fn implication() {
        assert!(implies(("%\\a.exe", true), ("%.exe", true)));
        assert!(implies(("%x%y%", false), ("%y%", true)));
        assert!(!implies(("%.exe", true), ("%\\a.exe", true)));
        assert!(!implies(("%a%", true), ("%a%", false)));
        assert!(!implies(("a%", false), ("a_", false)));
        assert!(implies(("a_", false), ("a%", false)));
        assert!(implies(("%\\OUTLOOK.EXE", true), ("%\\outlook.exe", true)));
        assert!(implies(("abc", false), ("a_c", false)));
    }

    #[test]
    fn contradiction() {
        assert!(disjoint(("%.pst", true), ("%.ost", true)));
        assert!(disjoint(("C:%", false), ("D:%", false)));
        assert!(!disjoint(("%a%", false), ("%b%", false)));
        assert!(!disjoint(("a%", true), ("A%", false)));
        assert!(disjoint(("ab", false), ("ac%", false)));
        assert!(!disjoint(("%exe", false), ("%.exe", false)));
    }
}
