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
            Some(found) => self.item(id, asked, &found, input, noted),
            None => Event::NeedInput,
        }
    }

    fn end<'i>(&mut self, asked: Asked, input: &impl Input<'i>, noted: &mut Noted) -> Event<'i> {
        match asked {
            Asked::Capa => self.capabilities = self.incoming,
            Asked::ScanListing | Asked::UidListing => {
                self.tally.end(self.deleted, &mut noted.deviations);
            }
            _ => {}
        }
        self.finish_reply(Part::End, input)
    }

    /// A line of a listing.
    #[inline]
    fn item<'i>(
        &mut self,
        id: Id,
        asked: Asked,
        found: &Found<'i>,
        input: &impl Input<'i>,
        noted: &mut Noted,
    ) -> Event<'i> {
        let mut seen = Deviations::NONE;
        let line = match found.text.strip_prefix(b".") {
            Some(b"") => return self.end(asked, input, noted),
            // A server that writes text lines ends them in CR CR LF.
            Some(crs) if crs.iter().all(|b| *b == b'\r') => {
                noted.insert(Deviation::TrailingSpace);
                return self.end(asked, input, noted);
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
