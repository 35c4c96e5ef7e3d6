//! `ApopTimestamp`: the msg-id in a greeting that offers APOP.

use core::fmt;

use crate::limits::REPLY_LINE;

/// The `<local@domain>` part of a greeting that offers APOP, angle brackets included
/// (RFC 1939 section 7, RFC 2449 section 3).
///
/// A server makes a new one for every connection. Only a msg-id in visible ASCII with one `@` is accepted. If
/// other forms were accepted, a man in the middle could search for MD5 collisions and learn the front of the
/// password (CVE-2007-1558).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApopTimestamp<'a>(&'a str);

impl<'a> ApopTimestamp<'a> {
    /// Wraps a timestamp. `None` unless `text` is `<`, one or more visible ASCII characters, `@`, one or more
    /// visible ASCII characters, `>`, and fits into the 512 octets of a greeting.
    #[must_use]
    pub fn new(text: &'a str) -> Option<Self> {
        let inner = text.strip_prefix('<')?.strip_suffix('>')?;
        let (local, domain) = inner.split_once('@')?;
        let fits = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| matches!(b, 0x21..=0x7E) && !b"<>@".contains(&b))
        };
        let short = text.len() <= REPLY_LINE.wrapping_sub(b"+OK \r\n".len());
        (short && fits(local) && fits(domain)).then_some(Self(text))
    }

    /// The text that the digest covers, angle brackets included.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }
}

impl fmt::Debug for ApopTimestamp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApopTimestamp({})", self.0)
    }
}
