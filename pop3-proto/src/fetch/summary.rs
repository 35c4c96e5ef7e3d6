//! `Summary`: how much a session did.

/// What a session did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How many messages the server listed.
    pub listed: u64,
    /// How many new messages came whole.
    pub fetched: u64,
    /// How many bytes of new messages and previews came. Messages that came once more to be compared do not
    /// count.
    pub octets: u64,
    /// How many previews came.
    pub previewed: u64,
    /// How many messages the store already had.
    pub known: u64,
    /// How many messages the server refused to send or to delete, or sent without a byte.
    pub refused: u64,
    /// How many deletions QUIT confirmed.
    pub deleted: u64,
    /// How many messages STAT counted that LIST and UIDL did not show. They are not fetched.
    pub missing: u64,
    /// How many lines of LIST and UIDL could not be read; 0 if all messages that STAT counted are listed.
    pub unreadable: u64,
    /// How many of the listed messages are doubtful, see [`Entry::is_doubtful`](super::Entry::is_doubtful).
    /// They are stored. This session has not deleted them unless
    /// [`Rules::delete_doubtful`](super::Rules::delete_doubtful) is set.
    pub doubtful: u64,
    /// How many messages were not asked for, because the server has got out of step at them more than once,
    /// the last time within a day.
    pub broken: u64,
}

impl Summary {
    /// A summary with zeros only.
    pub const NOTHING: Self = Self {
        listed: 0,
        fetched: 0,
        octets: 0,
        previewed: 0,
        known: 0,
        refused: 0,
        deleted: 0,
        missing: 0,
        unreadable: 0,
        doubtful: 0,
        broken: 0,
    };

    /// What this session and one after it did. What a session finds, such as how many messages are listed, is
    /// as the later one found it.
    #[must_use]
    pub const fn and(self, later: Self) -> Self {
        Self {
            fetched: self.fetched.saturating_add(later.fetched),
            octets: self.octets.saturating_add(later.octets),
            previewed: self.previewed.saturating_add(later.previewed),
            deleted: self.deleted.saturating_add(later.deleted),
            ..later
        }
    }
}
