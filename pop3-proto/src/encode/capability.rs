//! Writes one capability line (RFC 2449 section 5).

use super::put;
use crate::buf::{Full, Output};
use crate::decimal::Decimal;
use crate::types::Capability;

/// Appends one line of the answer to CAPA.
///
/// The free parts of [`Other`](Capability::Other) and [`Implementation`](Capability::Implementation) are
/// written up to the first byte that is not allowed there, and cut to the 512 octets of a capability line. Of
/// [`Sasl`](Capability::Sasl), malformed names and those that do not fit into the line are left out. An `Other`
/// whose tag does not start with a legal character is left out.
///
/// # Errors
///
/// [`Full`] if the line does not fit or, for [`Sasl`](Capability::Sasl), if `out` has less than 512 bytes of
/// room. Nothing was appended then.
pub fn capability(capability: &Capability<'_>, out: &mut impl Output) -> Result<(), Full> {
    let word: &[u8] = match *capability {
        Capability::Top => b"TOP",
        Capability::User => b"USER",
        Capability::RespCodes => b"RESP-CODES",
        Capability::Pipelining => b"PIPELINING",
        Capability::Uidl => b"UIDL",
        Capability::Stls => b"STLS",
        Capability::AuthRespCode => b"AUTH-RESP-CODE",
        Capability::Lang => b"LANG",
        Capability::Utf8 { user: false } => b"UTF8",
        Capability::Utf8 { user: true } => b"UTF8 USER",
        Capability::LoginDelay(delay) => {
            return number(b"LOGIN-DELAY ", Some(delay.seconds), delay.per_user, out);
        }
        Capability::Expire(expire) => return number(b"EXPIRE ", expire.days, expire.per_user, out),
        Capability::Implementation(name) => return with_params(b"IMPLEMENTATION", name, out),
        Capability::Sasl(mechanisms) => return sasl(&mut mechanisms.iter(), out),
        Capability::Other { tag, params } => match self::tag(tag) {
            [] => return Ok(()),
            tag => return with_params(tag, params, out),
        },
    };
    put(out, &[word, b"\r\n"])
}

/// Writes a tag with a number, or with `NEVER`.
fn number(tag: &[u8], value: Option<u64>, per_user: bool, out: &mut impl Output) -> Result<(), Full> {
    let digits = Decimal::new(value.unwrap_or_default());
    let value: &[u8] = if value.is_some() { digits.as_bytes() } else { b"NEVER" };
    put(out, &[tag, value, if per_user { b" USER\r\n" } else { b"\r\n" }])
}

/// Writes `SASL` and the names. Names beyond the 512 octets of the line are left out.
pub(crate) fn sasl(names: &mut dyn Iterator<Item = &[u8]>, out: &mut impl Output) -> Result<(), Full> {
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

fn with_params(tag: &[u8], params: &[u8], out: &mut impl Output) -> Result<(), Full> {
    let room = crate::limits::REPLY_LINE.saturating_sub(3).saturating_sub(tag.len());
    let params = printable(params);
    let params = params.get(..room).unwrap_or(params).trim_ascii_end();
    let space: &[u8] = if params.is_empty() { b"" } else { b" " };
    put(out, &[tag, space, params, b"\r\n"])
}

/// The front of `bytes` that can be a tag: visible characters other than the dot, which could end the list.
fn tag(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| !matches!(b, 0x21..=0x2D | 0x2F..=0x7E)).unwrap_or(bytes.len());
    bytes.get(..end.min(crate::limits::REPLY_LINE.wrapping_sub(3))).unwrap_or_default()
}

/// The front of `bytes` that is printable ASCII.
fn printable(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| !matches!(b, 0x20..=0x7E)).unwrap_or(bytes.len());
    bytes.get(..end).unwrap_or_default()
}
