//! The server's side: [`Server`] is a session together with the maildrop of the user who is logged in.
//!
//! ```
//! use pop3_proto::server::{Config, Credentials, Event, Index, Server};
//! use pop3_proto::{Code, MsgNo, Security, Time, Uid};
//!
//! /// The user's messages: here a single one, which takes 4 octets on the wire.
//! struct Mail;
//!
//! impl Index for Mail {
//!     fn len(&self) -> u32 {
//!         1
//!     }
//!     fn octets(&self, _: MsgNo) -> u64 {
//!         4
//!     }
//!     fn uid(&self, _: MsgNo) -> Uid<'_> {
//!         Uid::new(b"id-1").expect("visible ASCII")
//!     }
//! }
//!
//! let config = Config::new();
//! let mut server = Server::new(&config, Security::Tls);
//! // What the client will send; a program reads it from its connection.
//! let mut window = &b"USER ann\r\nPASS secret\r\nSTAT\r\nRETR 1\r\nQUIT\r\n"[..];
//! let mut out = Vec::new();
//! loop {
//!     match server.receive(Time::ZERO, &mut window, &mut out) {
//!         Event::Login { credentials: Credentials::Password(password), reply } => {
//!             if server.user() == Some(&b"ann"[..]) && password.expose() == b"secret" {
//!                 reply.accept(&mut server, &mut out, Mail, "welcome");
//!             } else {
//!                 reply.err(&mut server, &mut out, Code::Auth, "wrong name or password");
//!             }
//!         }
//!         Event::Retr { reply, .. } => reply.send_all(&mut server, &mut out, "message follows", b"hi\n"),
//!         Event::Quit { reply } => reply.ok(&mut server, &mut out, "bye"),
//!         // A program flushes `out`, and at `NeedInput` it then reads from its connection.
//!         Event::NeedInput | Event::Closed(_) => break,
//!         // The next call answers an unused ticket with `-ERR`.
//!         _ => {}
//!     }
//! }
//! assert!(out.ends_with(b"+OK 1 4\r\n+OK message follows\r\nhi\r\n.\r\n+OK bye\r\n"));
//! ```

mod accept;
mod answer;
mod calls;
mod drop;
mod emit;
mod event;
mod index;
mod listing;
mod marks;
mod open;

pub use crate::session::{
    ApopTimestampBuf, Body, Config, Credentials, Dialogue, Domain, Fill, Handover, Legality, Listing,
    MechanismList, Need, Phase, Phrase, Reason, Ticket, Words, kind, legality,
};
pub use accept::TooFewMarks;
pub use calls::Server;
pub use event::Event;
pub use index::Index;

/// The dialogue without a maildrop: for gateways, proxies, and servers that keep no list of messages.
///
/// ```
/// use pop3_proto::server::Config;
/// use pop3_proto::server::session::{Event, Session};
/// use pop3_proto::{Security, Stat, Time};
///
/// let config = Config::new();
/// let mut session = Session::new(&config, Security::Tls);
/// let mut window = &b"USER ann\r\nPASS secret\r\nSTAT\r\n"[..];
/// let mut out = Vec::new();
/// loop {
///     match session.receive(Time::ZERO, &mut window, &mut out) {
///         // A gateway asks another server for the answers.
///         Event::Login { reply, .. } => reply.accept(&mut session, &mut out, "welcome"),
///         Event::Stat { reply } => reply.ok(&mut session, &mut out, Stat { count: 1, octets: 320 }),
///         _ => break,
///     }
/// }
/// assert!(out.ends_with(b"+OK welcome\r\n+OK 1 320\r\n"));
/// ```
pub mod session {
    pub use crate::session::{Event, Session};
}
