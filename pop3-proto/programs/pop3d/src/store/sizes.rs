//! Remembers sizes on the wire in a file of the Maildir, so that each message is read only once to be
//! measured.
//!
//! A message in a Maildir never changes. So if its name and the length of its file are as they were, the size
//! is still right. The file may be removed at any time.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tracing::debug;

use super::{create_anew, open_plain};

const NAME: &str = "pop3d-sizes";
/// The most bytes of the file that are read: more than a million messages need.
const LONGEST: u64 = 128 << 20;

pub(super) struct Sizes {
    path: PathBuf,
    /// The length of the file, and the size on the wire.
    known: HashMap<String, (u64, u64)>,
    /// The sizes that were asked for this time, which go into the next file.
    used: HashMap<String, (u64, u64)>,
    measured: bool,
}

impl Sizes {
    pub(super) fn read(folder: &Path) -> Self {
        let path = folder.join(NAME);
        let mut text = String::new();
        let read = open_plain(&path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
        if read.is_err() {
            text.clear(); // There is no file yet, or it cannot be used.
        }
        let line = |line: &str| {
            let (stored, rest) = line.split_once(' ')?;
            let (octets, uid) = rest.split_once(' ')?;
            Some((uid.to_owned(), (stored.parse().ok()?, octets.parse().ok()?)))
        };
        let known = text.lines().filter_map(line).collect();
        Self { path, known, used: HashMap::new(), measured: false }
    }

    /// The size of a message whose file has that length. It is measured only if it is not known.
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

    /// Writes the sizes for the next session. In a folder that may not be written to, nothing is remembered.
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
