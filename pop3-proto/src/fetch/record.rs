//! `Record`: what the store has, from session to session. Its text form can be extended by appending lines.

use alloc::collections::BTreeMap;
use core::fmt;
use core::str::FromStr;

use super::entry::{Entry, Id, Key};

/// The first line of the text form.
const HEADER: &str = "pop3-proto record 1";

/// The line that says [`Record::is_one_by_one`].
const ONE_BY_ONE: &str = "one-by-one";
/// The beginning of the line that says [`Record::interruptions`].
const INTERRUPTED: &str = "interrupted ";

/// Which messages of one account the store has.
///
/// The text form, by `Display` and `FromStr`, is a header line, up to two lines about the server
/// ([`is_one_by_one`](Self::is_one_by_one), [`interruptions`](Self::interruptions)) and a line for each message. A
/// later line replaces an earlier one of the same message. A last line without its line end, which a crash may leave, is
/// skipped. So a program may append the line of each message as soon as the message is safe. It should write
/// the whole text anew at the end of the session, and also before it appends to a text that it has read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    entries: BTreeMap<Key, Entry>,
    one_by_one: bool,
    interruptions: u16,
}

/// The text is not a record. Holds the number of its first bad line, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRecord(pub usize);

impl Record {
    /// The record of an empty store.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: BTreeMap::new(), one_by_one: false, interruptions: 0 }
    }

    /// How many messages are in the record.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the record has no messages.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether the server once mixed up its replies to commands that were sent without waiting. A
    /// [`Fetch`](super::Fetch) then sends each command only after the reply to the one before.
    #[must_use]
    pub const fn is_one_by_one(&self) -> bool {
        self.one_by_one
    }

    pub(super) const fn ask_one_by_one(&mut self) {
        self.one_by_one = true;
    }

    /// How many sessions in a row ended in the middle of a message. If all messages have unique-ids of their
    /// own, a [`Fetch`](super::Fetch) begins with another message each time, so that a message at which the
    /// connection always ends does not block the others. From the second interruption on, it asks for one
    /// message at a time, so that each one that has come is proved to be whole.
    #[must_use]
    pub const fn interruptions(&self) -> u16 {
        self.interruptions
    }

    pub(super) const fn interrupt(&mut self) {
        self.interruptions = self.interruptions.saturating_add(1);
    }

    pub(super) const fn not_interrupted(&mut self) {
        self.interruptions = 0;
    }

    /// The messages, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    pub(super) fn insert(&mut self, entry: Entry) {
        self.entries.insert((entry.id.clone(), entry.nth), entry);
    }

    pub(super) fn get_mut(&mut self, key: &Key) -> Option<&mut Entry> {
        self.entries.get_mut(key)
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Entry> {
        self.entries.get(key)
    }

    pub(super) fn retain(&mut self, keep: impl FnMut(&Key, &mut Entry) -> bool) {
        self.entries.retain(keep);
    }

    /// The messages with this id, in order.
    pub(super) fn of<'r>(&'r self, id: &Id) -> impl Iterator<Item = &'r Entry> {
        let keys = (id.clone(), 0)..=(id.clone(), u32::MAX);
        self.entries.range(keys).map(|(_, entry)| entry)
    }

    /// An `nth` number that no message with this id has.
    pub(super) fn free(&self, id: &Id) -> u32 {
        let keys = (id.clone(), 0)..=(id.clone(), u32::MAX);
        self.entries.range(keys).next_back().map_or(0, |((_, last), _)| last.saturating_add(1))
    }

    /// Whether the record has messages that are identified by their header.
    pub(super) fn has_digests(&self) -> bool {
        self.entries.last_key_value().is_some_and(|((id, _), _)| matches!(id, Id::Digest(_)))
    }

    pub(super) fn remove(&mut self, key: &Key) -> Option<Entry> {
        self.entries.remove(key)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if self.one_by_one {
            writeln!(f, "{ONE_BY_ONE}")?;
        }
        if self.interruptions > 0 {
            writeln!(f, "{INTERRUPTED}{}", self.interruptions)?;
        }
        self.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

impl FromStr for Record {
    type Err = BadRecord;

    fn from_str(text: &str) -> Result<Self, BadRecord> {
        let mut record = Self::new();
        for (number, line) in (1..).zip(text.split_inclusive('\n')) {
            // A crash in the middle of an append, or while the header was written.
            let Some(line) = line.strip_suffix('\n') else {
                if number == 1 && !HEADER.starts_with(line) {
                    return Err(BadRecord(1));
                }
                break;
            };
            if number == 1 {
                if line != HEADER {
                    return Err(BadRecord(1));
                }
                continue;
            }
            if line == ONE_BY_ONE {
                record.one_by_one = true;
            } else if let Some(count) = line.strip_prefix(INTERRUPTED) {
                record.interruptions = count.parse().map_err(|_| BadRecord(number))?;
            } else {
                record.insert(Entry::parse(line).ok_or(BadRecord(number))?);
            }
        }
        Ok(record)
    }
}

impl fmt::Display for BadRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is not that of a record", self.0)
    }
}

impl core::error::Error for BadRecord {}
