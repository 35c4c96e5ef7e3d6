//! APOP: MD5 over the greeting's timestamp and the shared secret (RFC 1939 section 7).

use md5::{Digest as _, Md5};

use super::prepare;
use crate::secret::Secret;
use crate::types::{Digest, Timestamp};

impl Digest {
    /// The digest of a timestamp, angle brackets included, and a shared secret. A secret in UTF-8 beyond ASCII is prepared with
    /// SASLprep first (RFC 6856 section 2.2); where it cannot be, it is taken as it is.
    #[must_use]
    pub fn of(timestamp: Timestamp<'_>, secret: Secret<'_>) -> Self {
        let secret = secret.expose();
        let md5 = Md5::new_with_prefix(timestamp.as_str());
        let prepared = core::str::from_utf8(secret).ok().filter(|text| !text.is_ascii()).and_then(prepare);
        Self::new(
            match &prepared {
                Some(text) => md5.chain_update(text.as_bytes()),
                None => md5.chain_update(secret),
            }
            .finalize()
            .into(),
        )
    }
}
