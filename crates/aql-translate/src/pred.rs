//! A query as translators see it: conditions as a tree of tests, values as bound expressions whose
//! constants are worked out.

use std::net::IpAddr;
use std::sync::Arc;

use aql_diag::Span;
use aql_semantic::{
    AggregateCall, CompareBy, CompareOp, Expr, NullSemantics, Order, Output, Window,
};

use crate::pattern::Pattern;

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pred {
    /// Always so, or never.
    Const(bool),
    /// All hold; two or more.
    And(Vec<Pred>),
    /// One holds; two or more.
    Or(Vec<Pred>),
    /// Does not hold.
    Not(Box<Pred>),
    /// One test of one value.
    Test(Test),
}

/// A test of one value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Test {
    /// The value that is tested.
    pub(crate) of: Expr,
    /// What it is tested for.
    pub(crate) what: What,
    /// Place in the query.
    pub(crate) span: Span,
}

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    Double(f64),
}

/// What a value is tested for. A test of a missing value is false, or null under
/// [`NullSemantics::Sql`], unless it says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// LIKE, ILIKE.
    Like {
        /// The pattern.
        pattern: Pattern,
        /// ILIKE?
        ignore_case: bool,
    },
    /// MATCHES, IMATCHES: a Java regular expression.
    Regex {
        /// As it was written.
        java: Arc<str>,
        /// IMATCHES?
        ignore_case: bool,
        /// Must it cover the whole value?
        full: bool,
    },
    /// Equal to one of these, by code points.
    TextIn(Vec<Arc<str>>),
    /// Any other comparison of text, by code points.
    Text(CompareOp, Arc<str>),
    /// Equal to one of these numbers.
    NumberIn(Vec<Number>),
    /// Any other comparison of numbers.
    Number(CompareOp, Number),
    /// The same address as one of these.
    HostIn(Vec<IpAddr>),
    /// Another address than this.
    NotHost(IpAddr),
    /// An address in this network: address, bits. Never null.
    Network(IpAddr, u8),
    /// An element of a reference set whose elements are known; case ignored or not. Never null.
    Set {
        /// The elements.
        elements: Vec<Arc<str>>,
        /// ALNIC?
        ignore_case: bool,
    },
    /// Missing. Never null.
    Missing,
    /// A boolean that is true.
    True,
    /// A comparison with another value of the row.
    Field {
        /// Operator.
        op: CompareOp,
        /// As what.
        by: CompareBy,
        /// The other value.
        right: Box<Expr>,
    },
}

/// A query, lowered.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    /// WHERE.
    pub(crate) filter: Pred,
    /// GROUP BY; nothing without keys and aggregates.
    pub(crate) group: Option<Group>,
    /// HAVING.
    pub(crate) having: Option<Pred>,
    /// SELECT.
    pub(crate) output: Vec<Output>,
    /// ORDER BY.
    pub(crate) order: Vec<Order>,
    /// LIMIT.
    pub(crate) limit: Option<u64>,
    /// The time clause.
    pub(crate) window: Window,
    /// What a test of a missing value is.
    pub(crate) nulls: NullSemantics,
}

/// GROUP BY and its aggregates.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Keys.
    pub(crate) keys: Vec<Expr>,
    /// Calls.
    pub(crate) calls: Vec<AggregateCall>,
}

/// Adds a condition that is not there yet, wherever in the query it was written.
fn push(list: &mut Vec<Pred>, pred: Pred) {
    if !list.iter().any(|known| known.same(&pred)) {
        list.push(pred);
    }
}

impl Pred {
    /// The same condition, written elsewhere?
    fn same(&self, other: &Pred) -> bool {
        let all =
            |a: &[Pred], b: &[Pred]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b));
        match (self, other) {
            (Pred::Const(a), Pred::Const(b)) => a == b,
            (Pred::And(a), Pred::And(b)) | (Pred::Or(a), Pred::Or(b)) => all(a, b),
            (Pred::Not(a), Pred::Not(b)) => a.same(b),
            (Pred::Test(a), Pred::Test(b)) => a.of == b.of && a.what == b.what,
            _ => false,
        }
    }

    /// All of these.
    pub(crate) fn all(list: Vec<Pred>) -> Pred {
        let mut out = Vec::with_capacity(list.len());
        for pred in list {
            match pred {
                Pred::Const(true) => {}
                Pred::Const(false) => return Pred::Const(false),
                Pred::And(inner) => inner.into_iter().for_each(|p| push(&mut out, p)),
                other => push(&mut out, other),
            }
        }
        match out.len() {
            0 => Pred::Const(true),
            1 => out.swap_remove(0),
            _ => Pred::And(out),
        }
    }

    /// One of these.
    pub(crate) fn any(list: Vec<Pred>) -> Pred {
        let mut out = Vec::with_capacity(list.len());
        for pred in list {
            match pred {
                Pred::Const(false) => {}
                Pred::Const(true) => return Pred::Const(true),
                Pred::Or(inner) => inner.into_iter().for_each(|p| push(&mut out, p)),
                other => push(&mut out, other),
            }
        }
        match out.len() {
            0 => Pred::Const(false),
            1 => out.swap_remove(0),
            _ => Pred::Or(out),
        }
    }

    /// Not this.
    pub(crate) fn negated(self) -> Pred {
        match self {
            Pred::Const(value) => Pred::Const(!value),
            other => Pred::Not(Box::new(other)),
        }
    }

    /// The condition with every test replaced.
    pub(crate) fn map(&self, f: &mut dyn FnMut(&Test) -> Pred) -> Pred {
        match self {
            Pred::Const(value) => Pred::Const(*value),
            Pred::And(list) => Pred::all(list.iter().map(|p| p.map(f)).collect()),
            Pred::Or(list) => Pred::any(list.iter().map(|p| p.map(f)).collect()),
            Pred::Not(inner) => inner.map(f).negated(),
            Pred::Test(test) => f(test),
        }
    }
}
