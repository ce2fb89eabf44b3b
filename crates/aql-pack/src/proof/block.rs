//! Parts of a document that a run writes: they stand between marks, which say by what.

/// A part of a document between two marks.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    begin: &'static str,
    end: &'static str,
}

impl Block {
    /// Which rule finds which adversary test.
    pub const COVERAGE: Block = Block {
        begin: "<!-- coverage: written by `aql test --coverage --write` -->",
        end: "<!-- end of coverage -->",
    };

    /// A published query beside the rules of the pack.
    pub const BESIDE: Block = Block {
        begin: "<!-- beside: written by `aql test --beside RULE --write` -->",
        end: "<!-- end of beside -->",
    };

    /// What stands between the marks; nothing if they are not there.
    pub fn text(self, document: &str) -> Option<&str> {
        let (_, rest) = document.split_once(self.begin)?;
        let (block, _) = rest.split_once(self.end)?;
        Some(block.trim_matches('\n'))
    }

    /// The document with other text between the marks.
    pub fn put(self, document: &str, text: &str) -> Option<String> {
        let (head, rest) = document.split_once(self.begin)?;
        let (_, tail) = rest.split_once(self.end)?;
        let Block { begin, end } = self;
        Some(format!("{head}{begin}\n{}\n{end}{tail}", text.trim_matches('\n')))
    }
}
