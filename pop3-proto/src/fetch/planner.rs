//! `Fetch`: the state of one session's download, and everything an embedder passes in or reads besides the
//! session.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use super::digest::{Digester, HeaderDigest, TextDigest};
use super::entry::{Entry, Fate, Key};
use super::event::Download;
use super::flags::Flags;
use super::headers::Headers;
use super::listing::Listing;
use super::record::Record;
use super::rules::Rules;
use super::summary::Summary;
use super::weight::{Tally, Weight};
use crate::client::RefusalKind;
use crate::text::Text;
use crate::types::{MsgNo, Verb};

/// The download of one session, from after the login to the answer to QUIT.
#[derive(Clone, Debug)]
pub struct Fetch {
    pub(super) rules: Rules,
    /// In seconds since 1970.
    pub(super) now: u64,
    pub(super) record: Record,
    pub(super) stage: Stage,
    pub(super) listing: Listing,
    pub(super) headers: Headers,
    /// The messages to handle in this stage, by index; `next` is the position in this list.
    pub(super) todo: Vec<usize>,
    pub(super) next: usize,
    /// The commands that the server has not answered yet.
    pub(super) sent: VecDeque<Sent>,
    /// For the header that is being read.
    pub(super) digester: Digester,
    /// How many bytes and lines of the body have been read.
    pub(super) octets: u64,
    pub(super) lines: u64,
    /// The message whose end was read, until the next status line proves that it was the end.
    pub(super) ended: Option<Ended>,
    /// Whether bodies were asked for since the last fence.
    pub(super) unfenced: bool,
    /// Whether commands were sent without waiting since nothing was last unanswered.
    pub(super) pipelined: bool,
    pub(super) retry: bool,
    /// How the sizes of the messages that came compare with the listing.
    pub(super) tally: Tally,
    pub(super) stopped: bool,
    /// The count from STAT.
    pub(super) count: Option<u64>,
    pub(super) uidl_announced: bool,
    /// Whether the listing has been read, and shows everything that is there.
    pub(super) complete: bool,
    pub(super) refused_in_a_row: u8,
    pub(super) no_top: bool,
    pub(super) top_works: bool,
    /// The entries whose DELE was answered `+OK`.
    pub(super) marked: Vec<Key>,
    pub(super) summary: Summary,
    /// The text of the refusal that ended the download.
    pub(super) words: Vec<u8>,
}

/// A message whose end was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) item: usize,
    pub(super) preview: Option<u64>,
    pub(super) digest: HeaderDigest,
    pub(super) text: TextDigest,
    pub(super) dated: bool,
    pub(super) octets: u64,
    pub(super) weight: Weight,
    /// Whether another message was asked for at the same time.
    pub(super) shared: bool,
}

/// What the download is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Sends STAT, LIST and UIDL; the number says which is next.
    List(u8),
    /// Sends TOP for messages that unique-ids do not identify.
    Headers,
    Retrieve,
    /// Every message has come; the caller is told once.
    Fetched,
    Delete,
    /// Every message to delete is marked; the caller is told once.
    Marked,
    Quit,
    Done,
    Failed(Fault),
}

/// A command that was sent and not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Stat,
    List,
    Uidl,
    /// TOP of this item, for a digest.
    Header(usize),
    /// RETR of this item, or TOP with that many lines for a preview.
    Body(usize, Option<u64>),
    /// NOOP, whose answer proves that the last body has ended.
    Fence,
    Dele(usize),
    Quit,
}

/// How far the download is; [`Fetch::advance`] returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// Flush the output, then pass the next event to [`Fetch::handle_event`].
    Pending,
    /// Every message that was asked for has come or was refused. Make safe what is not safe yet, call
    /// [`Fetch::stored`] for it, then continue: deletions follow. This is returned once, but not with
    /// [`Rules::dry_run`].
    Fetched,
    /// The messages to delete are marked, and QUIT follows. Save the record now, so that after a crash during
    /// QUIT the next session knows which messages may be gone. This is returned once, and only if there are
    /// deletions.
    Marked,
    /// QUIT was answered. The record is final.
    Done,
    /// The download cannot continue. End the connection. The record is right. See also
    /// [`Fetch::may_retry`].
    Failed(Fault),
}

/// Why a download cannot continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The server answered `-ERR` to LIST, or to UIDL although it had announced UIDL. The new messages cannot
    /// be found then, and no entry is forgotten. Or it answered `-ERR` to QUIT: not all deletions were done.
    /// [`Fetch::refusal_text`] has its words.
    Refused(Verb, Option<RefusalKind>),
    /// The server is out of step: it sent something that was not asked for, or a message of the wrong size
    /// while several were asked for at once. What was not proved to be whole counts as not fetched.
    OutOfStep,
    /// The listing has far more messages than STAT counted, or takes more memory than [`Rules::max_memory`].
    TooMany,
}

impl Fetch {
    /// Creates the download of a session after its login. `now` is the time in seconds since 1970. Times in
    /// the record that cannot be right are replaced, see [`Record::mend_times`]. If `now` is before
    /// [`EARLIEST_TIME`](super::EARLIEST_TIME), set no rules that count days.
    #[must_use]
    pub fn new(mut record: Record, rules: Rules, now: u64) -> Self {
        record.mend_times(now);
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
            lines: 0,
            ended: None,
            unfenced: false,
            pipelined: false,
            retry: false,
            tally: Tally::default(),
            stopped: false,
            count: None,
            uidl_announced: false,
            complete: false,
            refused_in_a_row: 0,
            no_top: false,
            top_works: false,
            marked: Vec::new(),
            summary: Summary::default(),
            words: Vec::new(),
        }
    }

    /// Asks for no more messages. Those already asked for still come; then deletions and QUIT follow.
    pub const fn stop(&mut self) {
        self.stopped = true;
    }

    /// What the store has. It is right at every moment.
    #[must_use]
    pub const fn record(&self) -> &Record {
        &self.record
    }

    /// Ends the download and returns the record for the next session.
    #[must_use]
    pub fn into_record(self) -> Record {
        self.record
    }

    /// What was done so far.
    #[must_use]
    pub const fn summary(&self) -> Summary {
        self.summary
    }

    /// The server's words in the refusal that ended the download, or in a refusal of QUIT when nothing was
    /// marked for deletion; at most 512 bytes of them, and empty if there was none.
    #[must_use]
    pub fn refusal_text(&self) -> Text<'_> {
        Text::new(&self.words)
    }

    /// How many deletions have an unknown outcome. Deletions of messages that this session no longer listed are
    /// not counted: they have happened.
    #[must_use]
    pub fn unconfirmed_deletions(&self) -> usize {
        let unknown = |entry: &&Entry| entry.is_leaving() && !(self.complete && entry.flags.missed);
        self.record.iter().filter(unknown).count()
    }

    /// The unique-id of a message, if the server has one for it. It may contain any byte, and other messages
    /// may have the same.
    #[must_use]
    pub fn uid(&self, number: MsgNo) -> Option<&[u8]> {
        self.listing.items.get(self.listing.find(number)?)?.uid.as_deref()
    }

    /// The messages to fetch, in order. Some of them may turn out to be known. The list is ready after the
    /// listing and the headers have been read, and it is empty again when [`advance`](Self::advance) has
    /// returned [`Progress::Fetched`]. With [`Rules::dry_run`], read it after [`Progress::Done`].
    pub fn wanted(&self) -> impl Iterator<Item = Download> + '_ {
        let retrieving = matches!(self.stage, Stage::Retrieve) || self.rules.dry_run;
        let todo = if retrieving { self.todo.as_slice() } else { &[] };
        todo.iter().filter_map(|i| self.listing.items.get(*i)).map(|item| self.want(item))
    }

    /// With [`Rules::dry_run`], the messages that the rules would delete if everything that is wanted had
    /// been stored. Read it after [`Progress::Done`]. Without `dry_run` it is empty.
    pub fn would_delete(&self) -> impl Iterator<Item = MsgNo> + '_ {
        let doomed = if self.rules.dry_run { self.deletions(&self.todo) } else { Vec::new() };
        doomed.into_iter().filter_map(|i| self.listing.items.get(i)).map(|item| item.number)
    }

    /// Call this when the store has this message and no crash can destroy it. The record contains it from
    /// then on, and the rules may delete it on the server. The line of the returned entry can be appended to
    /// the file of the record.
    ///
    /// `None` unless [`FetchEvent::Whole`](super::FetchEvent::Whole) has reported the message or its preview
    /// in this session.
    pub fn stored(&mut self, number: MsgNo) -> Option<&Entry> {
        let i = self.listing.find(number)?;
        let item = self.listing.items.get_mut(i)?;
        let whole = item.came?;
        item.stored = true;
        let key = match &item.key {
            Some(key) => (**key).clone(),
            None => {
                let id = item.id()?;
                let nth = self.record.free(&id);
                (id, nth)
            }
        };
        let before = self.record.get(&key);
        // A preview proves nothing about a message that came whole earlier.
        let kept = before.filter(|entry| !whole && entry.is_stored());
        let is_explained = item.weight.is_some_and(|weight| weight.is_exact() || self.tally.is_explained());
        let is_shared = item.uid.is_some() && !item.alone;
        let mut flags = kept.map_or_else(Flags::default, |entry| entry.flags);
        if whole && !is_explained {
            let short = item.weight.is_some_and(Weight::is_short);
            (flags.doubtful, flags.odd) = (short, !short);
        }
        flags.shared |= is_shared;
        flags.unproved |= whole && matches!(self.stage, Stage::Failed(Fault::OutOfStep));
        self.record.insert(Entry {
            octets: item.octets,
            digest: kept.map_or(item.digest, |entry| entry.digest),
            text: kept.map_or(item.text, |entry| entry.text),
            flags,
            broken: false,
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
            Self::OutOfStep => f.write_str(
                "the server is out of step: what it sends does not belong to what it was asked for",
            ),
            Self::TooMany => f.write_str("a listing that does not end"),
        }
    }
}

impl core::error::Error for Fault {}
