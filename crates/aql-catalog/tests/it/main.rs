//! Tests of the catalog: look-ups that other crates and the rules rely on, and what must hold for
//! all of the data.

mod fields;
mod functions;
mod names;
mod properties;
mod qids;
mod similar;
mod sources;
