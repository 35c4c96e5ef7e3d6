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
    /// It was looked at in an earlier session, which the server writes into its header.
    seen: bool,
}

impl Mail {
    /// With LF, as it is stored.
    fn stored(&self) -> String {
        let seen = if self.seen { "Status: RO\n" } else { "" };
        format!("N: {}\n{seen}{}", self.serial, self.text)
    }
}

/// What unique-ids its messages have.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Ids {
    #[default]
    Unique,
    /// One of two.
    Repeated,
    /// The lowest that is free.
    UsedAgain,
}

/// How the server treats its messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Habits {
    pub(crate) ids: Ids,
    /// Writes `Status:` into the header, which changes the size, too.
    pub(crate) marks_seen: bool,
    /// Another order in every session.
    pub(crate) renumbers: bool,
    /// Lists so many of the oldest messages.
    pub(crate) window: Option<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct Maildrop {
    pub(crate) mail: Vec<Mail>,
    pub(crate) habits: Habits,
    last: u32,
    /// Taken out by QUIT.
    pub(crate) deleted: BTreeSet<u32>,
    /// Snapshot in the last session.
    pub(crate) shown: BTreeSet<u32>,
}

/// A maildrop as it is for one session.
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

    /// Every message has another size than all others.
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

    /// Another client takes one away.
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
