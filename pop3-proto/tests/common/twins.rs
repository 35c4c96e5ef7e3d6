//! Naive twins of the dot codecs, each a few lines long; the fuzz targets use them, too.

/// The stored message as the reader gets it: CRLF line ends, the last one included.
pub(crate) fn crlf_form(stored: &[u8]) -> Vec<u8> {
    let mut mail = Vec::new();
    for line in stored.split_inclusive(|b| *b == b'\n') {
        let whole = line.strip_suffix(b"\n").map(|text| text.strip_suffix(b"\r").unwrap_or(text));
        mail.extend_from_slice(whole.unwrap_or(line));
        mail.extend_from_slice(b"\r\n");
    }
    mail
}

/// `mail` has CRLF line ends; the result ends with the dot line.
pub(crate) fn stuff(mail: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for line in mail.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

/// The message, and what lies after its dot line; `None` if there is no dot line.
pub(crate) fn unstuff(wire: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (mut mail, mut rest) = (Vec::new(), wire);
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")? + 2;
        let (line, after) = rest.split_at(end);
        rest = after;
        if line == b".\r\n" {
            return Some((mail, rest));
        }
        mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
}

/// The front of the message that TOP shows.
pub(crate) fn top(stored: &[u8], lines: u64) -> &[u8] {
    let (mut len, mut left) = (0, None);
    for line in stored.split_inclusive(|b| *b == b'\n') {
        match left {
            Some(0) => break,
            Some(n) => left = Some(n - 1),
            None if line == b"\n" || line == b"\r\n" => left = Some(lines),
            None => {}
        }
        len += line.len();
    }
    &stored[..len]
}
