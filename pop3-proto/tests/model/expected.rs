//! Which worlds break which promises, after how many different ends of sessions, and why. A world that is not
//! here breaks none; an honest one never is.
//!
//! A row whose count is not right any more fails: that is how a mend is proved, and how a fault that grows is
//! seen. The test prints the rows as they have become.

use crate::promise::Promise::{self, S1, S2, S3, S5, S7, S10};

/// Why a promise is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// A fault of the planner: TOP or an entry without a message leads to the wrong entry, and when RETR shows
    /// another body, the entry that has it is not looked for.
    WrongEntry,
    /// No client could know without RETR of each message before each deletion: another message has the
    /// unique-id, the size and, where that was compared, the header of one that somebody else removed.
    SameInAll,
    /// No client could know: a wrong body has the right size, or one that a usual way of counting
    /// explains, or the sizes of all messages of the session differ alike, as behind a proxy.
    SameSize,
    /// No client could know which is right: the server gives two texts for one message, or sizes for ids.
    TwoTexts,
    /// A choice: where commands go one by one, a STAT that counts nothing is believed, and nothing is listed.
    StatBelieved,
    /// The documentation says so: if all unique-ids change, or if there are none and the deletion was
    /// confirmed, a message comes again.
    Documented,
}

use Why::{Documented, SameInAll, SameSize, StatBelieved, TwoTexts, WrongEntry};

/// A world, what it breaks and how often, and why.
type Row = (&'static str, &'static [(Promise, usize)], Why);

#[rustfmt::skip]
pub(crate) const EXPECTED: &[Row] = &[
    ("ids-changing-delete", &[(S2, 697)], Documented),
    ("ids-changing-keep", &[(S2, 451)], Documented),
    ("ids-changing-previews", &[(S2, 286)], Documented),
    ("ids-reused-follower-keep", &[(S5, 5)], SameInAll),
    ("ids-reused-follower-of-one-header", &[(S1, 13)], SameInAll),
    ("ids-same-follower-keep", &[(S5, 10)], SameInAll),
    ("ids-same-follower-of-one-header", &[(S1, 26)], SameInAll),
    ("ids-same-one-header-previews", &[(S2, 2)], WrongEntry),
    ("liar-bodies-reordered-one-size", &[(S2, 11), (S3, 85)], SameSize),
    ("liar-line-twice-retr", &[(S1, 283), (S2, 161), (S3, 339)], SameSize),
    ("liar-mixed-one-size", &[(S2, 5), (S3, 24)], SameSize),
    ("liar-neighbour-one-size", &[(S1, 22), (S2, 8), (S3, 60)], SameSize),
    ("liar-quit-removes-nothing-ids-none", &[(S2, 199)], Documented),
    ("liar-reordered", &[(S2, 326), (S10, 43)], TwoTexts),
    ("liar-reordered-one-size", &[(S2, 404), (S3, 201), (S10, 42)], SameSize),
    ("liar-reply-twice-one-by-one", &[(S2, 10), (S3, 3)], WrongEntry),
    ("liar-reply-twice-retr", &[(S2, 5)], TwoTexts),
    ("liar-short-body", &[(S2, 14)], TwoTexts),
    ("liar-status-twice-retr", &[(S1, 36), (S2, 46), (S3, 78)], SameSize),
    ("liar-status-twice-retr-pop3get", &[(S1, 36), (S2, 46), (S3, 78)], SameSize),
    ("windows-stat-zero-delete", &[(S7, 101)], StatBelieved),
    ("windows-stat-zero-keep", &[(S7, 72)], StatBelieved),
];
