//! Known messages: whether what came is what was put in.

use alloc::vec::Vec;

use super::read::Body;
use crate::conformance::corpus;

/// What the message has after the line of its marker, as it goes over the wire unstuffed; of a message without
/// a marker, all of it.
pub(super) fn expected(name: &str, came: &[u8]) -> Option<Vec<u8>> {
    // A message of an earlier run has the number of that run.
    let run = corpus::named(came).map_or(0, |(_, run)| run);
    let wire = corpus::wire(name, run)?;
    Some(corpus::tail(&wire).map(<[u8]>::to_vec).unwrap_or(wire))
}

/// Whether the body holds that message, octet for octet from the line of the marker on. What stands in front of
/// it is left alone.
pub(super) fn is_intact(name: &str, body: &Body) -> bool {
    let came = body.unstuffed();
    expected(name, &came).is_some_and(|due| corpus::tail(&came).unwrap_or(&came) == due)
}

/// Whether it is that message, apart from fields that the store has added after the marker.
pub(super) fn is_whole(name: &str, message: &[u8]) -> bool {
    let came = corpus::tail(message).unwrap_or(message);
    expected(name, message).is_some_and(|due| only_fields_added(came, &due))
}

/// Whether what came is what is due but for lines that were added to the header.
pub(super) fn only_fields_added(came: &[u8], due: &[u8]) -> bool {
    let mut lines = due.split_inclusive(|octet| *octet == b'\n').peekable();
    let mut in_header = true;
    for line in came.split_inclusive(|octet| *octet == b'\n') {
        if lines.next_if(|due| *due == line).is_some() {
            in_header &= line != b"\r\n";
        } else if !(in_header && is_field(line)) {
            return false;
        }
    }
    lines.next().is_none()
}

/// Whether the line begins a field, or goes on with one.
fn is_field(line: &[u8]) -> bool {
    let end = line.iter().position(|octet| !octet.is_ascii_graphic() || *octet == b':');
    let begins = end.is_some_and(|at| at > 0 && line.get(at) == Some(&b':'));
    begins || line.starts_with(b" ") || line.starts_with(b"\t")
}
