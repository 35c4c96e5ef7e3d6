//! The state of one session's download, and what goes in and out of it besides the session.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use super::digest::Digester;
use super::entry::{Entry, Fate, Key};
use super::headers::Headers;
use super::listing::Listing;
use super::record::Record;
use super::rules::Rules;
use crate::client::{Refusal, RefusalKind};
use crate::types::{MsgNo, Verb};

/// The download of one session, from after the login to the answer to QUIT.
#[derive(Debug)]
pub struct Fetch {
    pub(super) rules: Rules,
    /// Seconds since 1970.
    pub(super) now: u64,
    pub(super) record: Record,
    pub(super) stage: Stage,
    pub(super) listing: Listing,
    pub(super) headers: Headers,
    /// What is to be done in this stage, and how far it is.
    pub(super) todo: Vec<usize>,
    pub(super) next: usize,
    /// What the server still has to answer.
    pub(super) sent: VecDeque<Sent>,
    /// Of the header that is coming in.
    pub(super) digester: Digester,
    /// Bytes of the body that is coming in.
    pub(super) octets: u64,
    pub(super) stopped: bool,
    /// What STAT said.
    pub(super) count: Option<u64>,
    pub(super) uidl_announced: bool,
    pub(super) refused_in_a_row: u8,
    pub(super) no_top: bool,
    pub(super) top_works: bool,
    /// DELE was answered `+OK`.
    pub(super) marked: Vec<Key>,
    pub(super) summary: Summary,
}

/// What is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The next of STAT, LIST, UIDL.
    List(u8),
    /// TOP of messages that unique-ids do not tell apart.
    Headers,
    Retrieve,
    /// Everything came; the caller is told once.
    Fetched,
    Delete,
    /// Everything is marked; the caller is told once.
    Marked,
    Quit,
    Done,
    Failed(Fault),
}

/// A command on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Stat,
    List,
    Uidl,
    /// TOP for a digest, of this item.
    Header(usize),
    /// RETR, or TOP of that many lines for a preview.
    Body(usize, Option<u64>),
    Dele(usize),
    Quit,
}

/// A message that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Download {
    /// Its number in this session.
    pub number: MsgNo,
    /// Its size as the server announced it: for a progress bar and nothing else.
    pub octets: Option<u64>,
    /// A preview, with so many body lines; `None` is the whole message.
    pub preview: Option<u64>,
}

/// What an event means for the store, from [`Fetch::handle_event`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum FetchEvent<'i> {
    /// Nothing.
    Nothing,
    /// A message begins: open a place for it.
    Begin(Download),
    /// Bytes of it.
    Data(&'i [u8]),
    /// It is complete. Make it safe, now or together with others, then call [`Fetch::stored`]: until then it counts as not fetched.
    Whole(Download),
    /// It is complete, and is one that the record has: drop it.
    Known(Download),
    /// It came without a single byte, though the server says that it has some: drop it. The next session tries again.
    Empty(Download),
    /// The server does not give it. If [`RefusalKind`] says later three times in a row, no more are asked for in this session.
    Refused(Download, Refusal<'i>),
}

/// Where the download stands, from [`Fetch::advance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// Flush the output, and show the next event to [`Fetch::handle_event`].
    Pending,
    /// All that was asked for has come. Make safe what is not, call [`Fetch::stored`] for it, then go on: deletions follow. It is
    /// said once.
    Fetched,
    /// The messages to delete are marked, and QUIT follows. Save the record now: if a crash comes after QUIT, the next session knows
    /// what may be gone. It is said once, and not without deletions.
    Marked,
    /// QUIT was answered: the record is final.
    Done,
    /// The server does not let it go on. End the connection; the record is right.
    Failed(Fault),
}

/// Why a download cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `-ERR` to LIST, or to UIDL where it was announced: what is new cannot be told, and nothing is forgotten for that. Or to QUIT:
    /// not all of the deletions were done.
    Refused(Verb, Option<RefusalKind>),
    /// A listing of far more messages than STAT counted, or that takes more memory than [`Rules::max_memory`].
    TooMany,
}

/// What a session did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Messages that the server listed.
    pub listed: u64,
    /// Messages that came whole.
    pub fetched: u64,
    /// Bytes of message that came, of previews too.
    pub octets: u64,
    /// Previews that came.
    pub previewed: u64,
    /// Messages that the store had.
    pub known: u64,
    /// Messages that the server refused to send or to delete, or sent without a byte.
    pub refused: u64,
    /// Deletions that QUIT confirmed.
    pub deleted: u64,
}

impl Fetch {
    /// The download of a session after its login. `now` is in seconds since 1970.
    #[must_use]
    pub fn new(record: Record, rules: Rules, now: u64) -> Self {
        Self {
            rules,
            now,
            record,
            stage: Stage::List(0),
            listing: Listing::default(),
            headers: Headers::default(),
            todo: Vec::new(),
            next: 0,
            sent: VecDeque::new(),
            digester: Digester::new(),
            octets: 0,
            stopped: false,
            count: None,
            uidl_announced: false,
            refused_in_a_row: 0,
            no_top: false,
            top_works: false,
            marked: Vec::new(),
            summary: Summary::default(),
        }
    }

    /// Asks for no more messages: what is on the way comes, then deletions and QUIT.
    pub const fn stop(&mut self) {
        self.stopped = true;
    }

    /// What the store has, right at every moment.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// Ends the download: the record for the next session.
    #[must_use]
    pub fn into_record(self) -> Record {
        self.record
    }

    /// What was done so far.
    #[must_use]
    pub const fn summary(&self) -> Summary {
        self.summary
    }

    /// Deletions whose outcome is not known.
    #[must_use]
    pub fn unconfirmed_deletions(&self) -> usize {
        self.record.iter().filter(|entry| entry.is_leaving()).count()
    }

    /// The unique-id of a message, if the server has one for it. It may hold any byte, and repeat.
    #[must_use]
    pub fn uid(&self, number: MsgNo) -> Option<&[u8]> {
        self.listing.items.get(self.listing.find(number)?)?.uid.as_deref()
    }

    /// What is asked for, in order, once the listing is in: before that it is empty. Some of it may turn out to be known.
    pub fn wanted(&self) -> impl Iterator<Item = Download> + '_ {
        let retrieving = matches!(self.stage, Stage::Retrieve) || self.rules.dry_run;
        let todo = if retrieving { self.todo.as_slice() } else { &[] };
        todo.iter().filter_map(|i| self.listing.items.get(*i)).map(|item| self.want(item))
    }

    /// What the rules would delete, with [`Rules::dry_run`]: as if everything that is wanted had been stored.
    pub fn would_delete(&self) -> impl Iterator<Item = MsgNo> + '_ {
        let doomed = if self.rules.dry_run { self.deletions(&self.todo) } else { Vec::new() };
        doomed.into_iter().filter_map(|i| self.listing.items.get(i)).map(|item| item.number)
    }

    /// The store has this message, and no crash can take it away: the record says so from here on, and the rules may delete it.
    /// The entry's line can be appended to the file of the record.
    ///
    /// `None` if no complete message of that number has come.
    pub fn stored(&mut self, number: MsgNo) -> Option<&Entry> {
        let i = self.listing.find(number)?;
        let item = self.listing.items.get_mut(i)?;
        let whole = item.came?;
        let key = match &item.key {
            Some(key) => (**key).clone(),
            None => {
                let id = item.id()?;
                let nth = self.record.free(&id);
                (id, nth)
            }
        };
        let before = self.record.get(&key);
        self.record.insert(Entry {
            octets: item.octets,
            digest: item.digest,
            first_seen: before.map_or(self.now, |entry| entry.first_seen),
            stored: before.and_then(|entry| entry.stored).or(whole.then_some(self.now)),
            listed: self.now,
            fate: before.map_or(Fate::Stays, |entry| entry.fate),
            id: key.0.clone(),
            nth: key.1,
        });
        self.record.get(item.key.insert(key.into()))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(verb, None) => write!(f, "the server refuses {}", verb.as_str()),
            Self::Refused(verb, Some(trouble)) => {
                write!(f, "the server refuses {}: {trouble}", verb.as_str())
            }
            Self::TooMany => f.write_str("a listing that does not end"),
        }
    }
}

impl core::error::Error for Fault {}
