//! LOGIN: two challenges, for name and password. Clients rely on their order, not on their text. Some send
//! the name as the initial response.

use super::action::{Identity, Move};
use super::cause::Cause;
use super::plain::Asked;
use crate::sasl::memory::{Memory, Span};

#[derive(Debug)]
pub(super) enum Login {
    Start,
    Name,
    Password { name: Span },
    Asked(Asked),
    Over,
}

impl Login {
    pub(super) const fn new() -> Self {
        Self::Start
    }

    pub(super) fn step(&mut self, response: Option<Span>, memory: &mut Memory<'_>) -> Result<Move, Cause> {
        match (core::mem::replace(self, Self::Over), response) {
            (Self::Start, None) => {
                *self = Self::Name;
                Ok(Move::Challenge(memory.keep(b"Username:")?))
            }
            (Self::Start | Self::Name, Some(name)) => {
                *self = Self::Password { name: memory.prepare(name)? };
                Ok(Move::Challenge(memory.keep(b"Password:")?))
            }
            (Self::Password { name }, Some(password)) => {
                let identity = Identity { name, acting_as: None };
                let asked = Asked { identity, password: [password, memory.prepare(password)?] };
                let question = asked.question();
                *self = Self::Asked(asked);
                Ok(question)
            }
            _ => Err(Cause::Response),
        }
    }

    pub(super) fn password_was(&mut self, good: bool, memory: &mut Memory<'_>) -> Result<Move, Cause> {
        match core::mem::replace(self, Self::Over) {
            Self::Asked(asked) => asked.password_was(good, memory),
            _ => Err(Cause::Answer),
        }
    }
}
