//! The client's side of each mechanism: [`Exchange`], [`Credentials`] and the trait [`Engine`].
//!
//! ```
//! use pop3_proto::{Base64, Secret};
//! use pop3_proto::sasl::{Channel, client::{Credentials, Engine, Exchange, Step}};
//!
//! // In a session, pass `initial` to `Client::auth` if the line has room for it, `Part::Challenge` to
//! // `step`, `Step::Respond` to `Client::respond`, and `Step::Cancel` to `Client::cancel`. After `+OK`,
//! // trust the login only if `is_proved` says so. The module `login` does all of that.
//! let credentials = Credentials::password("tim", Secret::new(b"tanstaaftanstaaf"));
//! let channel = Channel::new("mail.example.com");
//! let mut exchange = Exchange::new(credentials, channel, [0; 1024]);
//! exchange.start("CRAM-MD5", false).expect("name and password are enough");
//! assert_eq!(exchange.initial(), None); // here the server speaks first
//! # #[cfg(feature = "cram-md5")]
//! let challenge = Base64::new(b"PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+").unwrap();
//! # #[cfg(feature = "cram-md5")]
//! match exchange.step(challenge) {
//!     Step::Respond(response) => assert_eq!(response, b"tim b913a602c7eda7a495b4e6e7334d3890"),
//!     _ => panic!("do not trust this server"),
//! }
//! assert!(exchange.is_proved());
//! ```

mod bearer;
#[cfg(feature = "cram-md5")]
mod cram_md5;
mod credentials;
mod exchange;
mod halt;
mod plain;
mod running;
#[cfg(feature = "scram")]
mod scram;
mod scram_limits;
mod step;

pub use credentials::Credentials;
pub use exchange::Exchange;
pub use scram_limits::{MAX_ITERATIONS, OutOfLimits, ScramLimits};
pub use step::{Engine, Step};
