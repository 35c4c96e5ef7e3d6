//! Message bodies, by hand.

use memchr::memmem::Finder;

/// Appends the wire form of a message with LF or CRLF line ends, byte by byte.
pub fn stuff(message: &[u8], wire: &mut Vec<u8>) {
    let (mut line_start, mut cr) = (true, false);
    for &octet in message {
        if octet == b'\n' && !cr {
            wire.push(b'\r');
        }
        if line_start && octet == b'.' {
            wire.push(b'.');
        }
        wire.push(octet);
        line_start = octet == b'\n';
        cr = octet == b'\r';
    }
    wire.extend_from_slice(if line_start { b".\r\n" } else { b"\r\n.\r\n" });
}

/// The state machine by bytes that most mail software has: it appends the bytes of the message one by one.
#[derive(Debug)]
pub struct Machine(u8);

impl Default for Machine {
    fn default() -> Self {
        Self(2)
    }
}

impl Machine {
    /// Reads a piece. `true` when the body is complete.
    pub fn take(&mut self, wire: &[u8], message: &mut Vec<u8>) -> bool {
        // The states: 0 inside a line, 1 after CR, 2 at the start of a line, 3 after a dot, 4 after a dot and
        // CR.
        let mut state = self.0;
        for &octet in wire {
            match (state, octet) {
                (2, b'.') => state = 3,
                (3, b'\r') => state = 4,
                (4, b'\n') => return true,
                (4, _) => {
                    message.extend_from_slice(&[b'\r', octet]);
                    state = u8::from(octet == b'\r');
                }
                (1, b'\n') => {
                    message.push(octet);
                    state = 2;
                }
                _ => {
                    message.push(octet);
                    state = u8::from(octet == b'\r');
                }
            }
        }
        self.0 = state;
        false
    }
}

/// Reads a whole body, with a finder for dots that the caller keeps. Passes every run of message bytes to
/// `each` and returns where the body ends.
#[inline]
pub fn runs(wire: &[u8], finder: &Finder<'_>, mut each: impl FnMut(&[u8])) -> Option<usize> {
    let mut start = 0;
    if wire.first() == Some(&b'.') {
        if wire.starts_with(b".\r\n") {
            return Some(3);
        }
        start = 1;
    }
    let mut at = start;
    loop {
        let dot = at + finder.find(&wire[at..])? + 1;
        at = dot + 1;
        if dot < 2 || wire[dot - 2] != b'\r' {
            continue;
        }
        each(&wire[start..dot]);
        if wire[dot..].starts_with(b".\r\n") {
            return Some(dot + 3);
        }
        start = dot + 1;
    }
}
