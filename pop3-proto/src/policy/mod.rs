//! What a server remembers from one session to the next: delays after failed logins, delays between logins,
//! and addresses for POP-before-SMTP.
//!
//! Each of these types is one value for a whole server, which you protect with a lock. None of them knows
//! about sessions, reads a clock or uses unlimited memory: you pass in the time and the size.
//!
//! * [`Throttle`] makes guessing passwords slow: after a failed login, that network has to wait before it may
//!   try that user again, longer each time. The user can still log in from other networks at once as long as
//!   no more than 10 attempts for that user have failed, and other users from that network as long as
//!   attempts for no more than 100 users have failed there.
//! * [`LoginDelays`] enforces what LOGIN-DELAY announces (RFC 2449 section 6.5). Before the login,
//!   [`Config::login_delay`](crate::server::Config::login_delay) announces the largest delay of all users;
//!   after it, [`Server::set_login_delay`](crate::server::Server::set_login_delay) announces the user's own.
//!   EXPIRE is announced in the same two steps; keeping its promise is up to you.
//! * [`RelayWindow`] is for POP-before-SMTP: an address from which a user has just logged in may send mail
//!   for a while.
//!
//! You choose the keys: an address, a network, a user name, or a hash of one. If there is no room for a new
//! entry, the one that expires first is removed.
//!
//! ```
//! use core::time::Duration;
//! use pop3_proto::{Time, policy::LoginDelays};
//!
//! let mut delays = LoginDelays::new(10_000); // room for 10,000 users
//! let minute = Duration::from_secs(60);
//! assert_eq!(delays.login("tim", minute, Time::ZERO), Ok(()));
//! // A second login 5 s later is refused. The error says when the next one is allowed.
//! assert_eq!(delays.login("tim", minute, Time::from_millis(5_000)), Err(Time::from_millis(60_000)));
//! ```

mod expiring;
mod login_delay;
mod relay;
mod throttle;

pub use login_delay::LoginDelays;
pub use relay::RelayWindow;
pub use throttle::{Claim, Throttle};
