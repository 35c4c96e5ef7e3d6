//! Matches messages of the session with entries of the record by what they contain, where ids and sizes are
//! not enough: by header, or by all of it.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::digest::{Digester, HeaderDigest, TextDigest};
use super::entry::{Came, Entry, Fate, Id, Key};
use super::listing::Item;
use super::record::Record;

/// What has to agree besides the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Agrees {
    /// Unique-id and size.
    IdSize,
    /// The unique-id: some servers change sizes.
    Id,
    /// The size: the server had no unique-ids then, or has none now.
    Size,
    /// Unique-id and text, with a message that should still be there.
    IdText,
    /// Unique-id and text, with a message that should be gone.
    GoneIdText,
    /// The text, with a message that should still be there, or whose deletion was not confirmed: the server
    /// had no unique-ids then, or has none now.
    Text,
}

/// Compared with a header alone, the best first. Only with messages that should still be there: that a new
/// message has the same header is likelier than that a deletion was not done.
const BY_HEADER: [Agrees; 3] = [Agrees::IdSize, Agrees::Id, Agrees::Size];

/// Compared with a whole message. A message with another unique-id is another message, even if it has the same
/// text. One without unique-id is another message, too, if the deletion of the earlier one was confirmed.
const BY_ALL: [Agrees; 3] = [Agrees::IdText, Agrees::GoneIdText, Agrees::Text];

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Id(Id),
    /// Any entry, for a message without unique-id.
    Anyone,
    /// An entry without unique-id, for a message that has one.
    Nameless,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum HeaderIs {
    This(HeaderDigest),
    /// Any header, where it may differ at each reading.
    Another {
        /// More came than LIST announced.
        odd: bool,
    },
}

/// What is looked up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Clue {
    agrees: Agrees,
    header: HeaderIs,
    who: Who,
    octets: Option<u64>,
    text: Option<TextDigest>,
    /// The store has no more of it than a header.
    partial: bool,
}

/// The entries of the record by what they contain, without those that are already matched with a message of
/// this session.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers {
    by_clue: BTreeMap<Clue, Vec<Key>>,
    taken: BTreeSet<Key>,
    /// The unique-ids of messages that should be gone.
    gone: BTreeSet<Id>,
    /// The headers of entries that may be found without a unique-id, by the whole message.
    comparable: BTreeSet<(Who, HeaderDigest)>,
}

impl Headers {
    pub(super) fn new(record: &Record, items: &[Item]) -> Self {
        let mut headers = Self::default();
        headers.taken.extend(items.iter().filter_map(|item| item.key.as_deref().cloned()));
        for entry in record.iter() {
            headers.add(entry);
        }
        // The lowest key is taken first.
        headers.by_clue.values_mut().for_each(|keys| keys.reverse());
        headers
    }

    fn add(&mut self, entry: &Entry) {
        let key = entry.key();
        let Some(header) = entry.digest.filter(|_| !self.taken.contains(&key)) else { return };
        for agrees in BY_HEADER.into_iter().chain(BY_ALL).filter(|agrees| agrees.concerns(entry)) {
            let who = match (&entry.id, agrees.with_id()) {
                (Id::Digest(_), true) => continue,
                (Id::Digest(_), false) => [Some(Who::Anyone), Some(Who::Nameless)],
                (id, true) => [Some(Who::Id(id.clone())), None],
                (_, false) => [Some(Who::Anyone), None],
            };
            let text = entry.text.filter(|_| agrees.with_text());
            // What came whole is compared with a header only where the record has no more, and a unique-id
            // stands for the rest, or the store has no more either.
            let only_header = entry.text.is_none() && (agrees.with_id() || !entry.is_stored());
            for partial in [false, true].into_iter().filter(|partial| !partial || only_header) {
                for who in who.iter().flatten() {
                    if agrees == Agrees::GoneIdText {
                        self.gone.insert(entry.id.clone());
                    }
                    if agrees == Agrees::Text {
                        self.comparable.insert((who.clone(), header));
                    }
                    let octets = entry.octets.filter(|_| agrees.with_size());
                    let header = HeaderIs::This(header);
                    let clue = Clue { agrees, header, who: who.clone(), octets, text, partial };
                    if agrees == Agrees::IdText && entry.flags.header_may_differ() {
                        let header = HeaderIs::Another { odd: entry.flags.odd };
                        for octets in [None, entry.octets] {
                            let clue = Clue { header, octets, ..clue.clone() };
                            self.by_clue.entry(clue).or_default().push(key.clone());
                        }
                    }
                    self.by_clue.entry(clue).or_default().push(key.clone());
                }
            }
        }
    }

    /// Finds the entries of those `items` that have a header digest and no entry yet. All items are tried with
    /// the best clue before any is tried with the next.
    pub(super) fn find_all(&mut self, items: &mut [Item]) {
        for agrees in BY_HEADER {
            for item in items.iter_mut().filter(|item| item.unsure) {
                if let Some(digest) = item.digest {
                    let clue = clue(agrees, item, &digest, false);
                    item.key = clue.and_then(|clue| self.first(&clue)).map(Box::new);
                    item.unsure = item.key.is_none();
                }
            }
        }
        // The header was checked, and no entry has it.
        items.iter_mut().filter(|item| item.digest.is_some()).for_each(|item| item.unsure = false);
    }

    /// Whether it may be a message that the store has, although neither listing nor header says so: one that was
    /// marked for deletion, or one of another size without a unique-id. Only the whole message shows that.
    pub(super) fn may_be_known(&self, item: &Item) -> bool {
        let by_id = item.uid.as_ref().is_some_and(|uid| self.gone.contains(&Id::of(uid)));
        let who = if item.uid.is_some() { Who::Nameless } else { Who::Anyone };
        by_id || item.digest.is_some_and(|header| self.comparable.contains(&(who, header)))
    }

    /// Leaves it open again which messages have these entries, until they have come whole.
    pub(super) fn release<'k>(&mut self, keys: impl Iterator<Item = &'k Key>, record: &Record) {
        for key in keys {
            if self.taken.remove(key)
                && let Some(entry) = record.get(key)
            {
                self.add(entry);
            }
        }
    }

    /// Takes the entry for the message that was paired with it; `false` if another message has it by now.
    pub(super) fn confirm(&mut self, key: &Key) -> bool {
        self.taken.insert(key.clone())
    }

    /// The entry of this message, which came whole, or whose preview came, if there is one; and whether more
    /// agrees than a header and a unique-id.
    pub(super) fn find(&mut self, item: &Item, came: &Came, text: Option<TextDigest>) -> Option<(Key, bool)> {
        let whole = text.and_then(|_| {
            BY_ALL.into_iter().find_map(|agrees| {
                let clue = Clue { text, ..clue(agrees, item, &came.header, false)? };
                // A header may differ at each reading. But where there is a choice, it tells which one is meant.
                // It has to agree where there is no unique-id, or where the unique-id may be used again.
                self.first(&clue).or_else(|| self.another(clue, came))
            })
        });
        if let Some(key) = whole {
            return Some((key, true));
        }
        let partial = text.is_some();
        BY_HEADER.into_iter().find_map(|agrees| {
            let key = self.first(&clue(agrees, item, &came.header, partial)?)?;
            Some((key, partial && agrees == Agrees::IdSize))
        })
    }

    /// The first free entry with this clue, but another header; the index repeats what [`Entry::is_of`] says.
    fn another(&mut self, mut clue: Clue, came: &Came) -> Option<Key> {
        clue.octets = came.octets.filter(|_| !came.dated);
        if clue.octets.is_none() && !came.dated {
            return None;
        }
        [false, true].into_iter().filter(|odd| !(*odd && came.exact)).find_map(|odd| {
            clue.header = HeaderIs::Another { odd };
            self.first(&clue)
        })
    }

    /// Takes the first free entry with this clue.
    fn first(&mut self, clue: &Clue) -> Option<Key> {
        let keys = self.by_clue.get_mut(clue)?;
        while let Some(key) = keys.pop() {
            if self.taken.insert(key.clone()) {
                return Some(key);
            }
        }
        None
    }
}

/// What is looked up for a message with this header, in this way.
fn clue(agrees: Agrees, item: &Item, header: &HeaderDigest, partial: bool) -> Option<Clue> {
    // All empty headers have the same digest, so the header alone is not enough.
    if *header == Digester::of_nothing() && agrees == Agrees::Id {
        return None;
    }
    let who = match (&item.uid, agrees.with_id()) {
        (Some(uid), true) => Who::Id(Id::of(uid)),
        (None, true) => return None,
        (Some(_), false) => Who::Nameless,
        (None, false) => Who::Anyone,
    };
    let octets = item.octets.filter(|_| agrees.with_size());
    Some(Clue { agrees, header: HeaderIs::This(*header), who, octets, text: None, partial })
}

impl Agrees {
    /// Whether such an entry can be found in this way.
    fn concerns(self, entry: &Entry) -> bool {
        match self {
            Self::IdSize | Self::Id | Self::Size => entry.fate == Fate::Stays,
            Self::IdText => entry.text.is_some() && entry.fate == Fate::Stays,
            Self::GoneIdText => entry.text.is_some() && entry.fate != Fate::Stays,
            Self::Text => entry.text.is_some() && entry.fate != Fate::Gone,
        }
    }

    const fn with_id(self) -> bool {
        matches!(self, Self::IdSize | Self::Id | Self::IdText | Self::GoneIdText)
    }

    const fn with_size(self) -> bool {
        matches!(self, Self::IdSize | Self::Size)
    }

    const fn with_text(self) -> bool {
        matches!(self, Self::IdText | Self::GoneIdText | Self::Text)
    }
}
