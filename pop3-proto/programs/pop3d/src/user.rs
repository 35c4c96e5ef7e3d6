//! One user: what the fields of the passwd file say.

use std::time::Duration;

use anyhow::Context as _;
use base64ct::{Base64, Encoding as _};
use pop3_proto::Secret;
use pop3_proto::sasl::prepare;
use pop3_proto::sasl::scram::{Hash, Keys};
use zeroize::Zeroizing;

use crate::passwords;

#[derive(Default)]
pub(crate) struct User {
    /// The password itself.
    plain: Option<Zeroizing<String>>,
    argon2: Option<String>,
    keys: Vec<Keys>,
    /// SHA-256 of tokens, and of certificates.
    pub(super) tokens: Vec<[u8; 32]>,
    pub(super) certs: Vec<[u8; 32]>,
    pub(crate) delay: Option<Duration>,
    /// The user of the system to whom the mail belongs.
    pub(crate) uid: Option<u32>,
}

impl User {
    pub(crate) fn with_password(password: &str) -> anyhow::Result<Self> {
        anyhow::ensure!(!password.is_empty(), "the password may not be empty");
        Ok(Self { plain: Some(prepared(password)?), ..Self::default() })
    }

    /// Reads the fields of that user, which are parted by spaces.
    pub(crate) fn of_fields(name: &str, fields: &str) -> anyhow::Result<Self> {
        let mut user = Self::default();
        for (field, number) in fields.split_whitespace().zip(1..) {
            // The error gives only the number of the field, because the field itself is a secret.
            user.add_field(field).with_context(|| format!("field {number} of {name}"))?;
        }
        Ok(user)
    }

    fn add_field(&mut self, field: &str) -> anyhow::Result<()> {
        if field.starts_with("$argon2") {
            passwords::check_hash(field)?;
            self.argon2 = Some(field.to_owned());
        } else if field.starts_with("SCRAM-") {
            self.keys.push(field.parse()?);
        } else if let Some(text) = field.strip_prefix("{PLAIN}") {
            let octets = Zeroizing::new(Base64::decode_vec(text).ok().context("not base64")?);
            self.plain = Some(prepared(std::str::from_utf8(&octets).context("not UTF-8")?)?);
        } else if let Some(digest) = field.strip_prefix("{TOKEN}") {
            self.tokens.push(sha256_from_hex(digest)?);
        } else if let Some(digest) = field.strip_prefix("{CERT}") {
            self.certs.push(sha256_from_hex(digest)?);
        } else if let Some(seconds) = field.strip_prefix("{DELAY}") {
            self.delay = Some(Duration::from_secs(seconds.parse().context("expected seconds")?));
        } else if let Some(uid) = field.strip_prefix("{UID}") {
            self.uid = Some(uid.parse().context("expected the number of a user")?);
        } else {
            anyhow::bail!("not a field that is known; `--hash-password` makes some");
        }
        Ok(())
    }

    /// The password itself, for APOP and CRAM-MD5.
    pub(crate) fn secret(&self) -> Option<Secret<'_>> {
        self.plain.as_ref().map(|plain| Secret::new(plain.as_bytes()))
    }

    pub(crate) fn argon2(&self) -> Option<&str> {
        self.argon2.as_deref()
    }

    /// The keys that are stored.
    pub(crate) fn keys(&self, hash: Hash) -> Option<&Keys> {
        self.keys.iter().find(|keys| keys.hash() == hash)
    }

    /// Keys that are derived from the password. That takes milliseconds, so call it in a `Workers` thread.
    /// They are not kept: the second login would be faster than the first, and one of a user who does not
    /// exist never.
    pub(crate) fn make_keys(&self, hash: Hash, salt: &[u8]) -> Option<Keys> {
        Keys::derive(hash, self.plain.as_ref()?, salt, passwords::ITERATIONS)
    }
}

fn prepared(password: &str) -> anyhow::Result<Zeroizing<String>> {
    let prepared =
        prepare(password).context("a password with characters that SASLprep (RFC 4013) prohibits")?;
    Ok(Zeroizing::new(prepared.to_owned()))
}

fn sha256_from_hex(text: &str) -> anyhow::Result<[u8; 32]> {
    let mut octets = [0; 32];
    anyhow::ensure!(text.len() == 64 && text.is_ascii(), "expected 64 hexadecimal digits");
    for (i, octet) in octets.iter_mut().enumerate() {
        *octet = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).context("expected hexadecimal digits")?;
    }
    Ok(octets)
}
