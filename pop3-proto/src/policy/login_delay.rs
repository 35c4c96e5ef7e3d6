//! `LoginDelays`: asks a user who logged in a moment ago to come back later (RFC 2449 sections 6.5 and
//! 8.1.1).

use core::time::Duration;

use super::expiring::Expiring;
use crate::time::Time;

/// When each user may log in again.
#[derive(Clone, Debug)]
pub struct LoginDelays<K> {
    busy: Expiring<K, ()>,
}

impl<K: Ord + Clone> LoginDelays<K> {
    /// Creates a table for at most `users` users at a time.
    #[must_use]
    pub const fn new(users: usize) -> Self {
        Self { busy: Expiring::new(users) }
    }

    /// The time from which the user may log in again; `None` if that is now. Ask this first, so that you
    /// do not open a large maildrop in vain.
    #[must_use]
    pub fn until(&self, user: &K, now: Time) -> Option<Time> {
        self.busy.get(user, now).map(|(end, ())| end)
    }

    /// Records a login with right credentials, by a user whose logins must be at least `delay` apart.
    ///
    /// # Errors
    ///
    /// If the user may not log in yet, the time from which the user may. Refuse with
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
