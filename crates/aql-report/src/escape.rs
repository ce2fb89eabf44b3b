//! Text from evidence, made harmless for where it is shown.

/// Text without control characters and without those that turn the direction of writing, which
/// can make a line read as something else than it is. Line breaks and tabs stay.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            '\r' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// Text for HTML: content, or an attribute in double quotes.
pub(crate) fn html(text: &str, out: &mut String) {
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn html_is_text() {
        let mut out = String::new();
        super::html("<script>\"a'&\u{202e}\u{0}\n", &mut out);
        assert_eq!(out, "&lt;script&gt;&quot;a&#39;&amp;\u{fffd}\u{fffd}\n");
    }
}
