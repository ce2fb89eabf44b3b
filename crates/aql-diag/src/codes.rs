//! The registry of codes. A code is never reused; each has a page, shown by `aql explain CODE`.
//!
//! Ranges: `AQL0xx` syntax, `AQL1xx` names, types and meaning, `AQL2xx` lints, `AQL3xx`
//! translation loss, `CTX0xx` site data, `ING0xx` evidence, `MAP0xx` mapping files, `PACK0xx` packs,
//! `PROF0xx` profile files, `RUN0xx` a query while it runs, `SIG0xx` Sigma rules, `STO0xx`
//! stores.

use std::fmt;

use serde::{Serialize, Serializer};

/// A code of the registry.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(&'static str);

impl Code {
    /// The text, such as `AQL004`.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Looks a code up by its text, in any case.
    pub fn find(text: &str) -> Option<Code> {
        REGISTRY.iter().find(|info| info.code.0.eq_ignore_ascii_case(text)).map(|info| info.code)
    }

    /// Title and page of the code.
    pub fn info(self) -> Option<&'static CodeInfo> {
        REGISTRY.iter().find(|info| info.code == self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// What the registry says about a code.
#[derive(Clone, Copy, Debug)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// Constant name and title in one: `clause after the time clause`.
    pub title: &'static str,
    /// Markdown page: what is wrong, why it matters, an example, the fix, the source of the rule.
    pub page: &'static str,
}

macro_rules! codes {
    ($($name:ident = $code:literal : $title:literal;)*) => {
        $(#[doc = concat!("`", $code, "`: ", $title)] pub const $name: Code = Code($code);)*
        /// Every code, in order.
        pub static REGISTRY: &[CodeInfo] = &[
            $(CodeInfo { code: $name, title: $title, page: include_str!(concat!("codes/", $code, ".md")) },)*
        ];
    };
}

codes! {
    SYNTAX = "AQL001": "syntax error";
    UNTERMINATED = "AQL002": "unterminated string, quoted name or comment";
    BAD_CHARACTER = "AQL003": "character that AQL does not know";
    CLAUSE_AFTER_TIME = "AQL004": "clause after the time clause";
    CLAUSE_ORDER = "AQL005": "clause out of order or repeated";
    SELECT_DISTINCT = "AQL006": "SELECT DISTINCT";
    COUNT_DISTINCT = "AQL007": "COUNT(DISTINCT x)";
    JOIN = "AQL008": "JOIN or several tables";
    SET_OPERATION = "AQL009": "UNION, INTERSECT or EXCEPT";
    WITH = "AQL010": "WITH";
    EXISTS = "AQL011": "EXISTS";
    WINDOW_FUNCTION = "AQL012": "window function";
    INTERVAL = "AQL013": "INTERVAL literal or interval arithmetic";
    CAST = "AQL014": "CAST";
    SQL_CLAUSE = "AQL015": "clause of SQL that AQL does not have";
    SIMILAR_TO = "AQL016": "SIMILAR TO, REGEXP or RLIKE";
    SCALAR_SUBQUERY = "AQL017": "subquery outside FROM and IN";
    TABLE_ALIAS = "AQL018": "table alias or qualified name";
    BARE_ADDRESS = "AQL019": "address without quotes";
    MISSING_AS = "AQL020": "alias without AS";
    IN_PARENTHESES = "AQL021": "IN without parentheses";
    TIME_UNIT = "AQL022": "time unit that AQL does not know";
    TIME_VALUE = "AQL023": "time that cannot be read";
    TOO_DEEP = "AQL024": "nesting too deep";
    SEVERAL_STATEMENTS = "AQL025": "more than one statement";
    CONCAT_OPERATOR = "AQL026": "|| operator";
    TYPOGRAPHIC_QUOTE = "AQL027": "typographic quote";
    COMMENT = "AQL028": "comment";
    IF_CALL = "AQL029": "IF called as a function";
    STOP_WITHOUT_START = "AQL030": "STOP without START";
    NO_FROM = "AQL031": "SELECT without FROM";
    ESCAPED_QUOTE = "AQL032": "quote escaped with a backslash";
    TERMINATOR = "AQL033": "semicolon at the end";
    NOT_A_QUERY = "AQL034": "not a SELECT statement";
    REFERENCE_SET_TABLE = "AQL035": "reference set used as a table or list";
    TEXT_SEARCH_PLACE = "AQL036": "TEXT SEARCH that is not the first condition";
    PLACEHOLDER = "AQL037": "placeholder left in the query";
    UNDOUBLED_QUOTE = "AQL038": "quote inside a string that is not doubled";
    SQL_CALL = "AQL039": "call in a syntax that AQL does not have";

    UNKNOWN_FIELD = "AQL101": "unknown field";
    UNKNOWN_FUNCTION = "AQL102": "unknown function";
    ARGUMENT_COUNT = "AQL103": "wrong number of arguments";
    ARGUMENT_TYPE = "AQL104": "argument of the wrong kind";
    UNKNOWN_DATABASE = "AQL105": "unknown database";
    AGGREGATE_PLACE = "AQL106": "aggregate where none is allowed";
    NESTED_AGGREGATE = "AQL107": "aggregate inside an aggregate";
    WINDOW_REVERSED = "AQL108": "time window ends before it starts";
    NOT_IMPLEMENTED = "AQL109": "not implemented yet";
    TYPENAME_OF_LOGSOURCE = "AQL110": "LOGSOURCETYPENAME called with a log source id";
    SYSMON_TYPE_NAME = "AQL111": "Sysmon is not a log source type";
    DOUBLED_BACKSLASH = "AQL112": "doubled backslash in a LIKE pattern";
    RAW_PROPERTY_NAME = "AQL113": "raw field name used as a property";
    QIDNAME_SPELLING = "AQL114": "QIDNAME pattern that misses the documented name";
    NO_TIME_CLAUSE = "AQL115": "no time clause";
    LOOSE_NAME = "AQL116": "property found only by ignoring blanks";
    BAD_REGEX = "AQL117": "regular expression that cannot be read";
    QUOTED_ALIAS = "AQL118": "alias in single quotes";
    INCIDR_SWAPPED = "AQL119": "INCIDR arguments swapped";
    SCREEN_NAME = "AQL120": "screen label or function name used as a field";
    COMPARE_NULL = "AQL121": "comparison with NULL";
    TYPE_MISMATCH = "AQL122": "operands that cannot be compared";
    BAD_NETWORK = "AQL123": "network or address that cannot be read";
    REGEX_LOOKAROUND = "AQL124": "regular expression that needs backtracking";
    BASENAME_PROPERTY = "AQL125": "directory test on a property that holds a file name";
    PROPERTY_NEVER_SET = "AQL126": "property that the event never carries";
    EMPTY_WINDOW = "AQL127": "time window that holds none of the evidence";
    UNKNOWN_PARAMETER = "AQL128": "unknown parameter";
    OUT_OF_RANGE = "AQL129": "number out of range";
    DUPLICATE_ALIAS = "AQL130": "alias used twice";
    ALWAYS_CONSTANT = "AQL131": "condition that is always true or always false";
    BRANCH_TYPE = "AQL132": "branch of CASE whose value is lost";
    NO_SITE_DATA = "AQL140": "site data that is not there";
    NO_DATA_SOURCE = "AQL141": "no data source configured";

    NO_LIMIT = "AQL201": "no LIMIT";
    SECONDS = "AQL202": "seconds where AQL has milliseconds";
    TIME_AS_TEXT = "AQL203": "time compared with the text of a date";
    HALF_DAY_HOUR = "AQL204": "hour of half a day in a date pattern";
    WEEK_YEAR = "AQL205": "week year in a date pattern";
    HAVING_EXPRESSION = "AQL206": "aggregate repeated in HAVING";
    DOUBLE_EQUALS = "AQL207": "== for =";
    SELECT_STAR = "AQL208": "SELECT *";
    UNANCHORED_REGEX = "AQL209": "regular expression that leaves open what it covers";
    COUNT_OF_RECORDS = "AQL210": "COUNT(*) where records stand for several events";
    CASE_NEVER_MATCHES = "AQL211": "text in a case that never matches";
    QUOTED_PROPERTY = "AQL212": "name of a property in single quotes";
    MIXED_AND_OR = "AQL213": "AND and OR without parentheses";
    NO_WILDCARD = "AQL214": "LIKE without a wildcard over a longer value";
    SUBSUMED_CONDITION = "AQL215": "condition that adds nothing";
    NAME_PATTERN = "AQL216": "kind of event chosen by a pattern over its name";
    EXCLUDES_NOTHING = "AQL217": "exclusion that excludes nothing";
    OR_WIDENS = "AQL218": "branch of OR that makes the others pointless";
    EVENT_LIMITS = "AQL219": "event that shows less than the query asks";
    ANY_FILE = "AQL220": "file extension without a place";
    UNKNOWN_WILDCARD = "AQL221": "wildcard that the operator does not know";
    PAYLOAD_SCAN = "AQL222": "search of whole payloads";
    DEAR_TEST_FIRST = "AQL223": "dear test before a cheap one";
    HIDDEN_INDEX = "AQL224": "function around an indexed field";
    LONG_WINDOW = "AQL225": "window longer than events are kept";
    NOT_LIVE = "AQL226": "query that no live rule can have";
    COALESCED_BURST = "AQL227": "events of which coalescing keeps three";

    LOSS_GUARDED = "AQL301": "guard added in a translation";
    LOSS_APPROXIMATE = "AQL302": "translation that may find other events";
    LOSS_IMPOSSIBLE = "AQL303": "construct that cannot be translated";
    LOSS_RESULT = "AQL304": "part of the result that is not translated";
    LOSS_FROZEN = "AQL305": "data written into a translation";

    CONTEXT_FILE = "CTX001": "context file that cannot be used";
    CONTEXT_ROW = "CTX002": "row of a context file that cannot be used";

    NOT_FOUND = "ING001": "path not found";
    UNREADABLE = "ING002": "file cannot be read";
    UNKNOWN_FORMAT = "ING003": "format not recognised";
    DAMAGED = "ING004": "damaged part of a file";
    TRUNCATED = "ING005": "file ends in the middle of a record";
    BAD_RECORD = "ING006": "record that cannot be read";
    TOO_LONG = "ING007": "record longer than the limit";
    TOO_NESTED = "ING008": "record nested too deeply";
    BAD_ENCODING = "ING009": "invalid text encoding";
    ARCHIVE = "ING010": "archive that cannot be read whole";
    EMPTY = "ING011": "nothing to read";
    UNPARSED = "ING012": "records kept as unparsed";
    UNDATED = "ING013": "events without a time left out";
    CHANGED = "ING014": "file that changed while it was read";
    TOO_SLOW = "ING015": "file that took too long to read";
    COALESCED = "ING016": "events that were coalesced";
    MAPPING_UNREADABLE = "MAP001": "mapping file that cannot be read";
    MAPPING_ENTRY = "MAP002": "mapping entry that is wrong";
    MAPPING_UNUSED = "MAP003": "mapping without records";

    PACK_UNREADABLE = "PACK001": "pack that cannot be read";
    PACK_FACTS = "PACK002": "rule facts that are missing or wrong";
    PACK_QUERY = "PACK003": "rule whose query does not bind";
    PACK_DUPLICATE = "PACK004": "rule id used twice";
    PACK_TUNING = "PACK005": "tuning that cannot be used";
    PACK_TUNING_UNREAD = "PACK006": "tuned reference data that no rule reads";
    PACK_SUPPRESSION_EXPIRED = "PACK007": "suppression that has expired";
    PACK_CASE = "PACK008": "case that cannot be used";
    PACK_UNPROVED = "PACK009": "rule or case without a proof";
    PACK_REFERENCE = "PACK010": "reference without a known state";
    PACK_TODO = "PACK011": "fact that is still to be written";
    PACK_PARAMETER = "PACK012": "reference data and parameters that differ";
    PACK_LABELS = "PACK013": "labels that cannot be used";

    PROFILE_UNREADABLE = "PROF001": "profile file that cannot be read";
    PROFILE_ENTRY = "PROF002": "profile entry that is wrong";

    TIME_LIMIT = "RUN001": "execution time limit reached";
    MEMORY_LIMIT = "RUN002": "memory limit reached";
    RUN_FAILED = "RUN003": "query failed while it ran";
    LIST_CUT = "RUN004": "IN (SELECT) cut at 10,000 values";
    NO_SUCH_EVIDENCE = "RUN005": "database that evidence does not hold";
    UNKNOWN_OFFENSE = "RUN006": "offense that is not known";

    SIGMA_UNREADABLE = "SIG001": "Sigma file that cannot be read";
    SIGMA_RULE = "SIG002": "Sigma rule that is wrong";
    SIGMA_REFUSED = "SIG003": "part of a Sigma rule that AQL does not have";
    SIGMA_PROPERTY = "SIG004": "field without a property";
    SIGMA_LOG_SOURCE = "SIG005": "log source that is not told apart";
    SIGMA_APPROXIMATE = "SIG006": "part of a Sigma rule that is approximated";
    SIGMA_PLACEHOLDER = "SIG007": "placeholder that becomes a reference set";
    SIGMA_UNBOUND = "SIG008": "converted query that an appliance would refuse";
    SIGMA_REFERENCE = "SIG009": "Sigma rule that is named and missing";

    STORE_NO_MANIFEST = "STO001": "store without its manifest";
    STORE_MANIFEST = "STO002": "manifest of a store that cannot be used";
    STORE_NEWER = "STO003": "store of a newer version";
    STORE_LOCKED = "STO004": "store that is being written";
    STORE_SEGMENT = "STO005": "file of a store that is missing or damaged";
    STORE_KNOWN = "STO006": "evidence that the store has already";
    STORE_WRITE = "STO007": "store that cannot be written";
    STORE_LOST = "STO008": "evidence that was not imported whole";
}

#[cfg(test)]
mod tests {
    use super::REGISTRY;

    #[test]
    fn codes_are_unique_and_have_a_page() {
        let mut seen = std::collections::HashSet::new();
        for info in REGISTRY {
            assert!(seen.insert(info.code), "{} stands twice", info.code);
            let page = info.page;
            assert!(
                page.starts_with(&format!("# {}: {}", info.code, info.title)),
                "{}: heading",
                info.code
            );
            assert!(page.contains("## Example"), "{} has no example", info.code);
        }
    }
}
