//! Deletion marks: one bit a message.

use crate::types::MsgNo;

/// Bits in memory of the embedder's choice.
#[derive(Clone, Debug)]
pub(super) struct Marks<M>(M);

impl<M: AsRef<[u8]> + AsMut<[u8]>> Marks<M> {
    /// All clear; `None` if `memory` has not a bit for each of `len` messages.
    pub(super) fn new(memory: M, len: u32) -> Option<Self> {
        let mut marks = Self(memory);
        let bits = (marks.0.as_ref().len() as u64).saturating_mul(8);
        marks.clear();
        (bits >= u64::from(len)).then_some(marks)
    }

    pub(super) fn get(&self, n: MsgNo) -> bool {
        self.0.as_ref().get(n.index() / 8).is_some_and(|octet| octet & bit(n) != 0)
    }

    pub(super) fn set(&mut self, n: MsgNo) {
        if let Some(octet) = self.0.as_mut().get_mut(n.index() / 8) {
            *octet |= bit(n);
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.as_mut().fill(0);
    }
}

const fn bit(n: MsgNo) -> u8 {
    1_u8.wrapping_shl((n.index() % 8) as u32)
}
