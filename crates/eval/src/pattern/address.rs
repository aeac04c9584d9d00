//! Addresses, and blocks of them, as Event Ruler reads them.

use std::net::Ipv6Addr;

/// An address; one of version 4 within version 6 is of version 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    V4(u32),
    V6(u128),
}

impl Address {
    /// Reads one; `None` when it is none.
    pub(super) fn of(text: &str) -> Option<Self> {
        if let Some(bits) = v4(text) {
            return Some(Self::V4(bits));
        }
        if !text.bytes().all(|it| it.is_ascii_hexdigit() || it == b':') {
            return None;
        }
        let address: Ipv6Addr = text.parse().ok()?;
        Some(match address.to_ipv4_mapped() {
            Some(within) => Self::V4(within.to_bits()),
            None => Self::V6(address.to_bits()),
        })
    }
}

/// Zeros in front are allowed, and do not make a number octal.
fn v4(text: &str) -> Option<u32> {
    let parts: Vec<&str> = text.split('.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|it| it.is_ascii_digit());
    if parts.len() != 4 || !parts.iter().all(is_number) {
        return None;
    }
    parts.iter().try_fold(0, |bits, part| {
        Some(bits << 8 | u32::from(part.parse::<u8>().ok()?))
    })
}

/// What `cidr` asks for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Block {
    V4(u32, u32),
    V6(u128, u128),
}

impl Block {
    /// `10.0.0.0/24`. From the address as it is written, even within the block, to the block's last.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let bits: u32 = bits.parse().ok()?;
        match Address::of(address)? {
            Address::V4(from) if bits < 32 => Some(Self::V4(from, from | (u32::MAX >> bits))),
            Address::V6(from) if bits < 128 => Some(Self::V6(from, from | (u128::MAX >> bits))),
            _ => None,
        }
    }

    /// Whether an address is in it.
    pub(super) fn has(self, address: Address) -> bool {
        match (self, address) {
            (Self::V4(from, to), Address::V4(it)) => (from..=to).contains(&it),
            (Self::V6(from, to), Address::V6(it)) => (from..=to).contains(&it),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_goes_from_the_address_as_it_is_written_to_the_last() {
        for (block, first, last, beyond) in [
            ("10.0.0.5/24", "10.0.0.5", "10.0.0.255", "10.0.0.4"),
            (
                "2001:db8::5/112",
                "2001:db8::5",
                "2001:db8::ffff",
                "2001:db8::4",
            ),
        ] {
            let has = |it| Block::of(block).unwrap().has(Address::of(it).unwrap());
            assert!(has(first) && has(last) && !has(beyond), "{block}");
        }
    }

    #[test]
    fn a_number_with_a_sign_is_none() {
        assert!(Address::of("10.0.0.5").is_some() && Address::of("10.0.0.05").is_some());
        for wrong in ["10.0.0.+5", "10.0.0.", "10.0.0", "10.0.0.256"] {
            assert!(Address::of(wrong).is_none(), "{wrong}");
        }
    }
}
