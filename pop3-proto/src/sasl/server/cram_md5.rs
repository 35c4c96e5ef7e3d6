//! CRAM-MD5: a challenge that never was before, and its keyed digest (RFC 2195).

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

use super::action::{Identity, Move};
use crate::buf::Output as _;
use crate::sasl::Channel;
use crate::sasl::memory::{Memory, Span};
use crate::secret::Secret;
use crate::types::{ApopDigest, ApopTimestamp};

#[derive(Debug)]
pub(super) struct CramMd5 {
    challenge: Span,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    Challenged,
    Asked { name: Span, digest: ApopDigest },
    Over,
}

impl CramMd5 {
    /// The challenge is a msg-id, as for APOP.
    pub(super) fn new(channel: &Channel<'_>, memory: &mut Memory<'_>) -> Option<Self> {
        let start = memory.mark();
        for part in ["<", channel.nonce, "@", channel.host, ">"] {
            memory.put(part.as_bytes()).ok()?;
        }
        let challenge = memory.since(start);
        ApopTimestamp::new(core::str::from_utf8(memory.get(challenge)).ok()?)?;
        Some(Self { challenge, state: State::Start })
    }

    pub(super) fn step(&mut self, response: Option<Span>, memory: &mut Memory<'_>) -> Option<Move> {
        match (core::mem::replace(&mut self.state, State::Over), response) {
            (State::Start, None) => {
                self.state = State::Challenged;
                Some(Move::Challenge(self.challenge))
            }
            (State::Challenged, Some(response)) => {
                // Names may hold spaces, digests may not.
                let octets = memory.get(response);
                let (name, digest) = octets.split_at_checked(octets.iter().rposition(|b| *b == b' ')?)?;
                let digest = ApopDigest::from_hex(digest.strip_prefix(b" ")?)?;
                let name = memory.place(name)?;
                let name = memory.prepare(name)?;
                self.state = State::Asked { name, digest };
                Some(Move::FindSecret(name))
            }
            _ => None,
        }
    }

    pub(super) fn secret_is(&mut self, secret: Option<Secret<'_>>, memory: &Memory<'_>) -> Option<Move> {
        let State::Asked { name, digest } = core::mem::replace(&mut self.state, State::Over) else {
            return None;
        };
        // Nobody logs in with an empty secret; somebody who does not exist takes as long as everybody else.
        let secret = secret.filter(|secret| !secret.expose().is_empty());
        let key = secret.map_or(b"nobody".as_slice(), |secret| secret.expose());
        let mac = Hmac::<Md5>::new_from_slice(key).ok()?.chain_update(memory.get(self.challenge));
        let right = ApopDigest::new(mac.finalize().into_bytes().into()).matches(&digest);
        (right & secret.is_some()).then_some(Move::Admit(Identity { name, acting_as: None }))
    }
}
