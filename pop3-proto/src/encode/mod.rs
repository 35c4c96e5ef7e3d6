//! Encoding: each function writes one value as one line, either completely or not at all.
//!
//! What these functions write is always one line. An argument that would make two lines is refused
//! ([`EncodeError::BadArgument`]); in a text, such characters are replaced.
//!
//! ```
//! use pop3_proto::{Code, Command, MsgNo, Status, encode};
//!
//! let mut out = Vec::new();
//! encode::command(&Command::Retr(MsgNo::FIRST), &mut out).unwrap();
//! encode::status_line(Status::Err, Code::InUse.into(), "busy\r\n+OK", &mut out).unwrap();
//! assert_eq!(out, b"RETR 1\r\n-ERR [IN-USE] busy??+OK\r\n");
//! ```

mod capability;
mod command;
mod reply;

pub use capability::capability;
pub(crate) use capability::sasl;
pub(crate) use command::auth;
pub use command::{EncodeError, command};
pub(crate) use reply::challenge_len;
pub use reply::{
    END, challenge, greeting, lang_item, lang_reply, scan_item, scan_reply, stat_reply, status_line,
    status_line_utf8, uid_item, uid_reply,
};

use crate::buf::{Full, Output};

/// Appends all parts, or nothing.
#[inline]
pub(crate) fn put<O: Output>(out: &mut O, parts: &[&[u8]]) -> Result<(), Full> {
    let len = parts.iter().fold(0_usize, |len, part| len.saturating_add(part.len()));
    if len > out.room() {
        return Err(Full);
    }
    parts.iter().try_for_each(|part| out.put(part))
}
