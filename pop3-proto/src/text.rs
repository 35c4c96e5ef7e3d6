//! `Text`: text from the peer, as bytes. Displaying it never fails, and never sends a control character to a
//! terminal.

use core::fmt;

/// The human-readable part of a reply, exactly as it came.
///
/// Only the status indicator and a response code have a meaning for programs (RFC 1939 section 9). Show the
/// rest to people, and do not act on it. `Display` writes bytes that are not UTF-8 as U+FFFD, and control
/// characters as escapes.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Text<'i>(&'i [u8]);

impl<'i> Text<'i> {
    /// Wraps the bytes; nothing is copied.
    #[must_use]
    pub const fn new(octets: &'i [u8]) -> Self {
        Self(octets)
    }

    /// The bytes as they came, without the line end. The status is removed, and so is the response code, with two
    /// exceptions in a client's events: the text of a `+OK` reply keeps what looks like a response code, and the
    /// text of an unsolicited line is the whole line.
    #[must_use]
    pub const fn as_bytes(&self) -> &'i [u8] {
        self.0
    }

    /// The text, if it is UTF-8. It may contain control characters; `Display` shows them as escapes.
    ///
    /// # Errors
    ///
    /// [`Utf8Error`](core::str::Utf8Error) says at which byte it is not UTF-8.
    pub const fn to_str(&self) -> Result<&'i str, core::str::Utf8Error> {
        str::from_utf8(self.0)
    }

    /// The longest front that is UTF-8.
    pub(crate) fn valid_front(self) -> &'i str {
        self.0.utf8_chunks().next().map_or("", |chunk| chunk.valid())
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if c.is_control() {
                    write!(f, "{}", c.escape_default())?;
                } else {
                    f.write_char(c)?;
                }
            }
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text(\"{}\")", self.0.escape_ascii())
    }
}

/// Shows bytes in `Debug` output: in quotes, with escapes.
pub(crate) struct Escaped<'a>(pub(crate) &'a [u8]);

impl fmt::Debug for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// Whether the name has the form of a domain name: labels of letters, digits, `-` and `_`, separated by
/// single dots, none of them longer than `longest`.
pub(crate) const fn is_domain(name: &str, longest: usize) -> bool {
    let mut rest = name.as_bytes();
    let mut label = 0_usize;
    while let [first, others @ ..] = rest {
        match *first {
            b'.' if label == 0 => return false,
            b'.' => label = 0,
            byte if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') => {
                label = label.wrapping_add(1)
            }
            _ => return false,
        }
        if label > longest {
            return false;
        }
        rest = others;
    }
    label > 0
}
