//! Pseudo-random numbers from a seed, or choices from bytes: the same seed gives the same test.

/// Letters that a case may use beside those that all cases use.
const LETTERS: usize = 4;

/// A small generator of pseudo-random numbers (xorshift64*).
pub struct Random {
    state: u64,
    /// Bytes that decide before the generator does, the next one last.
    bytes: Vec<u8>,
    letters: [char; LETTERS],
}

impl Random {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Random::with(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1, Vec::new())
    }

    /// What the bytes say, one for each choice as long as there are any: a fuzzer that changes a
    /// byte changes a choice. Afterwards the numbers of a fixed seed.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Random::with(0x9e37_79b9_7f4a_7c15, bytes.iter().rev().copied().collect())
    }

    fn with(state: u64, bytes: Vec<u8>) -> Self {
        let mut random = Random { state, bytes, letters: ['x'; LETTERS] };
        for at in 0..LETTERS {
            random.letters[at] = random.any_letter();
        }
        random
    }

    /// Any number; from bytes it is one of 256.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        if let Some(byte) = self.bytes.pop() {
            return u64::from(byte) << 33;
        }
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Below `n`, which is not 0; from bytes below 256 as well.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.next() >> 33) as usize) % n
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// One of the few letters of this case, as it is or in another case: so that texts and patterns
    /// meet in letters that no list of ours has.
    pub(crate) fn letter(&mut self) -> String {
        let letter = self.letters[self.below(LETTERS)];
        match self.below(3) {
            0 => letter.to_string(),
            1 => letter.to_lowercase().collect(),
            _ => letter.to_uppercase().collect(),
        }
    }

    /// Any character, most often from where letters have cases.
    fn any_letter(&mut self) -> char {
        let (kind, high, low) = (self.below(4), self.below(256), self.below(256));
        let code = match kind {
            0 => ((high % 6) << 8) | low,
            1 => 0x1e00 + (((high % 4) << 8) | low),
            2 => (high << 8) | low,
            _ => 0x10000 + ((high << 8) | low),
        };
        u32::try_from(code).ok().and_then(char::from_u32).unwrap_or('x')
    }
}
