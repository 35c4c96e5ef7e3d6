//! `Entry`: one message of the record, and its line in the text form.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest as _, Sha256};

use super::digest::{HeaderDigest, TextDigest};
use super::flags::Flags;
use crate::hex;
use crate::limits::UNIQUE_ID;

/// What identifies a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Id {
    /// The unique-id, byte for byte as the server sent it. Never use one as a file name.
    Uid(Box<[u8]>),
    /// The front of the SHA-256 of a unique-id that is longer than the 70 bytes that a server may send
    /// (RFC 1939 section 7).
    LongUid([u8; 16]),
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
    /// Known if the whole message came.
    pub(super) text: Option<TextDigest>,
    pub(super) flags: Flags,
    /// Whether the server broke step at it, so that it did not come; `first_seen` says when.
    pub(super) broken: bool,
    /// This field and the next two are in seconds since 1970.
    pub(super) first_seen: u64,
    /// When the store got the whole message safely.
    pub(super) stored: Option<u64>,
    pub(super) listed: u64,
    pub(super) fate: Fate,
}

/// What came of a message, besides its text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Came {
    pub(super) header: HeaderDigest,
    /// As LIST announced it.
    pub(super) octets: Option<u64>,
    /// Its header has a Date or a Message-ID.
    pub(super) dated: bool,
    /// Exactly as much came as LIST announced.
    pub(super) exact: bool,
}

impl Entry {
    /// Whether this is the message that came, whose text is the same.
    ///
    /// Scanners and proxies put lines into a header that differ each time. What came too long may do so again,
    /// but not if it has by now the size that it should have. Without a date, two messages may have the same
    /// text, but hardly the same size.
    pub(super) fn is_of(&self, came: &Came) -> bool {
        let settled = self.flags.header_may_differ() && !(self.flags.odd && came.exact);
        let named = came.dated || self.octets == came.octets;
        self.digest.is_none_or(|known| known == came.header) || (self.text.is_some() && named && settled)
    }

    pub(super) fn key(&self) -> Key {
        (self.id.clone(), self.nth)
    }

    /// What identifies the message.
    #[must_use]
    pub const fn id(&self) -> &Id {
        &self.id
    }

    /// Whether the server got out of step when it sent this message, so that it did not come, or only in part.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        self.broken
    }

    /// Whether the store has the whole message. Otherwise it has a preview or nothing.
    #[must_use]
    pub const fn is_stored(&self) -> bool {
        self.stored.is_some()
    }

    /// Whether the message was marked for deletion without a known outcome.
    #[must_use]
    pub const fn is_leaving(&self) -> bool {
        matches!(self.fate, Fate::Leaving)
    }

    /// Whether the server confirmed the deletion. The next listing shows whether the message is gone; the
    /// record keeps the entry for [`Rules::forget_days`](super::Rules::forget_days).
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        matches!(self.fate, Fate::Gone)
    }

    /// Whether the size of the message could not be checked: the server announced no size, or announced
    /// another one, and no way in which servers count explains the difference. Unless
    /// [`Rules::delete_doubtful`](super::Rules::delete_doubtful) is set, such a message is not deleted if
    /// fewer bytes came. If more bytes came, it is deleted only after it has been fetched a second time and
    /// the difference has been explained. If the server announced no size, the message normally stays on the
    /// server.
    #[must_use]
    pub const fn is_doubtful(&self) -> bool {
        self.flags.doubtful || self.flags.odd
    }

    /// The size as the server announced it, if known.
    #[must_use]
    pub const fn octets(&self) -> Option<u64> {
        self.octets
    }

    /// Reads `have|preview|broken|leaving|gone OCTETS FIRST-SEEN STORED LISTED DIGEST NTH ID`, where `-`
    /// stands for an unknown value. The first field may go on with flags, each after a comma. DIGEST is that
    /// of the header, or those of header and text with `/` between them.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut fields = line.splitn(8, ' ');
        let (state, octets, first_seen) = (fields.next()?, fields.next()?, fields.next()?);
        let (stored, listed, digest, nth) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let mut flags = state.split(',');
        let state = flags.next()?;
        let mut noted = Flags::default();
        flags.try_for_each(|name| noted.set(name))?;
        let fate = match state {
            "have" | "preview" | "broken" => Fate::Stays,
            "leaving" => Fate::Leaving,
            "gone" => Fate::Gone,
            _ => return None,
        };
        let stored = known(stored, |text| text.parse().ok())?;
        if matches!(state, "preview" | "broken") == stored.is_some() {
            return None;
        }
        let (header, text) = match digest.split_once('/') {
            Some((header, text)) => (header, Some(self::digest(text)?)),
            None => (digest, None),
        };
        Some(Self {
            id: fields.next().and_then(Id::parse)?,
            nth: nth.parse().ok()?,
            octets: known(octets, |text| text.parse().ok())?,
            digest: known(header, self::digest)?,
            text,
            flags: noted,
            broken: state == "broken",
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
    /// The id of a message whose unique-id is this.
    pub(super) fn of(uid: &[u8]) -> Self {
        if uid.len() <= UNIQUE_ID {
            return Self::Uid(uid.into());
        }
        let mut front = [0; 16];
        front.iter_mut().zip(Sha256::digest(uid)).for_each(|(to, from)| *to = from);
        Self::LongUid(front)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(digest) = text.strip_prefix("digest:") {
            return self::digest(digest).map(Self::Digest);
        }
        if let Some(digest) = text.strip_prefix("long-uid:") {
            return self::digest(digest).map(Self::LongUid);
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
        (!uid.is_empty()).then(|| Self::of(&uid))
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
            (Fate::Stays, None) if self.broken => "broken",
            (Fate::Stays, None) => "preview",
        };
        f.write_str(state)?;
        write!(f, "{}", self.flags)?;
        for number in [self.octets, Some(self.first_seen), self.stored, Some(self.listed)] {
            match number {
                Some(number) => write!(f, " {number}")?,
                None => f.write_str(" -")?,
            }
        }
        f.write_str(" ")?;
        match &self.digest {
            Some(digest) => put_hex(digest, f)?,
            None => f.write_str("-")?,
        }
        if let Some(text) = &self.text {
            f.write_str("/")?;
            put_hex(text, f)?;
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
            Self::LongUid(digest) => {
                f.write_str("long-uid:")?;
                put_hex(digest, f)
            }
            Self::Digest(digest) => {
                f.write_str("digest:")?;
                put_hex(digest, f)
            }
        }
    }
}

fn put_hex(digest: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    digest.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}
