//! The server's messages: LIST and UIDL, combined by message number, in bounded memory.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::digest::{HeaderDigest, TextDigest};
use super::entry::{Id, Key};
use super::weight::Weight;
use crate::types::{MsgNo, Scan, UidLine};

/// One message of the session.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) number: MsgNo,
    pub(super) octets: Option<u64>,
    /// The unique-id; never empty.
    pub(super) uid: Option<Box<[u8]>>,
    pub(super) digest: Option<HeaderDigest>,
    pub(super) text: Option<TextDigest>,
    /// Its entry in the record, if known.
    pub(super) key: Option<Box<Key>>,
    /// No other message of this listing has its unique-id.
    pub(super) alone: bool,
    /// The listing does not tell whether it is known or new: its header has to be checked.
    pub(super) unsure: bool,
    /// It is known, but its header has to be checked before it is deleted.
    pub(super) check: bool,
    /// It is known, but it has to come whole once more before anything is done about it.
    pub(super) verify: bool,
    /// It is known well enough to be deleted without coming once more.
    pub(super) sure: bool,
    /// Set if it came in this session and the store has to keep it; says whether it came whole.
    pub(super) came: Option<bool>,
    /// The store has what came in this session, whole or as a preview.
    pub(super) stored: bool,
    /// It came whole in this session, and is the message that the store has.
    pub(super) verified: bool,
    /// It is verified, although its header differs from the one that came earlier.
    pub(super) rewritten: bool,
    /// How the size of what came compares with the listing.
    pub(super) weight: Option<Weight>,
}

/// How many bytes one message takes, and its place among the unique-ids.
const ITEM: usize = size_of::<Item>();
const UID: usize = size_of::<(MsgNo, Box<[u8]>)>();

#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    pub(super) items: Vec<Item>,
    uids: Vec<(MsgNo, Box<[u8]>)>,
    memory: usize,
    lines: u64,
    /// How many lines could not be read.
    pub(super) unreadable: u64,
}

impl Listing {
    /// `None` if the listing exceeds `most`: bytes of memory, and lines.
    pub(super) fn scan(&mut self, scan: Scan, most: (usize, u64)) -> Option<()> {
        self.account(ITEM, most)?;
        self.items.push(Item::new(scan.number, Some(scan.octets)));
        Some(())
    }

    /// Adds a line of UIDL. `None` as for [`scan`](Self::scan).
    pub(super) fn uid(&mut self, line: &UidLine<'_>, most: (usize, u64)) -> Option<()> {
        // The id is stored here, as a key, and in the record, where it is a key again. Where UIDL has more lines
        // than LIST, each of the others is a message, too.
        let item = if self.uids.len() < self.items.len() { 0 } else { ITEM };
        let uid = UID.saturating_add(line.uid.len().saturating_mul(5));
        self.account(item.saturating_add(uid), most)?;
        if let Some(number) = line.number.filter(|_| !line.uid.is_empty()) {
            self.uids.push((number, line.uid.into()));
        }
        Some(())
    }

    /// Counts a line that cannot be read. `None` as for [`scan`](Self::scan).
    pub(super) fn unreadable(&mut self, most: (usize, u64)) -> Option<()> {
        self.unreadable = self.unreadable.saturating_add(1);
        self.account(ITEM, most)
    }

    fn account(&mut self, more: usize, most: (usize, u64)) -> Option<()> {
        self.memory = self.memory.saturating_add(more);
        self.lines = self.lines.saturating_add(1);
        (self.memory <= most.0 && self.lines <= most.1).then_some(())
    }

    /// Sorts by number; gaps, repetitions and any order are accepted. If a number is repeated, the last line
    /// counts, because a status line that came twice can look like the line of a message.
    pub(super) fn finish(&mut self) {
        self.items.reverse();
        self.items.sort_by_key(|item| item.number);
        self.items.dedup_by_key(|item| item.number);
        self.uids.reverse();
        self.uids.sort_by_key(|(number, _)| *number);
        self.uids.dedup_by_key(|(number, _)| *number);
        let mut unlisted = Vec::new();
        let mut items = self.items.iter_mut().peekable();
        for (number, uid) in core::mem::take(&mut self.uids) {
            while items.next_if(|item| item.number < number).is_some() {}
            match items.peek_mut().filter(|item| item.number == number) {
                Some(item) => item.uid = Some(uid),
                None => unlisted.push(Item { uid: Some(uid), ..Item::new(number, None) }),
            }
        }
        if !unlisted.is_empty() {
            self.items.append(&mut unlisted);
            self.items.sort_by_key(|item| item.number);
        }
    }

    pub(super) fn find(&self, number: MsgNo) -> Option<usize> {
        self.items.binary_search_by_key(&number, |item| item.number).ok()
    }
}

impl Item {
    /// It came whole in this session, and the store has it.
    pub(super) const fn is_kept(&self) -> bool {
        matches!(self.came, Some(true)) && self.stored
    }

    const fn new(number: MsgNo, octets: Option<u64>) -> Self {
        Self {
            number,
            octets,
            uid: None,
            digest: None,
            text: None,
            key: None,
            alone: false,
            unsure: false,
            check: false,
            verify: false,
            sure: false,
            came: None,
            stored: false,
            verified: false,
            rewritten: false,
            weight: None,
        }
    }

    /// The id of a new entry; `None` while neither unique-id nor digest is known.
    pub(super) fn id(&self) -> Option<Id> {
        match (&self.uid, self.digest) {
            (Some(uid), _) => Some(Id::of(uid)),
            (None, digest) => digest.map(Id::Digest),
        }
    }
}
