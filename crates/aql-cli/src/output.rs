//! Data: rows and findings in the layouts that people and programs read.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use comfy_table::{ContentArrangement, Table, presets};

use crate::messages;

/// Where data goes: standard output or a file.
pub(crate) struct Sink {
    pub(crate) out: Box<dyn Write>,
    /// Is somebody looking at it?
    pub(crate) terminal: bool,
    /// Columns of the terminal.
    pub(crate) width: Option<usize>,
    /// May it be coloured?
    pub(crate) colour: bool,
    /// The file that is being written, and its name once it is whole: what lies under that name
    /// may be evidence of this very run.
    rename: Option<(PathBuf, PathBuf)>,
}

impl Sink {
    pub(crate) fn open(path: Option<&Path>) -> anyhow::Result<Sink> {
        Ok(match path {
            Some(path) => {
                let mut partial = path.as_os_str().to_owned();
                partial.push(".partial");
                let partial = PathBuf::from(partial);
                let file = File::create(&partial)
                    .with_context(|| format!("{}: cannot be written", path.display()))?;
                Sink {
                    out: Box::new(BufWriter::with_capacity(1 << 18, file)),
                    terminal: false,
                    width: None,
                    colour: false,
                    rename: Some((partial, path.to_path_buf())),
                }
            }
            None => {
                let stdout = io::stdout();
                let terminal = stdout.is_terminal();
                let width = terminal_size::terminal_size_of(&stdout).map(|(w, _)| usize::from(w.0));
                let colour = terminal && messages::colour_wanted();
                let out = Box::new(BufWriter::with_capacity(1 << 18, stdout));
                Sink { out, terminal, width, colour, rename: None }
            }
        })
    }
}

impl Sink {
    /// Ends the output; a file gets its name.
    pub(crate) fn finish(mut self) -> anyhow::Result<()> {
        self.out.flush()?;
        if let Some((partial, path)) = self.rename {
            drop(self.out);
            std::fs::rename(&partial, &path)
                .with_context(|| format!("{}: cannot be written", path.display()))?;
        }
        Ok(())
    }
}

/// A table for people. Without a terminal it is as wide as its content.
pub(crate) fn table<S: AsRef<str>>(header: &[S], rows: Vec<Vec<String>>, terminal: bool) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(if terminal {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    });
    table.set_header(header.iter().map(AsRef::as_ref));
    for row in rows {
        table.add_row(row.into_iter().map(|cell| printable(&cell)));
    }
    table.to_string()
}

/// A table of many short rows, without lines between them, as wide as the terminal lets it be.
pub(crate) fn list(header: &[&str], rows: Vec<Vec<String>>, width: Option<usize>) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    match width.and_then(|width| u16::try_from(width).ok()) {
        Some(width) => {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width);
        }
        None => {
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
    }
    table.set_header(header);
    for row in rows {
        table.add_row(row.into_iter().map(|cell| one_line(&cell)));
    }
    table.to_string()
}

/// Text from evidence without the characters that would drive the terminal: controls, and those
/// that turn the direction of writing.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\t' => ' ',
            '\n' => '\n',
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// The same on one line, so that a value cannot pass for another line of ours.
pub(crate) fn one_line(text: &str) -> String {
    printable(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Distinct names for the keys of an object: a name that returns gets a number.
pub(crate) fn distinct_names(names: &[String]) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::with_capacity(names.len());
    for name in names {
        let mut key = name.clone();
        let mut n = 2;
        while distinct.contains(&key) {
            key = format!("{name}_{n}");
            n += 1;
        }
        distinct.push(key);
    }
    distinct
}

#[cfg(test)]
mod tests {
    use super::{distinct_names, one_line, printable};

    #[test]
    fn names_are_made_distinct() {
        let names = ["a", "b", "a", "a"].map(String::from);
        assert_eq!(distinct_names(&names), ["a", "b", "a_2", "a_3"]);
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(printable("a\x1b[31mb\tc"), "a\u{fffd}[31mb c");
        assert_eq!(printable("\u{202e}txt"), "\u{fffd}txt");
    }

    #[test]
    fn a_value_stays_on_its_line() {
        assert_eq!(one_line("x\n2026-11-12  critical"), "x 2026-11-12 critical");
    }
}
