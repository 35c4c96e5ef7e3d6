//! CRAM-MD5: the client sends its name and the keyed digest of the challenge (RFC 2195).

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

use super::credentials::Credentials;
use super::halt::Halt;
use super::plain::{is_sendable, put_prepared};
use crate::buf::Output as _;
use crate::sasl::Why;
use crate::sasl::memory::{Memory, Span};
use crate::types::ApopDigest;

#[derive(Debug)]
pub(super) struct CramMd5 {
    answered: bool,
}

impl CramMd5 {
    pub(super) fn new(credentials: &Credentials<'_>) -> Result<Self, Why> {
        let password = credentials.password.filter(|_| credentials.acting_as.is_none());
        let password = password.ok_or(Why::Credentials)?;
        // Checked before anything is sent, not only when the challenge has come.
        let texts = [credentials.name.as_bytes(), password.expose()];
        if texts.into_iter().all(is_sendable) { Ok(Self { answered: false }) } else { Err(Why::Text) }
    }

    pub(super) fn step(
        &mut self,
        credentials: &Credentials<'_>,
        challenge: Span,
        memory: &mut Memory<'_>,
    ) -> Result<Span, Halt> {
        // With an empty challenge the digest would be the same in every session.
        if core::mem::replace(&mut self.answered, true) || memory.get(challenge).is_empty() {
            return Err(Halt::Server);
        }
        let password = put_prepared(credentials.password.ok_or(Why::Credentials)?.expose(), memory)?;
        let mac = Hmac::<Md5>::new_from_slice(memory.get(password)).map_err(|_| Why::Text)?;
        let digest = ApopDigest::new(mac.chain_update(memory.get(challenge)).finalize().into_bytes().into());
        memory.wipe(password);
        let name = put_prepared(credentials.name.as_bytes(), memory)?;
        let start = memory.mark();
        memory.copy(name)?;
        memory.put(b" ")?;
        memory.put(&digest.to_hex())?;
        Ok(memory.since(start))
    }

    pub(super) const fn answered(&self) -> bool {
        self.answered
    }
}
