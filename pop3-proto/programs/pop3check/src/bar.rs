//! The progress bar, on a terminal only.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use pop3_proto::conformance::{Outcome, Probe, Verdict};

/// How often the time is drawn again: a probe may take minutes.
const TICK: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Bar {
    bar: Option<ProgressBar>,
    failed: AtomicUsize,
}

impl Bar {
    pub(crate) fn new(is_wanted: bool) -> Self {
        let is_shown = is_wanted && std::io::stderr().is_terminal();
        Self { bar: is_shown.then(ProgressBar::no_length), failed: AtomicUsize::new(0) }
    }

    pub(crate) fn start(&self, total: usize) {
        let Some(bar) = &self.bar else { return };
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.set_length(total as u64);
        bar.set_message("a first look");
        bar.enable_steady_tick(TICK);
    }

    /// A probe begins. Of several at once, the last one is shown.
    pub(crate) fn begin(&self, probe: &Probe) {
        let Some(bar) = &self.bar else { return };
        let failed = self.failed.load(Ordering::Relaxed);
        let fails = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        bar.set_message(format!("{}{fails}", probe.id()));
    }

    pub(crate) fn done(&self, outcome: &Outcome) {
        let Some(bar) = &self.bar else { return };
        self.failed.fetch_add(usize::from(outcome.verdict == Verdict::Fail), Ordering::Relaxed);
        bar.inc(1);
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
