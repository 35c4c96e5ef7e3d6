//! `State`: what an unstuffer remembers of the last bytes.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A line end came last, or nothing yet.
    LineStart,
    /// Any other byte came last.
    Inside,
    /// A CR came last, which may become a line end.
    Cr,
    /// A dot at the start of a line came last; it is held back.
    Dot,
    /// That dot and a CR came last; both are held back.
    DotCr,
    End,
}

impl State {
    /// Whether a reader in this state needs more than these bytes before it can return any.
    pub(super) fn wants_more(self, bytes: &[u8]) -> bool {
        match (self, bytes) {
            (state, []) => state != Self::End,
            (Self::LineStart, b"." | b".\r") | (Self::Dot, b"\r") => true,
            _ => false,
        }
    }
}
