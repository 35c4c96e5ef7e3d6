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
    from: From,
    piece: Vec<u8>,
}

enum From {
    /// What has not been read yet of a file: from where to where in it.
    File {
        file: Arc<File>,
        at: u64,
        to: u64,
    },
    /// All of it is in the piece.
    Memory,
    Nowhere,
}

impl Message {
    pub(super) fn in_file(file: Arc<File>, at: u64, to: u64) -> Self {
        Self { from: From::File { file, at, to }, piece: Vec::new() }
    }

    pub(super) const fn in_memory(text: Vec<u8>) -> Self {
        Self { from: From::Memory, piece: text }
    }

    /// The next piece; `None` behind the last. An error if the file is shorter than it was: a message never looks whole that is not.
    pub(crate) async fn next(&mut self) -> io::Result<Option<&[u8]>> {
        match &mut self.from {
            From::File { file, at, to } if *at < *to => {
                let len = usize::try_from(*to - *at).map_or(PIECE, |len| len.min(PIECE));
                self.piece.resize(len, 0);
                let read = match cached::read(file, &mut self.piece, *at) {
                    Some(read) => read,
                    None => {
                        let (file, mut piece, at) = (file.clone(), mem::take(&mut self.piece), *at);
                        let read = move || file.read_exact_at(&mut piece, at).map(|()| piece);
                        self.piece = spawn_blocking(read).await??;
                        len
                    }
                };
                *at += read as u64;
                Ok(self.piece.get(..read))
            }
            From::Memory => {
                self.from = From::Nowhere;
                Ok(Some(&self.piece))
            }
            From::File { .. } | From::Nowhere => Ok(None),
        }
    }
}
