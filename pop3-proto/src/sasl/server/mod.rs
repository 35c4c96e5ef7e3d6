//! The server's side of each mechanism: [`Exchange`], its questions and answers, and the trait [`Engine`].
//!
//! ```
//! use pop3_proto::Base64;
//! use pop3_proto::limits::SASL_MEMORY_SMALL;
//! use pop3_proto::sasl::{Channel, server::{Answer, Engine, Exchange, Step}};
//!
//! // In a session, `mechanism` and `initial` come from `Event::Auth`, and the responses from
//! // `Event::SaslResponse`. Pass a challenge to `Ticket::challenge`, accept with `Ticket::accept` on `Done`,
//! // and refuse everything else with `Ticket::err`.
//! let mut exchange = Exchange::new([0; SASL_MEMORY_SMALL]);
//! exchange.start(b"PLAIN", &Channel::new("mail.example.com")).expect("PLAIN needs nothing of the channel");
//! let mut step = exchange.step(Base64::new(b"AHRpbQB0YW5zdGFhZnRhbnN0YWFm"));
//! let name = loop {
//!     let answer = match step {
//!         Step::CheckPassword { name, password } => {
//!             // A real server stores a hash of the password and compares that.
//!             Answer::Password(name == "tim" && password.expose() == b"tanstaaftanstaaf")
//!         }
//!         Step::Done { name } => break name,
//!         // Also refuses steps that this code does not know, so that nobody logs in through one of them.
//!         _ => panic!("refused"),
//!     };
//!     step = exchange.answer(answer);
//! };
//! assert_eq!(name, "tim");
//! ```

mod action;
mod anonymous;
mod bearer;
mod cause;
#[cfg(feature = "cram-md5")]
mod cram_md5;
mod exchange;
mod external;
mod login;
mod plain;
#[cfg(feature = "scram")]
mod scram;
mod step;

pub use cause::Cause;
pub use exchange::Exchange;
pub use step::{Answer, Engine, Step};
