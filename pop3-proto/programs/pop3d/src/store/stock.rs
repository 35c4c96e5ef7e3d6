//! Finds the messages of an mbox and their places.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};

use pop3_proto::dot::WireSize;
use sha2::{Digest as _, Sha256};

use crate::crypto;

/// The longest part of a line in memory.
const PIECE: u64 = 64 * 1024;

/// A message of an mbox.
pub(super) struct Stored {
    /// Four offsets: the start of its `From ` line, the start and the end of its text, and the start of the
    /// next message.
    pub(super) from: u64,
    pub(super) text: u64,
    pub(super) end: u64,
    pub(super) next: u64,
    pub(super) octets: u64,
    /// The digest of the `From ` line and the text.
    pub(super) digest: [u8; 32],
    /// Made from the digest. If messages are equal, all but the first have a count added.
    pub(super) uid: String,
}

/// Reads the whole file once, in constant memory.
pub(super) fn take(mut file: &File) -> anyhow::Result<Vec<Stored>> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::with_capacity(PIECE as usize, file);
    let (mut found, mut seen) = (Vec::new(), HashMap::new());
    let mut message: Option<Message> = None;
    let (mut at, mut line_start) = (0_u64, true);
    let mut piece = Vec::new();
    loop {
        piece.clear();
        // A line may have any length; at most this much of it is read at a time.
        let n = reader.by_ref().take(PIECE).read_until(b'\n', &mut piece)? as u64;
        let is_from = line_start && piece.starts_with(b"From ");
        if n == 0 || is_from {
            found.extend(message.take().map(|message| message.stored(at, &mut seen)));
        }
        if n == 0 {
            return Ok(found);
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

/// A message between its `From ` line and the empty line before the next message.
struct Message {
    from: u64,
    text: u64,
    size: WireSize,
    hash: Sha256,
    /// An empty line, which belongs to the text only if more text follows.
    blank: Option<Vec<u8>>,
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

    fn stored(self, next: u64, seen: &mut HashMap<[u8; 32], u32>) -> Stored {
        let digest: [u8; 32] = self.hash.finalize().into();
        let count = seen.entry(digest).and_modify(|count| *count += 1).or_insert(1);
        let uid = match (crypto::hex(&digest[..16]), *count) {
            (uid, 1) => uid,
            (uid, count) => format!("{uid}-{count}"),
        };
        let end = next - self.blank.map_or(0, |blank| blank.len() as u64);
        Stored { from: self.from, text: self.text, end, next, octets: self.size.octets(), digest, uid }
    }
}
