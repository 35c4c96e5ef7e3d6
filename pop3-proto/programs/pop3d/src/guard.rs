//! Limits how many connections one address may have.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) struct Guard {
    per_address: usize,
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// The place of one connection. Dropping it frees the place.
pub(crate) struct Place(Arc<Guard>, IpAddr);

impl Guard {
    pub(crate) fn new(per_address: usize) -> Arc<Self> {
        Arc::new(Self { per_address, open: Mutex::default() })
    }

    /// `None` if the address has as many connections as it may have.
    pub(crate) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let network = network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        Some(Place(self.clone(), network))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.1);
            }
        }
    }
}

/// The network that counts as one address: for IPv6 a /64, because whoever has one of its addresses can use
/// all of them.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        address => address,
    }
}
