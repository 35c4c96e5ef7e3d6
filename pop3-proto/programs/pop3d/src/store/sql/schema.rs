//! The tables, and how an older form of them becomes the newest.
//!
//! The SQL is meant for PostgreSQL, CockroachDB and YugabyteDB, and was tried on the first: no advisory
//! locks, no large objects, no triggers, no sequences. An integer has its size in its name, since INT is
//! longer on CockroachDB. The process that delivers a message makes its id, so that no two deliveries wait
//! for each other.

use std::time::Duration;

use anyhow::Context as _;
use deadpool_postgres::Object;
use tokio::time::sleep;

/// Each element leads from the version before it to the next one.
const STEPS: &[&str] = &["
    CREATE TABLE IF NOT EXISTS pop3d_maildrops (
        name TEXT NOT NULL PRIMARY KEY,
        lease_number BIGINT NOT NULL,
        lease_holder TEXT NOT NULL,
        lease_until TIMESTAMPTZ
    );
    CREATE TABLE IF NOT EXISTS pop3d_messages (
        maildrop TEXT NOT NULL,
        id BYTEA NOT NULL,
        uid TEXT NOT NULL,
        octets BIGINT NOT NULL,
        PRIMARY KEY (maildrop, id),
        UNIQUE (maildrop, uid)
    );
    CREATE TABLE IF NOT EXISTS pop3d_chunks (
        message BYTEA NOT NULL,
        part INT4 NOT NULL,
        octets BYTEA NOT NULL,
        PRIMARY KEY (message, part)
    );
    CREATE TABLE IF NOT EXISTS pop3d_users (
        name TEXT NOT NULL PRIMARY KEY,
        fields TEXT NOT NULL
    );
"];

/// How often what several front ends do at the same time is tried.
const ATTEMPTS: u32 = 10;

/// Makes or completes the tables. Several front ends may do this at the same time, and get in each other's
/// way even with IF NOT EXISTS.
pub(super) async fn complete(client: &Object) -> anyhow::Result<()> {
    let mut last = try_to_complete(client).await;
    for attempt in 1..ATTEMPTS {
        if last.is_ok() {
            break;
        }
        sleep(Duration::from_millis(50) * attempt).await;
        last = try_to_complete(client).await;
    }
    last
}

async fn try_to_complete(client: &Object) -> anyhow::Result<()> {
    let newest = i32::try_from(STEPS.len())?;
    let found = version(client).await?;
    anyhow::ensure!(
        found <= newest,
        "the tables have version {found}, and this pop3d knows {newest} at most"
    );
    for (version, step) in (1..).zip(STEPS).skip(usize::try_from(found)?) {
        let statements =
            format!("{step} INSERT INTO pop3d_schema (version) VALUES ({version}) ON CONFLICT DO NOTHING;");
        client
            .batch_execute(&statements)
            .await
            .with_context(|| format!("making version {version} of the tables"))?;
    }
    Ok(())
}

async fn version(client: &Object) -> anyhow::Result<i32> {
    let made =
        client.batch_execute("CREATE TABLE IF NOT EXISTS pop3d_schema (version INT4 NOT NULL PRIMARY KEY)");
    made.await.context("making the table pop3d_schema")?;
    let row = client.query_one("SELECT COALESCE(MAX(version), 0)::INT4 FROM pop3d_schema", &[]).await?;
    Ok(row.try_get(0)?)
}
