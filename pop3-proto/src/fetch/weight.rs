//! `Weight`: how the size of one message that came compares with the listing; `Tally`: that of all so far.

/// How the size of a message that came compares with the listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Weight {
    /// The octets that came beyond those that LIST announced; `None` if LIST announced no size.
    pub(super) more: Option<i128>,
    /// The lines that came.
    lines: u64,
}

impl Weight {
    /// `came` and `volatile` are octets and lines: of all that came, and of the fields that servers write into
    /// the header while a message is in the maildrop. LIST may have counted these or not.
    pub(super) fn new(came: (u64, u64), volatile: (u64, u64), announced: Option<u64>) -> Self {
        let all = Self::of(came, announced);
        let others = (came.0.saturating_sub(volatile.0), came.1.saturating_sub(volatile.1));
        let without = Self::of(others, announced);
        if without.is_usual() && !all.is_usual() { without } else { all }
    }

    fn of((octets, lines): (u64, u64), announced: Option<u64>) -> Self {
        let more = announced.map(|announced| i128::from(octets).saturating_sub(i128::from(announced)));
        Self { more, lines }
    }

    /// As RFC 1939 section 11 says, or without the line end that the server adds to a last line that has
    /// none.
    pub(super) fn in_octets(self) -> bool {
        matches!(self.more, Some(0 | 2))
    }

    /// Each line end counted as one octet, as many servers do that store messages with LF; perhaps without the
    /// line end that the server adds to a last line that has none.
    pub(super) fn in_lf(self) -> bool {
        self.more_than_lines().is_some_and(|more| matches!(more, 0 | 1))
    }

    /// Whether a usual way of counting explains this message, and needs nothing that other messages would have
    /// to confirm.
    pub(super) fn is_clear(self) -> bool {
        self.in_octets() || self.more_than_lines() == Some(0)
    }

    fn more_than_lines(self) -> Option<i128> {
        self.more.map(|more| more.saturating_sub(i128::from(self.lines)))
    }

    /// Whether less came than LIST announced.
    pub(super) fn is_short(self) -> bool {
        self.more.is_some_and(|more| more < 0)
    }

    /// Whether exactly as much came as LIST announced.
    pub(super) fn is_exact(self) -> bool {
        self.more == Some(0)
    }

    /// Whether a usual way of counting explains the size of this message alone.
    pub(super) fn is_usual(self) -> bool {
        self.in_octets() || self.in_lf()
    }
}

/// How the sizes of all messages compare that came so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    count: u64,
    in_octets: u64,
    in_lf: u64,
}

impl Tally {
    pub(super) fn add(&mut self, weight: Weight) {
        self.count = self.count.saturating_add(1);
        self.in_octets = self.in_octets.saturating_add(u64::from(weight.in_octets()));
        self.in_lf = self.in_lf.saturating_add(u64::from(weight.in_lf()));
    }

    /// Whether one way of counting explains all of them. One message alone proves no way of counting.
    pub(super) const fn is_explained(&self) -> bool {
        self.count > 1 && (self.in_octets == self.count || self.in_lf == self.count)
    }
}
