//! Who may log in, and with which credentials.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use base64ct::{Base64, Encoding as _};
use pop3_proto::Secret;
use pop3_proto::sasl::prepare;
use pop3_proto::sasl::scram::{Hash, Keys};
use zeroize::Zeroizing;

use crate::passwords;

#[derive(Default)]
pub(crate) struct Users {
    by_name: HashMap<String, Arc<User>>,
    first: String,
}

#[derive(Default)]
pub(crate) struct User {
    /// The password itself.
    plain: Option<Zeroizing<String>>,
    argon2: Option<String>,
    keys: Vec<Keys>,
    /// Keys that are derived from `plain`, at most once for each hash function.
    made: [OnceLock<Option<Keys>>; 2],
    /// SHA-256 of tokens, and of certificates.
    tokens: Vec<[u8; 32]>,
    certs: Vec<[u8; 32]>,
    pub(crate) delay: Option<Duration>,
}

impl Users {
    /// Adds a user from `NAME:PASSWORD`.
    pub(crate) fn add_plain(&mut self, text: &str) -> anyhow::Result<()> {
        let (name, password) = text.split_once(':').context("expected NAME:PASSWORD")?;
        anyhow::ensure!(!password.is_empty(), "the password may not be empty");
        let plain = Some(prepared(password)?);
        self.add(name, User { plain, ..User::default() })
    }

    /// Reads lines of `NAME:FIELD FIELD ...`.
    pub(crate) fn read(&mut self, file: &Path) -> anyhow::Result<()> {
        let text = Zeroizing::new(fs::read_to_string(file).with_context(|| file.display().to_string())?);
        for (line, number) in text.lines().zip(1..) {
            if !line.trim().is_empty() && !line.starts_with('#') {
                let added = self.add_line(line);
                added.with_context(|| format!("{} line {number}", file.display()))?;
            }
        }
        Ok(())
    }

    fn add_line(&mut self, line: &str) -> anyhow::Result<()> {
        let (name, fields) = line.split_once(':').context("expected NAME:FIELD FIELD ...")?;
        let mut user = User::default();
        for (field, number) in fields.split_whitespace().zip(1..) {
            // The error gives only the number of the field, because the field itself is a secret.
            user.add_field(field).with_context(|| format!("field {number} of {name}"))?;
        }
        self.add(name, user)
    }

    fn add(&mut self, name: &str, user: User) -> anyhow::Result<()> {
        let prepared = prepare(name).with_context(|| format!("{name:?} cannot be a user name"))?;
        // The name may become the name of a folder.
        let fits = !prepared.contains(['/', '\0']) && !prepared.starts_with('.');
        anyhow::ensure!(fits, "{name:?} cannot be a folder name");
        // Such files are made beside an mbox.
        let is_ours = [".lock", ".new"].into_iter().any(|end| prepared.ends_with(end));
        anyhow::ensure!(!is_ours, "{name:?} is like the name of a file that goes with an mbox");
        if self.first.is_empty() {
            name.clone_into(&mut self.first);
        }
        anyhow::ensure!(
            self.by_name.insert(prepared.to_owned(), Arc::new(user)).is_none(),
            "there is a user {name:?} already"
        );
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The first user, for the example that pop3d prints at the start.
    pub(crate) fn first(&self) -> &str {
        &self.first
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<User>> {
        self.by_name.get(name)
    }

    /// The user who has the certificate with this SHA-256.
    pub(crate) fn by_cert(&self, digest: &[u8; 32]) -> Option<&str> {
        self.by_name.iter().find(|(_, user)| user.certs.contains(digest)).map(|(name, _)| name.as_str())
    }

    pub(crate) fn by_token(&self, digest: &[u8; 32]) -> Option<&str> {
        self.by_name.iter().find(|(_, user)| user.tokens.contains(digest)).map(|(name, _)| name.as_str())
    }

    /// Whether a mechanism works for the users there are. Clients take the strongest mechanism on offer and
    /// try no other, so one that fails for some users would lock them out. Tokens are different: users may
    /// have them besides a password.
    pub(crate) fn can_use(&self, mechanism: &str) -> bool {
        let mut users = self.by_name.values();
        match mechanism.trim_end_matches("-PLUS") {
            "APOP" | "CRAM-MD5" => users.all(|user| user.plain.is_some()),
            "SCRAM-SHA-1" => users.all(|user| user.plain.is_some() || user.keys(Hash::Sha1).is_some()),
            "SCRAM-SHA-256" => users.all(|user| user.plain.is_some() || user.keys(Hash::Sha256).is_some()),
            "OAUTHBEARER" | "XOAUTH2" => users.any(|user| !user.tokens.is_empty()),
            _ => true,
        }
    }

    /// Whether checking a password takes the time of a hash.
    pub(crate) fn has_hashes(&self) -> bool {
        self.by_name.values().any(|user| user.argon2.is_some())
    }

    /// The longest LOGIN-DELAY, and whether some users have a delay of their own.
    pub(crate) fn longest_delay(&self, general: Duration) -> (Duration, bool) {
        let own = self.by_name.values().filter_map(|user| user.delay);
        let longest = own.clone().fold(general, Duration::max);
        (longest, own.into_iter().any(|delay| delay != general))
    }
}

impl User {
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

    /// The keys that are derived from the password. The first call takes milliseconds, so make it in a
    /// `Workers` thread.
    pub(crate) fn made_keys(&self, hash: Hash, salt: &[u8]) -> Option<&Keys> {
        let [sha1, sha256] = &self.made;
        let made = if hash == Hash::Sha1 { sha1 } else { sha256 };
        let make = || Keys::derive(hash, self.plain.as_ref()?, salt, passwords::ITERATIONS);
        made.get_or_init(make).as_ref()
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
