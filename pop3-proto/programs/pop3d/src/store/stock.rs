//! Finds the messages of an mbox and their places.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::os::unix::fs::FileExt as _;

use pop3_proto::dot::WireSize;

use super::MOST_MESSAGES;
use super::from_line::{self, FromLine};
use super::identity::{Identity, is_empty_line};
use super::jobs::Deadline;
use crate::crypto;

/// The longest part of a line in memory.
const PIECE: usize = 64 * 1024;

/// A message of an mbox.
pub(super) struct Stored {
    /// Four offsets: the start of its `From ` line, the start and the end of its text, and the start of the
    /// next message.
    pub(super) from: u64,
    pub(super) text: u64,
    pub(super) end: u64,
    pub(super) next: u64,
    pub(super) octets: u64,
    /// The digest of what never changes.
    pub(super) digest: [u8; 32],
    /// Made from the digest. If messages are equal, all but the first have a count added.
    pub(super) uid: String,
}

/// Reads the whole file once, in constant memory.
pub(super) fn take(file: &File, deadline: Deadline) -> anyhow::Result<Vec<Stored>> {
    let mut stock = Stock::default();
    each_line(file, 0, u64::MAX, |piece, at, is_line_start| {
        deadline.check()?;
        stock.add(piece, at, is_line_start)
    })?;
    stock.end();
    Ok(stock.found)
}

/// The digest of a message that is, or was, at that place.
pub(super) fn digest(file: &File, message: &Stored) -> anyhow::Result<[u8; 32]> {
    let mut whole: Option<Identity> = None;
    each_line(file, message.from, message.end, |piece, _, is_line_start| {
        match &mut whole {
            None => whole = Some(Identity::new(piece)),
            Some(whole) => whole.add(piece, is_line_start),
        }
        Ok(true)
    })?;
    Ok(whole.map(Identity::digest).unwrap_or_default())
}

/// Passes on each line, or piece of a very long line, with its offset and whether a line starts there, as
/// long as `act` wants more.
fn each_line(
    file: &File,
    from: u64,
    to: u64,
    mut act: impl FnMut(&[u8], u64, bool) -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let mut reader = BufReader::with_capacity(PIECE, Part { file, at: from, to });
    let (mut at, mut is_line_start, mut piece) = (from, true, Vec::new());
    loop {
        piece.clear();
        let len = reader.by_ref().take(PIECE as u64).read_until(b'\n', &mut piece)?;
        if len == 0 || !act(&piece, at, is_line_start)? {
            return Ok(());
        }
        at += len as u64;
        is_line_start = piece.ends_with(b"\n");
    }
}

/// A part of a file that others read, too.
struct Part<'f> {
    file: &'f File,
    at: u64,
    to: u64,
}

impl Read for Part<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len =
            usize::try_from(self.to.saturating_sub(self.at)).map_or(into.len(), |len| len.min(into.len()));
        let read = self.file.read_at(into.get_mut(..len).unwrap_or_default(), self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

#[derive(Default)]
struct Stock {
    found: Vec<Stored>,
    seen: HashMap<[u8; 32], u32>,
    message: Option<Message>,
    /// Where the file ends, as far as it was read.
    at: u64,
    /// The line before this one is empty.
    after_empty: bool,
    /// Not even the first `From ` line has a date, so the others need none.
    is_dateless: bool,
    /// A dated line that no empty line goes before. Whether it divides depends on the next line.
    held: Option<(u64, Vec<u8>)>,
}

impl Stock {
    /// Adds a line or a piece of it. `false` if no more messages are wanted.
    fn add(&mut self, piece: &[u8], at: u64, is_line_start: bool) -> anyhow::Result<bool> {
        if let Some((at, line)) = self.held.take() {
            if from_line::is_field(piece) {
                self.begin(at, &line);
            } else {
                self.text(&line, true)?;
            }
        }
        let kind = if is_line_start { from_line::kind(piece) } else { FromLine::No };
        match (kind, &self.message) {
            (FromLine::WithDate | FromLine::WithoutDate, None) => {
                self.is_dateless = kind == FromLine::WithoutDate;
                self.begin(at, piece);
            }
            (FromLine::WithDate, Some(_)) if !self.after_empty => self.held = Some((at, piece.to_vec())),
            (FromLine::WithDate, Some(_)) => self.begin(at, piece),
            (FromLine::WithoutDate, Some(_)) if self.after_empty && self.is_dateless => self.begin(at, piece),
            _ => self.text(piece, is_line_start)?,
        }
        self.after_empty = is_line_start && is_empty_line(piece);
        self.at = at + piece.len() as u64;
        Ok(self.found.len() < MOST_MESSAGES)
    }

    fn begin(&mut self, at: u64, from_line: &[u8]) {
        self.end_message(at);
        self.message = Some(Message {
            from: at,
            text: at + from_line.len() as u64,
            size: WireSize::new(),
            identity: Identity::new(from_line),
            blank: None,
        });
    }

    fn text(&mut self, piece: &[u8], is_line_start: bool) -> anyhow::Result<()> {
        match &mut self.message {
            Some(message) => message.add(piece, is_line_start),
            None => anyhow::ensure!(is_empty_line(piece), "not an mbox: it does not start with a From line"),
        }
        Ok(())
    }

    fn end_message(&mut self, next: u64) {
        let Some(message) = self.message.take() else { return };
        let is_first = self.seen.is_empty();
        let is_internal = message.identity.is_internal();
        let stored = message.stored(next, &mut self.seen);
        if !(is_first && is_internal) {
            self.found.push(stored);
        }
    }

    /// The end of the file.
    fn end(&mut self) {
        if let (Some((_, line)), Some(message)) = (self.held.take(), &mut self.message) {
            message.add(&line, true);
        }
        if self.found.len() < MOST_MESSAGES {
            self.end_message(self.at);
        }
    }
}

/// A message between its `From ` line and the empty line before the next message.
struct Message {
    from: u64,
    text: u64,
    size: WireSize,
    identity: Identity,
    /// An empty line, which belongs to the text only if more text follows.
    blank: Option<Vec<u8>>,
}

impl Message {
    fn add(&mut self, piece: &[u8], is_line_start: bool) {
        if let Some(blank) = self.blank.take() {
            self.count(&blank, true);
        }
        if is_line_start && is_empty_line(piece) {
            self.blank = Some(piece.to_vec());
        } else {
            self.count(piece, is_line_start);
        }
    }

    fn count(&mut self, piece: &[u8], is_line_start: bool) {
        self.size.add(piece);
        self.identity.add(piece, is_line_start);
    }

    fn stored(self, next: u64, seen: &mut HashMap<[u8; 32], u32>) -> Stored {
        let digest = self.identity.digest();
        let count = seen.entry(digest).and_modify(|count| *count += 1).or_insert(1);
        let uid = match (crypto::hex(&digest[..16]), *count) {
            (uid, 1) => uid,
            (uid, count) => format!("{uid}-{count}"),
        };
        let end = next - self.blank.map_or(0, |blank| blank.len() as u64);
        Stored { from: self.from, text: self.text, end, next, octets: self.size.octets(), digest, uid }
    }
}
