//! What an exchange has to remember lies in octets lent by the embedder, and is wiped when it is over.

#[cfg(feature = "scram")]
use base64ct::Encoding as _;
use zeroize::Zeroize as _;

use crate::base64::Base64;
use crate::buf::{Full, Output};
use crate::sasl::gs2::first_octet;
use crate::sasl::prepare::prepare;

/// Where something lies in the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    start: usize,
    end: usize,
}

impl Span {
    pub(super) const fn is_empty(self) -> bool {
        self.start == self.end
    }

    pub(super) fn of(self, octets: &[u8]) -> &[u8] {
        octets.get(self.start..self.end).unwrap_or_default()
    }
}

/// The memory of one exchange: octets are only ever added.
#[derive(Debug)]
pub(super) struct Memory<'m> {
    octets: &'m mut [u8],
    used: &'m mut usize,
}

impl<'m> Memory<'m> {
    pub(super) const fn new(octets: &'m mut [u8], used: &'m mut usize) -> Self {
        Self { octets, used }
    }

    /// Keeps a copy; `None` if it does not fit.
    pub(super) fn keep(&mut self, octets: &[u8]) -> Option<Span> {
        let start = self.mark();
        self.put(octets).ok()?;
        Some(self.since(start))
    }

    /// Adds what is kept elsewhere in the memory once more.
    pub(super) fn copy(&mut self, span: Span) -> Option<()> {
        let (kept, free) = self.octets.split_at_mut_checked(*self.used)?;
        let octets = kept.get(span.start..span.end)?;
        free.get_mut(..octets.len())?.copy_from_slice(octets);
        *self.used = self.used.checked_add(octets.len())?;
        Some(())
    }

    /// Adds the base64 text of what is kept elsewhere in the memory.
    #[cfg(feature = "scram")]
    pub(super) fn put_base64(&mut self, span: Span) -> Option<()> {
        let mut text = [0; 64];
        for start in (span.start..span.end).step_by(48) {
            let octets = self.octets.get(start..start.saturating_add(48).min(span.end))?;
            let text = base64ct::Base64::encode(octets, &mut text).ok()?;
            self.put(text.as_bytes()).ok()?;
        }
        Some(())
    }

    /// Where the next octets will lie.
    pub(super) const fn mark(&self) -> usize {
        *self.used
    }

    pub(super) const fn since(&self, start: usize) -> Span {
        Span { start, end: *self.used }
    }

    pub(super) fn decode(&mut self, text: Base64<'_>) -> Option<Span> {
        let start = self.mark();
        let len = text.decode(self.octets.get_mut(start..)?)?.len();
        *self.used = start.checked_add(len)?;
        Some(self.since(start))
    }

    pub(super) fn get(&self, span: Span) -> &[u8] {
        span.of(self.octets)
    }

    /// The same octets for as long as the memory is lent, now that nothing is added any more.
    pub(super) fn into_kept(self) -> Kept<'m> {
        Kept(self.octets)
    }

    /// Where a part of what is kept lies.
    pub(super) fn place(&self, part: &[u8]) -> Option<Span> {
        let start = (part.as_ptr() as usize).checked_sub(self.octets.as_ptr() as usize)?;
        Some(Span { start, end: start.checked_add(part.len())? })
    }

    /// A kept name with its escapes turned back, prepared.
    pub(super) fn name(&mut self, escaped: Span) -> Option<Span> {
        let start = self.mark();
        let mut at = escaped.start;
        while at < escaped.end {
            let (octet, len) = first_octet(self.octets.get(at..escaped.end)?)?;
            self.put(&[octet]).ok()?;
            at = at.checked_add(len)?;
        }
        self.prepare(self.since(start))
    }

    /// A kept text, prepared for comparison; `None` if it cannot be, which fails the exchange (RFC 5034 section 4).
    pub(super) fn prepare(&mut self, text: Span) -> Option<Span> {
        match prepare(core::str::from_utf8(self.get(text)).ok()?)?.into_changed() {
            None => Some(text),
            Some(changed) => self.keep(changed.as_bytes()),
        }
    }

    pub(super) fn wipe(&mut self, span: Span) {
        if let Some(octets) = self.octets.get_mut(span.start..span.end) {
            octets.zeroize();
        }
    }
}

impl Output for Memory<'_> {
    fn room(&self) -> usize {
        self.octets.len().saturating_sub(*self.used)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let end = self.used.checked_add(bytes.len()).ok_or(Full)?;
        self.octets.get_mut(*self.used..end).ok_or(Full)?.copy_from_slice(bytes);
        *self.used = end;
        Ok(())
    }
}

/// What was kept, to be shown to the embedder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept<'m>(&'m [u8]);

impl<'m> Kept<'m> {
    pub(super) fn get(&self, span: Span) -> &'m [u8] {
        self.0.get(span.start..span.end).unwrap_or_default()
    }

    /// A text that was prepared.
    pub(super) fn text(&self, span: Span) -> &'m str {
        core::str::from_utf8(self.get(span)).unwrap_or_default()
    }
}
