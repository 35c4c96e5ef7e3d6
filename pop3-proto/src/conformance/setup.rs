//! [`Setup`]: what the user says about the peer and permits.

use alloc::string::String;
use core::time::Duration;

/// Name and password of a user.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub name: String,
    /// The password.
    pub password: String,
}

impl core::fmt::Debug for Account {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Account").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a run may do to the peer. By default no probe sends a malformed command or a wrong password, or
/// removes anything. A few probes still make a login that the server should refuse, such as AUTH ANONYMOUS
/// where it is not on offer, or, with a client certificate, AUTH EXTERNAL with a name that nobody has. If the
/// password is wrong, the survey itself causes a failed login for each method and channel that it tries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leave {
    /// Malformed commands. Some servers ban the address for a while.
    pub odd: bool,
    /// How many failed logins one run of a probe may cause. A probe that finds a fault is run twice. Some
    /// servers lock the account.
    pub bad_logins: u32,
    /// To remove messages that the kit itself made and has recognised.
    pub delete: bool,
    /// To remove also those that earlier runs made.
    pub any_run: bool,
    /// Masses of octets and commands.
    pub flood: bool,
    /// The longest that a probe may take on purpose; zero is not at all.
    pub slow: Duration,
    /// The maildrop holds the known messages and nothing else. Together with [`delete`](Self::delete) this
    /// permits a probe to mark any message in it; such a session ends without QUIT.
    pub only_corpus: bool,
}

/// What the user says about the peer.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// The name of the server, for mechanisms that send it.
    pub host: String,
    /// There is a port that starts in clear.
    pub clear: bool,
    /// There is a port that starts with TLS.
    pub tls: bool,
    /// STLS may be used where it is announced.
    pub stls: bool,
    /// Passwords and tokens may be sent without TLS. Otherwise nothing that shows one is sent in clear,
    /// whatever a probe is about.
    pub clear_passwords: bool,
    /// The account whose maildrop is looked at.
    pub account: Option<Account>,
    /// An account whose maildrop is empty.
    pub empty_account: Option<Account>,
    /// An account whose password SASLprep (RFC 4013) changes. Give the password as it is before SASLprep, for
    /// instance with the ligature U+FB01.
    pub prep_account: Option<Account>,
    /// An account with a full address as its name.
    pub address_account: Option<Account>,
    /// An account with a space in its name.
    pub spaced_account: Option<Account>,
    /// A good access token of the account.
    pub token: Option<String>,
    /// The driver is able to deliver messages to the account.
    pub deliver: bool,
    /// The driver judges the certificate of the server.
    pub check_certificate: bool,
    /// The driver has a client certificate.
    pub certificate: bool,
    /// What may be done.
    pub leave: Leave,
    /// The kit multiplies the time limits for what the server does by this many hundredths; 0 counts as 100.
    /// Pauses that a probe makes on purpose stay as they are.
    pub patience: u32,
    /// The number that the known messages of this run have; see [`corpus`](super::corpus).
    pub run: u16,
}

impl core::fmt::Debug for Setup {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // Not the token.
        let mut setup = f.debug_struct("Setup");
        setup.field("host", &self.host).field("account", &self.account).field("leave", &self.leave);
        setup.finish_non_exhaustive()
    }
}

impl Setup {
    /// All accounts.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &Account> {
        let Self { account, empty_account, prep_account, address_account, spaced_account, .. } = self;
        [account, empty_account, prep_account, address_account, spaced_account].into_iter().flatten()
    }

    /// How long to wait for a reply.
    pub(super) fn reply_time(&self) -> Duration {
        self.patient(10_000)
    }

    /// How long to wait for the reply to a login: wrong passwords are slowed down.
    pub(super) fn login_time(&self) -> Duration {
        self.patient(30_000)
    }

    /// How long a maildrop may stay locked, or a connection open, after a session has ended.
    pub(super) fn settling_time(&self) -> Duration {
        self.patient(5_000)
    }

    pub(super) fn patient(&self, millis: u64) -> Duration {
        let hundredths = if self.patience == 0 { 100 } else { u64::from(self.patience) };
        Duration::from_millis(millis.saturating_mul(hundredths) / 100)
    }
}
