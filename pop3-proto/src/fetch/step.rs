//! Whether the server is in step: whether each reply belongs to the command that it was read for.
//!
//! The end of a message is proved only by the status line after it. A server that does not stuff dots, or that
//! mixes its replies, shows lines there that are none. What was not proved counts as not fetched.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::entry::{Entry, Fate, Id, Key};
use super::event::{FetchEvent, FetchEvents};
use super::flags::Flags;
use super::planner::{Ended, Fault, Fetch, Sent, Stage};
use crate::client::ProtocolError;

impl Fetch {
    /// Call this with an error of [`Client::receive`](crate::client::Client::receive), which ends the session.
    /// The record then says what the next session has to do differently.
    pub fn handle_error(&mut self, error: ProtocolError) {
        match error {
            ProtocolError::Status | ProtocolError::Deviation(_) => self.lose_step(),
            _ => self.ended = None,
        }
    }

    /// Call this when the connection has ended, before you call [`record`](Fetch::record). A last message that
    /// was asked for alone is whole if its size is the one that LIST announced. If the connection ended in the
    /// middle of a message, the next session begins with another one where unique-ids permit it. A second call
    /// changes nothing.
    pub fn end_of_input(&mut self) -> FetchEvents<'static> {
        if self.body_in_progress().is_some() && matches!(self.stage, Stage::Retrieve) {
            self.record.interrupt();
        }
        self.sent.clear();
        let ended = self.ended.take().filter(|ended| !ended.shared && ended.weight.is_exact());
        FetchEvents::new(ended.map(|ended| self.came(&ended)), FetchEvent::Nothing)
    }

    /// Whether to connect again at once with the record of this session. It is `true` if the server was out
    /// of step and the record now makes the next session do something else: send commands one by one, ask
    /// last for the message at which the server got out of step, or leave that message out.
    #[must_use]
    pub const fn may_retry(&self) -> bool {
        self.retry
    }

    /// Ends the session, and takes back what was not proved.
    pub(super) fn lose_step(&mut self) {
        let ended = self.ended.take();
        self.stage = Stage::Failed(Fault::OutOfStep);
        // Each of them may be the text of another one, also where replies come twice and a little late. They come
        // again, one by one, and are compared.
        for item in self.listing.items.iter().filter(|item| item.came == Some(true)) {
            if let Some(entry) = item.key.as_ref().and_then(|key| self.record.get_mut(key)) {
                entry.flags.unproved = true;
            }
        }
        if self.pipelined {
            self.record.ask_one_by_one();
            self.retry = true;
        } else if let Some(item) = ended.as_ref().map(|ended| ended.item).or(self.body_in_progress()) {
            self.retry = self.note_broken(item, ended.as_ref());
        }
        // A server that breaks step in each session must not let the record grow without end.
        let listed = self.listing.items.iter().filter_map(|item| item.key.as_deref().cloned()).collect();
        self.forget_the_oldest(&listed);
    }

    fn body_in_progress(&self) -> Option<usize> {
        match self.sent.front() {
            Some(Sent::Body(item, _)) => Some(*item),
            _ => None,
        }
    }

    /// The record says that the message at which it happened is left out for some time, so that it does not
    /// keep back all others. `false` if that changes nothing.
    fn note_broken(&mut self, i: usize, ended: Option<&Ended>) -> bool {
        let Some(item) = self.listing.items.get_mut(i) else { return false };
        item.digest = item.digest.or(ended.map(|ended| ended.digest));
        let Some(id) = item.id() else { return false };
        let known = item.key.as_deref().and_then(|key| self.record.get_mut(key));
        let left_out = known.as_ref().is_some_and(|known| known.broken);
        if let Some(known) = known.filter(|known| known.is_stored()) {
            // It came once more only to be compared. Without that it stays as it is.
            let news = known.flags.unproved || !known.flags.doubtful;
            (known.flags.unproved, known.flags.doubtful) = (false, true);
            return news;
        }
        let key = item.key.as_deref().cloned().unwrap_or_else(|| {
            let nth = self.record.free(&id);
            (id, nth)
        });
        self.record.insert(Entry {
            id: key.0.clone(),
            nth: key.1,
            octets: item.octets,
            digest: item.digest,
            text: None,
            flags: Flags { left_out, ..Flags::default() },
            broken: true,
            first_seen: self.now,
            stored: None,
            listed: self.now,
            fate: Fate::Stays,
        });
        item.key = Some(Box::new(key));
        true
    }

    /// Matches the messages that are new by their headers with those at which the server broke step. Where they
    /// repeat an id, size and id have to do.
    pub(super) fn find_broken(&mut self) {
        let used: BTreeSet<&Key> = self.listing.items.iter().filter_map(|item| item.key.as_deref()).collect();
        let mut broken: BTreeMap<(Id, Option<u64>), Vec<Key>> = BTreeMap::new();
        for entry in self.record.iter().filter(|entry| entry.broken && !used.contains(&entry.key())) {
            broken.entry((entry.id.clone(), entry.octets)).or_default().push(entry.key());
        }
        if broken.is_empty() {
            return;
        }
        for item in self.listing.items.iter_mut().filter(|item| item.key.is_none()) {
            let keys = item.uid.as_ref().and_then(|uid| broken.get_mut(&(Id::of(uid), item.octets)));
            item.key = keys.and_then(Vec::pop).map(Box::new);
        }
    }

    /// Nothing is unanswered, and everything that was read has been proved.
    pub(super) fn in_step(&mut self) {
        self.pipelined = false;
    }
}
