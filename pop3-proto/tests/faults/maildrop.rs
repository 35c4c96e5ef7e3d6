//! The server's maildrop: the messages in it, and those that QUIT has ever removed.

use std::collections::BTreeSet;

use pop3_proto::dot::wire_size;
use pop3_proto::server::Index;
use pop3_proto::{MsgNo, Uid};

use crate::random::Random;

#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) serial: u32,
    uid: String,
    text: String,
    /// It was shown in an earlier session, which the server notes in its header.
    seen: bool,
}

impl Mail {
    /// The message with LF line ends, as it is stored.
    fn stored(&self) -> String {
        let seen = if self.seen { "Status: RO\n" } else { "" };
        format!("N: {}\n{seen}{}", self.serial, self.text)
    }
}

/// How the server chooses unique-ids.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Ids {
    #[default]
    Unique,
    /// One of two ids.
    Repeated,
    /// The lowest id that no message has now.
    UsedAgain,
}

/// How the server treats its messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Habits {
    pub(crate) ids: Ids,
    /// Whether it writes `Status:` into the header, which changes the size, too.
    pub(crate) marks_seen: bool,
    /// Whether the order is another one in every session.
    pub(crate) renumbers: bool,
    /// Lists only this many of the oldest messages.
    pub(crate) window: Option<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct Maildrop {
    pub(crate) mail: Vec<Mail>,
    pub(crate) habits: Habits,
    last: u32,
    /// The serial numbers of the messages that QUIT removed.
    pub(crate) deleted: BTreeSet<u32>,
    /// The serial numbers of the messages that were listed in the last session.
    pub(crate) shown: BTreeSet<u32>,
}

/// The maildrop as one session sees it.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) mail: Vec<Mail>,
}

impl Maildrop {
    pub(crate) fn new(habits: Habits, count: u32) -> Self {
        let mut maildrop = Self { habits, ..Self::default() };
        (0..count).for_each(|_| maildrop.arrive());
        maildrop
    }

    /// A message arrives. Its size differs from those of all others.
    pub(crate) fn arrive(&mut self) {
        self.last += 1;
        let serial = self.last;
        let uid = match self.habits.ids {
            Ids::Unique => format!("id-{serial}"),
            Ids::Repeated => format!("same-{}", serial % 2),
            Ids::UsedAgain => {
                let is_free = |uid: &String| !self.mail.iter().any(|mail| mail.uid == *uid);
                (0..).map(|n| format!("id-{n}")).find(is_free).unwrap()
            }
        };
        let padding = ".".repeat(serial as usize * 13 % 200 + 200 * (serial as usize % 3 / 2));
        let text = format!("\n.{padding}\n");
        self.mail.push(Mail { serial, uid, text, seen: false });
    }

    /// Another client removes one message.
    pub(crate) fn lose_one(&mut self, random: &mut Random) {
        if !self.mail.is_empty() {
            self.mail.remove(random.below(self.mail.len()));
        }
    }

    pub(crate) fn open(&mut self, random: &mut Random) -> Snapshot {
        if self.habits.renumbers {
            for i in (1..self.mail.len()).rev() {
                self.mail.swap(i, random.below(i + 1));
            }
        }
        let window = self.habits.window.unwrap_or(usize::MAX).min(self.mail.len());
        let shown = Snapshot { mail: self.mail[..window].to_vec() };
        self.shown = shown.mail.iter().map(|mail| mail.serial).collect();
        if self.habits.marks_seen {
            self.mail.iter_mut().for_each(|mail| mail.seen = true);
        }
        shown
    }

    pub(crate) fn delete(&mut self, serials: &[u32]) {
        self.mail.retain(|mail| !serials.contains(&mail.serial));
        self.deleted.extend(serials);
    }
}

impl Snapshot {
    pub(crate) fn text(&self, n: MsgNo) -> String {
        self.mail[n.index()].stored()
    }
}

impl Index for Snapshot {
    fn len(&self) -> u32 {
        self.mail.len().try_into().unwrap()
    }

    fn octets(&self, n: MsgNo) -> u64 {
        wire_size(self.text(n).as_bytes())
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        Uid::new(self.mail[n.index()].uid.as_bytes()).unwrap()
    }
}
