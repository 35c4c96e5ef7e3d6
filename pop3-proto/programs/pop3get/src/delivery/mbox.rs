//! Delivers into an mbox file in the mboxrd form. Messages are appended under a dot lock and a `flock`; if
//! that fails, the file is cut back to where it was.

use std::fs::{self, OpenOptions, TryLockError};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use pop3_programs_common::dot_lock::DotLock;
use pop3_programs_common::shared;
use rustix::fs::OFlags;
use time::OffsetDateTime;
use time::macros::format_description;

use super::{Delivery, Taken, failed};
use crate::failure::Failure;

/// The longest piece of a line that is looked at in one go.
const PIECE: u64 = 64 * 1024;
/// A commit is due after this many messages, or after the bytes below.
const MESSAGES: usize = 100;
const OCTETS: u64 = 64 * 1024 * 1024;

pub(crate) struct File {
    path: PathBuf,
    current: Option<BufWriter<fs::File>>,
    ended: Vec<fs::File>,
    octets: u64,
}

impl File {
    pub(crate) fn open(path: &Path) -> Self {
        Self { path: path.to_owned(), current: None, ended: Vec::new(), octets: 0 }
    }

    /// Appends all messages, or leaves the file as it was.
    fn append(&mut self) -> io::Result<()> {
        let _lock = DotLock::take(&self.path)?;
        // A pipe in the place of the file would take a little mail and then hang.
        let mut flags = OFlags::NONBLOCK | OFlags::NOCTTY;
        // A link of somebody else would make a file anywhere.
        flags.set(OFlags::NOFOLLOW, shared::is_shared(&self.path)?);
        let mut options = OpenOptions::new();
        options.create(true).read(true).append(true).mode(0o600).custom_flags(flags.bits().cast_signed());
        let mut file = options.open(&self.path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file"));
        }
        shared::check(&self.path, &file.metadata()?)?;
        take(&file)?;
        let before = file.metadata()?.len();
        // Another program may have ended the last message without an empty line, or without a line end.
        let mut tail = vec![0; before.min(2) as usize];
        file.seek(SeekFrom::Start(before - tail.len() as u64))?;
        file.read_exact(&mut tail)?;
        let missing: &[u8] = match tail.as_slice() {
            [] | b"\n\n" => b"",
            [.., b'\n'] => b"\n",
            _ => b"\n\n",
        };
        file.write_all(missing)?;
        let appended = self.ended.iter_mut().try_for_each(|message| write_message(message, &mut file));
        appended.and_then(|()| file.sync_all()).inspect_err(|_| {
            // Half a message would look like a whole one.
            let _ = file.set_len(before).and_then(|()| file.sync_all());
        })
    }
}

impl Delivery for File {
    fn begin(&mut self) -> Result<(), Failure> {
        let file = tempfile::tempfile().map_err(|error| failed(&std::env::temp_dir(), error))?;
        self.current = Some(BufWriter::new(file));
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), Failure> {
        self.octets += octets.len() as u64;
        let written = self.current.as_mut().map_or(Ok(()), |file| file.write_all(octets));
        written.map_err(|error| failed(&std::env::temp_dir(), error))
    }

    fn end(&mut self) -> Result<Taken, Failure> {
        if let Some(file) = self.current.take() {
            let file = file.into_inner().map_err(|error| failed(&std::env::temp_dir(), error.error()))?;
            self.ended.push(file);
        }
        Ok(Taken::Yes)
    }

    fn discard(&mut self) {
        self.current = None;
    }

    fn wants_commit(&self) -> bool {
        self.ended.len() >= MESSAGES || self.octets >= OCTETS
    }

    fn commit(&mut self) -> Result<(), Failure> {
        self.append().map_err(|error| failed(&self.path, error))?;
        self.ended.clear();
        self.octets = 0;
        Ok(())
    }
}

/// Waits for the `flock` as long as for the dot lock.
fn take(file: &fs::File) -> io::Result<()> {
    for _ in 0..50 {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) => sleep(Duration::from_millis(100)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, "it is locked by another program"))
}

/// Writes a message with LF line ends, with `>` in front of every line that looks like a From line, and with
/// an empty line at the end.
fn write_message(message: &mut fs::File, file: &mut fs::File) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    let format = format_description!(
        "[weekday repr:short] [month repr:short] [day padding:space] [hour]:[minute]:[second] [year]"
    );
    let now = OffsetDateTime::now_utc().format(format).map_err(io::Error::other)?;
    writeln!(out, "From MAILER-DAEMON {now}")?;
    message.rewind()?;
    let mut reader = BufReader::new(message);
    let (mut piece, mut at_start, mut held) = (Vec::new(), true, false);
    loop {
        piece.clear();
        if reader.by_ref().take(PIECE).read_until(b'\n', &mut piece)? == 0 {
            break;
        }
        if at_start && looks_like_a_head(&piece) {
            out.write_all(b">")?;
        }
        let ended = piece.pop_if(|b| *b == b'\n').is_some();
        // A CR at the end of a piece may belong to a line end.
        if held && !(ended && piece.is_empty()) {
            out.write_all(b"\r")?;
        }
        held = piece.pop_if(|b| *b == b'\r').is_some() && !ended;
        out.write_all(&piece)?;
        if ended {
            out.write_all(b"\n")?;
        }
        at_start = ended;
    }
    if held {
        out.write_all(b"\r")?;
    }
    if !at_start {
        out.write_all(b"\n")?;
    }
    out.write_all(b"\n")?;
    out.flush()
}

/// Whether the line is a From line, with any number of `>` in front.
fn looks_like_a_head(line: &[u8]) -> bool {
    let quotes = line.iter().take_while(|b| **b == b'>').count();
    line.get(quotes..).is_some_and(|line| line.starts_with(b"From "))
}
