//! Floor 5: what a server remembers from one session to the next. Pure state; time is an argument, memory is bounded.
//!
//! Each of these is one value for a whole server, after a lock of yours, and knows nothing of sessions:
//!
//! * [`Throttle`] makes guessing slow: who fails to log in waits, longer each time.
//! * [`LoginDelays`] keeps what LOGIN-DELAY announces (RFC 2449 section 6.5). The largest delay of any user is announced before
//!   the login by [`Config::login_delay`](crate::server::Config::login_delay), the user's own after it by
//!   [`Server::set_login_delay`](crate::server::Server::set_login_delay); EXPIRE works the same way.
//! * [`RelayWindow`] is POP-before-SMTP: an address whose user has just logged in may send mail for a while.
//!
//! Keys are yours: an address, a network, a user name, or a hash of one. What does not fit displaces what ends first.

mod expiring;
mod login_delay;
mod relay;
mod throttle;

pub use login_delay::LoginDelays;
pub use relay::RelayWindow;
pub use throttle::Throttle;
