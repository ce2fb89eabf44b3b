//! Rules of the repository, as tests.

mod structure;
