//! A user who was here a moment ago is asked to come back later (RFC 2449 sections 6.5 and 8.1.1).

use core::time::Duration;

use super::expiring::Expiring;
use crate::time::Time;

/// When each user may log in again.
#[derive(Clone, Debug)]
pub struct LoginDelays<K> {
    busy: Expiring<K, ()>,
}

impl<K: Ord + Clone> LoginDelays<K> {
    /// For at most `users` users at a time.
    #[must_use]
    pub const fn new(users: usize) -> Self {
        Self { busy: Expiring::new(users) }
    }

    /// From when on the user may log in again, if that is to come: ask before you open a large maildrop for nothing.
    #[must_use]
    pub fn until(&self, user: &K, now: Time) -> Option<Time> {
        self.busy.get(user, now).map(|(end, ())| end)
    }

    /// Notes a login whose credentials are right, by a user whose logins must lie `delay` apart.
    ///
    /// # Errors
    ///
    /// The moment from which the user may log in, if that is to come: refuse with
    /// [`Code::LoginDelay`](crate::Code::LoginDelay). A refused login does not prolong the delay.
    pub fn login(&mut self, user: K, delay: Duration, now: Time) -> Result<(), Time> {
        match self.busy.get(&user, now) {
            Some((end, ())) => Err(end),
            None => {
                self.busy.insert(user, (), now.after(delay), now);
                Ok(())
            }
        }
    }
}
