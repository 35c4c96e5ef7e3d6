//! Converts between bytes and the text of a script.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::hex;

/// Writes any bytes as readable ASCII, with `\r \n \t \xNN`, and a backslash before a backslash or a quote.
///
/// ```
/// use pop3_proto::testing::escape;
/// assert_eq!(escape(b"+OK\r\n\x1b"), r"+OK\r\n\x1b");
/// ```
#[must_use]
pub fn escape(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

/// Returns the bytes of a text with the escapes `\r \n \t \0 \xNN \\ \' \"`; everything else is UTF-8. `None`
/// for any other escape.
///
/// ```
/// use pop3_proto::testing::unescape;
/// assert_eq!(unescape(r"TOP 1 0\r\n").unwrap(), b"TOP 1 0\r\n");
/// assert_eq!(unescape(r"\q"), None);
/// ```
#[must_use]
pub fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next()? {
                b'r' => b'\r',
                b'n' => b'\n',
                b't' => b'\t',
                b'0' => 0,
                b'x' => hex::byte(rest.next()?, rest.next()?)?,
                same @ (b'\\' | b'\'' | b'"') => same,
                _ => return None,
            },
            byte => byte,
        });
    }
    Some(bytes)
}
