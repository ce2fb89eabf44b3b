//! Addresses as bytes that sort as addresses do: by family, then by number.
//!
//! Between operators an address is its canonical text, whose order is not that of addresses
//! (`10.0.0.10` would come before `10.0.0.9`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use aql_event::canonical_host;
use arrow_array::builder::{BinaryBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef};

/// Addresses as sort keys; what is no address is null.
pub(crate) fn to_keys(text: &ArrayRef) -> ArrayRef {
    let mut keys = BinaryBuilder::with_capacity(text.len(), text.len() * 5);
    if let Some(text) = text.as_string_opt::<i32>() {
        for value in text {
            match value.and_then(canonical_host) {
                Some(IpAddr::V4(v4)) => {
                    let [a, b, c, d] = v4.octets();
                    keys.append_value([4, a, b, c, d]);
                }
                Some(IpAddr::V6(v6)) => {
                    let mut key = [6; 17];
                    key[1..].copy_from_slice(&v6.octets());
                    keys.append_value(key);
                }
                None => keys.append_null(),
            }
        }
    } else {
        keys.append_nulls(text.len());
    }
    Arc::new(keys.finish())
}

/// Sort keys as canonical text again.
pub(crate) fn from_keys(keys: &ArrayRef) -> ArrayRef {
    let mut text = StringBuilder::new();
    if let Some(keys) = keys.as_binary_opt::<i32>() {
        for key in keys {
            match key.and_then(address) {
                Some(address) => text.append_value(address.to_string()),
                None => text.append_null(),
            }
        }
    } else {
        text.append_nulls(keys.len());
    }
    Arc::new(text.finish())
}

fn address(key: &[u8]) -> Option<IpAddr> {
    let bytes = key.get(1..)?;
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        Some(Ipv4Addr::from(v4).into())
    } else {
        <[u8; 16]>::try_from(bytes).ok().map(|v6| Ipv6Addr::from(v6).into())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::cast::AsArray;
    use arrow_array::{ArrayRef, StringArray};

    use super::{from_keys, to_keys};

    #[test]
    fn keys_sort_by_family_then_number() {
        let texts = ["9.0.0.1", "10.0.0.9", "10.0.0.10", "::1", "2001:db8::1"];
        let column: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
        let keys = to_keys(&column);
        let bytes: Vec<_> = keys.as_binary::<i32>().iter().flatten().collect();
        assert!(bytes.is_sorted(), "{bytes:?}");
        assert_eq!(&from_keys(&keys), &column);
    }
}
