//! The client's login: it decides which step comes next, from capabilities, TLS, credentials and policy.
//!
//! [`Login::advance`] sends the next command, and [`Login::handle_event`] takes every event of the session,
//! until `advance` says that the login is over: [`Progress::LoggedIn`], or [`Progress::Failed`] with a
//! [`Failure`] that says who has to act and whether another attempt makes sense. If the [`Policy`] requires
//! TLS, the client sends only CAPA and STLS until the connection is inside TLS. If the policy does not
//! require TLS, the client may send a name and a CRAM-MD5 or SCRAM proof without TLS. Even then it sends a
//! password without TLS only if the policy allows that explicitly, and a token never.
//!
//! ```
//! use pop3_proto::client::{Client, Event, Profile};
//! use pop3_proto::login::{Login, Policy, Progress};
//! use pop3_proto::sasl::{Channel, client::Credentials};
//! use pop3_proto::{Secret, Security};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let credentials = Credentials::password("tim", Secret::new(b"tanstaaf"));
//! let channel = Channel::new("mail.example.com"); // set `nonce` for SCRAM: new, from a random source
//! let mut login = Login::new(credentials, channel, Policy::DEFAULT, [0; 1200]);
//! let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
//!
//! // What the server will send; a program reads it from its connection.
//! let mut window = &b"+OK hello\r\n+OK\r\nUSER\r\nSASL PLAIN\r\n.\r\n\
//!     +OK welcome\r\n+OK\r\nTOP\r\nUIDL\r\n.\r\n"[..];
//! let mut out = Vec::new();
//! loop {
//!     match login.advance(&mut client, &mut out)? {
//!         Progress::Pending => match client.receive(&mut window)? {
//!             // A program flushes `out` and reads from its connection here.
//!             Event::NeedInput => return Err(login.end_of_input().into()),
//!             event => login.handle_event(&event),
//!         },
//!         Progress::StartTls => unreachable!("this connection is inside TLS"), // see `Login::set_channel`
//!         Progress::LoggedIn => break,
//!         Progress::Failed(failure) => return Err(failure.into()),
//!     }
//! }
//! assert_eq!(out, b"CAPA\r\nAUTH PLAIN AHRpbQB0YW5zdGFhZg==\r\nCAPA\r\n");
//! assert!(client.capabilities().uidl());
//! # Ok(())
//! # }
//! ```

mod advance;
mod choose;
mod ended;
mod failure;
mod handle_event;
mod method;
mod own;
mod planner;
mod policy;
mod refused;

pub use crate::client::RefusalKind;
pub use failure::{Failure, Reason, Retry, Step};
pub use method::{Method, Methods};
pub use own::NoEngine;
pub use planner::{Login, Progress};
pub use policy::{Learned, Policy, ServerNotes, Tls};
