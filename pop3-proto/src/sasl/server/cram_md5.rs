//! CRAM-MD5: the server sends a challenge that is never repeated, and the client its keyed digest (RFC 2195).

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

use super::action::{Identity, Move};
use super::cause::Cause;
use crate::buf::Output as _;
use crate::sasl::memory::{Memory, Span};
use crate::sasl::{Channel, Why};
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
    /// The challenge is a msg-id, as in APOP.
    pub(super) fn new(channel: &Channel<'_>, memory: &mut Memory<'_>) -> Result<Self, Why> {
        let nonce = channel.nonce.ok_or(Why::Nonce)?;
        let start = memory.mark();
        for part in ["<", nonce.as_str(), "@", channel.host, ">"] {
            memory.put(part.as_bytes())?;
        }
        let challenge = memory.since(start);
        let text = core::str::from_utf8(memory.get(challenge)).ok();
        text.and_then(ApopTimestamp::new).ok_or(Why::Channel)?;
        Ok(Self { challenge, state: State::Start })
    }

    pub(super) fn step(&mut self, response: Option<Span>, memory: &mut Memory<'_>) -> Result<Move, Cause> {
        match (core::mem::replace(&mut self.state, State::Over), response) {
            (State::Start, None) => {
                self.state = State::Challenged;
                Ok(Move::Challenge(self.challenge))
            }
            (State::Challenged, Some(response)) => {
                let (name, digest) = name_and_digest(memory.get(response)).ok_or(Cause::Response)?;
                let name = memory.place(name).ok_or(Cause::Response)?;
                let name = memory.prepare(name)?;
                self.state = State::Asked { name, digest };
                Ok(Move::FindSecret(name))
            }
            _ => Err(Cause::Response),
        }
    }

    pub(super) fn secret_is(
        &mut self,
        secret: Option<Secret<'_>>,
        memory: &Memory<'_>,
    ) -> Result<Move, Cause> {
        let State::Asked { name, digest } = core::mem::replace(&mut self.state, State::Over) else {
            return Err(Cause::Answer);
        };
        // An empty secret is never accepted. A user who does not exist takes as long to check as any other.
        let secret = secret.filter(|secret| !secret.expose().is_empty());
        let key = secret.map_or(b"nobody".as_slice(), |secret| secret.expose());
        let mac = Hmac::<Md5>::new_from_slice(key).map_err(|_| Cause::Answer)?;
        let mac = mac.chain_update(memory.get(self.challenge));
        let right = ApopDigest::new(mac.finalize().into_bytes().into()).matches(&digest);
        let good = right & secret.is_some();
        if good { Ok(Move::Admit(Identity { name, acting_as: None })) } else { Err(Cause::Credentials) }
    }
}

/// A name may contain spaces, a digest may not.
fn name_and_digest(response: &[u8]) -> Option<(&[u8], ApopDigest)> {
    let (name, digest) = response.split_at_checked(response.iter().rposition(|b| *b == b' ')?)?;
    Some((name, ApopDigest::from_hex(digest.strip_prefix(b" ")?)?))
}
