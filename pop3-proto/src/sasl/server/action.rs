//! `Move`: what a mechanism does next, in a form that the embedder does not see.

use crate::sasl::memory::Span;
#[cfg(feature = "scram")]
use crate::sasl::scram::Hash;

/// The next step of a mechanism, with the positions of its bytes in the memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    Challenge(Span),
    CheckPassword {
        name: Span,
        password: Span,
    },
    #[cfg(feature = "cram-md5")]
    FindSecret(Span),
    #[cfg(feature = "scram")]
    FindKeys(Span, Hash),
    CheckToken {
        name: Option<Span>,
        token: Span,
    },
    Anonymous(Span),
    Admit(Identity),
}

/// A proved name, and the name to act under if the client gave one (RFC 4422 section 2). Both are prepared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    pub(super) name: Span,
    pub(super) acting_as: Option<Span>,
}
