//! References written by hand: what somebody would write who needs one thing only, and the simplest thing that works.

/// Wire form of a message, octet by octet.
#[must_use]
pub fn stuff(message: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(message.len() + 64);
    let (mut line_start, mut cr) = (true, false);
    for &octet in message {
        if line_start && octet == b'.' {
            wire.push(b'.');
        }
        wire.push(octet);
        line_start = cr && octet == b'\n';
        cr = octet == b'\r';
    }
    wire.extend_from_slice(if line_start { b".\r\n" } else { b"\r\n.\r\n" });
    wire
}

/// The byte machine that most mail software has: message octets pushed one by one. Returns how many octets were used.
pub fn unstuff(wire: &[u8], message: &mut Vec<u8>) -> usize {
    let mut state = 2_u8; // 0 inside, 1 behind CR, 2 line start, 3 dot, 4 dot and CR
    for (i, &octet) in wire.iter().enumerate() {
        match (state, octet) {
            (2, b'.') => state = 3,
            (3, b'\r') => state = 4,
            (4, b'\n') => return i + 1,
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
    wire.len()
}

/// What the reference makes of a command: its verb in capitals, and its first number.
pub type Parsed = (u32, u64);

/// A command line told apart by its first four octets, arguments by a digit loop.
#[must_use]
pub fn command(line: &[u8]) -> Option<Parsed> {
    let word = u32::from_be_bytes(*line.first_chunk()?);
    let word = word & !((word & 0x4040_4040) >> 1);
    let behind = &line[4..];
    match &word.to_be_bytes() {
        b"RETR" | b"DELE" => Some((word, number(behind.strip_prefix(b" ")?)?)),
        b"LIST" | b"UIDL" if !behind.is_empty() => Some((word, number(behind.strip_prefix(b" ")?)?)),
        b"TOP " => {
            let space = behind.iter().position(|b| *b == b' ')?;
            number(&behind[space + 1..])?;
            Some((word, number(&behind[..space])?))
        }
        b"USER" | b"PASS" | b"AUTH" => (behind.len() > 1).then_some((word, 0)),
        b"STAT" | b"LIST" | b"UIDL" | b"NOOP" | b"RSET" | b"QUIT" | b"CAPA" | b"STLS" => {
            behind.is_empty().then_some((word, 0))
        }
        _ => None,
    }
}

/// A line of LIST by a digit loop.
#[must_use]
pub fn scan(line: &[u8]) -> Option<(u64, u64)> {
    let space = line.iter().position(|b| *b == b' ')?;
    Some((number(&line[..space])?, number(&line[space + 1..])?))
}

fn number(digits: &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    (!digits.is_empty()).then_some(value)
}
