//! Tests of the registry.

mod rules_page;
