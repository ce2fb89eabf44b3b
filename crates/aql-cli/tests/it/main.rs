//! The command as its users meet it: what it prints, and with which exit code it ends.

mod bad_input;
mod catalog;
mod check;
mod context;
mod hunt;
mod inputs;
mod inspect;
mod profile_file;
mod query;
mod reports;
mod support;
mod test;
mod why;
