//! What the logins have taught about the real server. It is the same for all users, so the next login does not
//! have to find it out again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pop3_proto::login::ServerNotes;
use tokio::time::Instant;

/// Servers get repaired, so nothing is believed for longer.
const BELIEVED: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Default)]
pub(crate) struct Notes(Mutex<Option<(Instant, ServerNotes)>>);

impl Notes {
    pub(crate) fn get(&self) -> ServerNotes {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = kept.filter(|(since, _)| since.elapsed() < BELIEVED);
        kept.map_or(ServerNotes::NONE, |(_, notes)| notes)
    }

    /// Keeps what a login that succeeded knew. The day counts from when the first of it was learned.
    pub(crate) fn keep(&self, notes: ServerNotes) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = kept.map_or_else(Instant::now, |(since, _)| since);
        *kept = (notes != ServerNotes::NONE).then_some((since, notes));
    }
}
