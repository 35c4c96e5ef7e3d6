//! `Halt`: why an exchange stops before the server has answered, and who is the cause.

#[cfg(feature = "scram")]
use super::scram_limits::OutOfLimits;
use crate::buf::Full;
use crate::sasl::Why;

#[derive(Clone, Copy, Debug)]
pub(super) enum Halt {
    /// The challenge is not what an honest server would send, or there is nothing left to send.
    Server,
    /// The server asks for something in SCRAM that the limits do not permit.
    #[cfg(feature = "scram")]
    Limits(OutOfLimits),
    /// This side cannot continue.
    Own(Why),
}

impl From<Why> for Halt {
    fn from(why: Why) -> Self {
        Self::Own(why)
    }
}

impl From<Full> for Halt {
    fn from(full: Full) -> Self {
        Self::Own(full.into())
    }
}
