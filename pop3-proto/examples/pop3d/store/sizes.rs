//! Sizes on the wire, remembered in a file of the Maildir: a message is read once in its life to be measured.
//!
//! A message in a Maildir never changes, so its name and the length of its file tell that the size is still right. The file
//! may be removed at any time.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tracing::debug;

const NAME: &str = "pop3d-sizes";

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
        let text = fs::read_to_string(&path).unwrap_or_default();
        let line = |line: &str| {
            let (stored, rest) = line.split_once(' ')?;
            let (octets, id) = rest.split_once(' ')?;
            Some((id.to_owned(), (stored.parse().ok()?, octets.parse().ok()?)))
        };
        let known = text.lines().filter_map(line).collect();
        Self { path, known, used: HashMap::new(), measured: false }
    }

    /// The size of a message whose file has that length, measured only if it is not known.
    pub(super) fn octets(
        &mut self,
        id: &str,
        stored: u64,
        measure: impl FnOnce() -> io::Result<u64>,
    ) -> io::Result<u64> {
        let octets = match self.known.get(id) {
            Some((len, octets)) if *len == stored => *octets,
            _ => {
                self.measured = true;
                measure()?
            }
        };
        self.used.insert(id.to_owned(), (stored, octets));
        Ok(octets)
    }

    /// Keeps what was found out for the next session; a folder that may not be written does without.
    pub(super) fn write(self) {
        if !self.measured && self.used.len() == self.known.len() {
            return;
        }
        let text = self.used.iter().fold(String::new(), |mut text, (id, (stored, octets))| {
            // A name with a line end is measured every time.
            if !id.contains('\n') {
                let _ = writeln!(text, "{stored} {octets} {id}");
            }
            text
        });
        let new = self.path.with_extension("new");
        let written = fs::write(&new, text).and_then(|()| fs::rename(&new, &self.path));
        if let Err(error) = written {
            debug!("{}: {error}", self.path.display());
        }
    }
}
