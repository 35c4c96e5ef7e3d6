//! A message in the database, chunk by chunk, so that it takes no more memory than one chunk.

use std::io;

use super::Id;
use super::engine::{Engine, attempt};

const CHUNK: &str = "SELECT octets FROM pop3d_chunks WHERE message = $1 AND part = $2";

/// What has not been read yet. A message has chunks of `CHUNK_OCTETS`, and a shorter one at its end, which may be
/// empty.
pub(in crate::store) struct Body {
    engine: Engine,
    id: Id,
    part: i32,
    is_over: bool,
}

impl Body {
    pub(super) const fn new(engine: Engine, id: Id) -> Self {
        Self { engine, id, part: 0, is_over: false }
    }

    /// The next chunk, empty at the end. Fails if a chunk is missing, so that a cut message never looks whole.
    pub(in crate::store) async fn next(&mut self) -> io::Result<Vec<u8>> {
        if self.is_over {
            return Ok(Vec::new());
        }
        let (id, part) = (&self.id[..], self.part);
        let row = attempt!(self.engine, |client| {
            let statement = client.prepare_cached(CHUNK).await?;
            Ok(client.query_opt(&statement, &[&id, &part]).await?)
        });
        let row = row.map_err(io::Error::other)?;
        let row = row.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the message is removed"))?;
        let octets: Vec<u8> = row.try_get(0).map_err(io::Error::other)?;
        self.part += 1;
        self.is_over = octets.len() < super::CHUNK_OCTETS;
        Ok(octets)
    }
}
