//! [`Subject`]: what the user says about the client under test.

use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::task::{Job, Wish};

/// Which line ends a client stores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnds {
    /// CR LF, as they came.
    #[default]
    Kept,
    /// LF in place of each CR LF.
    Lf,
}

/// In which form a client stores messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Its line ends.
    pub line_ends: LineEnds,
    /// The names of the fields that it adds.
    pub adds: Vec<String>,
    /// It stores in an mbox: a first line that begins with `From ` does not belong to the message. The driver
    /// takes off the `>` in front of quoted lines before it reports the message.
    pub quotes_from: bool,
}

/// What the client under test can be told to do, and how long it may take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Its name, for reports.
    pub name: String,
    /// The jobs that it can do.
    pub jobs: Vec<Job>,
    /// What it can be told about TLS. Where a probe asks for nothing else, it is told the first one.
    pub tls: Vec<Wish>,
    /// The login methods that it can be told to use, in capitals: `USER`, `APOP`, or the name of a SASL
    /// mechanism. Empty if it always chooses by itself.
    pub methods: Vec<String>,
    /// It pipelines where that is announced.
    pub pipelines: bool,
    /// The form of what it stores; `None` if that cannot be looked at.
    pub store: Option<Form>,
    /// What it remembers can be kept for the next run.
    pub again: bool,
    /// Its store can be made to refuse.
    pub store_fails: bool,
    /// Its settings can hold any octets as name and password.
    pub odd_secrets: bool,
    /// It sends no password in clear, so that USER and PASS are seen inside TLS only.
    pub no_clear_passwords: bool,
    /// It takes a POP URL (RFC 2384).
    pub urls: bool,
    /// With its settings the client cannot do without UIDL. The probe of a server without any extension then
    /// does not apply.
    pub wants_uidl: bool,
    /// Whether its exit tells success.
    pub tells: bool,
    /// The host name to which it is sent has three labels or more, so that wildcards can be judged.
    pub deep_name: bool,
    /// Masses of octets may be sent to it.
    pub flood: bool,
    /// The longest that a probe may take on purpose; zero is not at all.
    pub slow: Duration,
    /// How long it may be silent before it is ended; zero counts as a minute.
    pub limit: Duration,
}

impl Subject {
    pub(super) fn limit(&self) -> Duration {
        if self.limit.is_zero() { Duration::from_secs(60) } else { self.limit }
    }

    /// What it is told about TLS where nothing else is asked for.
    pub(super) fn usual(&self) -> Wish {
        self.tls.first().copied().unwrap_or(Wish::Clear)
    }

    pub(super) fn can(&self, wish: Wish) -> bool {
        self.tls.contains(&wish)
    }
}
