//! A message that is being read, a piece at a time.
//!
//! What the kernel has in memory is read at once, on the thread of the session; for what has to come from a disk another thread waits.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::{io, mem};

use tokio::task::spawn_blocking;

use super::cached;

/// Octets of a message in memory at once.
pub(super) const PIECE: usize = 64 * 1024;

pub(crate) struct Message {
    /// Where the rest of it is, if anywhere: from where to where in a file.
    rest: Option<(Arc<File>, u64, u64)>,
    piece: Vec<u8>,
    /// The piece is all of the message, and was not asked for yet.
    fresh: bool,
}

impl Message {
    pub(super) const fn in_file(file: Arc<File>, at: u64, to: u64) -> Self {
        Self { rest: Some((file, at, to)), piece: Vec::new(), fresh: false }
    }

    pub(super) const fn in_memory(text: Vec<u8>) -> Self {
        Self { rest: None, piece: text, fresh: true }
    }

    /// The piece that was read last; nothing behind the end.
    pub(crate) fn piece(&self) -> &[u8] {
        &self.piece
    }

    /// Reads the next piece. An error if the file is shorter than it was: a message never looks whole that is not.
    pub(crate) async fn read(&mut self) -> io::Result<()> {
        if mem::take(&mut self.fresh) {
            return Ok(());
        }
        let (file, at, to) = match &mut self.rest {
            Some((file, at, to)) if *at < *to => (file, at, to),
            _ => {
                self.piece.clear();
                return Ok(());
            }
        };
        let len = usize::try_from(*to - *at).map_or(PIECE, |len| len.min(PIECE));
        self.piece.resize(len, 0);
        match cached::read(file, &mut self.piece, *at) {
            Some(read) => self.piece.truncate(read),
            None => {
                let (file, mut piece, at) = (file.clone(), mem::take(&mut self.piece), *at);
                let read = move || file.read_exact_at(&mut piece, at).map(|()| piece);
                self.piece = spawn_blocking(read).await??;
            }
        }
        *at += self.piece.len() as u64;
        Ok(())
    }
}
