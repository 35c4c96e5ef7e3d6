//! `Rules`: which messages to fetch, to leave on the server, and to delete.

/// The rules for one account. Whatever they are, only messages that the store has whole are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// Delete a message this many days after it was stored; 0 is at once. `None` by default: never delete for
    /// this reason.
    pub delete_after_days: Option<u32>,
    /// Delete a message this many days after a session first got it, whole or as a preview. Only messages
    /// that the store has whole are deleted.
    pub delete_older_days: Option<u32>,
    /// Leave at most this many messages on the server: those with the highest numbers, which are the newest
    /// on most servers.
    pub keep_count: Option<u32>,
    /// Leave at most this many bytes on the server, in the newest messages: the first message that exceeds
    /// the limit and all older ones are deleted.
    pub keep_octets: Option<u64>,
    /// For messages of more bytes than this, fetch only a preview: the header and
    /// [`preview_lines`](Self::preview_lines). They stay on the server.
    pub preview_above: Option<u64>,
    /// How many body lines a preview has; 20 by default.
    pub preview_lines: u64,
    /// Of each new message, fetch only the header.
    pub headers_only: bool,
    /// Also fetch messages that the record already has.
    pub all: bool,
    /// List, plan, and QUIT: fetch and delete nothing.
    pub dry_run: bool,
    /// Also delete messages whose size differs from what the server announced, or for which it announced
    /// none. By default a message stays if less came than was announced, because a part of it may be missing.
    /// If more came, the message stays until a later session has fetched it again and the difference fits the
    /// way in which the server counts, for instance because all messages are longer by the same number of
    /// bytes. Some servers, such as Microsoft Exchange, announce estimates.
    pub delete_doubtful: bool,
    /// Forget messages that were not listed for this many days; 365 by default. Some servers list only a few
    /// hundred messages, so a message that is not listed need not be gone.
    pub forget_days: u32,
    /// The largest number of unlisted messages that the record keeps, the most recently listed ones; 100,000 by
    /// default. Without it the record would grow without end if a server's unique-ids change all the time.
    pub max_unlisted: u32,
    /// The largest amount of memory in bytes that the listing may take; 256 MiB by default. A longer list is
    /// taken for endless. A message takes about 200 bytes and five times the length of its unique-id.
    pub max_memory: usize,
}

impl Rules {
    /// Fetch what is new, delete nothing.
    pub const DEFAULT: Self = Self {
        delete_after_days: None,
        delete_older_days: None,
        keep_count: None,
        keep_octets: None,
        preview_above: None,
        preview_lines: 20,
        headers_only: false,
        all: false,
        dry_run: false,
        delete_doubtful: false,
        forget_days: 365,
        max_unlisted: 100_000,
        max_memory: 256 * 1024 * 1024,
    };

    /// With how many body lines to fetch a message of that size; `None` is all of it.
    pub(super) fn lines(&self, octets: Option<u64>) -> Option<u64> {
        match (self.headers_only, self.preview_above, octets) {
            (true, ..) => Some(0),
            (false, Some(limit), Some(octets)) if octets > limit => Some(self.preview_lines),
            _ => None,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::DEFAULT
    }
}
