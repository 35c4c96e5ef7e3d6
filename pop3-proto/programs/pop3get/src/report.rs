//! What pop3get shows to people and prints for programs.

use std::io;

use indicatif::{ProgressBar, ProgressStyle};
use pop3_programs_common::console;
use pop3_proto::fetch::{Record, Summary};
use serde_json::json;

use crate::failure::Failure;

/// What was done for an account, and why it broke off, if it did.
pub(crate) struct Outcome {
    pub(crate) summary: Summary,
    pub(crate) unknown: usize,
    pub(crate) failure: Option<Failure>,
    /// What went wrong without harm.
    pub(crate) note: Option<String>,
    /// The record with which a new connection would get further.
    pub(crate) retry: Option<Record>,
}

impl Outcome {
    pub(crate) const fn failed(failure: Failure) -> Self {
        Self { summary: Summary::NOTHING, unknown: 0, failure: Some(failure), note: None, retry: None }
    }
}

/// Lines on standard error for single messages. A server can cause as many as it likes, so only the first
/// ones are shown, and then their number.
#[derive(Default)]
pub(crate) struct Complaints(u64);

impl Complaints {
    /// How many are shown one by one.
    const SHOWN: u64 = 20;

    pub(crate) fn say(&mut self, what: impl std::fmt::Display) {
        self.0 += 1;
        if self.0 <= Self::SHOWN {
            console::err(format_args!("pop3get: {what}"));
        }
    }

    pub(crate) fn finish(&self) {
        if self.0 > Self::SHOWN {
            console::err(format_args!("pop3get: and {} more messages like these", self.0 - Self::SHOWN));
        }
    }
}

/// The progress bar. It is shown on a terminal only, from the first message on.
pub(crate) struct Bar {
    wanted: bool,
    bar: Option<ProgressBar>,
}

impl Bar {
    pub(crate) const fn new(wanted: bool) -> Self {
        Self { wanted, bar: None }
    }

    pub(crate) fn start(&mut self, total: impl FnOnce() -> u64) {
        if !self.wanted || self.bar.is_some() {
            return;
        }
        let bar = ProgressBar::new(total());
        let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        self.bar = Some(bar);
    }

    pub(crate) fn add(&self, octets: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(octets);
        }
    }

    pub(crate) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

pub(crate) fn summary(account: &str, outcome: &Outcome) -> io::Result<()> {
    let done = &outcome.summary;
    let mut text = format!("{account}: {} messages, {} octets", done.fetched, done.octets);
    for (count, what) in [
        (done.previewed, "previewed"),
        (done.known, "known"),
        (done.refused, "refused"),
        (done.deleted, "deleted from the server"),
        (outcome.unknown as u64, "perhaps deleted, the next run finds out"),
    ] {
        if count > 0 {
            text += &format!(", {count} {what}");
        }
    }
    console::out(format_args!("{text}"))
}

pub(crate) fn json(account: &str, outcome: &Outcome) -> io::Result<()> {
    let done = &outcome.summary;
    let failure = outcome.failure.as_ref();
    console::out(format_args!(
        "{}",
        json!({
            "account": account,
            "fetched": done.fetched,
            "octets": done.octets,
            "skipped": done.known,
            "previewed": done.previewed,
            "deleted": done.deleted,
            "unknown": outcome.unknown,
            "failed": done.refused,
            "missing": done.missing,
            "unreadable": done.unreadable,
            "doubtful": done.doubtful,
            "out_of_step": done.broken,
            "error": failure.map(ToString::to_string),
            "reason": failure.map(Failure::reason),
            "note": outcome.note,
            "exit": failure.map_or(0, |failure| failure.kind as u8),
        })
    ))
}
