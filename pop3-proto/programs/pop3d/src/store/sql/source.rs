//! Where a message comes from that is put into the database.

use std::io;

use tokio::io::{AsyncReadExt as _, Stdin};

use crate::store::Message;

/// Gives a message piece by piece.
pub(crate) trait Source {
    /// The next piece; empty at the end.
    async fn piece(&mut self) -> io::Result<&[u8]>;
}

impl Source for Message {
    async fn piece(&mut self) -> io::Result<&[u8]> {
        self.read().await?;
        Ok((*self).piece())
    }
}

/// A message on standard input. The line `From ` that some delivery agents put in front is left out.
pub(crate) struct Standard {
    input: Stdin,
    piece: Vec<u8>,
    has_begun: bool,
}

impl Standard {
    pub(crate) fn new() -> Self {
        Self { input: tokio::io::stdin(), piece: Vec::new(), has_begun: false }
    }

    /// Reads the first line if it is `From `, and drops it.
    async fn begin(&mut self) -> io::Result<()> {
        let mut first = Vec::new();
        while !first.ends_with(b"\n") && first.len() < super::CHUNK_OCTETS {
            let mut octet = [0];
            if self.input.read(&mut octet).await? == 0 {
                break;
            }
            first.push(octet[0]);
        }
        self.piece = if first.starts_with(b"From ") { Vec::new() } else { first };
        Ok(())
    }
}

impl Source for Standard {
    async fn piece(&mut self) -> io::Result<&[u8]> {
        if !std::mem::replace(&mut self.has_begun, true) {
            self.begin().await?;
            if !self.piece.is_empty() {
                return Ok(&self.piece);
            }
        }
        self.piece.resize(super::CHUNK_OCTETS, 0);
        let len = self.input.read(&mut self.piece).await?;
        self.piece.truncate(len);
        Ok(&self.piece)
    }
}
