//! What the fuzz targets share: a small table of events, the checks that every query must
//! pass, those that reading any bytes must, and those of any conditions over any rows.

pub mod language;
pub mod matcher;
pub mod reader;
pub mod table;

/// The text of an input; what is no UTF-8 becomes U+FFFD, so that no input is lost.
pub fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}
