//! Who a client is, and who it wants to be (RFC 4422 section 2).

use super::memory::Span;

/// A proved name, and the name to act under if the client gave one; both prepared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    pub(super) name: Span,
    pub(super) acting_as: Option<Span>,
}
