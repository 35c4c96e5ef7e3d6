//! `MsgNo`: a message number, which is never zero.

use core::fmt;
use core::num::NonZeroU32;
use core::str::FromStr;

/// The number of a message in the open maildrop, from 1 (RFC 1939 section 4).
///
/// Numbers stay the same from login to QUIT, even when messages are marked as deleted. They mean nothing in
/// another session.
///
/// ```
/// use pop3_proto::MsgNo;
/// assert_eq!("7".parse(), MsgNo::try_from(7));
/// assert!("0".parse::<MsgNo>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MsgNo(NonZeroU32);

impl MsgNo {
    /// The first message.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// Wraps a number. `None` for zero, which is not a message number.
    #[must_use]
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The number as written on the wire.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The position in a list that starts at 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0.get().wrapping_sub(1) as usize
    }
}

/// The value is not a message number: it is 0, more than 4,294,967,295, or not a number at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadMsgNo;

impl fmt::Display for BadMsgNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a message number: they run from 1 to 4294967295")
    }
}

impl core::error::Error for BadMsgNo {}

impl TryFrom<u32> for MsgNo {
    type Error = BadMsgNo;

    fn try_from(number: u32) -> Result<Self, BadMsgNo> {
        Self::new(number).ok_or(BadMsgNo)
    }
}

/// Accepts only digits, as on the wire: no sign and no spaces.
impl FromStr for MsgNo {
    type Err = BadMsgNo;

    fn from_str(text: &str) -> Result<Self, BadMsgNo> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits).and_then(Self::new).ok_or(BadMsgNo)
    }
}

impl From<MsgNo> for u32 {
    fn from(number: MsgNo) -> Self {
        number.get()
    }
}

impl fmt::Display for MsgNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
