//! The client's side of the dialogue: [`Client`] sends commands and reads the replies.
//!
//! # The loop
//!
//! [`Client::send`] appends a command to the output and returns its [`Id`]; [`Client::receive`] takes the
//! window and returns the next [`Event`]. A one-line reply comes as one [`Part`]. A listing or a message
//! comes as [`Part::Begin`], then its items or bytes, then [`Part::End`]. Nothing is collected, so a message
//! of any size passes in constant memory.
//!
//! ```
//! use pop3_proto::client::{Client, Event, Part, Profile};
//! use pop3_proto::{Command, MsgNo, Security};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
//! let (mut out, mut mail) = (Vec::new(), Vec::new());
//!
//! // What the server will send; a program reads it from its connection.
//! let mut window = &b"+OK ready\r\n+OK 11 octets\r\nHi\r\n..dot\r\n.\r\n"[..];
//! loop {
//!     match client.receive(&mut window)? {
//!         Event::Greeting(_) => {
//!             client.send(&Command::Retr(MsgNo::FIRST), &mut out)?;
//!             assert_eq!(out, b"RETR 1\r\n");
//!         }
//!         Event::Reply { part: Part::Data(octets), .. } => mail.extend_from_slice(octets),
//!         Event::Reply { part: Part::End, .. } => break,
//!         Event::Reply { part: Part::Err(refusal), .. } => return Err(refusal.text.to_string().into()),
//!         // A program flushes `out` and reads from its connection here.
//!         Event::NeedInput => return client.end_of_input().map_err(Into::into),
//!         _ => {}
//!     }
//! }
//! assert_eq!(mail, b"Hi\r\n.dot\r\n");
//! # Ok(())
//! # }
//! ```

mod body;
mod calls;
mod capabilities;
mod error;
mod event;
mod exchange;
mod handover;
mod listing;
mod noted;
mod profile;
mod queue;
mod reader;
mod refusal;
mod send;
mod settings;
mod status;
mod tally;

pub use calls::Client;
pub use capabilities::{Capabilities, Knowledge};
pub use error::{ProtocolError, SendError};
pub use event::{Event, Id, Need, Part, Refusal};
pub use handover::Handover;
pub use profile::Profile;
pub use refusal::RefusalKind;
#[cfg(feature = "sasl")]
pub(crate) use refusal::{speaks_of_an_account, speaks_of_the_command};
