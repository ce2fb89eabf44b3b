//! Fields without a column of their own: one JSON object per event.
//!
//! A name can come twice, as in the record it is from; the order is that of the record.

use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};

/// Appends a member to an object that is being written; an empty text is one that has none.
pub(crate) fn push(object: &mut String, name: &str, value: &str) {
    object.push(if object.is_empty() { '{' } else { ',' });
    for (text, after) in [(name, ":"), (value, "")] {
        // A text is always JSON.
        object.push_str(&serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned()));
        object.push_str(after);
    }
}

/// Ends an object.
pub(crate) fn finish(object: &mut String) {
    if !object.is_empty() {
        object.push('}');
    }
}

/// The members of an object, all of them texts; up to where it is none of ours.
pub(crate) fn read(object: &str) -> Vec<(String, String)> {
    struct Members(Vec<(String, String)>);

    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, String)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of texts")
        }

        fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
            while let Ok(Some(member)) = map.next_entry() {
                self.0.push(member);
            }
            Ok(self.0)
        }
    }

    let mut json = serde_json::Deserializer::from_str(object);
    json.deserialize_map(Members(Vec::new())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{finish, push, read};

    #[test]
    fn members_come_back_in_order_and_twice() {
        let mut object = String::new();
        push(&mut object, "a\"", "\u{1}ä");
        push(&mut object, "b", "");
        push(&mut object, "a\"", "2");
        finish(&mut object);
        assert!(serde_json::from_str::<serde_json::Value>(&object).is_ok());
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(read(&object), [pair("a\"", "\u{1}ä"), pair("b", ""), pair("a\"", "2")]);
        assert!(read("").is_empty() && read("[1]").is_empty());
    }
}
