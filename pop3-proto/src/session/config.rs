//! What a server offers is configuration: shared by all its sessions, borrowed, never changed by one.

use core::time::Duration;

use super::mechanism_list::MechanismList;
use super::phrase::Phrase;
use super::words::{Domain, Words};
use crate::limits::{AUTOLOGOUT_SECS, Limits};
use crate::types::{Expire, LoginDelay, Mechanism};

/// What a server offers and allows.
///
/// Start from [`Config::new`] and set fields; it works in a `static`, too. The defaults keep passwords off the wire: without
/// TLS no login in clear is taken (RFC 5034 section 4, RFC 2595 section 2.3).
///
/// ```
/// use pop3_proto::server::{Config, Words};
/// static CONFIG: Config = {
///     let mut config = Config::new();
///     config.greeting = Words::new("mail.example.com ready");
///     config.stls = true;
///     config
/// };
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The text of the greeting, without the APOP timestamp.
    pub greeting: Words,
    /// How long lines may be and how much bad input is borne.
    pub limits: Limits,
    /// How long a session may stay without a command before it is closed without a word and without removing anything; less
    /// than 600 s counts as 600 s (RFC 1939 section 3).
    pub autologout: Duration,
    /// Take USER and PASS, and mechanisms that show the password, also without TLS. Off by default.
    pub allow_plaintext_login: bool,
    /// Offer USER and PASS. On by default.
    pub user: bool,
    /// Offer APOP to sessions made [`with_apop`](crate::server::Server::with_apop); this is the name of the host, the right part of
    /// their timestamps. None by default.
    pub apop: Option<Domain>,
    /// Offer STLS. Turn it on only with a certificate at hand (RFC 8314 section 4).
    pub stls: bool,
    /// Offer AUTH with these mechanisms, strongest first. None by default.
    pub mechanisms: MechanismList,
    /// Answer AUTH without an argument, or with a space behind it, with the list of mechanisms, as Microsoft's clients want it
    /// ([MS-POP3] section 2.2.1). Off by default (RFC 5034 section 5 has no such form).
    pub auth_list: bool,
    /// Offer TOP. On by default.
    pub top: bool,
    /// Offer UIDL. On by default.
    pub uidl: bool,
    /// Offer UTF8 (RFC 6856 section 2).
    pub utf8: bool,
    /// Take UTF8 after the login, too, where RFC 6856 section 2.1 forbids it and Outlook sends it. Off by default.
    pub utf8_after_login: bool,
    /// Take user names and passwords in UTF-8 (RFC 6856 section 2.2); without it 8-bit octets in them are refused.
    pub utf8_user: bool,
    /// Offer LANG (RFC 6856 section 3).
    pub lang: bool,
    /// Announce AUTH-RESP-CODE: every login that you refuse because of the credentials carries
    /// [`Code::Auth`](crate::Code::Auth) (RFC 3206 section 6). On by default; turn it off if you cannot promise that.
    pub auth_resp_code: bool,
    /// Announce the least time between logins; the largest of any user, if it differs by user. Enforcing it is yours.
    pub login_delay: Option<LoginDelay>,
    /// Announce how long messages stay; the shortest of any user, if it differs by user.
    pub expire: Option<Expire>,
    /// Announce the name of the software.
    pub implementation: Option<Words>,
    /// More lines for the answer to CAPA, separated by `\n`; each is a tag and its parameters.
    pub capabilities: Words,
    /// Hand out verbs that the crate does not know as [`Event::Other`](super::Event::Other) instead of refusing them.
    pub unknown_commands: bool,
    /// Send NUL in messages as octet 0x80, for clients that stop at a NUL, as Outlook does; those of
    /// [`begin_stuffed`](super::Ticket::begin_stuffed) go out untouched. Off by default.
    pub replace_nul: bool,
    /// Send an empty line behind a header that has none, for clients that wait for it, as Outlook Express does; such a message is
    /// then two octets longer than announced. Off by default.
    pub ensure_header_end: bool,
    /// Hand out [`Event::Answered`](crate::server::Event::Answered) for every line that the server answers by itself. Off by
    /// default.
    pub report_answers: bool,
    /// What the session says by itself; [`Phrase::english`] by default.
    pub phrases: fn(Phrase) -> &'static str,
    /// Take a bare LF as the end of a command line, for people at a raw connection. Off by default (RFC 1939 section 3).
    pub bare_lf: bool,
}

impl Config {
    /// The defaults, as told at each field.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            greeting: Words::new("POP3 server ready"),
            limits: Limits::DEFAULT,
            autologout: Duration::from_secs(AUTOLOGOUT_SECS),
            allow_plaintext_login: false,
            user: true,
            apop: None,
            stls: false,
            mechanisms: MechanismList::NONE,
            auth_list: false,
            top: true,
            uidl: true,
            utf8: false,
            utf8_after_login: false,
            utf8_user: false,
            lang: false,
            auth_resp_code: true,
            login_delay: None,
            expire: None,
            implementation: None,
            capabilities: Words::new(""),
            unknown_commands: false,
            replace_nul: false,
            ensure_header_end: false,
            report_answers: false,
            phrases: Phrase::english,
            bare_lf: false,
        }
    }

    /// The mechanism of that name, in any letter case, as AUTH names it (RFC 5034 section 5).
    #[must_use]
    pub fn mechanism(&self, name: &[u8]) -> Option<&Mechanism> {
        self.mechanisms.as_slice().iter().find(|one| one.name.as_bytes().eq_ignore_ascii_case(name))
    }

    pub(super) const fn idle(&self) -> Duration {
        if self.autologout.as_secs() < AUTOLOGOUT_SECS {
            Duration::from_secs(AUTOLOGOUT_SECS)
        } else {
            self.autologout
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}
