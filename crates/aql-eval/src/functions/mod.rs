//! Every scalar function: one file each, and one line in the `functions!` list below.
//!
//! A file `name.rs` holds the constant `FUNCTION`, the function that computes it for one row, and
//! a table of cases. Columns, constants and dictionaries are the business of the evaluator: a
//! function sees single values. Where an argument is worth preparing while it is constant (a
//! regular expression, a network), the file gives a `prepare` step as well.

use crate::{Context, Datum};
use aql_diag::{Code, Diagnostic};
use arrow_array::ArrayRef;

/// What a function computes from the values of one row. Arguments that were left out are missing
/// from the slice.
pub type Call = for<'a> fn(&'a [Datum<'a>], &'a Context) -> Datum<'a>;

/// A function whose constant arguments have been prepared.
pub type Prepared = Box<dyn for<'a> Fn(&'a [Datum<'a>], &'a Context) -> Datum<'a> + Send + Sync>;

/// Prepares a function from those of its arguments that are constant; nothing if there is nothing
/// to gain.
pub type Prepare = fn(&[Option<Datum<'static>>], &Context) -> Result<Option<Prepared>, Complaint>;

/// What is worth saying about a call in this context, given those of its arguments that are
/// constant: data that it asks for and that is not there.
pub type Remark = fn(&[Option<Datum<'static>>], &Context) -> Option<Diagnostic>;

/// What is wrong with a constant argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Complaint {
    /// Which argument.
    pub argument: usize,
    /// Code of the diagnostic.
    pub code: Code,
    /// Its message.
    pub message: String,
    /// Its advice, if there is any.
    pub help: Option<String>,
}

/// A scalar function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Name in upper case, as the catalog has it.
    pub name: &'static str,
    /// Computes it for one row.
    pub call: Call,
    /// Prepares constant arguments.
    pub prepare: Option<Prepare>,
    /// Says when it asks for data that is not there.
    pub remark: Option<Remark>,
    /// Are few distinct arguments likely (ids), so that results are worth remembering?
    pub repeats: bool,
    /// Does it depend on more than its arguments and the context at the start of a run?
    pub varies: bool,
    /// Computes it for a whole column at once, where that is possible.
    pub column: Option<fn(&ArrayRef) -> Option<ArrayRef>>,
}

impl Function {
    /// A function that is nothing but its call.
    const fn new(name: &'static str, call: Call) -> Self {
        Function {
            name,
            call,
            prepare: None,
            remark: None,
            repeats: false,
            varies: false,
            column: None,
        }
    }

    const fn prepared_by(mut self, prepare: Prepare) -> Self {
        self.prepare = Some(prepare);
        self
    }

    const fn remarked_by(mut self, remark: Remark) -> Self {
        self.remark = Some(remark);
        self
    }

    const fn repeats(mut self) -> Self {
        self.repeats = true;
        self
    }

    const fn varies(mut self) -> Self {
        self.varies = true;
        self
    }

    const fn by_column(mut self, column: fn(&ArrayRef) -> Option<ArrayRef>) -> Self {
        self.column = Some(column);
        self
    }
}

macro_rules! functions {
    ($($file:ident)*) => {
        $(mod $file;)*
        /// Every function that is implemented, by name.
        pub static FUNCTIONS: &[Function] = &[$($file::FUNCTION,)*];
    };
}

functions! {
    applicationname
    arielservers4epid
    arielservers4epname
    assethostname
    assetproperty
    assetuser
    base64
    categoryname
    collation_key
    componentid
    concat
    dateformat
    domainname
    double
    fullnetworkname
    geo_distance
    geo_distance_by_domain
    geo_lookup
    geo_lookup_by_domain
    geo_lookup_text
    geo_lookup_text_by_domain
    hostname
    icu4jsearch
    incidr
    inoffense
    logsource_typename
    logsourcegroupname
    logsourcename
    logsourcetypename
    long
    lower
    matchesassetsearch
    networkname
    now
    parsedatetime
    parsetimestamp
    payload_json
    payload_regex
    payload_xml
    processorname
    protocolname
    qiddescription
    qidname
    qidname_alternate
    referencemap
    referencemapsetcontains
    referencesetcontains
    referencetable
    replaceall
    replacefirst
    rulename
    str
    strlen
    strpos
    substring
    sysmon_typename
    upper
    utf8
    xforce_ip_category
    xforce_ip_confidence
    xforce_url_category
}

/// Functions of the catalog that no expression can call: both stand in a place of their own in a
/// query. As an expression they are refused with `AQL109`.
pub static NOT_YET: &[&str] = &[
    // A source of rows behind FROM: the accumulated results of a saved search.
    "GLOBALVIEW",
    // A range of time behind TIMES.
    "OFFENSE_TIME",
];

/// The function of this name, in any case, if it is implemented.
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|f| f.name.eq_ignore_ascii_case(name))
}

/// The argument at a position; null if it was left out.
fn arg<'a>(args: &'a [Datum<'a>], at: usize) -> &'a Datum<'a> {
    args.get(at).unwrap_or(&Datum::Null)
}

/// The text of an argument, if it is constant.
fn constant_text<'c>(
    constants: &'c [Option<Datum<'static>>],
    at: usize,
) -> Option<std::borrow::Cow<'c, str>> {
    constants.get(at).and_then(Option::as_ref).and_then(Datum::text)
}

/// Helps the compiler to see a closure as a function of any row.
fn prepared<F>(call: F) -> Prepared
where
    F: for<'a> Fn(&'a [Datum<'a>], &'a Context) -> Datum<'a> + Send + Sync + 'static,
{
    Box::new(call)
}

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, NOT_YET, find};

    /// Calls a function as a query would: constants prepared.
    pub(super) fn call_prepared(
        function: &super::Function,
        args: &[crate::Datum<'static>],
        cx: &crate::Context,
    ) -> Result<crate::Datum<'static>, super::Complaint> {
        let constants: Vec<_> = args.iter().cloned().map(Some).collect();
        let prepared = match function.prepare {
            Some(prepare) => prepare(&constants, cx)?,
            None => None,
        };
        let plain = (function.call)(args, cx).into_owned();
        if let Some(prepared) = prepared {
            assert_eq!(
                prepared(args, cx).into_owned(),
                plain,
                "prepared {} differs",
                function.name
            );
        }
        Ok(plain)
    }

    #[test]
    fn names_are_sorted_and_unique() {
        let names: Vec<_> = FUNCTIONS.iter().map(|f| f.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names.len(), sorted.len());
        assert!(NOT_YET.is_sorted());
        for name in NOT_YET {
            assert!(find(name).is_none(), "{name} is implemented: take it off the list");
        }
        assert!(find("qidName").is_some());
    }
}

/// Cases of a function: its arguments and its result, in a context at a fixed moment in UTC.
#[cfg(test)]
fn check(function: Function, cases: &[(&[Datum<'static>], Datum<'static>)]) {
    let cx = Context::new(aql_catalog::Catalog::get(), 1_700_000_000_000);
    check_in(function, &cx, cases);
}

/// Cases of a function that asks for site data: files of a context folder, all of them good, and
/// the cases.
#[cfg(test)]
fn check_site(
    function: Function,
    files: &[(&str, &str)],
    cases: &[(&[Datum<'static>], Datum<'static>)],
) {
    let mut cx = Context::new(aql_catalog::Catalog::get(), 1_700_000_000_000);
    let (site, diagnostics) = crate::site::tests::load(files);
    assert_eq!(diagnostics, [], "{files:?}");
    cx.site = site;
    check_in(function, &cx, cases);
}

#[cfg(test)]
fn check_in(function: Function, cx: &Context, cases: &[(&[Datum<'static>], Datum<'static>)]) {
    for (args, expected) in cases {
        let result = tests::call_prepared(&function, args, cx);
        assert_eq!(result.as_ref(), Ok(expected), "{}{args:?}", function.name);
    }
}

/// Values for tables of cases.
#[cfg(test)]
mod case {
    use crate::Datum;

    pub(super) const NULL: Datum<'static> = Datum::Null;

    pub(super) const fn t(text: &'static str) -> Datum<'static> {
        Datum::Text(std::borrow::Cow::Borrowed(text))
    }

    pub(super) const fn host(text: &'static str) -> Datum<'static> {
        Datum::Host(std::borrow::Cow::Borrowed(text))
    }

    pub(super) const fn int(value: i64) -> Datum<'static> {
        Datum::Integer(value)
    }

    pub(super) const fn num(value: f64) -> Datum<'static> {
        Datum::Double(value)
    }

    pub(super) const fn yes(value: bool) -> Datum<'static> {
        Datum::Boolean(value)
    }

    pub(super) const fn bytes(value: &'static [u8]) -> Datum<'static> {
        Datum::Bytes(std::borrow::Cow::Borrowed(value))
    }
}
