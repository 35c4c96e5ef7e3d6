//! The secret from which everything about users who do not exist is made: their salts, and which user they
//! look like. It has to outlive restarts and certificates, or what changes with it does not exist.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use pop3_programs_common::{plain, text};

use crate::settings::At;
use crate::{crypto, owned};

/// How many random bytes a secret file gets, and how many it may have.
const OCTETS: usize = 32;
const MOST: u64 = 4096;

/// Reads the secret, and makes one if there is no such file yet.
pub(crate) fn read(file: &At<PathBuf>) -> anyhow::Result<[u8; 32]> {
    let path = &file.value;
    read_or_make(path).with_context(|| format!("{file}: login.secret: {}", path.display()))
}

fn read_or_make(path: &Path) -> anyhow::Result<[u8; 32]> {
    let mut new = OpenOptions::new();
    match new.write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            file.write_all(&crypto::random::<OCTETS>()?)?;
            file.sync_all()?;
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    let file = plain::open(path)?;
    owned::check_private(&file)?;
    let octets = text::octets_of(file, "its contents", MOST)?;
    anyhow::ensure!(octets.len() >= OCTETS, "less than {OCTETS} octets in it");
    Ok(crypto::sha256([b"pop3d".as_slice(), &octets]))
}
