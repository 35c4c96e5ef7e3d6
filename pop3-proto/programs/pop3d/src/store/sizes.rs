//! Remembers sizes on the wire in a file of the Maildir, so that each message is read only once to be
//! measured.
//!
//! A message in a Maildir never changes. So if its name and the length of its file are as they were, the size
//! is still right. The file may be removed at any time. It is the user's, so what it says is checked, and no
//! more of it is kept than there are messages.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};

use tracing::debug;

use super::folder::{Folder, refused};

const NAME: &str = "pop3d-sizes";
const NEW: &str = "pop3d-sizes.new";
/// The longest line: two numbers and a unique-id.
const LONGEST: u64 = 128;
/// How many lines are read for each message, and in any case. There are more lines than messages after many
/// were removed.
const LINES: u64 = 4;
const LEAST_LINES: u64 = 4096;

/// The length of a file, and its size on the wire.
type Sizes = HashMap<String, (u64, u64)>;

pub(super) struct Remembered {
    known: Sizes,
    /// The sizes that were asked for this time, which go into the next file.
    used: Sizes,
    /// How many lines the file has, as far as it was read.
    lines: usize,
    measured: bool,
}

impl Remembered {
    /// Reads the sizes of the messages that are there.
    pub(super) fn read(folder: &Folder, messages: usize, is_there: impl Fn(&str) -> bool) -> Self {
        let mut read = Self { known: Sizes::new(), used: Sizes::new(), lines: 0, measured: false };
        // If there is no file yet, or it cannot be used, all are measured.
        let _ = read.fill(folder, messages, is_there);
        read
    }

    fn fill(&mut self, folder: &Folder, messages: usize, is_there: impl Fn(&str) -> bool) -> io::Result<()> {
        let seen = folder.look(OsStr::new(NAME))?;
        if seen.uid != folder.uid() && !super::facts::is_trusted(seen.uid) {
            return Err(refused("it belongs to somebody else"));
        }
        let mut reader = BufReader::new(folder.open(OsStr::new(NAME), &seen)?);
        let most = LEAST_LINES.saturating_add(LINES.saturating_mul(messages as u64));
        let mut line = Vec::new();
        for _ in 0..most {
            line.clear();
            if reader.by_ref().take(LONGEST).read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            // After a line that pop3d has not written nothing else is its either.
            let text = line.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
            let Some((uid, sizes)) = text.and_then(parsed) else { break };
            self.lines += 1;
            if is_there(uid) {
                self.known.insert(uid.to_owned(), sizes);
            }
        }
        // What was not read makes the file longer than it has to be.
        self.measured = true;
        Ok(())
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
                let octets = measure()?;
                self.measured = true;
                octets
            }
        };
        self.used.insert(uid.to_owned(), (stored, octets));
        Ok(octets)
    }

    /// Writes the sizes for the next session. In a folder that may not be written to, nothing is remembered.
    pub(super) fn write(self, folder: &Folder) {
        if !self.measured && self.used.len() == self.lines {
            return;
        }
        let text = self.used.iter().fold(String::new(), |mut text, (uid, (stored, octets))| {
            let _ = writeln!(text, "{stored} {octets} {uid}");
            text
        });
        let new = OsStr::new(NEW);
        let written = folder.create_anew(new, 0o600).and_then(|mut file| file.write_all(text.as_bytes()));
        let written = written.and_then(|()| folder.rename(new, OsStr::new(NAME)));
        if let Err(error) = written {
            let _ = folder.remove(new);
            debug!("{}: {error}", folder.shown(OsStr::new(NAME)));
        }
    }
}

/// A unique-id and its sizes, if they can be true: each byte of a file is one or two on the wire, and a last
/// line without an end gets one.
fn parsed(line: &str) -> Option<(&str, (u64, u64))> {
    let (stored, rest) = line.split_once(' ')?;
    let (octets, uid) = rest.split_once(' ')?;
    let (stored, octets) = (stored.parse().ok()?, octets.parse().ok()?);
    let most = if stored == 0 { 0 } else { u64::checked_mul(stored, 2)?.checked_add(2)? };
    (stored <= octets && octets <= most).then_some((uid, (stored, octets)))
}
