//! The command as its users meet it: what it prints, and with which exit code it ends.

mod atomics;
mod bad_input;
mod catalog;
mod check;
mod context;
mod emulate;
mod hunt;
mod inputs;
mod inspect;
mod lsp;
mod mapping;
mod matrix;
mod pack;
mod profile_file;
mod prove;
mod query;
mod repl;
mod reports;
mod sigma;
mod store;
mod support;
mod test;
mod translate;
mod tutorial;
mod why;
