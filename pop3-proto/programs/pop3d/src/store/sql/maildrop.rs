//! An open maildrop: its messages as they were at the login, and the lease on it.

use std::pin::pin;

use futures_util::TryStreamExt as _;

use super::body::Body;
use super::engine::{Engine, Failure, attempt};
use super::lease::Lease;
use super::{Id, Sql};
use crate::store::{Entry, Kind, Mailbox, Message};

/// The most messages of a maildrop that are served at once: of each some 100 octets are in memory.
const MOST_MESSAGES: i64 = 2_000_000;

const LIST: &str = "
    SELECT id, uid, octets FROM pop3d_messages WHERE maildrop = $1 ORDER BY id LIMIT $2";

/// One statement, so that it is one transaction and one way to the database: it checks the number of the lease, gives
/// the lease back, and removes. If the number is another one, nothing is removed.
const REMOVE: &str = "
    WITH fence AS (
        UPDATE pop3d_maildrops SET lease_until = NULL WHERE name = $1 AND lease_number = $2 RETURNING name
    ), gone AS (
        DELETE FROM pop3d_messages WHERE maildrop IN (SELECT name FROM fence) AND id = ANY($3) RETURNING id
    ), emptied AS (
        DELETE FROM pop3d_chunks WHERE message IN (SELECT id FROM gone)
    )
    SELECT count(*) FROM fence";

const COUNT: &str = "SELECT count(*) FROM pop3d_messages WHERE maildrop = $1 AND id = ANY($2)";

pub(in crate::store) struct Open {
    engine: Engine,
    ids: Vec<Id>,
    lease: Lease,
}

/// Takes the lease and lists the messages. `None` if another session has the lease.
pub(super) async fn open(sql: &Sql, user: &str) -> anyhow::Result<Option<Mailbox>> {
    let Some(lease) = sql.keeper.take(user).await? else { return Ok(None) };
    let listed = attempt!(sql.engine, |client| {
        let (mut entries, mut ids) = (Vec::new(), Vec::new());
        let statement = client.prepare_cached(LIST).await?;
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&user, &MOST_MESSAGES];
        let mut rows = pin!(client.query_raw(&statement, parameters).await?);
        while let Some(row) = rows.try_next().await? {
            let id: &[u8] = row.try_get(0)?;
            ids.push(Id::try_from(id).unwrap_or_default());
            let octets = u64::try_from(row.try_get::<_, i64>(2)?).unwrap_or_default();
            entries.push(Entry { octets, uid: row.try_get(1)? });
        }
        Ok((entries, ids))
    });
    let (entries, ids) = listed?;
    Ok(Some(Mailbox { entries, kind: Kind::Sql(Open { engine: sql.engine.clone(), ids, lease }) }))
}

impl Open {
    pub(in crate::store) fn message(&self, at: usize) -> anyhow::Result<Message> {
        let id = self.ids.get(at).ok_or_else(|| anyhow::anyhow!("no such message"))?;
        Ok(Message::in_database(Body::new(self.engine.clone(), *id)))
    }

    pub(in crate::store) async fn give_back(&self) {
        self.lease.give_back().await;
    }

    /// Removes these messages if the lease still holds, and gives it back.
    ///
    /// # Errors
    ///
    /// Nothing was removed, since another session has had the lease; or it is not known whether something was.
    pub(in crate::store) async fn remove(&self, marked: impl Iterator<Item = usize>) -> anyhow::Result<()> {
        let ids: Vec<&[u8]> = marked.filter_map(|at| self.ids.get(at)).map(|id| &id[..]).collect();
        let mut is_again = false;
        let done = attempt!(self.engine, |client| {
            let again = std::mem::replace(&mut is_again, true);
            let statement = client.prepare_cached(REMOVE).await?;
            let row = client.query_one(&statement, &[&self.lease.name, &self.lease.number, &ids]).await?;
            if row.try_get::<_, i64>(0)? == 1 {
                return Ok(true);
            }
            if !again {
                return Ok(false);
            }
            // An attempt whose answer did not come may have removed them, and then another session came.
            let left = client.query_one(COUNT, &[&self.lease.name, &ids]).await?;
            Ok::<_, Failure>(left.try_get::<_, i64>(0)? == 0)
        });
        anyhow::ensure!(done?, "the lease of the maildrop was lost; nothing is removed");
        self.lease.is_given_back();
        Ok(())
    }
}
