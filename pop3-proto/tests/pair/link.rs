//! The link of the pair: two pipes, and the chance that decides how much passes.

use std::collections::VecDeque;

use pop3_proto::FixedBuf;

/// One direction of the link, with the bytes that are on their way, at most `room` of them.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) octets: VecDeque<u8>,
    pub(crate) room: usize,
    /// The bytes that came out at the far end.
    pub(crate) delivered: Vec<u8>,
    /// After how many bytes the link breaks.
    breaks_at: Option<usize>,
    pub(crate) broken: bool,
    /// Whether the near end has said that no more will come.
    pub(crate) closed: bool,
}

impl Pipe {
    pub(crate) fn new(room: usize, breaks_at: Option<usize>) -> Self {
        let broken = breaks_at == Some(0);
        Self { octets: VecDeque::new(), room, delivered: Vec::new(), breaks_at, broken, closed: false }
    }

    /// Takes up to `most` bytes from an output.
    pub(crate) fn send<const N: usize>(&mut self, tx: &mut FixedBuf<N>, most: usize) {
        let len = tx.bytes().len().min(most).min(self.room - self.octets.len());
        self.octets.extend(&tx.bytes()[..len]);
        tx.consume(len);
    }

    /// Hands up to `most` bytes to a window.
    pub(crate) fn deliver<const N: usize>(&mut self, rx: &mut FixedBuf<N>, most: usize) {
        let left = self.breaks_at.map_or(usize::MAX, |at| at - self.delivered.len());
        let space = rx.space();
        let len = self.octets.len().min(most).min(space.len()).min(left);
        for (place, octet) in space.iter_mut().zip(self.octets.drain(..len)) {
            *place = octet;
            self.delivered.push(octet);
        }
        rx.commit(len);
        self.broken |= len == left;
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.closed && self.octets.is_empty()
    }
}

/// Decides how much passes and how often, by bytes that are used again and again.
pub(crate) struct Chance<'l> {
    pub(crate) octets: &'l [u8],
    pub(crate) at: usize,
}

impl Chance<'_> {
    pub(crate) fn next(&mut self) -> usize {
        self.at += 1;
        usize::from(self.octets[self.at % self.octets.len()])
    }

    pub(crate) fn amount(&mut self) -> usize {
        let n = self.next();
        match n % 4 {
            0 => 1,
            1 => 1 + n % 9,
            2 => 1 + n,
            _ => usize::MAX,
        }
    }
}
