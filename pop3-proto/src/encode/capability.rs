//! One capability line (RFC 2449 section 5).

use super::put;
use crate::buf::{Full, Output};
use crate::decimal::Decimal;
use crate::types::Capability;

/// Appends one line of the answer to CAPA.
///
/// The free parts of [`Other`](Capability::Other), [`Implementation`](Capability::Implementation) and
/// [`Sasl`](Capability::Sasl) are written up to the first octet that may not stand there, and cut to the 512 octets of a
/// capability line. An `Other` whose tag has no legal front is left out.
///
/// # Errors
///
/// [`Full`] if the line does not fit; nothing was appended.
pub fn capability(capability: &Capability<'_>, out: &mut impl Output) -> Result<(), Full> {
    match *capability {
        Capability::Top => put(out, &[b"TOP\r\n"]),
        Capability::User => put(out, &[b"USER\r\n"]),
        Capability::RespCodes => put(out, &[b"RESP-CODES\r\n"]),
        Capability::Pipelining => put(out, &[b"PIPELINING\r\n"]),
        Capability::Uidl => put(out, &[b"UIDL\r\n"]),
        Capability::Stls => put(out, &[b"STLS\r\n"]),
        Capability::AuthRespCode => put(out, &[b"AUTH-RESP-CODE\r\n"]),
        Capability::Lang => put(out, &[b"LANG\r\n"]),
        Capability::Utf8 { user: false } => put(out, &[b"UTF8\r\n"]),
        Capability::Utf8 { user: true } => put(out, &[b"UTF8 USER\r\n"]),
        Capability::LoginDelay(delay) => {
            put(out, &[b"LOGIN-DELAY ", Decimal::new(delay.seconds).as_bytes(), per_user(delay.per_user)])
        }
        Capability::Expire(expire) => match expire.days {
            None => put(out, &[b"EXPIRE NEVER", per_user(expire.per_user)]),
            Some(days) => put(out, &[b"EXPIRE ", Decimal::new(days).as_bytes(), per_user(expire.per_user)]),
        },
        Capability::Implementation(name) => with_params(b"IMPLEMENTATION", name, out),
        Capability::Sasl(mechanisms) => sasl(mechanisms.iter(), out),
        Capability::Other { tag, params } => match self::tag(tag) {
            [] => Ok(()),
            tag => with_params(tag, params, out),
        },
    }
}

/// `SASL` and the names; those beyond the 512 octets of the line are left out.
pub(crate) fn sasl<'n>(names: impl Iterator<Item = &'n [u8]>, out: &mut impl Output) -> Result<(), Full> {
    const ROOM: usize = crate::limits::REPLY_LINE - 2;
    let mut len = b"SASL".len();
    let fitting = names.take_while(|name| {
        len = len.saturating_add(name.len()).saturating_add(1);
        len <= ROOM
    });
    if out.room() < crate::limits::REPLY_LINE {
        return Err(Full);
    }
    out.put(b"SASL")?;
    for name in fitting {
        out.put(b" ")?;
        out.put(name)?;
    }
    out.put(b"\r\n")
}

const fn per_user(user: bool) -> &'static [u8] {
    if user { b" USER\r\n" } else { b"\r\n" }
}

fn with_params(tag: &[u8], params: &[u8], out: &mut impl Output) -> Result<(), Full> {
    let room = crate::limits::REPLY_LINE.saturating_sub(3).saturating_sub(tag.len());
    let params = printable(params);
    let params = params.get(..room).unwrap_or(params).trim_ascii_end();
    if params.is_empty() { put(out, &[tag, b"\r\n"]) } else { put(out, &[tag, b" ", params, b"\r\n"]) }
}

/// The front of `bytes` that can be a tag: visible, and without the dot that could end the list.
fn tag(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| !matches!(b, 0x21..=0x2D | 0x2F..=0x7E)).unwrap_or(bytes.len());
    bytes.get(..end.min(crate::limits::REPLY_LINE.wrapping_sub(3))).unwrap_or_default()
}

/// The front of `bytes` that is printable ASCII.
fn printable(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| !matches!(b, 0x20..=0x7E)).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or_default()
}
