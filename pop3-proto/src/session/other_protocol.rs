//! Recognizes a client that speaks another protocol, before it can do anything here.
//!
//! A web page can make a browser send an HTTP request to any port; the headers are bad commands, but the body
//! holds whatever the page wants. A client that expects TLS from the first byte would wait for ever.

/// The first bytes of a TLS handshake record, of any version (RFC 8446 section 5.1).
pub(super) const TLS: [u8; 2] = [0x16, 0x03];

/// How lines of other protocols begin: methods of HTTP (RFC 9110 section 9, RFC 5789), and the field of a
/// request that most clients send first. No command begins like these.
const FRONTS: [&[u8]; 10] = [
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"CONNECT ",
    b"OPTIONS ",
    b"TRACE ",
    b"PATCH ",
    b"HOST:",
];

/// Whether these bytes, of a line or of its front, are the beginning of an HTTP request or a TLS handshake.
#[cold]
#[inline(never)]
pub(super) fn is_front(front: &[u8]) -> bool {
    let is = |known: &&[u8]| front.get(..known.len()).is_some_and(|own| own.eq_ignore_ascii_case(known));
    front.starts_with(&TLS) || FRONTS.iter().any(is)
}

/// Whether this front of a line that is longer than any command is the beginning of one of these, or of an HTTP
/// request with another method: a word in capitals, and a path. The words of POP3 that a path may follow have four
/// octets, and the methods that have four are among the fronts.
#[cold]
#[inline(never)]
pub(super) fn is_long_front(front: &[u8]) -> bool {
    let word = front.iter().take_while(|octet| octet.is_ascii_uppercase()).count();
    is_front(front)
        || (word > 2 && word != 4 && front.get(word..).is_some_and(|rest| rest.starts_with(b" /")))
}

/// Whether a line that is no command is one of these, or the request line of another method.
#[cold]
#[inline(never)]
pub(super) fn is_line(line: &[u8]) -> bool {
    is_front(line) || line.windows(6).any(|six| six == b" HTTP/")
}
