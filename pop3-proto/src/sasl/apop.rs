//! The APOP digest: MD5 over the greeting's timestamp and the shared secret (RFC 1939 section 7).

use md5::{Digest as _, Md5};

use super::prepare;
use crate::secret::Secret;
use crate::types::{ApopDigest, ApopTimestamp};

impl ApopDigest {
    /// Computes the digest of a timestamp, angle brackets included, and a shared secret (RFC 1939 section 7).
    /// A secret with characters outside ASCII is first prepared with SASLprep (RFC 6856 section 2.2). `None`
    /// if that is not possible.
    #[must_use]
    pub fn of(timestamp: ApopTimestamp<'_>, secret: Secret<'_>) -> Option<Self> {
        let secret = secret.expose();
        let md5 = Md5::new_with_prefix(timestamp.as_str());
        let digest = if secret.is_ascii() {
            md5.chain_update(secret)
        } else {
            md5.chain_update(prepare(core::str::from_utf8(secret).ok()?)?.as_bytes())
        };
        Some(Self::new(digest.finalize().into()))
    }
}
