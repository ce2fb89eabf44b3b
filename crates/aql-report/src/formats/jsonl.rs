//! JSON Lines: the stable schema of `docs/findings.md`.

use std::io::{self, Write};

use crate::Report;

pub(crate) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (finding, rule) in report.findings() {
        serde_json::to_writer(&mut *out, &finding.json(rule))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
