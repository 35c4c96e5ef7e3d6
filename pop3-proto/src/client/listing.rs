//! Reads a listing line by line: the answer to LIST, UIDL, CAPA or LANG.

use super::event::{Event, Id, Part};
use super::noted::Noted;
use super::queue::{Asked, Questions};
use super::reader::{Found, Reader};
use crate::buf::Input;
use crate::parse::{self, ReplyError};
use crate::types::{Deviation, Deviations};

impl<Q: Questions> Reader<Q> {
    #[inline(never)]
    pub(super) fn listing<'i>(&mut self, input: &mut impl Input<'i>, noted: &mut Noted) -> Event<'i> {
        let Some((id, asked)) = self.queue.front() else { return Event::NeedInput };
        match self.line(input, noted) {
            Some(found) => self.item(id, asked, &found, noted),
            None => Event::NeedInput,
        }
    }

    /// A line of a listing.
    #[inline]
    fn item<'i>(&mut self, id: Id, asked: Asked, found: &Found<'i>, seen: &mut Noted) -> Event<'i> {
        let noted = seen;
        let mut seen = Deviations::NONE;
        let line = match found.text.strip_prefix(b".") {
            Some(b"") => {
                match asked {
                    Asked::Capa => self.capabilities = self.incoming,
                    Asked::ScanListing | Asked::UidListing => self.tally.end(self.deleted, &mut seen),
                    _ => {}
                }
                noted.deviations = noted.deviations.union(seen);
                return self.finish_reply(Part::End);
            }
            Some(stuffed) => stuffed,
            None => found.text,
        };
        let mut number = None;
        let part = match asked {
            // A cut-off line cannot be used: the front of a unique-id is a different id, and the front of a
            // list a different list.
            _ if found.truncated => Err(ReplyError::Fields),
            Asked::Capa => {
                let capability = parse::capability(line, &mut seen);
                self.incoming.add(&capability);
                Ok(Part::Capability(capability))
            }
            Asked::ScanListing => parse::scan_item(line, &mut seen).map(|scan| {
                number = Some(scan.number);
                Part::ScanItem(scan)
            }),
            Asked::UidListing => parse::uid_item(line, &mut seen).map(|uid| {
                number = uid.number;
                Part::UidItem(uid)
            }),
            _ => parse::lang_item(line, &mut seen).map(Part::LangItem),
        };
        if let Some(number) = number {
            self.tally.item(number, self.deleted, &mut seen);
        }
        let part = part.unwrap_or_else(|_| {
            seen.insert(Deviation::BadListing);
            self.tally.unreadable();
            Part::UnreadableItem(line)
        });
        noted.deviations = noted.deviations.union(seen);
        Event::Reply { id, part, last: false }
    }
}
