//! The gs2 header: it states the channel binding and the authorization identity (RFC 5801 section 4, RFC 5802
//! section 5.1).

use crate::buf::{Full, Output};

/// A gs2 header at the front of a message, and what follows it.
#[derive(Clone, Copy)]
pub(super) struct Gs2<'m> {
    pub(super) flag: Flag<'m>,
    /// The authorization identity as written, with its escapes; `None` if it is left out.
    pub(super) authzid: Option<&'m [u8]>,
    /// The header, including the comma at its end.
    #[cfg(feature = "scram")]
    pub(super) header: &'m [u8],
    pub(super) rest: &'m [u8],
}

/// What the client says about channel binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag<'m> {
    /// `n`: the client has none.
    None,
    /// `y`: the client has one, and believes that the server has none.
    Unmatched,
    /// `p=`: the client uses the one with this name.
    Used(&'m [u8]),
}

impl<'m> Gs2<'m> {
    pub(super) fn parse(message: &'m [u8]) -> Option<Self> {
        let mut parts = message.splitn(3, |b| *b == b',');
        let (flag, authzid, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let flag = match flag {
            b"n" => Flag::None,
            b"y" => Flag::Unmatched,
            _ => Flag::Used(flag.strip_prefix(b"p=").filter(|kind| !kind.is_empty())?),
        };
        let authzid = match authzid {
            b"" => None,
            _ => Some(authzid.strip_prefix(b"a=").filter(|name| !name.is_empty())?),
        };
        #[cfg(feature = "scram")]
        let header = message.get(..message.len().checked_sub(rest.len())?)?;
        Some(Self {
            flag,
            authzid,
            #[cfg(feature = "scram")]
            header,
            rest,
        })
    }
}

/// Writes a name for a header or a message; `,` and `=` in it have to be escaped.
pub(super) fn put_name(name: &str, out: &mut impl Output) -> Result<(), Full> {
    name.as_bytes().iter().try_for_each(|octet| match octet {
        b',' => out.put(b"=2C"),
        b'=' => out.put(b"=3D"),
        _ => out.put(&[*octet]),
    })
}

/// The first byte of a name, with `=2C` and `=3D` decoded, and the number of bytes it is written with; `None`
/// at any other `=` (RFC 5802 section 5.1).
pub(super) const fn first_octet(name: &[u8]) -> Option<(u8, usize)> {
    match name {
        [b'=', b'2', b'C', ..] => Some((b',', 3)),
        [b'=', b'3', b'D', ..] => Some((b'=', 3)),
        [] | [b'=', ..] => None,
        [octet, ..] => Some((*octet, 1)),
    }
}
