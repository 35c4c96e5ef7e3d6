//! The server's side of the dialogue: `Session`, its events, tickets and answers.
//!
//! This module is private; [`server`](crate::server) exports what embedders see. A line passes through four
//! files in order: `advance` finds it; `dispatch` refuses it, answers it or leaves it for the embedder;
//! `emit` makes an event and a ticket of it; `answers` writes what the embedder decides.

mod advance;
mod answers;
mod apop_timestamp;
mod begin;
mod body;
mod calls;
mod capabilities;
mod config;
mod credentials;
mod dialogue;
mod dispatch;
mod emit;
mod event;
mod handover;
mod identity;
pub mod kind;
mod lines;
mod listing;
mod mechanism_list;
mod mistakes;
mod name;
mod next;
mod other_protocol;
mod phrase;
mod reason;
mod say;
mod state;
mod table;
mod ticket;
mod turn;
mod words;

pub use apop_timestamp::ApopTimestampBuf;
pub use body::{Body, Fill};
pub use config::Config;
pub use credentials::Credentials;
pub use dialogue::Dialogue;
pub(crate) use dialogue::Inside;
pub(crate) use emit::without_end;
pub use event::Event;
pub use handover::Handover;
pub use listing::Listing;
pub use mechanism_list::MechanismList;
pub(crate) use next::Next;
pub use phrase::Phrase;
pub use reason::{Need, Reason};
pub use state::Session;
pub use table::{Legality, Phase, legality};
pub use ticket::Ticket;
pub use words::{Domain, Words};
