//! Parsing: each function reads one complete line and returns one value.
//!
//! Each function takes a line without its line end, as [`LineScanner`](crate::LineScanner) returns it, and
//! looks at each byte a fixed number of times. Commands are read strictly, except for extra spaces and leading
//! zeros; see [`command`](command()). Replies are read leniently, because many servers deviate from the RFCs.
//! Every deviation is noted in the [`Deviations`](crate::Deviations) that the caller passes in; a caller that
//! wants strictness refuses a line for which something was noted.
//!
//! ```
//! use pop3_proto::{Command, Deviation, Deviations, MsgNo, parse};
//!
//! assert!(matches!(parse::command(b"retr 7"), Ok(Command::Retr(n)) if n.get() == 7));
//!
//! let mut seen = Deviations::NONE;
//! let line = parse::uid_item(b"7   abc", &mut seen).unwrap();
//! assert_eq!((line.number, line.uid), (MsgNo::new(7), &b"abc"[..]));
//! assert!(seen.contains(Deviation::ExtraSpaces));
//! ```

mod capability;
mod command;
mod error;
mod grammar;
mod greeting;
mod listing;
mod number;
mod reply;

pub use capability::capability;
pub(crate) use command::read as read_command;
pub use command::{command, strict_command};
pub use error::{CommandError, ReplyError};
pub use greeting::greeting;
pub use listing::{lang_item, scan_item, scan_reply, stat_reply, uid_item, uid_reply};
pub use reply::{challenge, status_line};
