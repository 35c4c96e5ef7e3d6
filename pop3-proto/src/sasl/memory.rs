//! `Memory`: what an exchange has to remember is kept in memory that the embedder lends, and is wiped when
//! the exchange is over.

#[cfg(feature = "scram")]
use base64ct::Encoding as _;
use zeroize::Zeroize as _;

use crate::base64::Base64;
use crate::buf::{Full, Output};
use crate::sasl::gs2::first_octet;
use crate::sasl::prepare::prepare;
use crate::sasl::why::Why;

/// The position of something in the memory.
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

/// The memory of one exchange. Bytes are only ever added.
pub(super) struct Memory<'m> {
    octets: &'m mut [u8],
    used: &'m mut usize,
}

impl<'m> Memory<'m> {
    pub(super) const fn new(octets: &'m mut [u8], used: &'m mut usize) -> Self {
        Self { octets, used }
    }

    /// Adds a copy of these bytes.
    pub(super) fn keep(&mut self, octets: &[u8]) -> Result<Span, Full> {
        let start = self.mark();
        self.put(octets)?;
        Ok(self.since(start))
    }

    /// Adds another copy of something that the memory already holds.
    pub(super) fn copy(&mut self, span: Span) -> Result<(), Full> {
        let (kept, free) = self.octets.split_at_mut_checked(*self.used).ok_or(Full)?;
        let octets = kept.get(span.start..span.end).ok_or(Full)?;
        free.get_mut(..octets.len()).ok_or(Full)?.copy_from_slice(octets);
        *self.used = self.used.wrapping_add(octets.len());
        Ok(())
    }

    /// Adds the base64 text of something that the memory already holds.
    #[cfg(feature = "scram")]
    pub(super) fn put_base64(&mut self, span: Span) -> Result<(), Full> {
        let mut text = [0; 64];
        for start in (span.start..span.end).step_by(48) {
            let octets = self.octets.get(start..start.saturating_add(48).min(span.end)).ok_or(Full)?;
            let text = base64ct::Base64::encode(octets, &mut text).map_err(|_| Full)?;
            self.put(text.as_bytes())?;
        }
        Ok(())
    }

    /// Where the next bytes will be written.
    pub(super) const fn mark(&self) -> usize {
        *self.used
    }

    pub(super) const fn since(&self, start: usize) -> Span {
        Span { start, end: *self.used }
    }

    pub(super) fn decode(&mut self, text: Base64<'_>) -> Result<Span, Full> {
        let start = self.mark();
        let free = self.octets.get_mut(start..).ok_or(Full)?;
        *self.used = start.wrapping_add(text.decode(free).ok_or(Full)?.len());
        Ok(self.since(start))
    }

    pub(super) fn get(&self, span: Span) -> &[u8] {
        span.of(self.octets)
    }

    /// The same bytes for as long as the memory is lent. Nothing can be added afterwards.
    pub(super) fn into_kept(self) -> Kept<'m> {
        Kept(self.octets)
    }

    /// The position of a part of the memory.
    pub(super) fn place(&self, part: &[u8]) -> Option<Span> {
        let start = (part.as_ptr() as usize).checked_sub(self.octets.as_ptr() as usize)?;
        Some(Span { start, end: start.checked_add(part.len())? })
    }

    /// Decodes the escapes of a name and prepares it; `None` if an escape is not valid.
    pub(super) fn name(&mut self, escaped: Span) -> Result<Option<Span>, Why> {
        let start = self.mark();
        let mut at = escaped.start;
        while at < escaped.end {
            let rest = self.octets.get(at..escaped.end).unwrap_or_default();
            let Some((octet, len)) = first_octet(rest) else { return Ok(None) };
            self.put(&[octet])?;
            at = at.wrapping_add(len);
        }
        self.prepare(self.since(start)).map(Some)
    }

    /// Prepares a text for comparison. If that is not possible, the exchange fails (RFC 5034 section 4).
    pub(super) fn prepare(&mut self, text: Span) -> Result<Span, Why> {
        let prepared = core::str::from_utf8(self.get(text)).ok().and_then(prepare).ok_or(Why::Text)?;
        match prepared.into_changed() {
            None => Ok(text),
            Some(changed) => Ok(self.keep(changed.as_bytes())?),
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

/// The contents of the memory, to be shown to the embedder.
#[derive(Clone, Copy)]
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
