//! Lines of a listing that cannot be passed on. A listing that goes on with nothing else ends the session:
//! nothing is written to the device then, so nobody would notice that it is gone.

use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

/// How many lines a listing may have besides four for each message that STAT counted, as in the downloads of
/// the library.
const MARGIN: u64 = 10_000;
/// How many lines a listing may have where STAT was not asked.
const UNCOUNTED: u64 = 1_000_000;

/// One listing on its way.
pub(crate) struct Lines {
    verb: &'static str,
    left_out: u64,
    lines: u64,
    most: u64,
    /// When a line was passed on for the last time.
    useful: Instant,
    patience: Duration,
}

impl Lines {
    /// `count` is the number of messages, if STAT has told it.
    pub(crate) fn new(verb: &'static str, count: Option<u64>, patience: Duration) -> Self {
        let most = count.map_or(UNCOUNTED, |count| count.saturating_mul(4).saturating_add(MARGIN));
        Self { verb, left_out: 0, lines: 0, most, useful: Instant::now(), patience }
    }

    /// Counts a line that is passed on.
    ///
    /// # Errors
    ///
    /// The listing has more lines than any maildrop with so many messages.
    pub(crate) fn passed_on(&mut self) -> anyhow::Result<()> {
        self.useful = Instant::now();
        self.count()
    }

    /// Counts a line that cannot be read.
    ///
    /// # Errors
    ///
    /// As for [`passed_on`](Self::passed_on), or no line could be passed on for a long time.
    pub(crate) fn leave_out(&mut self) -> anyhow::Result<()> {
        self.left_out += 1;
        self.count()?;
        let (verb, patience) = (self.verb, self.patience);
        anyhow::ensure!(
            self.useful.elapsed() < patience,
            "{verb}: no line that can be read for {} s",
            patience.as_secs()
        );
        Ok(())
    }

    fn count(&mut self) -> anyhow::Result<()> {
        self.lines += 1;
        let (verb, lines) = (self.verb, self.lines);
        anyhow::ensure!(lines <= self.most, "{verb}: {lines} lines, and no end of them");
        Ok(())
    }

    /// Logs how many were left out.
    pub(crate) fn end(self) {
        if self.left_out > 0 {
            let (verb, left_out) = (self.verb, self.left_out);
            warn!("{verb}: {left_out} lines of the real server cannot be read and were left out");
        }
    }
}
