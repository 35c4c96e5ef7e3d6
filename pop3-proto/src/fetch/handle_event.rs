//! `Fetch::handle_event`: each part of a reply belongs to the oldest unanswered command.

use alloc::boxed::Box;

use super::digest::Digester;
use super::entry::{Came, Entry, Fate};
use super::event::{Download, FetchEvent, FetchEvents};
use super::planner::{Ended, Fault, Fetch, Sent, Stage};
use super::weight::Weight;
use crate::client::{Event, Part, Refusal, RefusalKind};
use crate::limits::REPLY_LINE;
use crate::types::Verb;

impl Fetch {
    /// Takes an event of the session, and says what the store has to do: one thing after the other, because
    /// the status line of a message also proves that the message before it is whole.
    pub fn handle_event<'i>(&mut self, event: &Event<'i>) -> FetchEvents<'i> {
        match event {
            Event::Reply { part, last, .. } => {
                let Some(sent) = self.sent.front().copied() else { return FetchEvents::NOTHING };
                // A reply that begins is a status line that was read as one.
                let proved = self.ended.take().map(|ended| self.came(&ended));
                if matches!(self.stage, Stage::Failed(_)) {
                    return FetchEvents::NOTHING;
                }
                let told = self.part(sent, *part);
                if *last {
                    self.sent.pop_front();
                }
                FetchEvents::new(proved, told)
            }
            Event::Unsolicited(_) => {
                // Before the messages, some servers talk. From then on, it would be taken for an answer.
                if matches!(self.stage, Stage::Headers | Stage::Retrieve | Stage::Fetched | Stage::Delete) {
                    self.lose_step();
                }
                FetchEvents::NOTHING
            }
            _ => FetchEvents::NOTHING,
        }
    }

    fn part<'i>(&mut self, sent: Sent, part: Part<'i>) -> FetchEvent<'i> {
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
            Sent::Fence => FetchEvent::Nothing,
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
                self.refused(verb, &refusal);
            }
        }
        FetchEvent::Nothing
    }

    fn refused(&mut self, verb: Verb, refusal: &Refusal<'_>) {
        let words = refusal.text.as_bytes();
        self.words = words.get(..REPLY_LINE.min(words.len())).unwrap_or_default().to_vec();
        self.stage = Stage::Failed(Fault::Refused(verb, RefusalKind::classify(refusal)));
    }

    fn header<'i>(&mut self, i: usize, part: Part<'i>) -> FetchEvent<'i> {
        match part {
            Part::Begin(_) => self.digester = Digester::new(),
            Part::Data(octets) => self.digester.update(octets),
            Part::End => {
                let (digest, _) = core::mem::replace(&mut self.digester, Digester::new()).finish();
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
        let Some(item) = self.listing.items.get(i) else { return FetchEvent::Nothing };
        let wanted = Download { number: item.number, octets: item.octets, preview };
        match part {
            Part::Begin(_) => {
                self.digester = Digester::new();
                (self.octets, self.lines) = (0, 0);
                FetchEvent::Begin(wanted)
            }
            Part::Data(octets) => {
                self.digester.update(octets);
                self.octets = self.octets.saturating_add(octets.len() as u64);
                self.lines = self.lines.saturating_add(memchr::memchr_iter(b'\n', octets).count() as u64);
                FetchEvent::Data(octets)
            }
            Part::End => {
                let (volatile, dated) = (self.digester.volatile(), self.digester.is_dated());
                let (digest, text) = core::mem::replace(&mut self.digester, Digester::new()).finish();
                let weight = Weight::new((self.octets, self.lines), volatile, item.octets);
                let shared = self.pipelined;
                self.ended = Some(Ended {
                    item: i,
                    preview,
                    digest,
                    text,
                    dated,
                    octets: self.octets,
                    weight,
                    shared,
                });
                FetchEvent::Nothing
            }
            Part::Err(refusal) => self.not_given(wanted, refusal),
            _ => FetchEvent::Nothing,
        }
    }

    /// A message has come, and the status line after it shows that its end was its end.
    pub(super) fn came<'i>(&mut self, ended: &Ended) -> FetchEvent<'i> {
        let &Ended { item: i, preview, digest, text, dated, octets, weight, shared } = ended;
        let Some(item) = self.listing.items.get_mut(i) else { return FetchEvent::Nothing };
        let wanted = Download { number: item.number, octets: item.octets, preview };
        let text = Some(text).filter(|_| preview.is_none());
        // Where several messages were asked for, it may be another one.
        if shared && text.is_some() && item.octets.is_some() && !weight.is_usual() {
            self.lose_step();
            return FetchEvent::Nothing;
        }
        if octets == 0 && item.octets.is_some_and(|octets| octets > 2) {
            self.summary.refused = self.summary.refused.saturating_add(1);
            return FetchEvent::Empty(wanted);
        }
        item.digest = Some(digest);
        item.text = text;
        item.weight = Some(weight).filter(|_| text.is_some());
        if text.is_some() && item.octets.is_some() {
            self.tally.add(weight);
        }
        // RETR settles it, in case TOP was missing or returned something else.
        item.unsure = false;
        let came = Came { header: digest, octets: item.octets, dated, exact: weight.is_exact() };
        let entry = item.key.as_ref().and_then(|key| self.record.get(key));
        if let (Some(entry), Some(text)) = (entry, text)
            && entry.is_stored()
            && !self.rules.all
        {
            // Where the record has no more than a header, the unique-id has to stand for the rest.
            let by_id = item.uid.is_some() && entry.octets == item.octets;
            let same_text = entry.text.map_or(by_id, |known| known == text);
            item.verified = same_text
                && entry.is_of(&came)
                && entry.fate == Fate::Stays
                && self.headers.confirm(&entry.key());
            item.rewritten = item.verified && entry.digest.is_some_and(|known| known != digest);
            if item.verified {
                return self.known(wanted);
            }
            item.key = None;
        }
        // That the server broke step at a message says nothing about its text.
        let broken = item.key.take_if(|key| self.record.get(key).is_some_and(Entry::is_broken));
        if item.key.is_none() {
            let found = self.headers.find(item, &came, text);
            let proved = found.as_ref().is_some_and(|(_, proved)| *proved);
            item.key = found.map(|(key, _)| Box::new(key));
            let known = item.key.as_ref().and_then(|key| self.record.get(key));
            let has = known.is_some_and(|entry| entry.is_stored() || preview.is_some());
            item.rewritten = proved && known.is_some_and(|entry| entry.digest != Some(digest));
            match broken {
                Some(broken) if item.key.is_some() => drop(self.record.remove(&broken)),
                broken => item.key = item.key.take().or(broken),
            }
            if has && !self.rules.all {
                item.verified = proved;
                return self.known(wanted);
            }
        }
        self.refused_in_a_row = 0;
        item.came = Some(preview.is_none());
        let count = if preview.is_none() { &mut self.summary.fetched } else { &mut self.summary.previewed };
        *count = count.saturating_add(1);
        self.summary.octets = self.summary.octets.saturating_add(octets);
        FetchEvent::Whole(wanted)
    }

    const fn known<'i>(&mut self, wanted: Download) -> FetchEvent<'i> {
        self.summary.known = self.summary.known.saturating_add(1);
        FetchEvent::Known(wanted)
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
            self.marked.push(*key);
        }
        FetchEvent::Nothing
    }

    fn quit<'i>(&mut self, part: Part<'i>) -> FetchEvent<'i> {
        match part {
            Part::Err(refusal) if !self.marked.is_empty() => self.refused(Verb::Quit, &refusal),
            // Without deletions nothing depends on the answer.
            Part::Err(refusal) => {
                self.refused(Verb::Quit, &refusal);
                self.stage = Stage::Done;
            }
            _ => {
                for key in core::mem::take(&mut self.marked) {
                    if let Some(entry) = self.record.get_mut(&key) {
                        entry.fate = Fate::Gone;
                    }
                    self.summary.deleted = self.summary.deleted.saturating_add(1);
                }
                self.stage = Stage::Done;
            }
        }
        FetchEvent::Nothing
    }
}
