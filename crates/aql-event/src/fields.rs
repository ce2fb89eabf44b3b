//! All fields of a record in one value: what the column [`FIELDS`](crate::provenance::FIELDS) holds.
//!
//! The fields stand one after the other, each as the length of its name, the name, the length of
//! its value, the value; lengths are four bytes, little-endian. A name may come more than once; the
//! first one is what a query finds.

/// Appends a field. One that is longer than four bytes can say is left out.
pub fn push(out: &mut Vec<u8>, name: &str, value: &str) {
    let (Ok(name_len), Ok(value_len)) = (u32::try_from(name.len()), u32::try_from(value.len()))
    else {
        return;
    };
    out.extend_from_slice(&name_len.to_le_bytes());
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(&value_len.to_le_bytes());
    out.extend_from_slice(value.as_bytes());
}

/// The fields of a record: name and value. Ends where the bytes are none of ours.
pub fn iter(mut bytes: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    std::iter::from_fn(move || {
        let name = text(&mut bytes)?;
        let value = text(&mut bytes)?;
        Some((name, value))
    })
}

/// The names alone; far cheaper where the values do not matter.
pub fn names(mut bytes: &[u8]) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let name = text(&mut bytes)?;
        piece(&mut bytes)?;
        Some(name)
    })
}

fn text<'b>(bytes: &mut &'b [u8]) -> Option<&'b str> {
    std::str::from_utf8(piece(bytes)?).ok()
}

fn piece<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (piece, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some(piece)
}

#[cfg(test)]
mod tests {
    use super::{iter, names, push};

    #[test]
    fn what_was_pushed_comes_back() {
        let mut bytes = Vec::new();
        push(&mut bytes, "Image", "C:\\a.exe");
        push(&mut bytes, "", "ä");
        push(&mut bytes, "Image", "");
        let fields: Vec<_> = iter(&bytes).collect();
        assert_eq!(fields, [("Image", "C:\\a.exe"), ("", "ä"), ("Image", "")]);
        assert_eq!(names(&bytes).collect::<Vec<_>>(), ["Image", "", "Image"]);
        let cut = bytes.get(..bytes.len() - 1).unwrap_or_default();
        assert_eq!((iter(cut).count(), names(cut).count()), (2, 2), "a cut value is left out");
    }
}
