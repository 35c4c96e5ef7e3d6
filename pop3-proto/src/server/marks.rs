//! `Marks`: the deletion marks, one bit per message.

use crate::types::MsgNo;

/// Bits in memory that the embedder chooses.
#[derive(Clone, Debug)]
pub(super) struct Marks<M>(M);

impl<M: AsRef<[u8]> + AsMut<[u8]>> Marks<M> {
    /// Clears all marks. `None` if `memory` has less than one bit for each of `len` messages.
    pub(super) fn new(memory: M, len: u32) -> Option<Self> {
        let mut marks = Self(memory);
        let bits = (marks.0.as_ref().len() as u64).saturating_mul(8);
        marks.clear();
        (bits >= u64::from(len)).then_some(marks)
    }

    #[inline]
    pub(super) fn get(&self, n: MsgNo) -> bool {
        self.0.as_ref().get(place(n)).is_some_and(|octet| octet & bit(n) != 0)
    }

    #[inline]
    pub(super) fn set(&mut self, n: MsgNo) {
        if let Some(octet) = self.0.as_mut().get_mut(place(n)) {
            *octet |= bit(n);
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.as_mut().fill(0);
    }
}

/// The division comes first, before the number is cut to the pointer width of the machine.
const fn place(n: MsgNo) -> usize {
    (n.get().wrapping_sub(1) / 8) as usize
}

const fn bit(n: MsgNo) -> u8 {
    1_u8.wrapping_shl(n.get().wrapping_sub(1) % 8)
}
