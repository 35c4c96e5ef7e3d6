//! Reads a message piece by piece.
//!
//! What the kernel has in memory is read at once, on the thread of the session. For what has to come from a
//! disk another thread waits.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::{io, mem};

use tokio::task::spawn_blocking;

use super::cached;

/// How many bytes of a message are in memory at once.
pub(super) const PIECE: usize = 64 * 1024;

pub(crate) struct Message {
    rest: Rest,
    piece: Vec<u8>,
}

/// What has not been read yet.
enum Rest {
    /// The file, and the offsets of the start and the end of the rest.
    File(Arc<File>, u64, u64),
    Memory(Vec<u8>),
}

impl Message {
    pub(super) const fn in_file(file: Arc<File>, at: u64, to: u64) -> Self {
        Self { rest: Rest::File(file, at, to), piece: Vec::new() }
    }

    pub(super) const fn in_memory(text: Vec<u8>) -> Self {
        Self { rest: Rest::Memory(text), piece: Vec::new() }
    }

    /// The piece that was read last. It is empty at the end of the message.
    pub(crate) fn piece(&self) -> &[u8] {
        &self.piece
    }

    /// Reads the next piece. Fails if the file has become shorter, so that a cut message never looks whole.
    pub(crate) async fn read(&mut self) -> io::Result<()> {
        let (file, at, to) = match &mut self.rest {
            Rest::File(file, at, to) => (file, at, to),
            Rest::Memory(text) => {
                self.piece = mem::take(text);
                return Ok(());
            }
        };
        let len = usize::try_from(to.saturating_sub(*at)).map_or(PIECE, |len| len.min(PIECE));
        self.piece.resize(len, 0);
        if len > 0 && !cached::read(file, &mut self.piece, *at) {
            let (file, mut piece, at) = (file.clone(), mem::take(&mut self.piece), *at);
            let read = move || file.read_exact_at(&mut piece, at).map(|()| piece);
            self.piece = spawn_blocking(read).await??;
        }
        *at += len as u64;
        Ok(())
    }
}
