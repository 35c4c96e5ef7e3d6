//! `Config`: what a server offers. All its sessions share and borrow it; none of them changes it.

use core::time::Duration;

use super::mechanism_list::MechanismList;
use super::phrase::Phrase;
use super::words::{Domain, Words};
use crate::limits::{AUTOLOGOUT_SECS, LOGIN_SECS, Limits};
use crate::types::{Expire, LoginDelay, Mechanism};

/// What a server offers and allows.
///
/// Start from [`Config::new`] and set fields one by one; this also works in a `static`. The defaults protect
/// passwords: without TLS, no login that shows the password is accepted (RFC 5034 section 4, RFC 2595 section
/// 2.3).
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
    /// How long lines may be, and how many bad commands and failed logins are allowed.
    pub limits: Limits,
    /// After how long without a command the session is closed, without an answer and without removing any
    /// message. Less than 600 s counts as 600 s (RFC 1939 section 3).
    pub autologout: Duration,
    /// How long a client may take from the greeting to a successful login, whatever it sends meanwhile, STLS
    /// included. Then the session is closed without an answer. 3 minutes by default; `Duration::MAX` for no
    /// limit. It may be shorter than 600 s: RFC 1939 section 3 limits only the inactivity timer, which is
    /// `autologout`.
    pub login_time: Duration,
    /// Accept USER and PASS, and mechanisms that show the password, also without TLS. Off by default.
    pub allow_plaintext_login: bool,
    /// Offer USER and PASS. On by default.
    pub user: bool,
    /// Offer APOP to sessions made [`with_apop`](crate::server::Server::with_apop). This is the host name,
    /// the right-hand part of their timestamps. None by default.
    pub apop: Option<Domain>,
    /// Offer STLS. Turn it on only if the server has a certificate (RFC 8314 section 4).
    pub stls: bool,
    /// Offer AUTH with these mechanisms, strongest first. None by default.
    pub mechanisms: MechanismList,
    /// Answer AUTH without an argument, or with only a space after it, with the list of mechanisms, as
    /// Microsoft's clients expect ([MS-POP3] section 2.2.1). Off by default (RFC 5034 section 5 has no such
    /// form).
    pub auth_list: bool,
    /// Offer TOP. On by default.
    pub top: bool,
    /// Offer UIDL. On by default.
    pub uidl: bool,
    /// Offer UTF8 (RFC 6856 section 2).
    pub utf8: bool,
    /// Accept UTF8 also after the login, where RFC 6856 section 2 forbids it but Outlook sends it. Off by
    /// default.
    pub utf8_after_login: bool,
    /// Accept UTF-8 in the names and passwords of USER, PASS and APOP (RFC 6856 section 2.2). Without it,
    /// these commands are refused if they have 8-bit bytes. It has no effect on AUTH. It is announced, as
    /// `UTF8 USER`, only together with [`utf8`](Self::utf8).
    pub utf8_user: bool,
    /// Offer LANG (RFC 6856 section 3).
    pub lang: bool,
    /// Announce AUTH-RESP-CODE. It promises that every login you refuse because of the credentials carries
    /// [`Code::Auth`](crate::Code::Auth) (RFC 3206 section 6). On by default; turn it off if you cannot
    /// promise that.
    pub auth_resp_code: bool,
    /// Announce the minimum time between logins; the largest of all users, if it differs by user. You have to
    /// enforce it yourself.
    pub login_delay: Option<LoginDelay>,
    /// Announce for how long messages are kept; the shortest time of all users, if it differs by user.
    pub expire: Option<Expire>,
    /// Announce the name of the software.
    pub implementation: Option<Words>,
    /// More lines for the answer to CAPA, separated by `\n`. Each line is a tag and its parameters.
    pub capabilities: Words,
    /// Report verbs that the crate does not know as [`Event::Other`](super::Event::Other) instead of refusing
    /// them.
    pub unknown_commands: bool,
    /// Send each NUL in a message as the byte 0x80, for clients that stop at a NUL, as Outlook does. Messages
    /// sent with [`begin_crlf`](super::Ticket::begin_crlf) and
    /// [`begin_stuffed`](super::Ticket::begin_stuffed) are not changed. Off by default.
    pub replace_nul: bool,
    /// Send an empty line after a header that has none, for clients that wait for it, as Outlook Express
    /// does. Such a message is then two octets longer than announced. Off by default.
    pub ensure_header_end: bool,
    /// Report [`Event::Answered`](crate::server::Event::Answered) for every line that the server answers by
    /// itself. Off by default.
    pub report_answers: bool,
    /// The texts that the session sends by itself; [`Phrase::english`] by default.
    pub phrases: fn(Phrase) -> &'static str,
    /// Refuse commands with spaces or zeros that RFC 1939 section 3 does not have, such as `QUIT ` or `LIST
    /// 01`; see [`parse::command`](crate::parse::command()). Off by default: old clients send such lines, and
    /// the meaning is the same.
    pub strict_commands: bool,
    /// Accept a bare LF as the end of a command line, for people who type commands on a raw connection. Off
    /// by default (RFC 1939 section 3).
    pub bare_lf: bool,
}

impl Config {
    /// The defaults. What is not described as on by default is off or absent. The greeting is
    /// `POP3 server ready`, the limits are [`Limits::DEFAULT`], and the autologout is 600 s.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            greeting: Words::new("POP3 server ready"),
            limits: Limits::DEFAULT,
            autologout: Duration::from_secs(AUTOLOGOUT_SECS),
            login_time: Duration::from_secs(LOGIN_SECS),
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
            strict_commands: false,
            bare_lf: false,
        }
    }

    /// The configured mechanism with this name, in any letter case, as AUTH names it (RFC 5034 section 5).
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
