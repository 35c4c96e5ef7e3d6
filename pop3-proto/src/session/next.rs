//! `Next`: what the session's loop found that it cannot deal with alone.

use super::phrase::Phrase;
use super::reason::{Need, Reason};
use crate::base64::Base64;
use crate::types::Command;

/// What comes next. A line that it refers to is still in the window.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Next<'i> {
    /// The session answers this line alone, and has to report that.
    Alone(Alone),
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

/// A line that the session answers alone. The command is not kept here but parsed again where it is needed,
/// because every step copies a `Next`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alone {
    /// Why it is answered `-ERR`; `None` if it is answered `+OK`.
    pub(super) refusal: Option<Phrase>,
    pub(super) len: usize,
    /// Whether the line belongs to an AUTH exchange.
    pub(super) exchange: bool,
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
