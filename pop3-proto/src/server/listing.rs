//! `Listing`: LIST or UIDL of the whole maildrop, which pauses while the output has no room.

use super::index::Index;
use super::open::Open;
use crate::buf::{Full, Output};
use crate::session::{self, Dialogue, kind};
use crate::types::MsgNo;

#[derive(Debug)]
pub(super) struct Listing {
    what: What,
    /// The next message to look at; `None` after the last.
    next: Option<MsgNo>,
}

#[derive(Debug)]
enum What {
    Scan(session::Listing<kind::ScanListing>),
    Uid(session::Listing<kind::UidListing>),
}

impl Listing {
    pub(super) const fn scan(lines: session::Listing<kind::ScanListing>) -> Self {
        Self { what: What::Scan(lines), next: Some(MsgNo::FIRST) }
    }

    pub(super) const fn uid(lines: session::Listing<kind::UidListing>) -> Self {
        Self { what: What::Uid(lines), next: Some(MsgNo::FIRST) }
    }

    pub(super) fn write<I, M>(&mut self, open: &Open<I, M>, out: &mut impl Output) -> Result<(), Full>
    where
        I: Index,
        M: AsRef<[u8]> + AsMut<[u8]>,
    {
        // If no message is left to list, skip the search through the marks.
        while let Some(n) = self.next.filter(|n| open.count > 0 && open.exists(*n)) {
            if !open.marks.get(n) {
                match &mut self.what {
                    What::Scan(lines) => lines.item(out, n, open.index.octets(n))?,
                    What::Uid(lines) => lines.item(out, n, open.index.uid(n))?,
                }
            }
            self.next = n.get().checked_add(1).and_then(MsgNo::new);
        }
        Ok(())
    }

    pub(super) fn end(self, session: &mut impl Dialogue) {
        match self.what {
            What::Scan(lines) => lines.end(session),
            What::Uid(lines) => lines.end(session),
        }
    }
}
