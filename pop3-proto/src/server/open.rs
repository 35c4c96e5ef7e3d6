//! `Open`: the messages of an open maildrop, their deletion marks, and the totals computed from both.

use super::index::Index;
use super::marks::Marks;
use crate::types::MsgNo;

#[derive(Debug)]
pub(super) struct Open<I, M> {
    pub(super) index: I,
    pub(super) marks: Marks<M>,
    /// Total size of all messages in octets.
    total: u64,
    /// How many messages are not marked, and their total size in octets.
    pub(super) count: u32,
    pub(super) octets: u64,
    pub(super) marked: u32,
}

impl<I: Index, M: AsRef<[u8]> + AsMut<[u8]>> Open<I, M> {
    /// Adds up the sizes once, so that STAT takes constant time. `None` if the marks have less than one bit
    /// per message.
    pub(super) fn new(index: I, marks: M) -> Option<Self> {
        let count = index.len();
        let marks = Marks::new(marks, count)?;
        let total = numbers(count).fold(0, |sum: u64, n| sum.saturating_add(index.octets(n)));
        Some(Self { index, marks, total, count, octets: total, marked: 0 })
    }

    pub(super) fn is_marked(&self, n: MsgNo) -> bool {
        self.exists(n) && self.marks.get(n)
    }

    /// The marked messages, in ascending order.
    pub(super) fn all_marked(&self) -> impl Iterator<Item = MsgNo> + '_ {
        numbers(self.index.len()).filter(|n| self.marks.get(*n))
    }

    pub(super) fn exists(&self, n: MsgNo) -> bool {
        n.get() <= self.index.len()
    }

    /// Clears all marks. Sizes are as they were when the maildrop was opened.
    pub(super) fn reset(&mut self) {
        if self.marked > 0 {
            self.marks.clear();
            self.count = self.index.len();
            self.octets = self.total;
            self.marked = 0;
        }
    }

    pub(super) fn mark(&mut self, n: MsgNo) {
        self.marks.set(n);
        self.count = self.count.saturating_sub(1);
        self.marked = self.marked.saturating_add(1);
        self.octets = self.octets.saturating_sub(self.index.octets(n));
    }
}

fn numbers(count: u32) -> impl Iterator<Item = MsgNo> {
    (1..=count).filter_map(MsgNo::new)
}
