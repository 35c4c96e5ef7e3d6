//! Puts messages into a maildrop.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use deadpool_postgres::Object;
use pop3_proto::dot::WireSize;

use super::engine::{Failure, attempt};
use super::{CHUNK_OCTETS, Id, Source, Sql};
use crate::crypto;

const CHUNK: &str = "INSERT INTO pop3d_chunks (message, part, octets) VALUES ($1, $2, $3)";
const MESSAGE: &str = "INSERT INTO pop3d_messages (maildrop, id, uid, octets) VALUES ($1, $2, $3, $4)";
const IS_THERE: &str = "SELECT count(*) FROM pop3d_messages WHERE maildrop = $1 AND uid = $2";

/// An id that no other message has, and that is higher than those of earlier seconds.
fn new_id() -> anyhow::Result<Id> {
    let mut id = crypto::random::<16>()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let micros = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
    id[..8].copy_from_slice(&micros.to_be_bytes());
    Ok(id)
}

impl Sql {
    /// Delivers a message, in one transaction and in constant memory. If it is not known whether it was committed,
    /// the database is asked.
    pub(crate) async fn deliver(&self, user: &str, from: &mut impl Source) -> anyhow::Result<()> {
        let id = new_id()?;
        let uid = crypto::hex(&id);
        match self.insert(user, id, &uid, from).await {
            Ok(()) => Ok(()),
            Err(error) if self.has(user, &uid).await.unwrap_or(false) => {
                tracing::debug!("delivered all the same: {error:#}");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Puts a message with this unique-id into the maildrop. Returns whether it was not there.
    pub(crate) async fn import(&self, user: &str, uid: &str, from: &mut impl Source) -> anyhow::Result<bool> {
        if self.has(user, uid).await? {
            return Ok(false);
        }
        self.insert(user, new_id()?, uid, from).await.map(|()| true)
    }

    async fn has(&self, user: &str, uid: &str) -> anyhow::Result<bool> {
        let count = attempt!(self.engine, |client| {
            let row = client.query_one(IS_THERE, &[&user, &uid]).await?;
            Ok::<i64, Failure>(row.try_get(0)?)
        });
        Ok(count? > 0)
    }

    async fn insert(&self, user: &str, id: Id, uid: &str, from: &mut impl Source) -> anyhow::Result<()> {
        let engine = &self.engine;
        let mut client: Object = engine.in_time(engine.pool().get()).await?;
        let done = async {
            let transaction = engine.in_time(client.transaction()).await?;
            let chunk = engine.in_time(transaction.prepare_cached(CHUNK)).await?;
            let mut size = WireSize::new();
            let mut waiting = Vec::new();
            let mut part = 0;
            loop {
                let piece = from.piece().await.context("reading the message")?;
                size.add(piece);
                waiting.extend_from_slice(piece);
                let is_end = piece.is_empty();
                // The last chunk is shorter than the others, and may be empty.
                while waiting.len() >= CHUNK_OCTETS || is_end {
                    let rest = waiting.split_off(waiting.len().min(CHUNK_OCTETS));
                    engine.in_time(transaction.execute(&chunk, &[&&id[..], &part, &waiting])).await?;
                    part += 1;
                    let was_last = waiting.len() < CHUNK_OCTETS;
                    waiting = rest;
                    if was_last {
                        break;
                    }
                }
                if is_end {
                    break;
                }
            }
            let octets = i64::try_from(size.octets())?;
            engine.in_time(transaction.execute(MESSAGE, &[&user, &&id[..], &uid, &octets])).await?;
            engine.in_time(transaction.commit()).await?;
            anyhow::Ok(())
        };
        let done = done.await;
        if done.is_err() {
            drop(Object::take(client));
        }
        done
    }
}
