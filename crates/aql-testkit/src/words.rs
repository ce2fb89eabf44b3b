//! What generated texts are made of, in rows and in conditions alike, so that they meet.

use std::net::IpAddr;

use crate::Random;

/// What texts and patterns are made of: pairs that differ in case, characters that mean something
/// in patterns, and characters whose case is peculiar.
const PIECES: [&str; 40] = [
    "a",
    "A",
    "b",
    "\\",
    "%",
    "_",
    "'",
    "\"",
    "k",
    "K",
    "\u{212a}",
    "s",
    "S",
    "ſ",
    "ß",
    "SS",
    "ẞ",
    "İ",
    "i",
    "I",
    "ı",
    "σ",
    "ς",
    "Σ",
    "é",
    "É",
    ".exe",
    ".EXE",
    "power",
    "Power",
    "shell",
    " ",
    "\n",
    "😀",
    "\\cmd.exe",
    "11",
    "0xb",
    "[",
    "{",
    "`@",
];

/// A piece of a text or a pattern.
pub(crate) fn piece(random: &mut Random) -> String {
    if random.chance(8) { random.letter() } else { (*random.pick(&PIECES)).to_owned() }
}

pub(crate) fn text(random: &mut Random) -> String {
    let pieces = random.below(6);
    (0..pieces).map(|_| piece(random)).collect()
}

/// A text that may be read as a number.
pub(crate) fn number_text(random: &mut Random) -> String {
    (*random.pick(&["11", "0xb", "-3", "2.5", "x", "", "12", "443"])).to_owned()
}

pub(crate) const HOSTS: [&str; 5] = ["10.0.0.1", "10.0.0.2", "192.0.2.77", "2001:db8::1", "::1"];

pub(crate) fn host(random: &mut Random) -> IpAddr {
    random.pick(&HOSTS).parse().expect("an address")
}
