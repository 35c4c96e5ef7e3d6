//! Reads a challenge of an AUTH exchange (RFC 5034 section 4).

use super::event::{Event, Id, Part};
use super::noted::Noted;
use super::queue::Questions;
use super::reader::{Found, Reader, Reading};
use crate::parse;
use crate::types::Deviation;

impl<Q: Questions> Reader<Q> {
    /// The length of a challenge is limited only by the mechanism.
    pub(super) fn challenge<'i>(&mut self, id: Id, found: &Found<'i>, noted: &mut Noted) -> Event<'i> {
        self.reading = Reading::Challenged;
        let part = match parse::challenge(found.text, &mut noted.deviations) {
            Ok(challenge) if !found.truncated => Part::Challenge(challenge),
            _ => {
                noted.insert(Deviation::BadChallenge);
                Part::BadChallenge(found.text)
            }
        };
        Event::Reply { id, part, last: false }
    }
}

/// In an AUTH exchange, a line that starts with `+` is a challenge unless it is `+OK`. A malformed `+OK` is
/// never accepted here, because it would log the client in.
pub(super) fn is_challenge(line: &[u8]) -> bool {
    let [b'+', after @ ..] = line else { return false };
    !matches!(after, [b'O' | b'o', b'K' | b'k'] | [b'O' | b'o', b'K' | b'k', b' ', ..])
}
