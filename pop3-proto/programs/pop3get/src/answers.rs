//! What the answer to a challenge gives away: whoever has both can try passwords on them.

use base64ct::{Base64, Encoding as _};
use pop3_proto::{Command, parse};
use zeroize::Zeroizing;

/// The length of an MD5 digest in hexadecimal.
const DIGEST: usize = 32;

/// The part of a line of the client that was computed from the password and a challenge: the digest of APOP or
/// CRAM-MD5, or the proof of SCRAM. A server has to learn it, and nobody whom its words are shown.
pub(crate) fn secret(line: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let response = match parse::command(line) {
        Ok(Command::Apop { .. }) => return line.rsplit(|octet| *octet == b' ').next().map(owned),
        Ok(Command::Auth { initial, .. }) => initial?.as_bytes(),
        Ok(Command::Other { .. }) | Err(_) => line,
        Ok(_) => return None,
    };
    let response = Zeroizing::new(Base64::decode_vec(std::str::from_utf8(response).ok()?).ok()?);
    let last = response.rsplit(|octet| matches!(octet, b' ' | b',')).next()?;
    let is_digest = last.len() == DIGEST && last.iter().all(u8::is_ascii_hexdigit);
    if is_digest { Some(owned(last)) } else { last.strip_prefix(b"p=").map(owned) }
}

fn owned(secret: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(secret.to_vec())
}
