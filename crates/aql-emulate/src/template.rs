//! Names in double braces: `{{user}}`, `{{event.port|443}}` with a text for want of a value,
//! `{{event.account|=user}}` with another name for it.

/// Fills in what the braces name; the error is the name that has no value.
pub(crate) fn render(
    text: &str,
    value: &dyn Fn(&str) -> Result<Option<String>, String>,
) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let Some(end) = rest[start..].find("}}") else { break };
        out.push_str(&rest[..start]);
        let inner = &rest[start + 2..start + end];
        let (name, default) = match inner.split_once('|') {
            Some((name, default)) => (name, Some(default)),
            None => (inner, None),
        };
        match (value(name)?, default) {
            (Some(text), _) => out.push_str(&text),
            (None, Some(other)) => match other.strip_prefix('=') {
                Some(name) => out.push_str(&value(name)?.ok_or_else(|| name.to_owned())?),
                None => out.push_str(other),
            },
            (None, None) => return Err(name.to_owned()),
        }
        rest = &rest[start + end + 2..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::render;

    fn value(name: &str) -> Result<Option<String>, String> {
        Ok((name == "user").then(|| "lee".to_owned()))
    }

    #[test]
    fn names_defaults_and_other_names() {
        for (text, expected) in [
            ("plain { } }}", Ok("plain { } }}")),
            ("C:\\Users\\{{user}}\\x", Ok("C:\\Users\\lee\\x")),
            ("{{port|443}}{{user|none}}", Ok("443lee")),
            ("{{account|=user}}", Ok("lee")),
            ("{{none|}}", Ok("")),
            ("open {{user", Ok("open {{user")),
            ("{{none}}", Err("none")),
            ("{{none|=neither}}", Err("neither")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(render(text, &value), expected, "{text}");
        }
    }
}
