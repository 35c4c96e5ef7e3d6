//! The server's side: a session and the maildrop of whoever is logged in, one value.

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

/// The dialogue alone: for gateways, proxies, and servers that keep no list of messages.
pub mod session {
    pub use crate::session::{Event, Session};
}
