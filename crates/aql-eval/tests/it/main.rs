//! Behaviour of the evaluator seen from outside: tables of expressions, and random expressions held
//! against an interpreter that goes value by value.

mod build;
mod catalog;
mod differential;
mod expressions;
mod layout;
mod naive;
mod patterns;
