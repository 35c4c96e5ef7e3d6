//! `Words` and `Domain`: the texts of a configuration, as plain values without lifetime and heap.

use core::fmt;

use crate::text::is_domain;

/// The longest text, in bytes, that can be made at run time.
const ROOM: usize = 255;

/// A text of a [`Config`](super::Config): a literal of any length, or up to 255 bytes made at run time.
///
/// ```
/// use pop3_proto::server::{Config, Words};
/// let mut config = Config::new();
/// config.greeting = "ready".into();
/// let host = String::from("mail.example.com");
/// config.greeting = Words::copy(&format!("{host} ready")).expect("a host name is short");
/// assert_eq!(config.greeting.as_str(), "mail.example.com ready");
/// ```
#[derive(Clone, Copy)]
pub struct Words(Inner);

#[derive(Clone, Copy)]
#[expect(clippy::large_enum_variant, reason = "there is no heap to put it on")]
enum Inner {
    Literal(&'static str),
    Own { bytes: [u8; ROOM], len: u8 },
}

impl Words {
    /// A text from a literal.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        Self(Inner::Literal(text))
    }

    /// Copies a text that is made at run time; `None` if it is longer than 255 bytes.
    #[must_use]
    pub fn copy(text: &str) -> Option<Self> {
        let mut bytes = [0; ROOM];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self(Inner::Own { bytes, len: u8::try_from(text.len()).ok()? }))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Inner::Literal(text) => text,
            Inner::Own { bytes, len } => {
                bytes.get(..usize::from(*len)).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
            }
        }
    }
}

impl From<&'static str> for Words {
    fn from(text: &'static str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// A domain name, for the timestamp that offers APOP: labels of letters, digits, `-` and `_` between single
/// dots.
///
/// Clients refuse APOP with address literals, `=`, empty labels or a dot at the end; none of them can be a
/// `Domain`.
///
/// ```
/// use pop3_proto::server::Domain;
/// const HOST: Option<Domain> = Domain::new("mail.example.com");
/// assert!(HOST.is_some());
/// assert!(Domain::copy("[192.0.2.1]").is_none());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Domain(Words);

impl Domain {
    /// A name from a literal, also at compile time. `None` if it is not a domain name or longer than
    /// 255 bytes.
    #[must_use]
    pub const fn new(name: &'static str) -> Option<Self> {
        if is_domain(name, ROOM) && name.len() <= ROOM { Some(Self(Words::new(name))) } else { None }
    }

    /// Copies a name that is known only at run time. `None` if it is not a domain name or longer than 255
    /// bytes.
    #[must_use]
    pub fn copy(name: &str) -> Option<Self> {
        if is_domain(name, ROOM) { Words::copy(name).map(Self) } else { None }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}
