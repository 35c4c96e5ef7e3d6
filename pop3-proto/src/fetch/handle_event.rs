//! `Fetch::handle_event`: each part of a reply belongs to the oldest unanswered command.

use alloc::boxed::Box;

use super::digest::Digester;
use super::entry::Fate;
use super::planner::{Download, Fault, Fetch, FetchEvent, Sent, Stage};
use crate::client::{Event, Part, Refusal, RefusalKind};
use crate::types::Verb;

impl Fetch {
    /// Takes an event of the session, and says what the store has to do.
    pub fn handle_event<'i>(&mut self, event: &Event<'i>) -> FetchEvent<'i> {
        let (Event::Reply { part, last, .. }, Some(sent)) = (event, self.sent.front()) else {
            return FetchEvent::Nothing;
        };
        let (sent, part) = (*sent, *part);
        if *last {
            self.sent.pop_front();
        }
        match sent {
            Sent::Stat => {
                if let Part::Stat(stat) = part {
                    self.count = Some(stat.count);
                }
                FetchEvent::Nothing
            }
            Sent::List | Sent::Uidl => self.listed(sent, part),
            Sent::Header(i) => self.header(i, part),
            Sent::Body(i, preview) => self.body(i, preview, part),
            Sent::Dele(i) => self.deleted(i, part),
            Sent::Quit => self.quit(part),
        }
    }

    fn listed<'i>(&mut self, sent: Sent, part: Part<'i>) -> FetchEvent<'i> {
        // Some servers list more messages than they count, but none lists without end. The limit allows twice
        // two lines for each message, and 10,000 more.
        let most_lines = self.count.map_or(u64::MAX, |count| count.saturating_mul(4).saturating_add(10_000));
        let most = (self.rules.max_memory, most_lines);
        let fits = match part {
            Part::ScanItem(scan) => self.listing.scan(scan, most),
            Part::UidItem(line) => self.listing.uid(&line, most),
            Part::UnreadableItem(_) => self.listing.unreadable(most),
            _ => Some(()),
        };
        if fits.is_none() {
            self.stage = Stage::Failed(Fault::TooMany);
        }
        if let Part::Err(refusal) = part {
            let (verb, matters) = match sent {
                Sent::Uidl => (Verb::Uidl, self.uidl_announced),
                _ => (Verb::List, true),
            };
            // Some servers refuse to list an empty maildrop.
            if matters && self.count != Some(0) {
                self.stage = Stage::Failed(Fault::Refused(verb, RefusalKind::classify(&refusal)));
            }
        }
        FetchEvent::Nothing
    }

    fn header<'i>(&mut self, i: usize, part: Part<'i>) -> FetchEvent<'i> {
        match part {
            Part::Begin(_) => self.digester = Digester::new(),
            Part::Data(octets) => self.digester.update(octets),
            Part::End => {
                let digest = core::mem::replace(&mut self.digester, Digester::new()).finish();
                if let Some(item) = self.listing.items.get_mut(i) {
                    item.digest = Some(digest);
                }
                (self.no_top, self.top_works) = (false, true);
            }
            // RETR will then show whether the message is known.
            Part::Err(_) => self.no_top = !self.top_works,
            _ => {}
        }
        FetchEvent::Nothing
    }

    fn body<'i>(&mut self, i: usize, preview: Option<u64>, part: Part<'i>) -> FetchEvent<'i> {
        let Some(item) = self.listing.items.get_mut(i) else { return FetchEvent::Nothing };
        let wanted = Download { number: item.number, octets: item.octets, preview };
        match part {
            Part::Begin(_) => {
                self.digester = Digester::new();
                self.octets = 0;
                FetchEvent::Begin(wanted)
            }
            Part::Data(octets) => {
                self.digester.update(octets);
                self.octets = self.octets.saturating_add(octets.len() as u64);
                FetchEvent::Data(octets)
            }
            Part::End => {
                let digest = core::mem::replace(&mut self.digester, Digester::new()).finish();
                if self.octets == 0 && item.octets.is_some_and(|octets| octets > 2) {
                    self.summary.refused = self.summary.refused.saturating_add(1);
                    return FetchEvent::Empty(wanted);
                }
                item.digest = Some(digest);
                // RETR settles it, in case TOP was missing or returned something else.
                item.unsure = false;
                if item.key.is_none() {
                    item.key = self.headers.find(item, &digest).map(Box::new);
                    let known = item.key.as_ref().and_then(|key| self.record.get(key));
                    let has = known.is_some_and(|entry| entry.is_stored() || preview.is_some());
                    if has && !self.rules.all {
                        self.summary.known = self.summary.known.saturating_add(1);
                        return FetchEvent::Known(wanted);
                    }
                }
                self.refused_in_a_row = 0;
                item.came = Some(preview.is_none());
                let count =
                    if preview.is_none() { &mut self.summary.fetched } else { &mut self.summary.previewed };
                *count = count.saturating_add(1);
                self.summary.octets = self.summary.octets.saturating_add(self.octets);
                FetchEvent::Whole(wanted)
            }
            Part::Err(refusal) => self.not_given(wanted, refusal),
            _ => FetchEvent::Nothing,
        }
    }

    /// Some servers limit how many messages they send, and lock out for a day those who go on asking.
    fn not_given<'i>(&mut self, wanted: Download, refusal: Refusal<'i>) -> FetchEvent<'i> {
        let later = matches!(RefusalKind::classify(&refusal), Some(RefusalKind::Later | RefusalKind::Busy));
        self.refused_in_a_row = if later { self.refused_in_a_row.saturating_add(1) } else { 0 };
        // A refusal of a single message may concern only that message.
        self.stopped |= self.refused_in_a_row >= 3;
        self.summary.refused = self.summary.refused.saturating_add(1);
        FetchEvent::Refused(wanted, refusal)
    }

    fn deleted<'i>(&mut self, i: usize, part: Part<'i>) -> FetchEvent<'i> {
        let key = self.listing.items.get(i).and_then(|item| item.key.clone());
        if let Part::Err(_) = part {
            self.summary.refused = self.summary.refused.saturating_add(1);
        }
        if let (Part::Ok(_), Some(key)) = (part, key) {
            if let Some(entry) = self.record.get_mut(&key) {
                entry.fate = Fate::Leaving;
            }
            self.marked.push(*key);
        }
        FetchEvent::Nothing
    }

    fn quit<'i>(&mut self, part: Part<'i>) -> FetchEvent<'i> {
        self.stage = match part {
            Part::Err(refusal) => Stage::Failed(Fault::Refused(Verb::Quit, RefusalKind::classify(&refusal))),
            _ => {
                for key in core::mem::take(&mut self.marked) {
                    if let Some(entry) = self.record.get_mut(&key) {
                        entry.fate = Fate::Gone;
                    }
                    self.summary.deleted = self.summary.deleted.saturating_add(1);
                }
                Stage::Done
            }
        };
        FetchEvent::Nothing
    }
}
