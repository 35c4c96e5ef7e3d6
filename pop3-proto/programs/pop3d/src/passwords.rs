//! How passwords are stored and checked.

use std::io::{self, IsTerminal as _};

use anyhow::Context as _;
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};
use pop3_programs_common::console;
use pop3_proto::sasl::prepare;
use pop3_proto::sasl::scram::{Hash, Keys};
use zeroize::Zeroizing;

use crate::crypto;

/// Iterations of PBKDF2: what each guess costs somebody who has stolen the file, and each login costs the
/// client.
pub(crate) const ITERATIONS: u32 = 4096;

/// Reads a password and prints the fields of the passwd file for every mechanism that does not need the
/// password itself.
pub(crate) fn print_fields() -> anyhow::Result<()> {
    if io::stdin().is_terminal() {
        console::err(format_args!("Password (it will show), then Enter:"));
    }
    let mut line = Zeroizing::new(String::new());
    io::stdin().read_line(&mut line).context("reading the password from standard input")?;
    let password = prepare(line.trim_end_matches(['\r', '\n']))
        .context("the password is empty or holds characters that SASLprep (RFC 4013) prohibits")?;
    let hash = Argon2::default().hash_password(password.as_bytes()).map_err(anyhow::Error::msg)?;
    let keys = [Hash::Sha256, Hash::Sha1].map(|hash| {
        let salt = crypto::random::<16>()?;
        Keys::derive(hash, &password, &salt, ITERATIONS).context("deriving SCRAM keys")
    });
    let [sha256, sha1] = keys;
    console::out(format_args!("{hash} {} {}", sha256?, sha1?)).context("standard output")
}

/// Whether this is the password of that hash. It takes tens of milliseconds and some megabytes, so call it in
/// a `Workers` thread.
pub(crate) fn is_password_of(password: &[u8], hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password, &hash).is_ok())
}

/// Fails if a hash cannot be used, and says why.
pub(crate) fn check_hash(hash: &str) -> anyhow::Result<()> {
    PasswordHash::new(hash).map(|_| ()).map_err(anyhow::Error::msg)
}
