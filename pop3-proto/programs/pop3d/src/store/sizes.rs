//! Sizes on the wire, remembered in a file of the Maildir: a message is read once in its life to be measured.
//!
//! A message in a Maildir never changes, so its name and the length of its file tell that the size is still right. The file
//! may be removed at any time.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tracing::debug;

use super::{create_anew, open_plain};

const NAME: &str = "pop3d-sizes";
/// More than a million messages need.
const LONGEST: u64 = 128 << 20;

pub(super) struct Sizes {
    path: PathBuf,
    /// Length of the file, and size on the wire.
    known: HashMap<String, (u64, u64)>,
    /// What was asked for this time: the next file.
    used: HashMap<String, (u64, u64)>,
    measured: bool,
}

impl Sizes {
    pub(super) fn read(folder: &Path) -> Self {
        let path = folder.join(NAME);
        let mut text = String::new();
        let read = open_plain(&path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
        if read.is_err() {
            text.clear(); // there is none yet, or it cannot be used: it is made anew
        }
        let line = |line: &str| {
            let (stored, rest) = line.split_once(' ')?;
            let (octets, uid) = rest.split_once(' ')?;
            Some((uid.to_owned(), (stored.parse().ok()?, octets.parse().ok()?)))
        };
        let known = text.lines().filter_map(line).collect();
        Self { path, known, used: HashMap::new(), measured: false }
    }

    /// The size of a message whose file has that length, measured only if it is not known.
    pub(super) fn octets(
        &mut self,
        uid: &str,
        stored: u64,
        measure: impl FnOnce() -> io::Result<u64>,
    ) -> io::Result<u64> {
        let octets = match self.known.get(uid) {
            Some((len, octets)) if *len == stored => *octets,
            _ => {
                self.measured = true;
                measure()?
            }
        };
        self.used.insert(uid.to_owned(), (stored, octets));
        Ok(octets)
    }

    /// Keeps what was found out for the next session; a folder that may not be written does without.
    pub(super) fn write(self) {
        if !self.measured && self.used.len() == self.known.len() {
            return;
        }
        let text = self.used.iter().fold(String::new(), |mut text, (uid, (stored, octets))| {
            let _ = writeln!(text, "{stored} {octets} {uid}");
            text
        });
        let new = self.path.with_extension("new");
        let written = create_anew(&new).and_then(|mut file| file.write_all(text.as_bytes()));
        let written = written.and_then(|()| fs::rename(&new, &self.path));
        if let Err(error) = written {
            debug!("{}: {error}", self.path.display());
        }
    }
}
