//! Accepting a login: a session enters TRANSACTION only with an index, the list of the user's messages.

use core::borrow::Borrow;
use core::fmt;

use super::calls::Server;
use super::index::Index;
use crate::buf::Output;
use crate::session::{Config, Phrase, Ticket, kind};
use crate::types::Code;

impl<K: kind::Admits> Ticket<K> {
    /// Answers `+OK` to the login. The maildrop is then open, and TRANSACTION begins.
    ///
    /// Take the lock on the maildrop before this call and keep it in the index (RFC 1939 section 4). The
    /// server drops the index when QUIT is answered, and when the server itself is dropped. This call adds up
    /// all message sizes once, so that STAT takes constant time.
    #[cfg(feature = "alloc")]
    pub fn accept<C: Borrow<Config>, I: Index>(
        self,
        server: &mut Server<C, I, alloc::vec::Vec<u8>>,
        out: &mut impl Output,
        index: I,
        text: &str,
    ) {
        let marks = alloc::vec![0; index.len().div_ceil(8) as usize];
        // This cannot fail: the memory has exactly the size that is needed.
        let _ = self.accept_with(server, out, index, marks, text);
    }

    /// As `accept`, but the embedder supplies the memory for the deletion marks: at least `index.len()` bits.
    ///
    /// # Errors
    ///
    /// [`TooFewMarks`] if the memory is too small. The login has then been refused with `[SYS/PERM]`.
    pub fn accept_with<C: Borrow<Config>, I: Index, M: AsRef<[u8]> + AsMut<[u8]>>(
        self,
        server: &mut Server<C, I, M>,
        out: &mut impl Output,
        index: I,
        marks: M,
        text: &str,
    ) -> Result<(), TooFewMarks> {
        if !self.is_good(&server.session) {
            return Ok(());
        }
        if server.mail.open(index, marks) {
            self.admit(&mut server.session, out, text);
            return Ok(());
        }
        let text = server.session.phrase(Phrase::NotAvailable);
        self.err(&mut server.session, out, Code::SysPerm, text);
        Err(TooFewMarks)
    }
}

/// The memory for deletion marks has less than one bit per message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooFewMarks;

impl fmt::Display for TooFewMarks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the memory for deletion marks has less than one bit a message")
    }
}

impl core::error::Error for TooFewMarks {}
