//! LIKE patterns and regular expressions against other ways to the same answer.

use aql_eval::like::LikePattern;
use aql_eval::regex::{JavaRegex, Mode, required};
use proptest::prelude::*;

use crate::naive::{like, same_ignoring_case};

fn as_regex(pattern: &str, ignore_case: bool) -> regex::Regex {
    let body: String = pattern
        .chars()
        .map(|c| match c {
            '%' => ".*".to_owned(),
            '_' => ".".to_owned(),
            c => regex::escape(&c.to_string()),
        })
        .collect();
    regex::RegexBuilder::new(&format!("^{body}$"))
        .dot_matches_new_line(true)
        .case_insensitive(ignore_case)
        .build()
        .expect("an escaped pattern is an expression")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn like_agrees_with_recursion_and_regex(
        pattern in "[ab%_Aé\\\\ßK]{0,8}",
        value in "[abABéÉ\n\\\\ßK\u{212A}]{0,10}",
        ignore_case in any::<bool>(),
    ) {
        let compiled = LikePattern::new(&pattern, ignore_case);
        let (p, v): (Vec<char>, Vec<char>) = (pattern.chars().collect(), value.chars().collect());
        let recursive = if ignore_case {
            like(&p, &v, &same_ignoring_case)
        } else {
            like(&p, &v, &|a, b| a == b)
        };
        prop_assert_eq!(compiled.matches(&value), recursive);
        prop_assert_eq!(as_regex(&pattern, ignore_case).is_match(&value), recursive);
    }

    #[test]
    fn like_never_panics(pattern in ".{0,20}", value in ".{0,40}", ignore_case in any::<bool>()) {
        LikePattern::new(&pattern, ignore_case).matches(&value);
    }
}

proptest! {
    // Building regular expressions is slow without optimisation.
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_read_as_a_regex_or_refused(pattern in r"[()\[\]{}\\^$.|?*+a-c0-2,<>=!&pQEk:-]{0,12}") {
        for mode in [Mode::Find, Mode::Full, Mode::Replace] {
            if let Ok(regex) = JavaRegex::new(&pattern, false, mode) {
                regex.is_match("abc\n012{}");
            }
        }
    }

    #[test]
    fn what_a_match_must_contain_it_contains(
        pattern in r"(\(\?s\))?([abcB.]|abc|[a-c]\{2\}|\[ab\]|\(a\|b\)|\\b|\\.|[abc][?*+]){1,6}",
        value in "[abcB.]{0,16}",
    ) {
        if let (Ok(regex), Some(text)) = (JavaRegex::new(&pattern, false, Mode::Find), required(&pattern)) {
            prop_assert!(!regex.is_match(&value) || value.contains(&text), "{text}");
        }
    }

    #[test]
    fn quoted_text_is_found_as_it_is(text in "[^\\\\]{0,12}") {
        let regex = JavaRegex::new(&format!("\\Q{text}\\E"), false, Mode::Full).expect("quoted");
        prop_assert!(regex.is_match(&text));
    }

    #[test]
    fn classes_agree_with_their_characters(
        (start, end) in ("[a-e]", "[a-e]").prop_map(|(a, b)| if a <= b { (a, b) } else { (b, a) }),
        other in "[ -/:-@\\[-`{-~&&[^\\\\&\\[\\]^-]]",
        value in "[ -~]",
    ) {
        let regex = JavaRegex::new(&format!("[{start}-{end}{other}]"), false, Mode::Full);
        let regex = regex.expect("a class");
        prop_assert_eq!(regex.is_match(&value), (start..=end).contains(&value) || other == value);
    }
}
