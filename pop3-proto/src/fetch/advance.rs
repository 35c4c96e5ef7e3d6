//! `Fetch::advance`: sends as many commands at once as the session permits, one stage after the other.

use alloc::vec::Vec;

use super::entry::{Entry, Fate};
use super::event::Download;
use super::headers::Headers;
use super::listing::Item;
use super::matching;
use super::planner::{Fetch, Progress, Sent, Stage};
use crate::buf::Output;
use crate::client::{Client, SendError};
use crate::types::Command;

/// After how many seconds a message is asked for again at which the server broke step.
const RETRY: u64 = 24 * 60 * 60;

impl Fetch {
    /// Sends what is due now, and says how far the download is. Call it before every read, and after every
    /// event.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`]: flush the output, then call again. Any other error means that the client is not
    /// logged in, or that some other code uses the session at the same time.
    pub fn advance<const Q: usize>(
        &mut self,
        client: &mut Client<Q>,
        out: &mut impl Output,
    ) -> Result<Progress, SendError> {
        loop {
            match self.stage {
                Stage::Done => return Ok(Progress::Done),
                Stage::Failed(fault) => return Ok(Progress::Failed(fault)),
                _ => {}
            }
            // What is left in the window was not asked for. It must not pass for the answer to a command.
            if self.sent.is_empty() && client.has_unread() && !matches!(self.stage, Stage::List(_)) {
                return Ok(Progress::Pending);
            }
            let interrupted = self.record.interruptions() > 1 && matches!(self.stage, Stage::Retrieve);
            let one_by_one = self.record.is_one_by_one() || interrupted;
            // If a command cannot be sent although none is unanswered, the caller has to see that error.
            while self.sent.is_empty() || (client.can_send() && !one_by_one) {
                let Some((command, sent)) = self.next_command(client) else { break };
                client.send(&command, out)?;
                self.pipelined |= !self.sent.is_empty();
                self.unfenced |= matches!(sent, Sent::Header(_) | Sent::Body(..));
                self.sent.push_back(sent);
                self.next_step(sent);
            }
            if !self.sent.is_empty() {
                return Ok(Progress::Pending);
            }
            if let Some(progress) = self.end_stage() {
                return Ok(progress);
            }
        }
    }

    fn next_command<const Q: usize>(&mut self, client: &Client<Q>) -> Option<(Command<'static>, Sent)> {
        let item = || {
            let i = *self.todo.get(self.next)?;
            Some((i, self.listing.items.get(i)?))
        };
        match self.stage {
            Stage::List(0) => Some((Command::Stat, Sent::Stat)),
            Stage::List(_) if self.count == Some(0) => None,
            Stage::List(1) => Some((Command::List(None), Sent::List)),
            Stage::List(2) => {
                self.uidl_announced = client.capabilities().uidl();
                Some((Command::Uidl(None), Sent::Uidl))
            }
            Stage::Headers if self.no_top => None,
            Stage::Headers => {
                let (i, item) = item()?;
                Some((Command::Top { number: item.number, lines: 0 }, Sent::Header(i)))
            }
            Stage::Retrieve => {
                let Some((i, item)) = item().filter(|_| !self.stopped) else { return self.fence() };
                let Download { number, preview, .. } = self.want(item);
                let command = match preview {
                    None => Command::Retr(number),
                    Some(lines) => Command::Top { number, lines },
                };
                Some((command, Sent::Body(i, preview)))
            }
            Stage::Delete => {
                let (i, item) = item()?;
                Some((Command::Dele(item.number), Sent::Dele(i)))
            }
            Stage::Quit if self.sent.is_empty() => Some((Command::Quit, Sent::Quit)),
            Stage::Quit => None,
            Stage::List(_) | Stage::Fetched | Stage::Marked | Stage::Done | Stage::Failed(_) => None,
        }
    }

    /// The status line after the last body proves that it has ended. NOOP is sent alone: servers that mix up
    /// replies would answer it before the bodies.
    fn fence(&self) -> Option<(Command<'static>, Sent)> {
        (self.unfenced && self.sent.is_empty()).then_some((Command::Noop, Sent::Fence))
    }

    const fn next_step(&mut self, sent: Sent) {
        match sent {
            Sent::Stat | Sent::List | Sent::Uidl => {
                if let Stage::List(n) = self.stage {
                    self.stage = Stage::List(n.saturating_add(1));
                }
            }
            Sent::Header(_) | Sent::Body(..) | Sent::Dele(_) => self.next = self.next.saturating_add(1),
            Sent::Fence => self.unfenced = false,
            Sent::Quit => {}
        }
    }

    /// Ends a stage whose commands are all answered. Returns what the caller has to be told.
    fn end_stage(&mut self) -> Option<Progress> {
        self.next = 0;
        self.in_step();
        self.stage = match self.stage {
            Stage::List(_) => {
                self.listing.finish();
                self.summary.listed = self.listing.items.len() as u64;
                self.summary.missing = self.count.unwrap_or(0).saturating_sub(self.summary.listed);
                // If all are there that STAT counted, no line that cannot be read was that of a message.
                let complete = self.summary.missing == 0 && self.count.is_some();
                self.summary.unreadable = if complete { 0 } else { self.listing.unreadable };
                matching::by_uid(&mut self.listing.items, &self.record);
                for i in self.deletions(&[]) {
                    self.check(i);
                }
                self.todo = self.indices(|_, item| item.unsure || item.check);
                Stage::Headers
            }
            Stage::Headers => {
                self.headers_are_in();
                self.todo = self.indices(|fetch, item| fetch.is_wanted(item));
                self.begin_elsewhere();
                self.put_broken_last();
                let broken = self.indices(|fetch, item| fetch.is_left_out(item)).len() as u64;
                self.summary.broken = broken;
                let others = broken.saturating_add(self.todo.len() as u64);
                self.summary.known = self.summary.listed.saturating_sub(others);
                if self.rules.dry_run { Stage::Quit } else { Stage::Retrieve }
            }
            Stage::Retrieve => {
                self.record.not_interrupted();
                self.stage = Stage::Fetched;
                return Some(Progress::Fetched);
            }
            Stage::Fetched => {
                self.settle();
                self.todo = self.safe_deletions();
                Stage::Delete
            }
            Stage::Delete if !self.marked.is_empty() => {
                for key in &self.marked {
                    if let Some(entry) = self.record.get_mut(key) {
                        entry.fate = Fate::Leaving;
                    }
                }
                self.stage = Stage::Marked;
                return Some(Progress::Marked);
            }
            Stage::Delete | Stage::Marked => Stage::Quit,
            stage => stage,
        };
        None
    }

    /// A server may use a unique-id again for another message. The header is compared before the message is
    /// deleted, so that a message that was never fetched is not deleted.
    fn check(&mut self, i: usize) {
        if let Some(item) = self.listing.items.get_mut(i) {
            let entry = item.key.as_ref().and_then(|key| self.record.get(key));
            // Without the digest of its text it has to come whole in any case.
            item.check = entry.is_some_and(|entry| entry.text.is_some() && !entry.flags.unproved);
        }
    }

    /// All headers that were asked for have come. Decides which messages have to come whole once more before
    /// they can be deleted.
    fn headers_are_in(&mut self) {
        self.headers = Headers::new(&self.record, &self.listing.items);
        self.headers.find_all(&mut self.listing.items);
        self.find_broken();
        for item in self.listing.items.iter_mut().filter(|item| item.key.is_none()) {
            item.verify = self.headers.may_be_known(item);
        }
        for i in self.deletions(&[]) {
            let sure = self.listing.items.get(i).is_some_and(|item| self.is_sure(item));
            if let Some(item) = self.listing.items.get_mut(i) {
                (item.sure, item.verify) = (sure, !sure);
            }
        }
        let record = &self.record;
        let open = self.listing.items.iter().filter_map(|item| {
            let key = item.key.as_deref()?;
            (item.verify || record.get(key)?.flags.unproved).then_some(key)
        });
        self.headers.release(open, record);
    }

    /// After interruptions. Where messages are told apart by their headers only, the lowest numbers have to be those
    /// that were stored.
    fn begin_elsewhere(&mut self) {
        let turns = usize::from(self.record.interruptions());
        let named = |i: &usize| self.listing.items.get(*i).is_some_and(|item| item.alone);
        if let Some(turns) = turns.checked_rem(self.todo.len())
            && self.todo.iter().all(named)
        {
            self.todo.rotate_left(turns);
        }
    }

    /// So that they keep back no others.
    fn put_broken_last(&mut self) {
        let is_broken = |i: &usize| {
            let key = self.listing.items.get(*i).and_then(|item| item.key.as_ref());
            key.and_then(|key| self.record.get(key)).is_some_and(Entry::is_broken)
        };
        let (late, mut todo): (Vec<usize>, Vec<usize>) = self.todo.iter().partition(|i| is_broken(i));
        todo.extend(late);
        self.todo = todo;
    }

    fn indices(&self, which: impl Fn(&Self, &Item) -> bool) -> Vec<usize> {
        let items = self.listing.items.iter().enumerate();
        items.filter(|(_, item)| which(self, item)).map(|(i, _)| i).collect()
    }

    /// Whether to fetch a message: if it is new or may be new, if the record has only a preview and the rules
    /// now ask for the whole, or if it has to be compared.
    fn is_wanted(&self, item: &Item) -> bool {
        let entry = item.key.as_ref().and_then(|key| self.record.get(key));
        match entry {
            None => true,
            Some(_) if self.is_left_out(item) => false,
            Some(entry) => {
                let more = !entry.is_stored() && self.rules.lines(item.octets).is_none();
                self.rules.all || more || item.verify || entry.flags.unproved
            }
        }
    }

    /// The server broke step at it lately, and not for the first time.
    fn is_left_out(&self, item: &Item) -> bool {
        let entry = item.key.as_ref().and_then(|key| self.record.get(key));
        let lately = |entry: &Entry| self.now.saturating_sub(entry.first_seen) < RETRY;
        !self.rules.all && entry.is_some_and(|entry| entry.flags.left_out && lately(entry))
    }

    pub(super) fn want(&self, item: &Item) -> Download {
        // What is compared has to come whole.
        let entry = item.key.as_ref().and_then(|key| self.record.get(key));
        let compare = item.verify || entry.is_some_and(|entry| entry.flags.unproved);
        let preview = self.rules.lines(item.octets).filter(|_| !compare);
        Download { number: item.number, octets: item.octets, preview }
    }
}
