//! The formatter: what it writes reads as the same tree, and writing again changes nothing.

use aql_syntax::{format, format_with_comments, parse, same_tree};

fn shape(text: &str) -> String {
    let parsed = parse(text);
    assert!(!parsed.has_errors(), "{:#?}", parsed.diagnostics);
    format_with_comments(&parsed.query.expect("a query"), text, &parsed.comments)
}

/// Checks both promises of the formatter for a text without errors.
pub(crate) fn check(text: &str) {
    let parsed = parse(text);
    if parsed.has_errors() {
        return;
    }
    let query = parsed.query.expect("a query");
    let once = format(&query);
    let again = parse(&once);
    assert!(!again.has_errors(), "{text}\n---\n{once}\n{:#?}", again.diagnostics);
    let same = again.query.expect("a query");
    assert!(same_tree(&query, &same), "{text}\n---\n{once}");
    assert_eq!(once, format(&same));
    let noted = format_with_comments(&query, text, &parsed.comments);
    let reread = parse(&noted);
    assert!(!reread.has_errors(), "{text}\n---\n{noted}");
    assert!(same_tree(&query, reread.query.as_ref().expect("a query")), "{text}\n---\n{noted}");
    assert_eq!(reread.comments.len(), parsed.comments.len());
    assert_eq!(
        noted,
        format_with_comments(reread.query.as_ref().expect("a query"), &noted, &reread.comments)
    );
}

#[test]
fn comments_inside_of_expressions_move_once() {
    for text in [
        "SELECT a -- c\n AND b FROM events",
        "SELECT a, b -- c\n AND c FROM events",
        "SELECT a -- c\n AND b, c FROM events",
        "SELECT a, -- c\n b /* d */ + 1 FROM events",
        "SELECT a FROM events GROUP BY a + /* c */ 1 ORDER BY a /* d */ DESC, b",
    ] {
        check(text);
    }
}

#[test]
fn conditions_are_spread() {
    insta::assert_snapshot!(shape(
        "select sourceip, \"File Path\" as p from events where (a=1 or b=2 and c=3) and not (d=1 or e=2) \
         and x in (select y from flows where z>0x0a last 5 minutes) group by sourceip having count(*)>5 \
         order by p desc, sourceip limit 10 last 24 hours parameters PROGRESSDETAILSRESOLUTION=60"
    ));
}

#[test]
fn parentheses_only_where_needed() {
    insta::assert_snapshot!(shape(
        "SELECT ((a+b)+c), a+(b+c), (a*b)+c, a*(b+c), -(-a), (a&b)=c, (a=b)=c, NOT (NOT a=b), \
         IF (a=b) THEN (IF c=d THEN e) ELSE f, (IF a=b THEN c ELSE d)+1, (-a)^2, -(a^2) FROM events"
    ));
}

#[test]
fn long_lists_and_cases() {
    insta::assert_snapshot!(shape(
        "SELECT CASE WHEN username ILIKE '%administrator%' OR username ILIKE '%service%' THEN 'privileged account' \
         WHEN username IS NULL THEN 'nobody' ELSE LOWER(username) END AS 'Kind of account', sourceip FROM events \
         WHERE destinationport IN (20,21,22,23,25,53,80,110,111,135,139,143,443,445,993,995,1723,3306,3389,5900,8080) \
         START '2024-06-12 08:00' STOP '2024-06-12 09:00'"
    ));
}

#[test]
fn comments_stay() {
    insta::assert_snapshot!(shape(
        "-- failed logons\nSELECT sourceip, -- where from\n  COUNT(*) AS n /* how many */\nFROM events\n\
         WHERE qid = 5 -- logon failure\n  -- not from us\n  AND NOT INCIDR('10.0.0.0/8', sourceip)\n\
         GROUP BY sourceip\nLAST 1 DAYS -- enough"
    ));
}

#[test]
fn sessions() {
    insta::assert_snapshot!(shape(
        "select sessionid, username from events session by starttime username, sourceip \
         begin qid=1 explicit end qid=2 timeout 60000 last 2 hours"
    ));
}

#[test]
fn round_trips() {
    for text in [
        "SELECT * FROM events",
        "SELECT sessionid FROM events SESSION BY starttime, username TIMEOUT 5 TIMEWINDOW 3 SECONDS LAST 5 MINUTES",
        "SELECT LOGSOURCENAME(logsourceid), * FROM events INTO s16 WHERE TEXT SEARCH 'a AND b' AND (x=1 OR y=2)",
        "SELECT * FROM (SELECT a FROM flows LIMIT 5) inner_one WHERE a IS NOT NULL",
        "SELECT 'it''s' AS \"a \"\"b\"\"\", 2.0, 0x0a, TRUE, NULL, COUNT(), COUNT(*), LAST(x) FROM events",
        "SELECT a FROM GLOBALVIEW('s', 'NORMAL') LAST 2 DAYS",
        "SELECT -9223372036854775808, - -9223372036854775808, 1 - -9223372036854775808, +(-9223372036854775808) ^ 2 FROM events",
        "SELECT a AS start, b FROM events ORDER BY 'a' COLLATE 'de-DE', b ASC TIMES OFFENSE_TIME(13)",
        "SELECT a FROM events WHERE x NOT BETWEEN 1 AND 2+3 AND y NOT MATCHES 'z' START 1533081600266 STOP NOW()",
        "SELECT CASE x WHEN 1 THEN IF a=b THEN c ELSE d ELSE 2 END FROM events",
        "SELECT \"My Space\"::\"f g\"(a), GEO::LOOKUP(sourceip, 'city') FROM events",
        "/* a */ SELECT /* b */ a /* c */ , /* d */ b FROM /* e */ events /* f */ WHERE a=1 /* g */",
    ] {
        check(text);
    }
}
