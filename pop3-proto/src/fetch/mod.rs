//! The client's download: it decides which messages are new and which to delete, and keeps a record that
//! survives broken sessions.
//!
//! A [`Fetch`] runs one session after the login. [`Fetch::advance`] sends commands, as many at once as the
//! server permits. [`Fetch::handle_event`] takes every event and says what the store has to do. A [`Record`]
//! keeps, from session to session, which messages the store has. There are three guarantees:
//!
//! * A message is deleted only after you called [`Fetch::stored`] to say that it is safe.
//! * A message that the record has whole is not handed out as new, even if its number changes or several
//!   messages share its unique-id, unless [`Rules::all`] is set.
//! * The record is always right. Wherever the connection breaks, keep [`Fetch::record`] and start again from
//!   it. The outcome of deletions that QUIT did not confirm is *unknown*; the next session finds out
//!   (RFC 1939 section 6). It also checks the deletions that QUIT did confirm.
//!
//! ```
//! use pop3_proto::client::{Client, Event, Profile};
//! use pop3_proto::fetch::{Fetch, Progress, Record, Rules, FetchEvent};
//! use pop3_proto::{Command, Security};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
//! # client.receive(&mut &b"+OK\r\n"[..])?;
//! // What the server will send after the login; a program reads it from its connection.
//! let mut window = &b"+OK 1 11\r\n+OK\r\n1 11\r\n.\r\n+OK\r\n1 id-1\r\n.\r\n\
//!     +OK\r\nHi\r\n..dot\r\n.\r\n+OK\r\n+OK bye\r\n"[..];
//! let mut rules = Rules::default();
//! rules.delete_after_days = Some(0);
//! let now = 1_790_000_000; // seconds since 1970
//! let mut fetch = Fetch::new(Record::new(), rules, now);
//! let (mut out, mut mail) = (Vec::new(), Vec::new());
//! loop {
//!     match fetch.advance(&mut client, &mut out)? {
//!         Progress::Pending => match client.receive(&mut window)? {
//!             // A program flushes `out` and reads from its connection here.
//!             Event::NeedInput => return Err("the connection ended".into()),
//!             event => match fetch.handle_event(&event) {
//!                 FetchEvent::Data(octets) => mail.extend_from_slice(octets),
//!                 FetchEvent::Whole(message) => {
//!                     // A program syncs the message to disk, then appends this line to the record.
//!                     let line = fetch.stored(message.number).unwrap().to_string();
//!                     let digest = "eaf046257f107c1d112753e4317faf26"; // of the header
//!                     assert_eq!(line, format!("have 11 {now} {now} {now} {digest} 0 uid:id-1"));
//!                 }
//!                 _ => {}
//!             },
//!         },
//!         Progress::Fetched => {} // make safe what is not safe yet
//!         Progress::Marked => {} // save the record, in case the program crashes after QUIT
//!         Progress::Done => break,
//!         Progress::Failed(fault) => return Err(fault.into()),
//!     }
//! }
//! assert_eq!(mail, b"Hi\r\n.dot\r\n");
//! assert_eq!(out, b"STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nDELE 1\r\nQUIT\r\n");
//! // The record forgets the message when the next listing does not show it.
//! assert!(fetch.record().iter().all(|entry| entry.is_gone()));
//! # Ok(())
//! # }
//! ```

mod advance;
mod delete;
mod digest;
mod entry;
mod handle_event;
mod headers;
mod import;
mod listing;
mod matching;
mod planner;
mod record;
mod rules;
#[cfg(feature = "serde")]
mod serde;

pub use entry::{Entry, Id};
pub use import::ImportError;
pub use planner::{Download, Fault, Fetch, FetchEvent, Progress, Summary};
pub use record::{BadRecord, Record};
pub use rules::Rules;
