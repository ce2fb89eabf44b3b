//! Tests of the front end through its public functions.

mod corpus;
mod layout;
mod limits;
mod pages;
mod wild;
