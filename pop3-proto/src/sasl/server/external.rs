//! EXTERNAL: the TLS layer knows who the client is; the client sends at most the name to act as (RFC 4422
//! appendix A).

use super::action::{Identity, Move};
use super::cause::Cause;
use crate::sasl::memory::{Memory, Span};
use crate::sasl::{Channel, Why};

#[derive(Debug)]
pub(super) struct External {
    name: Span,
}

impl External {
    pub(super) fn new(channel: &Channel<'_>, memory: &mut Memory<'_>) -> Result<Self, Why> {
        let name = memory.keep(channel.external.ok_or(Why::Channel)?.as_bytes())?;
        Ok(Self { name: memory.prepare(name)? })
    }

    pub(super) fn step(&self, authzid: Span, memory: &mut Memory<'_>) -> Result<Move, Cause> {
        let acting_as = match memory.get(authzid) {
            b"" => None,
            _ => Some(memory.prepare(authzid)?),
        };
        Ok(Move::Admit(Identity { name: self.name, acting_as }))
    }
}
