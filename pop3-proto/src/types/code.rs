//! `Code` and `ResponseCode`: the response codes in brackets, for programs, at the start of a reply's text
//! (RFC 2449 section 8, RFC 3206, RFC 6856 section 5).

use core::fmt;

/// The registered response codes.
///
/// On the wire, letter case does not matter, and levels deeper than these are ignored: `[sys/temp/disk]` is
/// [`SysTemp`](Self::SysTemp).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// `[LOGIN-DELAY]`: the user logged in too recently. The credentials are not the problem: wait (RFC 2449
    /// section 8.1.1).
    LoginDelay,
    /// `[IN-USE]`: the credentials were right, but the maildrop is open in another session. Try again later
    /// (RFC 2449 section 8.1.2).
    InUse,
    /// `[SYS/TEMP]`: a system error that is probably temporary. Try again without telling the user (RFC 3206
    /// section 4).
    SysTemp,
    /// `[SYS/PERM]`: a system error that somebody has to repair (RFC 3206 section 4).
    SysPerm,
    /// `[SYS]` with a second level that is missing or unknown.
    Sys,
    /// `[AUTH]`: the credentials are the problem; ask for new ones. It belongs to a refused AUTH, PASS or
    /// APOP. A server should not send it in reply to USER (RFC 3206 section 5), but a client may meet it
    /// there.
    Auth,
    /// `[UTF8]`: the message can only be read after the UTF8 command (RFC 6856 section 5).
    Utf8,
}

impl Code {
    /// The code as written between the brackets.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoginDelay => "LOGIN-DELAY",
            Self::InUse => "IN-USE",
            Self::SysTemp => "SYS/TEMP",
            Self::SysPerm => "SYS/PERM",
            Self::Sys => "SYS",
            Self::Auth => "AUTH",
            Self::Utf8 => "UTF8",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A response code as it came: one or more levels, registered or not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResponseCode<'i>(&'i [u8]);

impl<'i> ResponseCode<'i> {
    /// Wraps `inner`, the bytes between the brackets. `None` unless they are levels of visible ASCII
    /// separated by `/` (RFC 2449 section 3).
    #[must_use]
    pub fn new(inner: &'i [u8]) -> Option<Self> {
        let visible = inner.iter().all(|b| matches!(b, 0x21..=0x7E) && *b != b']');
        let levels = inner.split(|b| *b == b'/').all(|level| !level.is_empty());
        (visible && levels).then_some(Self(inner))
    }

    /// The bytes between the brackets.
    #[must_use]
    pub const fn as_bytes(&self) -> &'i [u8] {
        self.0
    }

    /// The levels, starting with the outermost one.
    pub fn levels(&self) -> impl Iterator<Item = &'i [u8]> + use<'i> {
        self.0.split(|b| *b == b'/')
    }

    /// The registered code, found by the levels that are known. `None` if the first level is unknown; treat
    /// the reply as one without a code then.
    #[must_use]
    pub fn known(&self) -> Option<Code> {
        let mut levels = self.levels();
        let first = levels.next()?;
        let is = |name: &str| first.eq_ignore_ascii_case(name.as_bytes());
        if is("SYS") {
            return Some(match levels.next() {
                Some(second) if second.eq_ignore_ascii_case(b"TEMP") => Code::SysTemp,
                Some(second) if second.eq_ignore_ascii_case(b"PERM") => Code::SysPerm,
                _ => Code::Sys,
            });
        }
        [Code::LoginDelay, Code::InUse, Code::Auth, Code::Utf8].into_iter().find(|code| is(code.as_str()))
    }
}

impl fmt::Debug for ResponseCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}]", self.0.escape_ascii())
    }
}
