//! Times as sources write them; all of them UTC.

use jiff::Timestamp;

/// The time in this form: `seven` digits of fraction and Z, `milli` and Z, `seconds` without a
/// zone, `sysmon`'s own.
pub(crate) fn form(time: Timestamp, form: &str) -> Option<String> {
    let format = match form {
        "seven" => "%Y-%m-%dT%H:%M:%S.%7fZ",
        "zoned" => "%Y-%m-%dT%H:%M:%S.%7f+00:00",
        "milli" => "%Y-%m-%dT%H:%M:%S.%3fZ",
        "micro" => "%Y-%m-%dT%H:%M:%S.%6fZ",
        "seconds" => "%Y-%m-%dT%H:%M:%S",
        "sysmon" => "%Y-%m-%d %H:%M:%S.%3f",
        "blank" => "%Y-%m-%d %H:%M:%S",
        // As `Search-UnifiedAuditLog` prints it for an English console.
        "us" => "%-m/%-d/%Y %-I:%M:%S %p",
        _ => return None,
    };
    Some(time.strftime(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn forms() {
        let time = "2026-03-05T14:07:09.5Z".parse().expect("a time");
        for (name, text) in [
            ("seven", "2026-03-05T14:07:09.5000000Z"),
            ("milli", "2026-03-05T14:07:09.500Z"),
            ("micro", "2026-03-05T14:07:09.500000Z"),
            ("seconds", "2026-03-05T14:07:09"),
            ("sysmon", "2026-03-05 14:07:09.500"),
            ("blank", "2026-03-05 14:07:09"),
            ("us", "3/5/2026 2:07:09 PM"),
        ] {
            assert_eq!(form(time, name).as_deref(), Some(text));
        }
        assert_eq!(form(time, "other"), None);
    }
}
