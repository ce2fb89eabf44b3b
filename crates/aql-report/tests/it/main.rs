//! Reports over the evidence and the pack of the repository.

mod browser;
mod formats;
mod html;
mod support;
mod why;
