//! Identifiers that look random and are not: each is the hash of the seed and of what it names, so
//! that leaving out an event changes no other.

use std::fmt::Write as _;

use xxhash_rust::xxh64::xxh64;

/// The source of identifiers of one run.
#[derive(Clone, Debug)]
pub(crate) struct Ids {
    seed: u64,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Ids {
        Ids { seed }
    }

    fn digest(&self, label: &str) -> [u8; 32] {
        let mut digest = [0; 32];
        for (n, part) in digest.chunks_exact_mut(8).enumerate() {
            part.copy_from_slice(&self.hash(label, n as u64).to_le_bytes());
        }
        digest
    }

    fn hash(&self, label: &str, part: u64) -> u64 {
        xxh64(label.as_bytes(), self.seed.rotate_left(32).wrapping_add(part))
    }

    /// A number below `bound` (1 and above).
    pub(crate) fn number(&self, label: &str, bound: u64) -> u64 {
        self.hash(label, 0) % bound.max(1)
    }

    /// A UUID of version 4, in lower case without braces.
    pub(crate) fn uuid(&self, label: &str) -> String {
        let mut digest = self.digest(label);
        digest[6] = digest[6] & 0x0f | 0x40;
        digest[8] = digest[8] & 0x3f | 0x80;
        let hex = hex(&digest[..16]);
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }

    /// So many bytes in upper-case hexadecimal, at most 32.
    pub(crate) fn hex(&self, label: &str, bytes: usize) -> String {
        hex(&self.digest(label)[..bytes.min(32)]).to_ascii_uppercase()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn the_same_seed_and_label_give_the_same_id() {
        let (a, b) = (Ids::new(1), Ids::new(2));
        assert_eq!(a.uuid("x"), Ids::new(1).uuid("x"));
        assert_ne!(a.uuid("x"), a.uuid("y"));
        assert_ne!(a.uuid("x"), b.uuid("x"));
        assert_eq!(a.uuid("x").len(), 36);
        assert_eq!(&a.uuid("x")[14..15], "4");
        assert!(a.number("x", 7) < 7);
        assert_eq!(a.hex("x", 12).len(), 24);
    }
}
