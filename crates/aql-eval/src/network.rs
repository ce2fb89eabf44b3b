//! Networks: addresses with the same first bits, and values by network.

use std::net::IpAddr;

use aql_event::canonical_host;
use rustc_hash::FxHashMap;

/// The addresses of one family with the same first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Network {
    v6: bool,
    bits: u128,
    mask: u128,
}

fn number(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(v4) => (false, u32::from(v4).into()),
        IpAddr::V6(v6) => (true, v6.into()),
    }
}

impl Network {
    /// `10.0.0.0/8`, `2001:db8::/32`, or an address alone. Host bits are ignored.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.trim())),
            None => (text, None),
        };
        let address = canonical_host(address)?;
        let width: u32 = if address.is_ipv6() { 128 } else { 32 };
        let length = match length {
            None => width,
            Some(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().ok().filter(|length| *length <= width)?
            }
            Some(_) => return None,
        };
        let mask = u128::MAX.checked_shl(width - length).unwrap_or(0);
        Some(Self::masked(address, mask))
    }

    fn masked(address: IpAddr, mask: u128) -> Self {
        let (v6, bits) = number(address);
        Network { v6, bits: bits & mask, mask }
    }

    pub(crate) fn holds(self, address: IpAddr) -> bool {
        let (v6, bits) = number(address);
        v6 == self.v6 && bits & self.mask == self.bits
    }
}

/// Values by network; an address has the value of the smallest network that holds it.
#[derive(Clone, Debug)]
pub(crate) struct NetworkMap<T> {
    by_network: FxHashMap<Network, T>,
    /// The masks that occur, longest first, by family.
    masks: Vec<(bool, u128)>,
}

impl<T> Default for NetworkMap<T> {
    fn default() -> Self {
        NetworkMap { by_network: FxHashMap::default(), masks: Vec::new() }
    }
}

impl<T: Default> NetworkMap<T> {
    /// The value of a network, entered if it is new.
    pub(crate) fn entry(&mut self, network: Network) -> &mut T {
        let mask = (network.v6, network.mask);
        if let Err(at) =
            self.masks.binary_search_by(|known| mask.1.cmp(&known.1).then(mask.0.cmp(&known.0)))
        {
            self.masks.insert(at, mask);
        }
        self.by_network.entry(network).or_default()
    }
}

impl<T> NetworkMap<T> {
    /// The values of the networks that hold the address, smallest network first.
    pub(crate) fn around(&self, address: IpAddr) -> impl Iterator<Item = &T> {
        let masks = self.masks.iter().filter(move |(v6, _)| *v6 == address.is_ipv6());
        masks.filter_map(move |(_, mask)| self.by_network.get(&Network::masked(address, *mask)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_network.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::{Network, NetworkMap};

    #[test]
    fn bad_networks() {
        for text in ["10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "10.0.0.0/+8", "host", "", "::/129"] {
            assert_eq!(Network::new(text), None, "{text}");
        }
    }

    #[test]
    fn the_smallest_network_comes_first() {
        let mut map: NetworkMap<&str> = NetworkMap::default();
        for text in ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32", "0.0.0.0/0"] {
            *map.entry(Network::new(text).expect("a network")) = text;
        }
        for (address, expected) in [
            ("10.1.2.3", &["10.1.2.3", "10.1.0.0/16", "10.0.0.0/8", "0.0.0.0/0"][..]),
            ("10.1.2.4", &["10.1.0.0/16", "10.0.0.0/8", "0.0.0.0/0"]),
            ("192.0.2.1", &["0.0.0.0/0"]),
            ("2001:db8::1", &["2001:db8::/32"]),
            ("2001:db9::1", &[]),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(map.around(address).copied().collect::<Vec<_>>(), expected, "{address}");
        }
    }
}
