//! EXTERNAL: the TLS layer knows who the client is; the client says at most as whom it wants to act (RFC 4422 appendix A).

use super::action::{Identity, Move};
use crate::sasl::Channel;
use crate::sasl::memory::{Memory, Span};

#[derive(Debug)]
pub(super) struct External {
    name: Span,
}

impl External {
    pub(super) fn new(channel: &Channel<'_>, memory: &mut Memory<'_>) -> Option<Self> {
        let name = memory.keep(channel.external?.as_bytes())?;
        Some(Self { name: memory.prepare(name)? })
    }

    pub(super) fn step(&self, authzid: Span, memory: &mut Memory<'_>) -> Option<Move> {
        let acting_as = match memory.get(authzid) {
            b"" => None,
            _ => Some(memory.prepare(authzid)?),
        };
        Some(Move::Admit(Identity { name: self.name, acting_as }))
    }
}
