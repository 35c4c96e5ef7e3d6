//! An mbox file in the mboxrd form: whole messages only, appended under both kinds of lock, or taken back.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Seek as _, Write};
use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::macros::format_description;

use super::{Delivery, failed};
use crate::failure::Failure;

#[path = "../../pop3d/store/dot_lock.rs"]
mod dot_lock;

use dot_lock::DotLock;

/// Longest piece of a line that is looked at together.
const PIECE: u64 = 64 * 1024;
/// Messages that wait for their append.
const MESSAGES: usize = 100;

pub(crate) struct File {
    path: PathBuf,
    current: Option<BufWriter<fs::File>>,
    ended: Vec<fs::File>,
}

impl File {
    pub(crate) fn open(path: &Path) -> Self {
        Self { path: path.to_owned(), current: None, ended: Vec::new() }
    }

    /// Appends all, or leaves the file as it was.
    fn append(&mut self) -> io::Result<()> {
        let _lock = DotLock::take(&self.path)?;
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        file.lock()?;
        let before = file.metadata()?.len();
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
        let written = self.current.as_mut().map_or(Ok(()), |file| file.write_all(octets));
        written.map_err(|error| failed(&std::env::temp_dir(), error))
    }

    fn end(&mut self) -> Result<(), Failure> {
        if let Some(file) = self.current.take() {
            let file = file.into_inner().map_err(|error| failed(&std::env::temp_dir(), error.error()))?;
            self.ended.push(file);
        }
        Ok(())
    }

    fn discard(&mut self) {
        self.current = None;
    }

    fn wants_commit(&self) -> bool {
        self.ended.len() >= MESSAGES
    }

    fn commit(&mut self) -> Result<(), Failure> {
        self.append().map_err(|error| failed(&self.path, error))?;
        self.ended.clear();
        Ok(())
    }
}

/// LF line ends, `>` in front of every line that looks like the head of a message, an empty line at the end.
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

/// `From `, or the same quoted before, any number of times.
fn looks_like_a_head(line: &[u8]) -> bool {
    let quotes = line.iter().take_while(|b| **b == b'>').count();
    line.get(quotes..).is_some_and(|line| line.starts_with(b"From "))
}

/// What the lock needs, as it stands beside it in the server.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn open_plain(path: &Path) -> io::Result<fs::File> {
    fs::File::open(path)
}
