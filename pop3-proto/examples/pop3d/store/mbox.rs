//! An mbox file: messages one behind the other, each opened by a line that starts with `From `.
//!
//! Messages are served as the octets between those lines; `>From ` stays quoted. Removing writes a new file beside the old one
//! and puts it in its place, under the dot-lock that delivery programs respect.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::dot::WireSize;
use sha2::{Digest as _, Sha256};

use super::{Entry, Kind, Mailbox, Place, lock, tell_apart};
use crate::crypto;

/// How often, and how long apart, the dot-lock is tried.
const LOCK_TRIES: u32 = 50;
const LOCK_WAIT: Duration = Duration::from_millis(100);
/// A dot-lock of that age was left behind by a program that died.
const LOCK_STALE: Duration = Duration::from_secs(600);

/// `None` if the maildrop is in use.
pub(super) fn open(path: &Path) -> anyhow::Result<Option<Mailbox>> {
    let Some(lock) = lock(path)? else { return Ok(None) };
    let mut entries = take_stock(path).with_context(|| path.display().to_string())?;
    tell_apart(&mut entries);
    Ok(Some(Mailbox { entries, kind: Kind::Mbox(path.to_path_buf()), _lock: lock }))
}

/// A message between its `From ` line and the blank line in front of the next one.
struct Message {
    /// Where its `From ` line starts, and where its text does.
    from: u64,
    text: u64,
    size: WireSize,
    hash: Sha256,
    /// An empty line that belongs to the text only if more of it follows.
    blank: Option<Vec<u8>>,
}

fn take_stock(path: &Path) -> anyhow::Result<Vec<Entry>> {
    let mut reader = BufReader::new(File::open(path)?);
    let mut entries = Vec::new();
    let mut message: Option<Message> = None;
    let (mut at, mut line_start) = (0_u64, true);
    let mut piece = Vec::new();
    loop {
        piece.clear();
        // A line of any length in constant memory: at most this much of it at a time.
        let n = reader.by_ref().take(64 * 1024).read_until(b'\n', &mut piece)? as u64;
        let is_from = line_start && piece.starts_with(b"From ");
        if n == 0 || is_from {
            entries.extend(message.take().map(|message| message.entry(at)));
        }
        if n == 0 {
            return Ok(entries);
        }
        at += n;
        if is_from {
            anyhow::ensure!(piece.ends_with(b"\n"), "a From line without an end");
            let hash = Sha256::new_with_prefix(&piece);
            message = Some(Message { from: at - n, text: at, size: WireSize::new(), hash, blank: None });
        } else if let Some(message) = &mut message {
            message.add(&piece, line_start);
        } else {
            anyhow::ensure!(
                matches!(piece.as_slice(), b"\n" | b"\r\n"),
                "not an mbox: it does not start with a From line"
            );
        }
        line_start = piece.ends_with(b"\n");
    }
}

impl Message {
    fn add(&mut self, piece: &[u8], line_start: bool) {
        if let Some(blank) = self.blank.take() {
            self.count(&blank);
        }
        if line_start && matches!(piece, b"\n" | b"\r\n") {
            self.blank = Some(piece.to_vec());
        } else {
            self.count(piece);
        }
    }

    fn count(&mut self, piece: &[u8]) {
        self.size.add(piece);
        self.hash.update(piece);
    }

    /// The unique-id is made of the content, `From ` line included.
    fn entry(self, next: u64) -> Entry {
        let len = next - self.text - self.blank.map_or(0, |blank| blank.len() as u64);
        let octets = self.size.octets();
        let uid = crypto::hex(&self.hash.finalize()[..16]);
        Entry { octets, uid, place: Place::Range { from: self.from, text: self.text, len, next } }
    }
}

pub(super) fn read(path: &Path, start: u64) -> io::Result<File> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    Ok(file)
}

/// Writes the mbox anew without these ranges, in ascending order, and with all that was delivered in the meantime.
pub(super) fn remove(path: &Path, marked: &[(u64, u64)]) -> anyhow::Result<()> {
    let _dot_lock = DotLock::take(path)?;
    let temporary = beside(path, ".new");
    let written = copy_without(path, &temporary, marked);
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(|| temporary.display().to_string())?;
    fs::rename(&temporary, path).with_context(|| path.display().to_string())?;
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all().with_context(|| folder.display().to_string())
}

fn copy_without(path: &Path, temporary: &Path, marked: &[(u64, u64)]) -> anyhow::Result<()> {
    let mut from = File::open(path)?;
    let mut to = BufWriter::new(OpenOptions::new().write(true).create(true).truncate(true).open(temporary)?);
    to.get_ref().set_permissions(from.metadata()?.permissions())?;
    let mut at = 0;
    for &(start, next) in marked {
        copy_range(&mut from, at, start, &mut to)?;
        at = next;
    }
    let end = from.metadata()?.len();
    copy_range(&mut from, at, end, &mut to)?;
    to.flush()?;
    to.get_ref().sync_all()?;
    Ok(())
}

fn copy_range(from: &mut File, start: u64, end: u64, to: &mut impl io::Write) -> io::Result<()> {
    from.seek(SeekFrom::Start(start))?;
    let len = end.saturating_sub(start);
    let copied = io::copy(&mut from.take(len), to)?;
    if copied == len { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// `FILE.lock`, as delivery programs make it.
struct DotLock(PathBuf);

impl DotLock {
    fn take(path: &Path) -> anyhow::Result<Self> {
        let path = beside(path, ".lock");
        for _ in 0..LOCK_TRIES {
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    let made = fs::metadata(&path).and_then(|lock| lock.modified());
                    match made.map(|made| made.elapsed().unwrap_or_default()) {
                        Ok(age) if age > LOCK_STALE => fs::remove_file(&path)?,
                        _ => sleep(LOCK_WAIT),
                    }
                }
                Err(error) => return Err(error).with_context(|| path.display().to_string()),
            }
        }
        anyhow::bail!("{} is held by another program", path.display())
    }
}

impl Drop for DotLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
