//! `BodyEnd`: finds where a body ends, for programs that pass it on unchanged.

use super::search::lf_dot;
use crate::buf::Input;

/// Finds the end of a body without changing it: for proxies and recorders, which pass the bytes on with their
/// stuffing.
///
/// It keeps one byte of state. Only CRLF.CRLF ends a body (RFC 1939 section 3), wherever the input is cut.
///
/// ```
/// use pop3_proto::dot::BodyEnd;
/// let mut end = BodyEnd::new();
/// let mut window = &b"..dot\r\n.\r\n+OK next\r\n"[..];
/// assert_eq!(end.take(&mut window), b"..dot\r\n.\r\n");
/// assert!(end.is_over());
/// assert_eq!(window, b"+OK next\r\n");
/// ```
#[derive(Clone, Debug)]
pub struct BodyEnd {
    /// How many bytes of CRLF.CRLF came last.
    matched: u8,
}

/// The length of CRLF.CRLF in bytes.
const WHOLE: u8 = 5;

impl BodyEnd {
    /// Starts at the beginning of a body, directly after the status line, where a dot may come first.
    #[must_use]
    pub const fn new() -> Self {
        Self { matched: 2 }
    }

    /// Whether the body is over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.matched == WHOLE
    }

    /// Takes the bytes that belong to the body, its end included, from the front of the window. After the end
    /// it takes none.
    pub fn take<'i>(&mut self, mut input: impl Input<'i>) -> &'i [u8] {
        let bytes = input.bytes();
        let mut at = 0_usize;
        while !self.is_over()
            && let Some(byte) = bytes.get(at)
        {
            if self.matched == 0
                && let Some(rest) = bytes.get(at..)
            {
                let skipped = before_dot(rest);
                if skipped > 0 {
                    at = at.wrapping_add(skipped);
                    continue;
                }
            }
            self.matched = match (self.matched, *byte) {
                (0 | 2, b'\r') | (1 | 4, b'\r') => 1,
                (1, b'\n') => 2,
                (2, b'.') => 3,
                (3, b'\r') => 4,
                (4, b'\n') => WHOLE,
                _ => 0,
            };
            at = at.wrapping_add(1);
        }
        input.consume(at);
        bytes.get(..at).unwrap_or_default()
    }
}

/// How many bytes come before the next place that may matter: a CR before LF and dot, or one close to the
/// end.
fn before_dot(bytes: &[u8]) -> usize {
    match lf_dot(bytes) {
        Some(lf) => lf.saturating_sub(1),
        // The last bytes may be the front of such a place.
        None => bytes.len().saturating_sub(2),
    }
}

impl Default for BodyEnd {
    fn default() -> Self {
        Self::new()
    }
}
