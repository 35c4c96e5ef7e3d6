//! `Next`: what the loop found that it cannot deal with alone.

use super::phrase::Phrase;
use super::reason::{Need, Reason};
use crate::base64::Base64;
use crate::types::Command;

/// What comes next. A line that it shows is still in the window.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next<'i> {
    /// The session answers it alone, and is to say so.
    Alone(Alone<'i>),
    /// The same of the maildrop.
    Maildrop {
        command: Command<'i>,
        len: usize,
    },
    Command {
        command: Command<'i>,
        len: usize,
    },
    Exchange {
        data: Base64<'i>,
        len: usize,
    },
    Waiting,
    Input,
    Output,
    Closed(Reason),
}

/// A line that the session answers alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alone<'i> {
    /// `None` if it is no command.
    pub(super) command: Option<Command<'i>>,
    /// Why it is answered `-ERR`, if it is.
    pub(super) refusal: Option<Phrase>,
    pub(super) len: usize,
    /// It belongs to an AUTH exchange.
    pub(super) exchange: bool,
}

impl<'i> Alone<'i> {
    pub(crate) const fn command(&self) -> Option<Command<'i>> {
        self.command
    }

    pub(crate) const fn refusal(&self) -> Option<Phrase> {
        self.refusal
    }
}

impl Next<'_> {
    pub(crate) const fn need(&self) -> Need {
        match self {
            Self::Input => Need::Input,
            Self::Output => Need::Output,
            _ => Need::Event,
        }
    }
}
