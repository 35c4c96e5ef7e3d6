//! POP-before-SMTP: the window, and the table of it that a mail server reads.

use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pop3_proto::Time;
use pop3_proto::policy::RelayWindow;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tracing::warn;

/// How many addresses may be open at once.
const ADDRESSES: usize = 100_000;
/// The table is written at most this often, and at least this often for what has ended.
const PAUSE: Duration = Duration::from_secs(1);
const TIDY: Duration = Duration::from_secs(10);

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

    /// Keeps the table up to date, for ever.
    pub(crate) async fn run(self: Arc<Self>, started: Instant) {
        let mut written = None;
        loop {
            let text = self.text(Time::since(started.elapsed()));
            if written.as_ref() != Some(&text) {
                let relay = self.clone();
                let copy = text.clone();
                let done = tokio::task::spawn_blocking(move || relay.write(&copy)).await;
                match done.map_err(std::io::Error::other).and_then(|written| written) {
                    Ok(()) => written = Some(text),
                    Err(error) => warn!("relay table {}: {error}", self.table.display()),
                }
            }
            sleep(PAUSE).await;
            let _ = timeout(TIDY, self.changed.notified()).await;
        }
    }

    fn text(&self, now: Time) -> String {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |(address, end): (&IpAddr, Time)| {
            // To the second, so that the table of an unchanged window is the same.
            let end = unix + end.duration_since(now) + Duration::from_millis(500);
            format!("{address} {}\n", end.as_secs())
        };
        window.iter(now).map(line).collect()
    }

    /// A reader sees the old table or the new one.
    fn write(&self, text: &str) -> std::io::Result<()> {
        let mut new = self.table.clone().into_os_string();
        new.push(".new");
        fs::write(&new, text)?;
        fs::rename(&new, &self.table)
    }
}
