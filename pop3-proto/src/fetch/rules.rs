//! What to fetch, what to leave, what to delete.

/// The rules of one account. Whatever they say, only messages that the store has whole are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rules {
    /// Delete what was stored so many days ago; 0 is at once. `None` by default: nothing is deleted for that.
    pub delete_after_days: Option<u32>,
    /// Delete what was first seen so many days ago.
    pub delete_older_days: Option<u32>,
    /// Leave so many messages on the server, the newest.
    pub keep_count: Option<u32>,
    /// Leave so many bytes on the server, in the newest messages: from the first that does not fit, all older ones go.
    pub keep_octets: Option<u64>,
    /// Of larger messages fetch a preview: the header and [`preview_lines`](Self::preview_lines). They stay on the server.
    pub preview_above: Option<u64>,
    /// Body lines of a preview, 20 by default.
    pub preview_lines: u64,
    /// Fetch the header of every message and nothing else.
    pub headers_only: bool,
    /// Fetch what the record has, too.
    pub all: bool,
    /// List, plan, and QUIT.
    pub dry_run: bool,
    /// Forget messages that were not listed for so many days, 365 by default. Some servers list only the oldest few hundred
    /// messages, so what is not listed is not gone.
    pub forget_days: u32,
    /// Most bytes of memory that the listing may take, 256 MiB by default: a list that goes on beyond is taken for endless. A
    /// message takes about 200 and five times its unique-id.
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
        forget_days: 365,
        max_memory: 256 * 1024 * 1024,
    };

    /// How many body lines a message of that size is fetched with; `None` is all of it.
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
