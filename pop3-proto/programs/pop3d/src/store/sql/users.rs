//! Users in the database: the same fields as in a passwd file.

use super::Sql;
use super::engine::{Failure, attempt};

/// The user of that name, or else the next one in the order of names, or the first of all. So one who does not exist
/// costs what others cost.
const FIND: &str = "
    (SELECT name, fields FROM pop3d_users WHERE name >= $1 ORDER BY name LIMIT 1)
    UNION ALL
    (SELECT name, fields FROM pop3d_users WHERE name < $1 ORDER BY name LIMIT 1)
    LIMIT 1";

impl Sql {
    /// A user with that name, or one who stands in: the name and the fields.
    pub(crate) async fn find_user(&self, name: &str) -> anyhow::Result<Option<(String, String)>> {
        let row = attempt!(self.engine, |client| {
            let statement = client.prepare_cached(FIND).await?;
            Ok::<_, Failure>(client.query_opt(&statement, &[&name]).await?)
        });
        Ok(match row? {
            Some(row) => Some((row.try_get(0)?, row.try_get(1)?)),
            None => None,
        })
    }
}
