//! The marker of a known message: which one it is, and whether it is intact.

use alloc::format;
use alloc::vec::Vec;

use super::NAMES;
use super::shapes::{MARKER, Shape};

/// The message with its marker in the place of [`MARKER`].
pub(super) fn sealed(shape: Shape, name: &str, run: u16) -> Vec<u8> {
    let Some(at) = memchr::memmem::find(&shape, MARKER) else { return shape };
    let (front, rest) = shape.split_at_checked(at).unwrap_or((&shape, &[]));
    let rest = rest.get(MARKER.len()..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at.saturating_add(1));
    let crc = crc(&wire_form(rest.get(end..).unwrap_or_default()));
    let marker = format!("pop3check {name} {run:04x} {crc:08x}");
    [front, marker.as_bytes(), rest].concat()
}

/// Each LF that has no CR in front of it gets one, and so does a last line without a line end.
pub(super) fn wire_form(stored: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(stored.len().saturating_add(2));
    for octet in stored {
        if *octet == b'\n' && wire.last() != Some(&b'\r') {
            wire.push(b'\r');
        }
        wire.push(*octet);
    }
    if !wire.is_empty() && !wire.ends_with(b"\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire
}

/// What stands in a marker: its name, its run, its CRC, and what follows its line.
fn parts(message: &[u8]) -> Option<(&'static str, u16, u32, &[u8])> {
    let at = memchr::memmem::find(message, b"pop3check ")?;
    let rest = message.get(at..)?;
    let end = memchr::memchr(b'\n', rest)?;
    let line = core::str::from_utf8(rest.get(..end)?).ok()?.trim_end();
    let mut words = line.split(' ').skip(1);
    let (name, run, crc) = (words.next()?, words.next()?, words.next()?);
    let name = NAMES.into_iter().find(|known| *known == name)?;
    let run = u16::from_str_radix(run, 16).ok()?;
    Some((name, run, u32::from_str_radix(crc, 16).ok()?, rest.get(end.saturating_add(1)..)?))
}

/// The name and the run of a message whose marker and CRC are right. Give the message with CR LF as line end
/// and without dot-stuffing. The two messages `equal-a` and `equal-b` are the same, so the name is `equal-a`
/// for both.
#[must_use]
pub fn recognised(message: &[u8]) -> Option<(&'static str, u16)> {
    let (name, run, known, rest) = parts(message)?;
    (crc(rest) == known).then_some((name, run))
}

/// The name and the run of a message, or of its front, whatever has become of its text.
pub(in crate::conformance) fn named(message: &[u8]) -> Option<(&'static str, u16)> {
    parts(message).map(|(name, run, ..)| (name, run))
}

/// What follows the line of the marker: that is what probes compare. `None` if there is no marker.
#[must_use]
pub fn tail(message: &[u8]) -> Option<&[u8]> {
    parts(message).map(|(.., rest)| rest)
}

/// CRC-32, as in gzip.
fn crc(octets: &[u8]) -> u32 {
    let bit = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !octets.iter().fold(!0, |crc, octet| (0..8).fold(crc ^ u32::from(*octet), |crc, _| bit(crc)))
}
