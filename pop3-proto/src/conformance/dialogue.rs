//! [`Dialogue`]: what was said in a probe, with secrets masked when it is written down.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

/// A connection of the probe. The first one is 1. Events that belong to no connection, such as the start of a
/// client, have 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link(pub u32);

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The client, `C` in reports.
    Client,
    /// The server, `S`.
    Server,
    /// Nobody: something happened, such as a TLS handshake.
    Event,
}

/// Something that was said or happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// On which connection.
    pub link: Link,
    /// When, since the probe began.
    pub time: Duration,
    /// By whom.
    pub who: Who,
    /// The octets, with `***` in place of each secret. If there were many more than [`Dialogue::KEPT`], only
    /// the front and the end are kept, with ` [...] ` between them.
    pub octets: Vec<u8>,
    /// How many octets it had.
    pub len: usize,
}

/// All that was said in a probe. Every secret of more than three octets that was made known to it is replaced
/// by `***`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Dialogue {
    said: Vec<Said>,
    secrets: Vec<Vec<u8>>,
}

impl core::fmt::Debug for Dialogue {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(&self.said).finish()
    }
}

impl Dialogue {
    /// How many octets of a long entry are kept: half of them from its front, and half from its end.
    pub const KEPT: usize = 4096;

    /// How many entries are kept; the rest is not written down.
    pub const MOST: usize = 20_000;

    /// What was said, in order.
    #[must_use]
    pub fn entries(&self) -> &[Said] {
        &self.said
    }

    /// From now on these octets are never written down.
    pub(super) fn hide(&mut self, secret: &[u8]) {
        // Shorter ones would mask half of the dialogue and keep nothing secret.
        if secret.len() > 3 && !self.secrets.iter().any(|known| known == secret) {
            self.secrets.push(secret.to_vec());
            // A secret that holds another one is masked first.
            self.secrets.sort_by_key(|secret| core::cmp::Reverse(secret.len()));
        }
    }

    /// Writes it down; returns its index.
    pub(super) fn add(&mut self, link: Link, time: Duration, who: Who, octets: &[u8]) -> usize {
        let at = self.said.len();
        if at < Self::MOST {
            self.said.push(Said { link, time, who, len: octets.len(), octets: self.kept(octets) });
        }
        at.min(Self::MOST.saturating_sub(1))
    }

    /// What is written down of the octets: front and end of many, masked before they are cut.
    fn kept(&self, octets: &[u8]) -> Vec<u8> {
        let longest = self.secrets.iter().map(Vec::len).max().unwrap_or(0);
        let window = (Self::KEPT / 2).saturating_add(longest);
        if octets.len() <= window.saturating_mul(2) {
            return self.masked(octets);
        }
        let mut front = self.masked(octets.get(..window).unwrap_or_default());
        let end = self.masked(octets.get(octets.len().saturating_sub(window)..).unwrap_or_default());
        front.truncate(Self::KEPT / 2);
        let end = end.get(end.len().saturating_sub(Self::KEPT / 2)..).unwrap_or(&end);
        [&front, &b" [...] "[..], end].concat()
    }

    /// The octets with `***` in place of each secret.
    pub(super) fn masked(&self, octets: &[u8]) -> Vec<u8> {
        let mut octets = octets.to_vec();
        for secret in &self.secrets {
            let mut from = 0;
            while let Some(rest) = octets.get(from..)
                && let Some(at) = memchr::memmem::find(rest, secret)
            {
                let start = from.saturating_add(at);
                octets.splice(start..start.saturating_add(secret.len()), *b"***");
                from = start.saturating_add(3);
            }
        }
        octets
    }
}

/// The octets as printable ASCII, with the escapes `\r`, `\n`, `\t`, `\\` and `\xNN`.
#[must_use]
pub fn escaped(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        match octet {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*octet)),
            other => text.push_str(&format!("\\x{other:02x}")),
        }
        text
    })
}
