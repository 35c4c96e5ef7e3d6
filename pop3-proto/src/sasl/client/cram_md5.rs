//! CRAM-MD5: the name, and the keyed digest of the challenge (RFC 2195).

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

use super::credentials::Credentials;
use super::plain::put_prepared;
use crate::buf::Output as _;
use crate::sasl::memory::{Memory, Span};
use crate::types::ApopDigest;

#[derive(Debug)]
pub(super) struct CramMd5 {
    answered: bool,
}

impl CramMd5 {
    pub(super) fn new(credentials: &Credentials<'_>) -> Option<Self> {
        let able = credentials.acting_as.is_none() && credentials.password.is_some();
        able.then_some(Self { answered: false })
    }

    pub(super) fn step(
        &mut self,
        credentials: &Credentials<'_>,
        challenge: Span,
        memory: &mut Memory<'_>,
    ) -> Option<Span> {
        // Without a challenge the digest would be worth the same in every session.
        if core::mem::replace(&mut self.answered, true) || memory.get(challenge).is_empty() {
            return None;
        }
        let password = put_prepared(credentials.password?.expose(), memory)?;
        let mac = Hmac::<Md5>::new_from_slice(memory.get(password)).ok()?;
        let digest = ApopDigest::new(mac.chain_update(memory.get(challenge)).finalize().into_bytes().into());
        memory.wipe(password);
        let name = put_prepared(credentials.name.as_bytes(), memory)?;
        let start = memory.mark();
        memory.copy(name)?;
        memory.put(b" ").ok()?;
        memory.put(&digest.to_hex()).ok()?;
        Some(memory.since(start))
    }

    pub(super) const fn answered(&self) -> bool {
        self.answered
    }
}
