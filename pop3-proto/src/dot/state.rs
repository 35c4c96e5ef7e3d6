//! `State`: what an unstuffer knows of the bytes that came last.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A line end, or nothing yet.
    LineStart,
    /// Anything else.
    Inside,
    /// A CR that may become a line end.
    Cr,
    /// A dot at the start of a line; it is held back.
    Dot,
    /// That dot and a CR; both are held back.
    DotCr,
    End,
}

impl State {
    /// Whether a reader in this state needs more than these bytes before it can hand anything out.
    pub(super) fn wants_more(self, bytes: &[u8]) -> bool {
        match (self, bytes) {
            (state, []) => state != Self::End,
            (Self::LineStart, b"." | b".\r") | (Self::Dot, b"\r") => true,
            _ => false,
        }
    }
}
