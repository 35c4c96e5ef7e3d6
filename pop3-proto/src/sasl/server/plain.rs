//! PLAIN: authorization identity, NUL, authentication identity, NUL, password (RFC 4616).

use super::action::{Identity, Move};
use super::cause::Cause;
use crate::sasl::memory::{Memory, Span};

#[derive(Debug)]
pub(super) struct Plain {
    asked: Option<Asked>,
}

/// A password whose check is in progress.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) identity: Identity,
    /// The password as it came, and as it was prepared.
    pub(super) password: [Span; 2],
}

impl Plain {
    pub(super) const fn new() -> Self {
        Self { asked: None }
    }

    pub(super) fn step(&mut self, message: Span, memory: &mut Memory<'_>) -> Result<Move, Cause> {
        if self.asked.is_some() || memory.get(message).iter().filter(|b| **b == 0).count() != 2 {
            return Err(Cause::Response);
        }
        let mut parts = memory.get(message).split(|b| *b == 0).map(|part| memory.place(part));
        let (Some(Some(authzid)), Some(Some(authcid)), Some(Some(password))) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(Cause::Response);
        };
        let acting_as = match memory.get(authzid) {
            b"" => None,
            _ => Some(memory.prepare(authzid)?),
        };
        let identity = Identity { name: memory.prepare(authcid)?, acting_as };
        let asked = Asked { identity, password: [password, memory.prepare(password)?] };
        Ok(self.asked.insert(asked).question())
    }

    pub(super) fn password_was(&mut self, good: bool, memory: &mut Memory<'_>) -> Result<Move, Cause> {
        self.asked.take().ok_or(Cause::Answer)?.password_was(good, memory)
    }
}

impl Asked {
    pub(super) const fn question(&self) -> Move {
        let [_, password] = self.password;
        Move::CheckPassword { name: self.identity.name, password }
    }

    pub(super) fn password_was(self, good: bool, memory: &mut Memory<'_>) -> Result<Move, Cause> {
        for octets in self.password {
            memory.wipe(octets);
        }
        if good { Ok(Move::Admit(self.identity)) } else { Err(Cause::Credentials) }
    }
}
