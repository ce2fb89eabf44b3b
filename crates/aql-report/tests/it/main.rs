//! Reports over the evidence and the pack of the repository.

mod why;
