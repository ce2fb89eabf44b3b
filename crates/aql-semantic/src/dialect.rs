//! The rules that IBM's documentation leaves open, as one table of options.
//!
//! [`OPTIONS`] is the table: every option with its code of `docs/compatibility.md`, its values, and
//! which of them strict and lenient binding take. [`Settings`] is what somebody has set;
//! [`Settings::resolve`] makes of it a [`Dialect`], in which every option has a value. Only choices
//! that change which queries are accepted or what they answer stand here; those that nobody can
//! change are listed in `docs/compatibility.md` alone.

use std::collections::BTreeMap;
use std::fmt;

use crate::bound::NullSemantics;
use crate::options::Mode;

/// One option of the dialect.
#[derive(Clone, Copy, Debug)]
pub struct DialectOption {
    /// Code of the choice in `docs/compatibility.md`.
    pub code: &'static str,
    /// Name, as profile files write it.
    pub name: &'static str,
    /// The values it can have.
    pub values: &'static [&'static str],
    /// The value under strict binding: the documented or more probable reading.
    pub strict: &'static str,
    /// The value under lenient binding.
    pub lenient: &'static str,
    /// What the option decides, one sentence.
    pub doc: &'static str,
    /// Where the rule, or the doubt, comes from.
    pub source: &'static str,
}

impl DialectOption {
    /// The option of a name, in any case.
    pub fn find(name: &str) -> Option<&'static DialectOption> {
        OPTIONS.iter().find(|o| o.name.eq_ignore_ascii_case(name))
    }

    /// The value under a mode of binding, if nothing else is set.
    pub fn preset(&self, mode: Mode) -> &'static str {
        match mode {
            Mode::Strict => self.strict,
            Mode::Lenient => self.lenient,
        }
    }
}

/// Options that somebody has set; all others have the value of the mode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    set: BTreeMap<&'static str, &'static str>,
}

/// A setting that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadSetting {
    /// There is no option of this name.
    Name,
    /// The option has no such value; it has these.
    Value(&'static [&'static str]),
}

impl fmt::Display for BadSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadSetting::Name => f.write_str("there is no dialect option of this name"),
            BadSetting::Value(values) => write!(f, "the values are {}", values.join(", ")),
        }
    }
}

impl Settings {
    /// Sets an option by name and value, both in any case.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), BadSetting> {
        let option = DialectOption::find(name).ok_or(BadSetting::Name)?;
        let value = option.values.iter().find(|v| v.eq_ignore_ascii_case(value));
        let value = value.ok_or(BadSetting::Value(option.values))?;
        self.set.insert(option.name, value);
        Ok(())
    }

    /// The same with the settings of another on top.
    #[must_use]
    pub fn then(mut self, other: &Settings) -> Self {
        self.set.extend(&other.set);
        self
    }

    /// What has been set, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> + '_ {
        self.set.iter().map(|(name, value)| (*name, *value))
    }

    /// Every option with a value: what has been set, else what the mode takes.
    pub fn resolve(&self, mode: Mode) -> Dialect {
        let mut dialect = Dialect::default();
        for option in OPTIONS {
            let value = self.set.get(option.name).copied().unwrap_or(option.preset(mode));
            dialect.set(option.name, value);
        }
        dialect
    }
}

/// Declares the options: types of the values, the typed fields of [`Dialect`], and the table.
macro_rules! options {
    ($(
        $code:literal $name:ident: $(#[$enum_doc:meta])* enum $ty:ident {
            $($(#[$doc_of_value:meta])* $variant:ident = $value:literal,)+
        } strict $strict:ident, lenient $lenient:ident;
        $doc:literal
        $source:literal
    )+) => {
        $(options! { @type $ty { $(#[$enum_doc])* } $($(#[$doc_of_value])* $variant = $value,)+ })+

        /// The rules by which a query is read: every option of [`OPTIONS`] with its value.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct Dialect {
            $(#[doc = $doc] pub $name: $ty,)+
        }

        impl Dialect {
            fn set(&mut self, name: &str, value: &str) {
                $(if name == stringify!($name) {
                    $(if value == $value { self.$name = $ty::$variant; })+
                })+
            }
        }

        /// The table of options.
        pub static OPTIONS: &[DialectOption] = &[$(DialectOption {
            code: $code,
            name: stringify!($name),
            values: &[$($value),+],
            strict: options!(@value $strict $($variant = $value,)+),
            lenient: options!(@value $lenient $($variant = $value,)+),
            doc: $doc,
            source: $source,
        },)+];
    };
    // Stands with the bound query, which the evaluator reads.
    (@type NullSemantics { $($enum_doc:tt)* } $($rest:tt)*) => {};
    (@type $ty:ident { $(#[$enum_doc:meta])* }
        $(#[$first_doc:meta])* $first:ident = $first_value:literal,
        $($(#[$doc:meta])* $variant:ident = $value:literal,)+) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $ty {
            $(#[$first_doc])* #[default] $first,
            $($(#[$doc])* $variant,)+
        }
    };
    (@value $wanted:ident $($variant:ident = $value:literal,)+) => {{
        const fn pick() -> &'static str {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms, dead_code)]
            enum Names { $($variant),+ }
            match Names::$wanted { $(Names::$variant => $value),+ }
        }
        pick()
    }};
}

options! {
    "L01" property_case:
    /// How the names of custom properties are compared.
    enum PropertyCase {
        /// Without case.
        Ignore = "ignore",
        /// With case: another spelling is another name.
        Exact = "exact",
    } strict Ignore, lenient Ignore;
    "Whether the case of a custom property's name counts."
    "aql-language 1: fields resolve through one catalog, and clients mix cases"

    "L02" comments:
    /// What a comment is.
    enum Comments {
        /// Passed over.
        Accept = "accept",
        /// A syntax error.
        Reject = "reject",
    } strict Accept, lenient Accept;
    "Whether `--` and `/* */` may stand in a query."
    "aql-language 1: undocumented; stored queries have them"

    "L02" terminator:
    /// What a semicolon at the end is.
    enum Terminator {
        /// Passed over.
        Accept = "accept",
        /// A syntax error.
        Reject = "reject",
    } strict Accept, lenient Accept;
    "Whether a query may end with a semicolon."
    "aql-language 1: undocumented; the API takes a single SELECT"

    "L03" like_backslash:
    /// What a backslash is in LIKE patterns.
    enum LikeBackslash {
        /// An ordinary character.
        Literal = "literal",
        /// An ordinary character; but if all of a pattern's are doubled, each pair is one.
        Repair = "repair",
        /// `\\` is one backslash.
        Escape = "escape",
    } strict Literal, lenient Repair;
    "What a backslash is in LIKE patterns: itself, itself unless all are doubled, or an escape of itself."
    "aql-language 6.4: IBM's Sigma backend writes paths with one backslash, published queries with two"

    "L05" matches:
    /// How much of the value MATCHES must cover.
    enum Matches {
        /// Some part of it.
        Find = "find",
        /// All of it.
        Full = "full",
    } strict Find, lenient Find;
    "Whether the expression of MATCHES is looked for in the value or must cover it."
    "aql-language 6.2: not stated; IBM's Sigma backend and stix-shifter pass search expressions through"

    "L06" quoted_alias:
    /// What text in single quotes is in GROUP BY and ORDER BY.
    enum QuotedAlias {
        /// The alias of that name, if there is one.
        Alias = "alias",
        /// A constant.
        Constant = "constant",
    } strict Alias, lenient Alias;
    "What text in single quotes means in GROUP BY and ORDER BY."
    "aql-language 1: IBM's quotation and search-string pages disagree"

    "L07" where_name:
    /// What a name in WHERE is that is both an alias and a field.
    enum WhereName {
        /// The alias.
        Alias = "alias",
        /// The field.
        Field = "field",
    } strict Alias, lenient Alias;
    "Which one a name in WHERE is that names both an alias and a field."
    "aql-language 7: documented for GROUP BY and ORDER BY only"

    "L08" time_units:
    /// The units of LAST.
    enum TimeUnits {
        /// MINUTES, HOURS, DAYS.
        Plural = "plural",
        /// MINUTE, HOUR, DAY too.
        Singular = "singular",
    } strict Plural, lenient Plural;
    "Whether LAST takes its units in the singular too."
    "aql-language 8.2: only plural units are documented; a field guide says that others fail"

    "L09" operator_spelling:
    /// Which spellings of comparison operators are known.
    enum OperatorSpelling {
        /// `==` and `<>` too.
        Accept = "accept",
        /// `=` and `!=` alone.
        Reject = "reject",
    } strict Accept, lenient Accept;
    "Whether `==` and `<>` are operators."
    "aql-language 5: one example of IBM's and shipping apps use them"

    "L12" parameters:
    /// What an unknown parameter is.
    enum Parameters {
        /// Passed over with a warning.
        Ignore = "ignore",
        /// An error.
        Reject = "reject",
    } strict Ignore, lenient Ignore;
    "What an unknown name after PARAMETERS does."
    "aql-language 2.4: probable"

    "L14" number_condition:
    /// What a number is where a condition belongs.
    enum NumberCondition {
        /// An error.
        Reject = "reject",
        /// True unless 0, with a warning.
        Nonzero = "nonzero",
    } strict Reject, lenient Nonzero;
    "What a number means where a condition belongs."
    "aql-language 2: the grammar has any expression there"

    "L15" matches_dot:
    /// What a dot stands for in MATCHES.
    enum MatchesDot {
        /// Any character but a line break.
        Line = "line",
        /// Any character.
        All = "all",
    } strict Line, lenient Line;
    "Whether the dot of MATCHES crosses line breaks."
    "aql-language 6.2: as java.util.regex without flags, probable"

    "L16" between:
    /// Whether the bounds of BETWEEN belong to it.
    enum Between {
        /// They do.
        Inclusive = "inclusive",
        /// They do not.
        Exclusive = "exclusive",
    } strict Inclusive, lenient Inclusive;
    "Whether BETWEEN holds for its bounds."
    "aql-language 5: probable"

    "L17" database_case:
    /// How the names of databases are compared.
    enum DatabaseCase {
        /// Without case.
        Ignore = "ignore",
        /// They are in lower case.
        Lower = "lower",
    } strict Ignore, lenient Ignore;
    "Whether the name of a database must be in lower case."
    "aql-language 1: one of IBM's pages asks for lower case, others write FROM EVENTS"

    "N01" nulls:
    /// What a comparison with a missing value is.
    enum NullSemantics {
        TwoValued = "two_valued",
        Sql = "sql",
    } strict TwoValued, lenient TwoValued;
    "What a comparison with a missing value is: false (and NOT of it true), or null as in SQL."
    "aql-language 5.1: the shipping Cybereason app filters with `<> null`"

    "N02" equals_null:
    /// What a comparison with the word NULL is.
    enum EqualsNull {
        /// `= NULL` is IS NULL, `<> NULL` is IS NOT NULL.
        IsNull = "is_null",
        /// Never true.
        Never = "never",
    } strict IsNull, lenient IsNull;
    "What `= NULL` and `<> NULL` mean; never true in any case with `nulls = sql`."
    "aql-language 5.1: the shipping Cybereason app filters with `<> null`"

    "N03" property_number:
    /// As what a text property is compared with a number.
    enum PropertyNumber {
        /// As a number.
        Number = "number",
        /// As text.
        Text = "text",
    } strict Number, lenient Number;
    "As what a property or other text is compared with a number."
    "aql-language 4: `= 4625` and `= '4625'` both occur"

    "N04" text_case:
    /// How `=`, `<` and IN compare text.
    enum TextCase {
        /// With case.
        Exact = "exact",
        /// Without.
        Ignore = "ignore",
    } strict Exact, lenient Exact;
    "Whether case counts when `=`, `<` and IN compare text."
    "aql-language 4: authors wrap both sides in LOWER when they want otherwise"

    "N06" division:
    /// What the quotient of two integers is.
    enum Division {
        /// A double.
        Double = "double",
        /// An integer, cut off towards zero.
        Integer = "integer",
    } strict Double, lenient Double;
    "What `/` of two integers gives."
    "aql-language 4: unstated for two integer fields"

    "N12" like_address:
    /// What LIKE on an address is.
    enum LikeAddress {
        /// A test of its text, with a warning.
        Text = "text",
        /// An error.
        Reject = "reject",
    } strict Text, lenient Text;
    "Whether LIKE and MATCHES take an address."
    "aql-language 6.1: clients write STR(sourceip)"

    "T03" default_window:
    /// The window of a query without a time clause.
    enum DefaultWindow {
        /// All of the evidence.
        All = "all",
        /// The last minute.
        Seconds60 = "60_seconds",
        /// The last five minutes.
        Minutes5 = "5_minutes",
    } strict All, lenient All;
    "The window of a query without a time clause."
    "aql-language 8.2: 60 seconds (REST reference) or 5 minutes (screen, Grafana page); neither suits files"

    "T07" parsetimestamp_order:
    /// Which argument of PARSETIMESTAMP comes first.
    enum ParseTimestampOrder {
        /// The pattern.
        Pattern = "pattern_first",
        /// The text.
        Text = "text_first",
    } strict Pattern, lenient Pattern;
    "Whether PARSETIMESTAMP takes the pattern or the text first."
    "aql-language 9: a third-party list shows it reversed"

    "T07" parsetimestamp_unit:
    /// The unit of PARSETIMESTAMP.
    enum ParseTimestampUnit {
        /// Milliseconds.
        Milliseconds = "milliseconds",
        /// Seconds.
        Seconds = "seconds",
    } strict Milliseconds, lenient Milliseconds;
    "In which unit PARSETIMESTAMP answers."
    "aql-language 9: the guide's example prints ten digits, every other time is in milliseconds"

    "R04" null_order:
    /// Where nulls stand in ORDER BY.
    enum NullOrder {
        /// First ascending, last descending: below every value.
        Low = "low",
        /// Last ascending, first descending: above every value.
        High = "high",
        /// First.
        First = "first",
        /// Last.
        Last = "last",
    } strict Low, lenient Low;
    "Where ORDER BY puts missing values: below all others, above, always first, always last."
    "aql-language 7: open; below, as comparators of Java do"

    "F03" typename_of_logsource:
    /// What LOGSOURCETYPENAME makes of a log source id.
    enum TypenameOfLogsource {
        /// The type that has this number.
        Number = "number",
        /// The type of that source, with a warning.
        Source = "source",
    } strict Number, lenient Source;
    "Whether LOGSOURCETYPENAME of a log source id takes the number as written or answers the source's type."
    "aql-language 10, 14: the argument is devicetype; 579 published queries pass logsourceid"

    "F04" sysmon_as_type:
    /// Whether Sysmon is a log source type to tests of LOGSOURCETYPENAME.
    enum SysmonAsType {
        /// No.
        No = "no",
        /// Yes, in queries that test for it, with a warning.
        Yes = "yes",
    } strict No, lenient Yes;
    "Whether events of the Sysmon channel answer `Microsoft Windows Sysmon` in a query that tests LOGSOURCETYPENAME for Sysmon."
    "aql-language 14: Sysmon events have type 12"

    "F05" qidname_spelling:
    /// Which spellings of a name a test on QIDNAME tries.
    enum QidnameSpelling {
        /// The likely one.
        Likely = "likely",
        /// The other one too, if the test fits only that, with a warning.
        Both = "both",
    } strict Likely, lenient Both;
    "Whether a test on QIDNAME that fits only the other known spelling of a name tries that too."
    "event-model 3.2: IBM does not publish the names"

    "F06" string_base:
    /// The number of the first character.
    enum StringBase {
        /// 0.
        Zero = "0",
        /// 1; 0 is then what STRPOS answers for no occurrence.
        One = "1",
    } strict Zero, lenient Zero;
    "The number of the first character in STRPOS and SUBSTRING."
    "aql-language 9: probable, as Java's indexOf; both functions share one base"

    "F11" concat_null:
    /// What a null among the arguments of CONCAT does.
    enum ConcatNull {
        /// Adds nothing.
        Empty = "empty",
        /// Makes the result null.
        Null = "null",
    } strict Empty, lenient Empty;
    "What a missing value does in CONCAT."
    "aql-language 9: probable"

    "E03" raw_names:
    /// What a raw field's own name is, where IBM's content has another.
    enum RawNames {
        /// A name of the property.
        Accept = "accept",
        /// Unknown.
        Unknown = "unknown",
    } strict Accept, lenient Accept;
    "Whether the log's own name of a field (`Image`) is a property."
    "event-model 5.1: a site may hold all generations of names"

    "E04" unknown_property:
    /// What an unknown name is.
    enum UnknownProperty {
        /// An error.
        Reject = "reject",
        /// A field of the raw record, null where there is none, with a warning.
        RawField = "raw_field",
    } strict Reject, lenient RawField;
    "What a name is that no field and no property has."
    "aql-language 11.4: an appliance refuses the query"

    "E16" loose_names:
    /// What a name is that fits a property without its blanks and underscores.
    enum LooseNames {
        /// That property, with a warning.
        Accept = "accept",
        /// Unknown.
        Unknown = "unknown",
    } strict Accept, lenient Accept;
    "Whether a name fits a property that differs from it in blanks and underscores."
    "event-model 5.2: last resort"
}

#[cfg(test)]
mod tests {
    use super::{BadSetting, DialectOption, OPTIONS, Settings};
    use crate::options::Mode;

    #[test]
    fn options_are_whole() {
        let mut names = std::collections::HashSet::new();
        for option in OPTIONS {
            assert!(names.insert(option.name), "{} stands twice", option.name);
            assert!(option.values.len() >= 2, "{}", option.name);
            assert!(option.doc.ends_with('.'), "{}: {}", option.name, option.doc);
            for value in [option.strict, option.lenient] {
                assert!(option.values.contains(&value), "{}: {value}", option.name);
            }
            assert_eq!(
                DialectOption::find(&option.name.to_uppercase()).map(|o| o.name),
                Some(option.name)
            );
        }
    }

    #[test]
    fn settings_are_checked() {
        let mut settings = Settings::default();
        assert_eq!(settings.set("Matches", "FULL"), Ok(()));
        assert_eq!(settings.set("matches", "half"), Err(BadSetting::Value(&["find", "full"])));
        assert_eq!(settings.set("match", "full"), Err(BadSetting::Name));
        assert_eq!(settings.iter().collect::<Vec<_>>(), [("matches", "full")]);
    }

    #[test]
    fn a_mode_is_a_preset() {
        let strict = Settings::default().resolve(Mode::Strict);
        let lenient = Settings::default().resolve(Mode::Lenient);
        let mut spelled = Settings::default();
        for option in OPTIONS {
            spelled.set(option.name, option.strict).expect("a value");
        }
        assert_eq!(spelled.resolve(Mode::Lenient), strict);
        assert_ne!(strict, lenient);
    }
}
