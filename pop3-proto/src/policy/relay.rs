//! `RelayWindow`: POP-before-SMTP, which lets a client that has just fetched mail send some.

use core::time::Duration;

use super::expiring::Expiring;
use crate::time::Time;

/// The addresses whose users logged in a short while ago.
///
/// A mail server that cannot authenticate its senders asks here, or reads a table made from
/// [`iter`](Self::iter). An address is weak evidence of who the user is, so keep the window short, and prefer
/// SMTP AUTH.
///
/// ```
/// use core::{net::{IpAddr, Ipv4Addr}, time::Duration};
/// use pop3_proto::{Time, policy::RelayWindow};
/// let mut window = RelayWindow::new(10_000, Duration::from_secs(30 * 60));
/// let client = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
/// window.open(client, Time::ZERO);
/// assert!(window.allows(&client, Time::from_millis(1_799_999)));
/// assert!(!window.allows(&client, Time::from_millis(1_800_000)));
/// ```
#[derive(Clone, Debug)]
pub struct RelayWindow<K> {
    window: Duration,
    open: Expiring<K, ()>,
}

impl<K: Ord + Clone> RelayWindow<K> {
    /// Creates a table for at most `addresses` addresses at a time. Each is permitted for `window` after its
    /// last login.
    #[must_use]
    pub const fn new(addresses: usize, window: Duration) -> Self {
        Self { window, open: Expiring::new(addresses) }
    }

    /// Records a login from that address.
    pub fn open(&mut self, address: K, now: Time) {
        let end = now.after(self.window);
        self.open.insert(address, (), end, now);
    }

    /// Whether the address may relay mail.
    #[must_use]
    pub fn allows(&self, address: &K, now: Time) -> bool {
        self.open.get(address, now).is_some()
    }

    /// Withdraws the permission.
    pub fn close(&mut self, address: &K) {
        self.open.remove(address);
    }

    /// The addresses that may relay mail, in order, and until when.
    pub fn iter(&self, now: Time) -> impl Iterator<Item = (&K, Time)> {
        self.open.iter(now)
    }
}
