//! Which other service answers in the place of a POP3 server, by the first octets that it sends.

/// A guess for people, such as "an IMAP server"; `None` if the octets are not known.
///
/// ```
/// use pop3_programs_common::service::guess;
/// assert_eq!(guess(b"* OK ready"), Some("an IMAP server"));
/// assert_eq!(guess(b"+OK ready"), None);
/// ```
#[must_use]
pub fn guess(first: &[u8]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 13] = [
        (b"* OK", "an IMAP server"),
        (b"* BYE", "an IMAP server"),
        (b"* PREAUTH", "an IMAP server"),
        (b"\"IMPLEMENTATION\"", "a ManageSieve server"),
        (b"SSH-", "an SSH server"),
        (b"HTTP/", "a web server"),
        (b"<", "a web server"),
        (b"200 ", "a news server (NNTP)"),
        (b"201 ", "a news server (NNTP)"),
        (b"RFB ", "a VNC server"),
        (b"421", "an SMTP or FTP server"),
        (b"554", "an SMTP server"),
        (b"220", "an SMTP server"),
    ];
    if is_tls(first) {
        return Some("a server that starts with TLS");
    }
    if first.starts_with(b"220") && contains(first, b"FTP") {
        return Some("an FTP server");
    }
    KNOWN.iter().find(|(start, _)| first.starts_with(start)).map(|(_, service)| *service)
}

/// Whether a record of TLS begins here, and no text.
#[must_use]
pub fn is_tls(first: &[u8]) -> bool {
    matches!(first, [0x14..=0x17, 3, ..])
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}
