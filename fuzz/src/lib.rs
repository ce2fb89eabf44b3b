//! What the fuzz targets share: a small table of events, and the checks that every query must pass.

pub mod language;
pub mod table;

/// The text of an input; what is no UTF-8 becomes U+FFFD, so that no input is lost.
pub fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
