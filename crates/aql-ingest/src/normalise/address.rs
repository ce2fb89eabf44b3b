//! Addresses, protocols, directions, and the weights worked out from them.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use aql_catalog::Catalog;

/// Stands for the sender of an event in a file, where no packet tells (event model, 4.2).
pub(crate) const UNKNOWN_SENDER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// `protocolid` when nothing is known; PROTOCOLNAME prints `Reserved`.
pub(crate) const UNKNOWN_PROTOCOL: i64 = 255;

/// Where an event goes from and to, as seen from the local networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Local to local.
    L2L,
    /// Local to remote.
    L2R,
    /// Remote to local.
    R2L,
    /// Remote to remote.
    R2R,
}

impl Direction {
    /// The direction between two addresses.
    pub(crate) fn of(source: IpAddr, destination: IpAddr) -> Self {
        match (is_local(source), is_local(destination)) {
            (true, true) => Direction::L2L,
            (true, false) => Direction::L2R,
            (false, true) => Direction::R2L,
            (false, false) => Direction::R2R,
        }
    }

    /// The direction of a name, in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let all = [Direction::L2L, Direction::L2R, Direction::R2L, Direction::R2R];
        all.into_iter().find(|direction| name.trim().eq_ignore_ascii_case(direction.name()))
    }

    /// `eventdirection`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Direction::L2L => "L2L",
            Direction::L2R => "L2R",
            Direction::R2L => "R2L",
            Direction::R2R => "R2R",
        }
    }

    /// `relevance`: 5, 6 and 1 were seen on an appliance (event model, 4.3); R2L is taken to weigh
    /// as L2R, since one side is local in both.
    pub(crate) fn relevance(self) -> i64 {
        match self {
            Direction::L2L => 5,
            Direction::L2R | Direction::R2L => 6,
            Direction::R2R => 1,
        }
    }
}

/// Is the address in the default list of local networks: RFC 1918, loopback, link local, fc00::/7?
fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified()
        }
        IpAddr::V6(v6) => {
            let first = v6.segments().first().copied().unwrap_or(0);
            v6.is_loopback()
                || v6.is_unspecified()
                || first & 0xfe00 == 0xfc00
                || first & 0xffc0 == 0xfe80
        }
    }
}

/// `magnitude`: half relevance, three tenths severity, two tenths credibility, a half rounded to
/// the even neighbour. The weights are lore; they fit the captured samples (event model, 4.3).
pub(crate) fn magnitude(relevance: i64, severity: i64, credibility: i64) -> i64 {
    let tenths = 5 * relevance + 3 * severity + 2 * credibility;
    let (whole, rest) = (tenths.div_euclid(10), tenths.rem_euclid(10));
    match rest {
        0..5 => whole,
        5 => whole + whole.rem_euclid(2),
        _ => whole + 1,
    }
}

/// An IPv6 address of zeros.
const NO_V6: &str = "::";

/// The value of an IPv6 column: the address if it is one of that kind, else all zeros.
pub(crate) fn v6_text(address: IpAddr) -> Cow<'static, str> {
    match address {
        IpAddr::V6(v6) => v6.to_string().into(),
        IpAddr::V4(_) => NO_V6.into(),
    }
}

/// The number of a protocol given by number or name.
pub(crate) fn protocol_number(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<u8>() {
        return Some(i64::from(number));
    }
    match text {
        t if t.eq_ignore_ascii_case("tcp") || t.eq_ignore_ascii_case("tcpv4") => Some(6),
        t if t.eq_ignore_ascii_case("tcpv6") => Some(6),
        t if t.eq_ignore_ascii_case("udp") => Some(17),
        t if t.eq_ignore_ascii_case("icmp") => Some(1),
        _ => {
            let catalog = Catalog::get();
            (0..UNKNOWN_PROTOCOL)
                .find(|&n| catalog.protocol_name(n).is_some_and(|p| p.eq_ignore_ascii_case(text)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Direction, magnitude, protocol_number};

    #[test]
    fn magnitudes_of_captured_events() {
        // `em_magnitude_samples.csv`: relevance, severity, credibility, magnitude.
        for (relevance, severity, credibility, expected) in
            [(1, 2, 10, 3), (6, 4, 5, 5), (6, 6, 10, 7), (6, 5, 10, 6), (5, 2, 5, 4)]
        {
            assert_eq!(magnitude(relevance, severity, credibility), expected);
        }
    }

    #[test]
    fn directions() {
        let of = |a: &str, b: &str| Direction::of(a.parse().unwrap(), b.parse().unwrap()).name();
        assert_eq!(of("10.0.0.1", "172.31.0.1"), "L2L");
        assert_eq!(of("fe80::1", "40.99.1.1"), "L2R");
        assert_eq!(of("2001:db8::1", "fd00::1"), "R2L");
        assert_eq!(of("192.0.2.1", "2001:db8::1"), "R2R");
    }

    #[test]
    fn protocols() {
        assert_eq!(protocol_number("TCP"), Some(6));
        assert_eq!(protocol_number("17"), Some(17));
        assert_eq!(protocol_number("no such"), None);
    }
}
