//! The server's messages: LIST and UIDL, combined by message number, in bounded memory.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::digest::HeaderDigest;
use super::entry::{Id, Key};
use crate::types::{MsgNo, Scan, UidLine};

/// One message of the session.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) number: MsgNo,
    pub(super) octets: Option<u64>,
    /// The unique-id; never empty.
    pub(super) uid: Option<Box<[u8]>>,
    pub(super) digest: Option<HeaderDigest>,
    /// Its entry in the record, if known.
    pub(super) key: Option<Box<Key>>,
    /// The listing does not tell whether it is known or new: its header has to be checked.
    pub(super) unsure: bool,
    /// It is known, but its header has to be checked before it is deleted.
    pub(super) check: bool,
    /// Set if it came in this session; says whether it came whole.
    pub(super) came: Option<bool>,
}

/// How many bytes one message takes besides its unique-id.
const ITEM: usize = size_of::<Item>() + size_of::<(MsgNo, Box<[u8]>)>();

#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) items: Vec<Item>,
    uids: Vec<(MsgNo, Box<[u8]>)>,
    memory: usize,
    lines: u64,
}

impl Listing {
    /// `None` if the listing exceeds `most`: bytes of memory, and lines.
    pub(super) fn scan(&mut self, scan: Scan, most: (usize, u64)) -> Option<()> {
        self.account(0, most)?;
        self.items.push(Item::new(scan.number, Some(scan.octets)));
        Some(())
    }

    /// Adds a line of UIDL. `None` as for [`scan`](Self::scan).
    pub(super) fn uid(&mut self, line: &UidLine<'_>, most: (usize, u64)) -> Option<()> {
        // The id is stored here, as a key, and in the record, where it is a key again.
        self.account(line.uid.len().saturating_mul(5), most)?;
        if let Some(number) = line.number.filter(|_| !line.uid.is_empty()) {
            self.uids.push((number, line.uid.into()));
        }
        Some(())
    }

    /// Counts a line that cannot be read. `None` as for [`scan`](Self::scan).
    pub(super) fn unreadable(&mut self, most: (usize, u64)) -> Option<()> {
        self.account(0, most)
    }

    fn account(&mut self, more: usize, most: (usize, u64)) -> Option<()> {
        self.memory = self.memory.saturating_add(ITEM).saturating_add(more);
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
    const fn new(number: MsgNo, octets: Option<u64>) -> Self {
        Self { number, octets, uid: None, digest: None, key: None, unsure: false, check: false, came: None }
    }

    /// The id of a new entry; `None` while neither unique-id nor digest is known.
    pub(super) fn id(&self) -> Option<Id> {
        match (&self.uid, self.digest) {
            (Some(uid), _) => Some(Id::Uid(uid.clone())),
            (None, digest) => digest.map(Id::Digest),
        }
    }
}
