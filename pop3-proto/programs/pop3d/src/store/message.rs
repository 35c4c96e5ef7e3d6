//! Reads a message piece by piece.
//!
//! What the kernel has in memory is read at once, on the thread of the session. For what has to come from a
//! disk another thread waits.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::{io, mem};

use super::cached;
use super::held::Held;
use super::jobs::Lane;
use super::sql::Body;

/// How many bytes of a message are in memory at once.
pub(super) const PIECE: usize = 64 * 1024;

pub(crate) struct Message {
    rest: Rest,
    piece: Vec<u8>,
}

/// What has not been read yet.
enum Rest {
    File(Part),
    Memory(Vec<u8>),
    Database(Body),
}

/// The file, the offsets of the start and the end of the rest, and where to wait for it.
struct Part {
    file: Arc<Held<File>>,
    at: u64,
    to: u64,
    lane: Lane,
}

impl Message {
    pub(super) const fn in_file(file: Arc<Held<File>>, at: u64, to: u64, lane: Lane) -> Self {
        Self { rest: Rest::File(Part { file, at, to, lane }), piece: Vec::new() }
    }

    pub(super) const fn in_memory(text: Vec<u8>) -> Self {
        Self { rest: Rest::Memory(text), piece: Vec::new() }
    }

    pub(super) const fn in_database(body: Body) -> Self {
        Self { rest: Rest::Database(body), piece: Vec::new() }
    }

    /// Whether the header is ASCII. Reads up to its end.
    pub(crate) async fn has_ascii_header(mut self) -> io::Result<bool> {
        let mut is_line_empty = true;
        loop {
            self.read().await?;
            for octet in &self.piece {
                match octet {
                    b'\r' => {}
                    b'\n' if is_line_empty => return Ok(true),
                    b'\n' => is_line_empty = true,
                    0x80.. => return Ok(false),
                    _ => is_line_empty = false,
                }
            }
            if self.piece.is_empty() {
                return Ok(true);
            }
        }
    }

    /// The piece that was read last. It is empty at the end of the message.
    pub(crate) fn piece(&self) -> &[u8] {
        &self.piece
    }

    /// Reads the next piece. Fails if the file has become shorter, so that a cut message never looks whole.
    pub(crate) async fn read(&mut self) -> io::Result<()> {
        let part = match &mut self.rest {
            Rest::File(part) => part,
            Rest::Memory(text) => {
                self.piece = mem::take(text);
                return Ok(());
            }
            Rest::Database(body) => {
                self.piece = body.next().await?;
                return Ok(());
            }
        };
        let len = usize::try_from(part.to.saturating_sub(part.at)).map_or(PIECE, |len| len.min(PIECE));
        self.piece.resize(len, 0);
        let is_at_hand = part.file.is_local() && cached::read(part.file.get()?, &mut self.piece, part.at);
        if len > 0 && !is_at_hand {
            let (file, mut piece, at) = (part.file.clone(), mem::take(&mut self.piece), part.at);
            let read = move |_| file.get()?.read_exact_at(&mut piece, at).map(|()| piece);
            self.piece = part.lane.run(read).await??;
        }
        part.at += len as u64;
        Ok(())
    }
}
