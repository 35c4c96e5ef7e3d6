//! The places: how many connections there may be at once, of an address and of a user, and who has to leave when
//! there are no more.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::settings::Limits;

/// How long a connection that was asked to leave may take before the next one is asked.
const MOMENT: Duration = Duration::from_millis(100);

pub(crate) struct Guard {
    places: usize,
    per_address: usize,
    per_user: usize,
    taken: Mutex<Taken>,
    /// Told of each place that is free again.
    freed: Notify,
}

#[derive(Default)]
struct Taken {
    count: usize,
    /// How many connections there were.
    serial: u64,
    open: HashMap<IpAddr, usize>,
    /// How many connections each user has, and which user each of them is.
    of_users: HashMap<String, usize>,
    users: HashMap<u64, String>,
    /// Those that are not logged in, or only as guests, the oldest first.
    strangers: BTreeMap<u64, Stranger>,
}

struct Stranger {
    network: IpAddr,
    leave: Arc<Notify>,
}

/// The place of one connection. Dropping it frees the place.
pub(crate) struct Place {
    guard: Arc<Guard>,
    serial: u64,
    /// The network that it counts for, once that is known.
    network: Option<IpAddr>,
    leave: Arc<Notify>,
}

impl Guard {
    pub(crate) fn new(limits: &Limits) -> Arc<Self> {
        let (places, per_address, per_user) = (limits.connections, limits.per_address, limits.per_user);
        Arc::new(Self { places, per_address, per_user, taken: Mutex::default(), freed: Notify::new() })
    }

    /// A place for a connection from there. If all are taken, asks the oldest connection that is not logged in to
    /// leave, of the network that has the most of them; if all are logged in, waits until one ends.
    ///
    /// `None` if the address is a client's and has as many connections as it may have: nobody leaves for such
    /// a one.
    pub(crate) async fn place(self: &Arc<Self>, address: IpAddr, is_client: bool) -> Option<Place> {
        loop {
            let freed = self.freed.notified();
            if is_client && self.taken().of(network(address)) >= self.per_address {
                return None;
            }
            if let Some(mut place) = self.take(network(address)) {
                // Two listeners may have taken the last places of the address at once.
                return (!is_client || place.count_for(address)).then_some(place);
            }
            freed.await;
        }
    }

    fn take(self: &Arc<Self>, network: IpAddr) -> Option<Place> {
        let mut taken = self.taken();
        if taken.count >= self.places {
            taken.dismiss();
            return None;
        }
        taken.count += 1;
        taken.serial += 1;
        let (serial, leave) = (taken.serial, Arc::new(Notify::new()));
        taken.strangers.insert(serial, Stranger { network, leave: leave.clone() });
        Some(Place { guard: self.clone(), serial, network: None, leave })
    }

    /// Asks one that is not logged in to leave, because there is no descriptor left for the next connection. Waits
    /// until a place is free, or for a moment.
    pub(crate) async fn make_room(&self) {
        let freed = self.freed.notified();
        self.taken().dismiss();
        let _ = timeout(MOMENT, freed).await;
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn of(&self, network: IpAddr) -> usize {
        self.open.get(&network).copied().unwrap_or_default()
    }

    fn forget_user(&mut self, serial: u64) {
        if let Some(user) = self.users.remove(&serial)
            && let Some(count) = self.of_users.get_mut(&user)
        {
            *count -= 1;
            if *count == 0 {
                self.of_users.remove(&user);
            }
        }
    }

    /// Asks one to leave. It does not count as a stranger any more, so the next call asks another one.
    fn dismiss(&mut self) {
        let mut crowds = HashMap::<IpAddr, usize>::new();
        for stranger in self.strangers.values() {
            *crowds.entry(stranger.network).or_default() += 1;
        }
        let most = crowds.values().copied().max().unwrap_or_default();
        let oldest = self.strangers.iter().find(|(_, one)| crowds.get(&one.network) == Some(&most));
        if let Some(stranger) =
            oldest.map(|(serial, _)| *serial).and_then(|serial| self.strangers.remove(&serial))
        {
            stranger.leave.notify_one();
        }
    }
}

impl Place {
    /// Counts the connection for the client's address, as a proxy tells it. `false` if that has as many connections as it may have.
    pub(crate) fn count_for(&mut self, address: IpAddr) -> bool {
        let network = network(address);
        let mut taken = self.guard.taken();
        let count = taken.open.entry(network).or_default();
        if *count >= self.guard.per_address {
            return false;
        }
        *count += 1;
        self.network = Some(network);
        if let Some(stranger) = taken.strangers.get_mut(&self.serial) {
            stranger.network = network;
        }
        true
    }

    /// Counts the connection for a user whose credentials were right. `false` if that has as many as it may have.
    pub(crate) fn belongs_to(&self, user: &str) -> bool {
        let mut taken = self.guard.taken();
        taken.forget_user(self.serial);
        let count = taken.of_users.entry(user.to_owned()).or_default();
        if *count >= self.guard.per_user {
            return false;
        }
        *count += 1;
        taken.users.insert(self.serial, user.to_owned());
        true
    }

    /// The user was not let in.
    pub(crate) fn belongs_to_nobody(&self) {
        self.guard.taken().forget_user(self.serial);
    }

    /// The client is logged in as a user, so it is not asked to leave.
    pub(crate) fn keep(&self) {
        self.guard.taken().strangers.remove(&self.serial);
    }

    /// Waits until the connection is asked to leave.
    pub(crate) async fn has_to_leave(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.guard.taken();
        taken.count -= 1;
        taken.strangers.remove(&self.serial);
        taken.forget_user(self.serial);
        if let Some(network) = self.network
            && let Some(count) = taken.open.get_mut(&network)
        {
            *count -= 1;
            if *count == 0 {
                taken.open.remove(&network);
            }
        }
        drop(taken);
        self.guard.freed.notify_waiters();
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
