//! The queue of unanswered commands. How to read a reply depends on the command that it answers.

use super::event::Id;
use crate::types::{Command, MsgNo, Verb};

/// What kind of reply a command will get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// One line that changes no state.
    Line,
    User,
    /// PASS and APOP.
    Login,
    Utf8,
    Auth,
    Stls,
    Quit,
    Dele,
    Stat,
    /// LIST with a number.
    Scan,
    /// UIDL with a number.
    Uid,
    Capa,
    ScanListing,
    UidListing,
    LangListing,
    /// LANG with a range.
    Lang,
    /// RETR or TOP: a message.
    Body,
    /// Other lines, reported as bytes: the answer to AUTH alone, or to a verb that the crate does not know.
    OtherBody,
    /// One line: the answer to a verb that the crate does not know.
    Other,
}

impl Asked {
    #[inline]
    pub(super) fn by(command: &Command<'_>) -> Self {
        match command {
            Command::List(None) => Self::ScanListing,
            Command::List(Some(_)) => Self::Scan,
            Command::Uidl(None) => Self::UidListing,
            Command::Uidl(Some(_)) => Self::Uid,
            Command::Lang(None) => Self::LangListing,
            Command::Lang(Some(_)) => Self::Lang,
            Command::AuthList => Self::OtherBody,
            _ => match command.verb() {
                Verb::User => Self::User,
                Verb::Pass | Verb::Apop => Self::Login,
                Verb::Auth => Self::Auth,
                Verb::Stls => Self::Stls,
                Verb::Utf8 => Self::Utf8,
                Verb::Quit => Self::Quit,
                Verb::Dele => Self::Dele,
                Verb::Stat => Self::Stat,
                Verb::Capa => Self::Capa,
                Verb::Retr | Verb::Top => Self::Body,
                Verb::Other => Self::Other,
                Verb::Lang | Verb::List | Verb::Uidl | Verb::Noop | Verb::Rset => Self::Line,
            },
        }
    }

    /// Whether nothing may be sent after this command until it is answered. A server may lose what follows a
    /// login in the same segment, and what follows AUTH, STLS and QUIT is not a command (RFC 2449 section
    /// 6.6). The other commands are at most 37 octets long.
    pub(super) const fn closes(self) -> bool {
        matches!(
            self,
            Self::User
                | Self::Login
                | Self::Auth
                | Self::Stls
                | Self::Quit
                | Self::Lang
                | Self::Other
                | Self::OtherBody
        )
    }
}

/// The queue as a reader needs it: the oldest command, and that it has been answered.
pub(super) trait Questions {
    fn front(&self) -> Option<(Id, Asked)>;
    /// The message number of the oldest command, if it is LIST or UIDL with a number.
    fn number(&self) -> Option<MsgNo>;
    fn pop(&mut self);
}

impl<const Q: usize> Questions for Queue<Q> {
    #[inline]
    fn front(&self) -> Option<(Id, Asked)> {
        self.at(0)
    }

    fn number(&self) -> Option<MsgNo> {
        self.numbers.get(place::<Q>(self.first)).copied().flatten()
    }

    #[inline]
    fn pop(&mut self) {
        if self.len > 0 {
            self.len = self.len.wrapping_sub(1);
            self.first = self.first.wrapping_add(1);
        }
    }
}

/// The commands that wait for an answer, in order.
#[derive(Clone, Debug)]
pub(super) struct Queue<const Q: usize> {
    asked: [Asked; Q],
    /// Written only for LIST and UIDL with a number.
    numbers: [Option<MsgNo>; Q],
    /// Ids count up. The low bits of an id are its place in the array.
    first: u32,
    len: u8,
}

impl<const Q: usize> Queue<Q> {
    pub(super) const fn new() -> Self {
        const { assert!(Q.is_power_of_two() && Q <= 128, "the queue's length is a power of two, 1 to 128") };
        Self { asked: [Asked::Line; Q], numbers: [None; Q], first: 0, len: 0 }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) const fn is_single(&self) -> bool {
        self.len == 1
    }

    pub(super) const fn is_full(&self) -> bool {
        self.len as usize >= Q
    }

    /// The caller has made sure that the queue is not full.
    #[inline]
    pub(super) fn push(&mut self, asked: Asked) -> Id {
        let id = self.first.wrapping_add(u32::from(self.len));
        if let Some(place) = self.asked.get_mut(place::<Q>(id)) {
            *place = asked;
            self.len = self.len.wrapping_add(1);
        }
        Id(id)
    }

    /// Remembers the message number that LIST or UIDL asks for.
    #[inline(never)]
    pub(super) fn remember(&mut self, id: Id, command: &Command<'_>) {
        if let (Command::List(number) | Command::Uidl(number), Some(place)) =
            (command, self.numbers.get_mut(place::<Q>(id.0)))
        {
            *place = *number;
        }
    }

    #[inline]
    pub(super) fn back(&self) -> Option<Asked> {
        self.at(self.len.wrapping_sub(1)).map(|(_, asked)| asked)
    }

    fn at(&self, nth: u8) -> Option<(Id, Asked)> {
        if nth >= self.len {
            return None;
        }
        let id = self.first.wrapping_add(u32::from(nth));
        self.asked.get(place::<Q>(id)).map(|asked| (Id(id), *asked))
    }
}

const fn place<const Q: usize>(id: u32) -> usize {
    id as usize & Q.wrapping_sub(1)
}
