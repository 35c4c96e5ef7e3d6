//! A sans-IO POP3 protocol core: bytes in, events out, bytes out.
//!
//! It parses and encodes the whole protocol family (RFC 1939, 2449, 2595, 3206, 5034, 6856, 8314) and runs
//! both ends of the dialogue. It does no I/O, reads no clock, starts no thread and, without features, needs
//! no heap; so it fits into any server, client, device, fuzzer or test.
#![cfg_attr(feature = "std", doc = "The [`guide`] shows how to build each of these.")]
//!
//! # Three rules
//!
//! 1. **You own the bytes.** A session buffers neither input nor output. Show it your unread bytes, the
//!    *window*; it moves the front of your slice past what it used. Events borrow the window, never the session.
//! 2. **One command, one ticket, one answer.** Every command event carries a *ticket*, the right to answer it
//!    once. Its methods are the legal answers. If it is not used, the next call refuses the command.
//! 3. **The session never waits, never reads a clock, and allocates nothing but the deletion marks at
//!    `accept`.** It says what it needs: input, room, an answer, TLS, or to hang up. Time is an argument;
//!    deadlines come out as data.
//!
//! # A server and a client, talking
//!
//! ```
//! use pop3_proto::client::{self, Client, Part, Profile};
//! use pop3_proto::server::{Config, Event, Index, Server};
//! use pop3_proto::{Command, MsgNo, Secret, Security, Time, Uid, dot};
//!
//! // What the server needs of a maildrop: how many messages, their sizes, their unique-ids.
//! struct OneMessage;
//! const MAIL: &[u8] = b"Subject: hi\n\n.dotted\n";
//! impl Index for OneMessage {
//!     fn len(&self) -> u32 { 1 }
//!     fn octets(&self, _: MsgNo) -> u64 { dot::wire_size(MAIL) }
//!     fn uid(&self, _: MsgNo) -> Uid<'_> { Uid::new(b"id-1").unwrap() }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut config = Config::new();
//! config.allow_plaintext_login = true; // this connection is a pair of vectors
//! let mut server = Server::new(&config, Security::Plain);
//! let mut client = Client::new(Profile::STRICT, Security::Plain);
//!
//! let (mut to_server, mut to_client, mut got) = (Vec::new(), Vec::new(), Vec::new());
//! let mut script = [Command::User(b"ann"), Command::Pass(Secret::new(b"pw")), Command::Retr(MsgNo::FIRST), Command::Quit].into_iter();
//! 'session: loop {
//!     // The server takes what came and answers.
//!     let mut window = &to_server[..];
//!     loop {
//!         match server.receive(Time::ZERO, &mut window, &mut to_client) {
//!             Event::NeedInput | Event::NeedOutput | Event::Closed(_) => break, // flush, and read after NeedInput
//!             Event::Login { reply, .. } => reply.accept(&mut server, &mut to_client, OneMessage, "hello"),
//!             Event::Retr { reply, .. } => reply.send_all(&mut server, &mut to_client, "here it is", MAIL),
//!             Event::Quit { reply } => reply.ok(&mut server, &mut to_client, "bye"),
//!             _ => {} // the next call refuses it with -ERR
//!         }
//!     }
//!     to_server.clear();
//!
//!     // The client takes the answers and asks on.
//!     let mut window = &to_client[..];
//!     loop {
//!         match client.receive(&mut window)? {
//!             client::Event::NeedInput => break,
//!             client::Event::Closed => break 'session,
//!             client::Event::Reply { part: Part::Data(bytes), .. } => got.extend_from_slice(bytes),
//!             _ => {}
//!         }
//!     }
//!     to_client.clear();
//!     if client.can_send() {
//!         if let Some(command) = script.next() {
//!             client.send(&command, &mut to_server)?;
//!         }
//!     }
//! }
//! assert_eq!(got, b"Subject: hi\r\n\r\n.dotted\r\n");
//! # Ok(())
//! # }
//! ```
//!
//! # The floors
//!
//! | floor | modules | |
//! | --- | --- | --- |
//! | 6 | `testing` | scripts, a pipe that breaks, and a server in memory, for tests of your own software |
//! | 5 | [`server`] | a whole server: the dialogue and the open maildrop, with every answer that follows from them |
//! | 5 | `login` | the client's way in: TLS, method, and what a refusal means |
//! | 5 | `fetch` | the client's download: what is new, what to delete, what is certain after a broken session |
//! | 5 | `url`, `discover` | POP URLs; from a mail address to servers |
//! | 5 | `conformance` | probes that judge any POP3 server and any client |
//! | 5 | `policy` | what a server remembers between sessions: throttle, LOGIN-DELAY, POP-before-SMTP |
//! | 4 | [`server::session`], [`client`] | the two ends of the dialogue |
//! | 3 | [`parse`], [`encode`], [`dot`], `sasl` | lines to values, values to lines, message bodies, and mechanisms |
//! | 2 | [`Command`], [`Code`], [`Capability`], [`MsgNo`], [`Uid`], [`Deviation`] … | what the words mean |
//! | 1 | [`FixedBuf`], [`LineScanner`], [`Base64`], [`Secret`], [`Time`], [`limits`] … | tools below the protocol |
//!
//! Each floor works without those above it: a fuzzer may want [`parse::command`] only, a proxy only
//! [`dot::BodyEnd`].
//!
//! # Features
//!
//! | feature | default | brings |
//! | --- | --- | --- |
//! | `std` | yes | `alloc`, and SIMD search of message bodies where the processor has it |
//! | `alloc` | by `std` | `GrowBuf`, `Outbox`, `Vec<u8>` as [`Output`], `Ticket::accept` for a login to a `Server`, `Ticket::send_all`, `policy`, `url`, `discover` |
//! | `fetch` | | `fetch`; needs `alloc` |
//! | `serde` | | `Serialize` and `Deserialize` for `fetch::Record` |
//! | `sasl` | | `sasl` and `login`: PLAIN, LOGIN, EXTERNAL, ANONYMOUS, OAUTHBEARER, XOAUTH2 |
//! | `cram-md5`, `scram` | | those mechanisms, SCRAM with SHA-1 and SHA-256 and in the -PLUS forms |
//! | `apop` | | `ApopDigest::of`, `Server::apop_matches` |
//! | `saslprep` | | SASLprep, for names and passwords outside of ASCII. Without it a server's SASL mechanisms refuse them, SCRAM on a client refuses them, and APOP refuses such passwords on both sides; USER and PASS do not depend on it. Needs `std` |
//! | `conformance` | | `conformance`; needs `alloc`, brings `apop`, `cram-md5` and `scram` |
//! | `testing` | | `testing`; needs `std` |
//! | `arbitrary` | | values of this crate for fuzz targets, from the `arbitrary` crate; needs `std` |
//!
//! Without features the crate needs `core` alone. A test program that uses a server and a client is built so that
//! it does not link if any path through them can panic, and it links.
//!
//! # Sizes
//!
//! On a 64-bit machine a [`Session`](server::session::Session) takes 416 bytes, a [`Client`](client::Client)
//! 320 with its queue of 16, a [`Ticket`](server::Ticket) 8, a server's [`Event`](server::Event) 48 and a
//! client's [`Event`](client::Event) 56, a [`Config`](server::Config) 1,592. You own the buffers: the receive
//! buffer holds at least the size given to [`Limits::for_window`], the output at least
//! [`MIN_OUTPUT`](limits::MIN_OUTPUT) bytes.

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]
// What keeps the library free of panics and of std where core will do; tests, examples and tools may.
#![cfg_attr(
    not(test),
    warn(
        clippy::alloc_instead_of_core,
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::std_instead_of_alloc,
        clippy::std_instead_of_core,
        clippy::unwrap_used
    )
)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, feature = "std"))]
extern crate std;

#[cfg(feature = "arbitrary")]
mod arbitrary;
mod base64;
mod bits;
mod buf;
pub mod client;
#[cfg(feature = "conformance")]
pub mod conformance;
mod decimal;
#[cfg(feature = "alloc")]
pub mod discover;
pub mod dot;
pub mod encode;
mod error;
#[cfg(feature = "fetch")]
pub mod fetch;
#[cfg(feature = "std")]
pub mod guide;
mod hex;
pub mod limits;
mod line;
#[cfg(feature = "sasl")]
pub mod login;
pub mod parse;
#[cfg(feature = "alloc")]
pub mod policy;
#[cfg(feature = "sasl")]
pub mod sasl;
mod secret;
pub mod server;
mod session;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod time;
mod types;
#[cfg(feature = "alloc")]
pub mod url;
mod word;

pub use base64::Base64;
pub use buf::{FixedBuf, Full, Input, Output, Unread};
#[cfg(feature = "alloc")]
pub use buf::{GrowBuf, Outbox};
pub use error::Error;
pub use limits::Limits;
pub use line::{Line, LineScanner};
pub use secret::Secret;
pub use text::Text;
pub use time::Time;
pub use types::{
    ApopDigest, ApopTimestamp, BadMsgNo, Capability, Code, Command, Deviation, Deviations, Expire, Greeting,
    LangLine, LoginDelay, Mechanism, Mechanisms, MsgNo, PlaintextLeft, Protection, ReplyShape, ResponseCode,
    Scan, Security, Stat, Status, StatusLine, Uid, UidBuf, UidLine, Verb, is_mechanism_name, lookup_language,
};

/// The loops of the README, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
