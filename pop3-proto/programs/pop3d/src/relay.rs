//! POP-before-SMTP: remembers who has logged in, and writes the table that a mail server reads.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pop3_proto::Time;
use pop3_proto::policy::RelayWindow;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tracing::warn;

use crate::session_log::escaped;
use crate::store::Folder;

/// The most addresses that may have permission at once.
const ADDRESSES: usize = 100_000;
/// The table is written at most once in `PAUSE`, and checked once in `TIDY` if no permission ends before.
const PAUSE: Duration = Duration::from_secs(1);
const TIDY: Duration = Duration::from_secs(60);

pub(crate) struct Relay {
    window: Mutex<RelayWindow<IpAddr>>,
    table: PathBuf,
    changed: Notify,
}

impl Relay {
    pub(crate) fn new(window: Duration, table: PathBuf) -> Arc<Self> {
        let window = Mutex::new(RelayWindow::new(ADDRESSES, window));
        Arc::new(Self { window, table, changed: Notify::new() })
    }

    pub(crate) fn open(&self, address: IpAddr, now: Time) {
        self.window.lock().unwrap_or_else(PoisonError::into_inner).open(address, now);
        self.changed.notify_one();
    }

    /// Keeps the table up to date. It never returns.
    pub(crate) async fn run(self: Arc<Self>, started: Instant) {
        let mut written = None;
        loop {
            let (relay, before) = (self.clone(), written.take());
            let now = Time::from_elapsed(started.elapsed());
            let next = tokio::task::spawn_blocking(move || relay.update(before, now)).await;
            let Ok((text, next)) = next else { return };
            written = text;
            sleep(PAUSE).await;
            let _ = timeout(next.unwrap_or(TIDY), self.changed.notified()).await;
        }
    }

    /// Writes the table if it has changed. Returns its text, and the time until the next address loses its
    /// permission.
    fn update(&self, before: Option<String>, now: Time) -> (Option<String>, Option<Duration>) {
        let open: Vec<_> = {
            let window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
            window.iter(now).map(|(address, end)| (*address, end.duration_since(now))).collect()
        };
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Rounded to the second, so that the text stays the same while the permissions do.
        let line = |(address, left): &(IpAddr, Duration)| {
            format!("{address} {}\n", (unix + *left + Duration::from_millis(500)).as_secs())
        };
        let text: String = open.iter().map(line).collect();
        let next = open.iter().map(|(_, left)| *left).min();
        if before.as_ref() == Some(&text) {
            return (before, next);
        }
        match self.write(&text) {
            Ok(()) => (Some(text), next),
            Err(error) => {
                warn!("relay table {:?}: {}", self.table, escaped(&error));
                (None, next)
            }
        }
    }

    /// Makes a new table and renames it over the old one, so that a reader sees one or the other. Both stand for
    /// themselves: no link in their place is followed.
    fn write(&self, text: &str) -> io::Result<()> {
        let name = self.table.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let new: OsString = [name, OsStr::new(".new")].into_iter().collect();
        let folder = Folder::of(&self.table)?;
        folder.create_anew(&new, 0o644)?.write_all(text.as_bytes())?;
        folder.rename(&new, name)
    }
}
