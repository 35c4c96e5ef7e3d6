//! Floor 4, the server's side of the dialogue.
//!
//! # States
//!
//! ```text
//!                +-- USER ok --> name given -- PASS ok --+
//!                |                  | anything else      |
//!  greeting --> AUTHORIZATION <-----+                    +--> TRANSACTION -- QUIT --> UPDATE --> closed
//!                |  ^   |                                |
//!                |  |   +-- APOP ok, AUTH ok ------------+
//!                |  +-- STLS, handshake: a new session without greeting
//!                +-- QUIT --> closed
//! ```
//!
//! Which command is legal in which state is one literal table; see [`legality`].
//!
//! # The loop
//!
//! Call [`Server::receive`] with the window and the output. It answers by itself whatever needs no knowledge of users and
//! messages: the greeting, USER, CAPA, NOOP, and everything that is wrong. The rest comes out as an [`Event`] with a
//! [`Ticket`]: the right to answer, once. Most servers want [`Maildrop`](crate::maildrop::Maildrop) on top, which also
//! answers STAT, LIST, UIDL, DELE and RSET.

mod advance;
mod apop_timestamp;
mod body;
mod capabilities;
mod config;
mod event;
mod handover;
mod judge;
pub mod kind;
mod listing;
mod name;
mod phrase;
mod redeem;
mod session;
mod table;
mod take;
mod ticket;

pub(crate) use advance::Next;
pub use apop_timestamp::ApopTimestampBuf;
pub use body::Body;
pub use config::Config;
pub use event::{Credentials, Event, Need, Reason};
pub use handover::Handover;
pub use listing::Listing;
pub use phrase::Phrase;
pub use session::Server;
pub use table::{Legality, Phase, legality};
pub use ticket::Ticket;
