//! `Fetch::advance`: sends as many commands at once as the session permits, one stage after the other.

use super::headers::Headers;
use super::listing::Item;
use super::matching;
use super::planner::{Download, Fetch, Progress, Sent, Stage};
use crate::buf::Output;
use crate::client::{Client, SendError};
use crate::types::Command;

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
            // If a command cannot be sent although none is unanswered, the caller has to see that error.
            while self.sent.is_empty() || client.can_send() {
                let Some((command, sent)) = self.next_command(client) else { break };
                client.send(&command, out)?;
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
            Stage::Retrieve if self.stopped => None,
            Stage::Retrieve => {
                let (i, item) = item()?;
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

    const fn next_step(&mut self, sent: Sent) {
        match sent {
            Sent::Stat | Sent::List | Sent::Uidl => {
                if let Stage::List(n) = self.stage {
                    self.stage = Stage::List(n.saturating_add(1));
                }
            }
            Sent::Header(_) | Sent::Body(..) | Sent::Dele(_) => self.next = self.next.saturating_add(1),
            Sent::Quit => {}
        }
    }

    /// Ends a stage whose commands are all answered. Returns what the caller has to be told.
    fn end_stage(&mut self) -> Option<Progress> {
        self.next = 0;
        self.stage = match self.stage {
            Stage::List(_) => {
                self.listing.finish();
                self.summary.listed = self.listing.items.len() as u64;
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
                self.summary.known = self.summary.listed.saturating_sub(self.todo.len() as u64);
                if self.rules.dry_run { Stage::Quit } else { Stage::Retrieve }
            }
            Stage::Retrieve => {
                self.stage = Stage::Fetched;
                return Some(Progress::Fetched);
            }
            Stage::Fetched => {
                self.settle();
                self.todo = self.checked_deletions();
                Stage::Delete
            }
            Stage::Delete if !self.marked.is_empty() => {
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
            item.check = entry.is_some_and(|entry| entry.digest.is_some());
        }
    }

    fn headers_are_in(&mut self) {
        for item in &mut self.listing.items {
            let entry = item.key.as_ref().and_then(|key| self.record.get(key));
            // If TOP was refused there is no digest, and RETR provides one.
            if item.check && item.digest != entry.and_then(|entry| entry.digest) {
                item.key = None;
                item.unsure = true;
            }
        }
        self.headers = Headers::new(&self.record, &self.listing.items);
        self.headers.find_all(&mut self.listing.items);
    }

    fn indices(&self, which: impl Fn(&Self, &Item) -> bool) -> alloc::vec::Vec<usize> {
        let items = self.listing.items.iter().enumerate();
        items.filter(|(_, item)| which(self, item)).map(|(i, _)| i).collect()
    }

    /// Whether to fetch a message: if it is new or may be new, or if the record has only a preview and the
    /// rules now ask for the whole.
    fn is_wanted(&self, item: &Item) -> bool {
        let entry = item.key.as_ref().and_then(|key| self.record.get(key));
        match entry {
            None => true,
            Some(entry) => self.rules.all || (!entry.is_stored() && self.rules.lines(item.octets).is_none()),
        }
    }

    pub(super) fn want(&self, item: &Item) -> Download {
        Download { number: item.number, octets: item.octets, preview: self.rules.lines(item.octets) }
    }
}
