//! `Entry`: one message of the record, and its line in the text form.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use super::digest::HeaderDigest;
use crate::hex;

/// What identifies a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// The unique-id, byte for byte as the server sent it, whatever its length and contents. Never use one as
    /// a file name.
    Uid(Box<[u8]>),
    /// A digest of the header, for servers without unique-ids or messages with an empty one.
    Digest([u8; 16]),
}

/// What identifies an entry in the record.
pub(super) type Key = (Id, u32);

/// What has happened to a message on the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was not marked for deletion.
    Stays,
    /// It was marked for deletion, but QUIT was not answered.
    Leaving,
    /// It was marked for deletion, and QUIT was answered. The next listing shows whether it is gone.
    Gone,
}

/// One message that was seen. `Display` writes its line, without line end, so that it can be appended to the
/// file of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub(super) id: Id,
    /// Distinguishes messages with the same id.
    pub(super) nth: u32,
    pub(super) octets: Option<u64>,
    pub(super) digest: Option<HeaderDigest>,
    /// This field and the next two are in seconds since 1970.
    pub(super) first_seen: u64,
    /// When the store got the whole message safely.
    pub(super) stored: Option<u64>,
    pub(super) listed: u64,
    pub(super) fate: Fate,
}

impl Entry {
    pub(super) fn key(&self) -> Key {
        (self.id.clone(), self.nth)
    }

    /// What identifies the message.
    #[must_use]
    pub const fn id(&self) -> &Id {
        &self.id
    }

    /// Whether the store has the whole message. Otherwise it has a preview.
    #[must_use]
    pub const fn is_stored(&self) -> bool {
        self.stored.is_some()
    }

    /// Whether the message was marked for deletion without a known outcome.
    #[must_use]
    pub const fn is_leaving(&self) -> bool {
        matches!(self.fate, Fate::Leaving)
    }

    /// Whether the server confirmed the deletion. The record forgets the entry when the next listing does not
    /// show the message.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        matches!(self.fate, Fate::Gone)
    }

    /// The size as the server announced it, if known.
    #[must_use]
    pub const fn octets(&self) -> Option<u64> {
        self.octets
    }

    /// Reads `have|preview|leaving|gone OCTETS FIRST-SEEN STORED LISTED DIGEST NTH ID`, where `-` stands for
    /// an unknown value.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(8, ' ');
        let (state, octets, first_seen) = (fields.next()?, fields.next()?, fields.next()?);
        let (stored, listed, digest, nth) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let fate = match state {
            "have" | "preview" => Fate::Stays,
            "leaving" => Fate::Leaving,
            "gone" => Fate::Gone,
            _ => return None,
        };
        let stored = known(stored, |text| text.parse().ok())?;
        if (state == "preview") == stored.is_some() {
            return None;
        }
        Some(Self {
            id: fields.next().and_then(Id::parse)?,
            nth: nth.parse().ok()?,
            octets: known(octets, |text| text.parse().ok())?,
            digest: known(digest, self::digest)?,
            first_seen: first_seen.parse().ok()?,
            stored,
            listed: listed.parse().ok()?,
            fate,
        })
    }
}

/// Reads a value; `-` is `Some(None)`.
fn known<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    if text == "-" { Some(None) } else { parse(text).map(Some) }
}

impl Id {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(digest) = text.strip_prefix("digest:") {
            return self::digest(digest).map(Self::Digest);
        }
        let mut uid = Vec::new();
        let mut octets = text.strip_prefix("uid:")?.bytes();
        while let Some(octet) = octets.next() {
            uid.push(match octet {
                b'%' => hex::byte(octets.next()?, octets.next()?)?,
                0x21..=0x7E => octet,
                _ => return None,
            });
        }
        (!uid.is_empty()).then(|| Self::Uid(uid.into()))
    }
}

fn digest(text: &str) -> Option<HeaderDigest> {
    let digits: &[u8; 32] = text.as_bytes().try_into().ok()?;
    let mut digest = [0; 16];
    for (octet, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *octet = hex::byte(*high, *low)?;
    }
    Some(digest)
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match (self.fate, self.stored) {
            (Fate::Leaving, _) => "leaving",
            (Fate::Gone, _) => "gone",
            (Fate::Stays, Some(_)) => "have",
            (Fate::Stays, None) => "preview",
        };
        f.write_str(state)?;
        for number in [self.octets, Some(self.first_seen), self.stored, Some(self.listed)] {
            match number {
                Some(number) => write!(f, " {number}")?,
                None => f.write_str(" -")?,
            }
        }
        f.write_str(" ")?;
        match &self.digest {
            Some(digest) => digest.iter().try_for_each(|octet| write!(f, "{octet:02x}"))?,
            None => f.write_str("-")?,
        }
        write!(f, " {} {}", self.nth, self.id)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        match self {
            Self::Uid(uid) => {
                f.write_str("uid:")?;
                uid.iter().try_for_each(|octet| match octet {
                    0x21..=0x7E if *octet != b'%' => f.write_char(char::from(*octet)),
                    _ => write!(f, "%{octet:02X}"),
                })
            }
            Self::Digest(digest) => {
                f.write_str("digest:")?;
                digest.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
        }
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}
