//! Random bytes and digests.

use anyhow::Context as _;
use pop3_proto::sasl::Nonce;
use sha2::{Digest as _, Sha256};

pub(crate) fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).ok().context("no random numbers")?;
    Ok(octets)
}

pub(crate) fn nonce() -> anyhow::Result<Nonce> {
    Ok(Nonce::new(random()?))
}

/// Two random numbers, for the APOP timestamp.
pub(crate) fn unique() -> anyhow::Result<[u64; 2]> {
    Ok([u64::from_le_bytes(random()?), u64::from_le_bytes(random()?)])
}

pub(crate) fn sha256<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> [u8; 32] {
    parts.into_iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

/// A text that nobody else makes.
pub(crate) fn random_text() -> anyhow::Result<String> {
    Ok(hex(&random::<16>()?))
}

pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
