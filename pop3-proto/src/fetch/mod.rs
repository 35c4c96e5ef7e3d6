//! The client's download: it decides which messages are new and which to delete, and keeps a record that
//! survives broken sessions.
//!
//! A [`Fetch`] runs one session after the login. [`Fetch::advance`] sends commands, as many at once as the
//! server permits. [`Fetch::handle_event`] takes every event and says what the store has to do. A [`Record`]
//! keeps, from session to session, which messages the store has. There are four guarantees:
//!
//! * A message is reported as whole only when the reply after it has shown that it is, or when the connection
//!   ends after a message that was asked for alone and has exactly the size that LIST announced. If the
//!   server gets out of step, because it does not stuff dots or mixes its replies, what was not proved is
//!   neither stored nor deleted.
//! * A message is deleted only if you said with [`Fetch::stored`], in this session or an earlier one, that it
//!   is safe, and nothing says that it might be another one. Its size has to agree with LIST, or to differ as
//!   it does for all messages, unless [`Rules::delete_doubtful`] is set. Where a unique-id does not identify
//!   it, it comes once more and is compared as a whole before it is deleted. Messages of an imported record are
//!   deleted by their unique-ids alone, because nothing else is known of them.
//! * A message that the record has whole is not handed out as new, even if its number changes or several
//!   messages share its unique-id, unless [`Rules::all`] is set. It comes again in two cases in which nobody
//!   could know it: if its unique-id changes, or if the server has no unique-ids, has confirmed the deletion,
//!   and lists the message all the same.
//! * The record is right at every moment. When the connection ends, call [`Fetch::end_of_input`], carry out
//!   the events that it returns, keep [`Fetch::record`], and start the next session from it. When
//!   [`Client::receive`](crate::client::Client::receive) returns an error, call [`Fetch::handle_error`]
//!   first. The outcome of deletions that QUIT did not confirm is *unknown*; the next session finds out (RFC
//!   1939 section 6). It also checks the deletions that QUIT did confirm.
//!
//! ```
//! use pop3_proto::client::{Client, Event, Profile};
//! use pop3_proto::fetch::{Fetch, Progress, Record, Rules, FetchEvent};
//! use pop3_proto::Security;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
//! # client.receive(&mut &b"+OK\r\n"[..])?;
//! // What the server sends after the login, one answer after the other.
//! let mut answers = [
//!     "+OK 1 10\r\n", "+OK\r\n1 10\r\n.\r\n", "+OK\r\n1 id-1\r\n.\r\n",
//!     "+OK\r\nHi\r\n..dot\r\n.\r\n", "+OK\r\n", "+OK\r\n", "+OK bye\r\n",
//! ].into_iter();
//! let mut window = &b""[..];
//! let mut rules = Rules::default();
//! rules.delete_after_days = Some(0);
//! let now = 1_790_000_000; // seconds since 1970
//! let mut fetch = Fetch::new(Record::new(), rules, now);
//! let (mut out, mut mail) = (Vec::new(), Vec::new());
//! loop {
//!     match fetch.advance(&mut client, &mut out)? {
//!         Progress::Pending => match client.receive(&mut window)? {
//!             // A program flushes `out` and reads from its connection here.
//!             Event::NeedInput => window = answers.next().ok_or("the connection ended")?.as_bytes(),
//!             event => {
//!                 for told in fetch.handle_event(&event) {
//!                     match told {
//!                         FetchEvent::Data(octets) => mail.extend_from_slice(octets),
//!                         FetchEvent::Whole(message) => {
//!                             // A program syncs the message to disk, then appends this line to the record.
//!                             let line = fetch.stored(message.number).unwrap().to_string();
//!                             assert!(line.starts_with(&format!("have 10 {now} {now} {now} ")));
//!                             assert!(line.ends_with(" 0 uid:id-1"));
//!                         }
//!                         _ => {}
//!                     }
//!                 }
//!             }
//!         },
//!         Progress::Fetched => {} // make safe what is not safe yet
//!         Progress::Marked => {} // save the record, in case the program crashes after QUIT
//!         Progress::Done => break,
//!         Progress::Failed(fault) => return Err(fault.into()),
//!     }
//! }
//! assert_eq!(mail, b"Hi\r\n.dot\r\n");
//! assert_eq!(out, b"STAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nNOOP\r\nDELE 1\r\nQUIT\r\n");
//! // The next session checks that the message is gone. The record forgets it after a year.
//! assert!(fetch.record().iter().all(|entry| entry.is_gone()));
//! # Ok(())
//! # }
//! ```

mod advance;
mod clock;
mod delete;
mod digest;
mod entry;
mod event;
mod flags;
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
mod step;
mod summary;
mod weigh;
mod weight;

pub use clock::EARLIEST_TIME;
pub use entry::{Entry, Id};
pub use event::{Download, FetchEvent, FetchEvents};
pub use import::Import;
pub use planner::{Fault, Fetch, Progress};
pub use record::{BadRecord, Record};
pub use rules::Rules;
pub use summary::Summary;
