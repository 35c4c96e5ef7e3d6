//! Random octets and digests, for several files.

use anyhow::Context as _;
use base64ct::{Base64, Encoding as _};
use sha2::{Digest as _, Sha256};

pub(crate) fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).ok().context("no random numbers")?;
    Ok(octets)
}

/// 144 random bits as 24 characters.
pub(crate) fn nonce() -> anyhow::Result<String> {
    Ok(Base64::encode_string(&random::<18>()?))
}

/// Two random numbers, for the APOP timestamp.
pub(crate) fn unique() -> anyhow::Result<[u64; 2]> {
    Ok([u64::from_le_bytes(random()?), u64::from_le_bytes(random()?)])
}

pub(crate) fn sha256<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> [u8; 32] {
    parts.into_iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
