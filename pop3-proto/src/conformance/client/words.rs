//! How probes judge whole runs.

use alloc::format;
use core::fmt::Display;

use super::host::Host;
use super::ran::Ran;

impl Host {
    /// All of so many messages were fetched, and nothing tells of trouble.
    pub(crate) fn is_well(&self, row: &'static str, ran: &Ran, messages: u32, what: impl Display) {
        self.check_with(row, ran.is_well(messages), format!("{what}: {}", ran.words()));
    }

    /// No login was begun, and the run was not told as a success.
    pub(crate) fn stays_out(&self, row: &'static str, ran: &Ran, what: impl Display) {
        let tried = ran.lines().find(|line| line.shows_credentials());
        let said = tried.map(|line| line.verb()).unwrap_or_default();
        self.check_with(row, tried.is_none(), format!("{what}: {said} is sent all the same"));
        // What is sent is one thing, and what the user hears another.
        let told = ran.success() != Some(true) && !ran.hung;
        self.lenient_with(row, told, format!("{what}: {}", ran.words()));
        self.check_with(row, !ran.exit.crashed, format!("{what}: {}", ran.words()));
    }

    /// Nobody takes himself for logged in, and the run was not told as a success.
    pub(crate) fn is_not_in(&self, row: &'static str, ran: &Ran, what: impl Display) {
        self.check_with(row, !ran.went_in(), format!("{what}: the client goes on as if it were logged in"));
        self.is_told(row, ran, what);
    }

    /// The run was not told as a success.
    pub(crate) fn is_told(&self, row: &'static str, ran: &Ran, what: impl Display) {
        let told = ran.success() != Some(true) && !ran.exit.crashed && !ran.hung;
        self.check_with(row, told, format!("{what}: {}", ran.words()));
    }
}
