//! `Flags`: what the record notes about how far a message can be trusted.

use core::fmt;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags {
    /// Less came than the server announced, so that it may be a part of the message, or another one.
    pub(super) doubtful: bool,
    /// More came than the server announced, or nobody knows how much was due. It may be another message, unless
    /// it comes once more and something explains the difference.
    pub(super) odd: bool,
    /// It came in a session that then broke step, so that it may be another message.
    pub(super) unproved: bool,
    /// A later session did not list it.
    pub(super) missed: bool,
    /// It was missed once, and then listed again with the same header.
    pub(super) returned: bool,
    /// Other messages have had the same unique-id.
    pub(super) shared: bool,
    /// The server broke step at it more than once, so it is left out for some time.
    pub(super) left_out: bool,
}

impl Flags {
    /// Whether the message is known well enough to be told by its text alone.
    pub(super) const fn header_may_differ(self) -> bool {
        !self.unproved && !self.doubtful
    }

    fn named(&self) -> [(&'static str, bool); 7] {
        [
            ("doubtful", self.doubtful),
            ("odd", self.odd),
            ("unproved", self.unproved),
            ("missed", self.missed),
            ("returned", self.returned),
            ("shared", self.shared),
            ("left-out", self.left_out),
        ]
    }

    /// Sets the flag of this name; `None` if there is none.
    pub(super) fn set(&mut self, name: &str) -> Option<()> {
        *match name {
            "doubtful" => &mut self.doubtful,
            "odd" => &mut self.odd,
            "unproved" => &mut self.unproved,
            "missed" => &mut self.missed,
            "returned" => &mut self.returned,
            "shared" => &mut self.shared,
            "left-out" => &mut self.left_out,
            _ => return None,
        } = true;
        Some(())
    }
}

/// Each flag after a comma.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.named().iter().filter(|(_, set)| *set).try_for_each(|(name, _)| write!(f, ",{name}"))
    }
}
