//! POP URLs (RFC 2384), and the variants of them that are in use.
//!
//! ```
//! use pop3_proto::url::Url;
//!
//! // What a user typed becomes a server to connect to and a user to log in as.
//! let url = Url::parse("pops://ann@mail.example.com").expect("this is a POP URL");
//! assert!(url.tls);
//! assert_eq!((url.host, url.port()), ("mail.example.com", 995));
//! assert_eq!(url.user.as_deref(), Some("ann"));
//! ```

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::hex;
use crate::types::is_mechanism_name;

/// A POP URL: `pop://user;AUTH=mechanism@host:port`.
///
/// `pops` means TLS from the start (RFC 8314); `pop3` and `pop3s` mean the same as `pop` and `pops`. A URL has
/// no password, no path but `/`, and no relative form. A URL alone is no permission to use a stored password:
/// ask the user first, once for each host (RFC 2384 section 9).
///
/// ```
/// use pop3_proto::url::{Auth, Url};
/// let url = Url::parse("pops://a%20b;AUTH=SCRAM-SHA-256@mail.example.com").unwrap();
/// assert_eq!((url.user.as_deref(), url.host, url.port()), (Some("a b"), "mail.example.com", 995));
/// assert_eq!(url.auth, Auth::Mechanism("SCRAM-SHA-256".into()));
/// assert_eq!(url.to_string(), "pops://a%20b;AUTH=SCRAM-SHA-256@mail.example.com");
/// assert_eq!(Url::parse("pop://ann:secret@h.example").unwrap_err().at, 9);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Url<'u> {
    /// Whether TLS is used from the start. If not, use STLS (RFC 8314 section 3).
    pub tls: bool,
    /// The user name; if there is none, ask the user.
    pub user: Option<Cow<'u, str>>,
    /// How to log in.
    pub auth: Auth<'u>,
    /// The host: a name or an address. An IPv6 address is without its brackets.
    pub host: &'u str,
    /// The port, if the URL names one.
    pub port: Option<u16>,
}

/// How to log in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Auth<'u> {
    /// `*`, or nothing: the client chooses, and shows a password only inside TLS (RFC 2384 section 4).
    #[default]
    Any,
    /// `+APOP`: the APOP command.
    Apop,
    /// This SASL mechanism. Use no other without asking the user.
    Mechanism(Cow<'u, str>),
}

/// What is wrong with a URL, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlError {
    /// The position of the fault in bytes, from 0.
    pub at: usize,
    /// What is wrong there.
    pub fault: UrlFault,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlFault {
    /// The URL does not start with `pop://`, `pops://`, `pop3://` or `pop3s://`.
    Scheme,
    /// There is an `@` or `;AUTH=`, but no user name before it.
    NoUser,
    /// A character that has to be written as `%XX`, or `%` without two hexadecimal digits.
    Escape,
    /// The bytes of the user name are not UTF-8, or contain a control character.
    Text,
    /// The URL contains a password. Remove it, because URLs are shown, stored and logged.
    Password,
    /// After `;` comes something other than `AUTH=` and a mechanism.
    Auth,
    /// There is no host, or it is not a valid one.
    Host,
    /// The port is not a number from 1 to 65535.
    Port,
    /// Something other than a single `/` follows the host.
    Path,
}

impl<'u> Url<'u> {
    /// Creates the URL of a server, without user, mechanism and port.
    #[must_use]
    pub const fn new(host: &'u str, tls: bool) -> Self {
        Self { tls, user: None, auth: Auth::Any, host, port: None }
    }

    /// Reads a URL.
    ///
    /// # Errors
    ///
    /// [`UrlError`], with the position of the fault.
    pub fn parse(text: &'u str) -> Result<Self, UrlError> {
        let colon = text.find("://").ok_or_else(|| at(0, UrlFault::Scheme))?;
        let (scheme, rest) = text.split_at_checked(colon).ok_or_else(|| at(0, UrlFault::Scheme))?;
        let tls = match () {
            () if ["pop", "pop3"].iter().any(|name| name.eq_ignore_ascii_case(scheme)) => false,
            () if ["pops", "pop3s"].iter().any(|name| name.eq_ignore_ascii_case(scheme)) => true,
            () => return Err(at(0, UrlFault::Scheme)),
        };
        let rest = rest.get(3..).unwrap_or_default();
        let start = colon.saturating_add(3);
        let (login, server, start_of_server) = match rest.rfind('@') {
            None => (None, rest, start),
            Some(i) => {
                let after = i.saturating_add(1);
                (rest.get(..i), rest.get(after..).unwrap_or_default(), start.saturating_add(after))
            }
        };
        let (user, auth) = match login {
            None => (None, Auth::Any),
            Some(login) => user_and_auth(login, start).map(|(user, auth)| (Some(user), auth))?,
        };
        let (host, port) = host_and_port(server, start_of_server)?;
        Ok(Self { tls, user, auth, host, port })
    }

    /// The port to connect to: the one in the URL, or else 995 with TLS from the start and 110 without.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.tls { 995 } else { 110 })
    }
}

const fn at(at: usize, fault: UrlFault) -> UrlError {
    UrlError { at, fault }
}

fn user_and_auth(login: &str, start: usize) -> Result<(Cow<'_, str>, Auth<'_>), UrlError> {
    let end = login.find(';').unwrap_or(login.len());
    let (user, parameter) = login.split_at_checked(end).unwrap_or((login, ""));
    if user.is_empty() {
        return Err(at(start, UrlFault::NoUser));
    }
    let user = decode(user, start)?;
    let start = start.saturating_add(end);
    let Some(parameter) = parameter.strip_prefix(';') else { return Ok((user, Auth::Any)) };
    let fault = at(start.saturating_add(1), UrlFault::Auth);
    let (keyword, name) = parameter.split_at_checked(5).ok_or(fault)?;
    if !keyword.eq_ignore_ascii_case("AUTH=") {
        return Err(fault);
    }
    let auth = match name {
        "*" => Auth::Any,
        _ if name.eq_ignore_ascii_case("+APOP") => Auth::Apop,
        _ => {
            let name = decode(name, start.saturating_add(6))?;
            if !is_mechanism_name(name.as_bytes()) {
                return Err(fault);
            }
            Auth::Mechanism(name)
        }
    };
    Ok((user, auth))
}

/// Whether this byte may be in a user name or a mechanism unescaped (RFC 2384 section 3, `achar`).
const fn is_plain(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(
            octet,
            b'$' | b'-' | b'_' | b'.' | b'+' | b'!' | b'*' | b'\'' | b'(' | b')' | b',' | b'&' | b'=' | b'~'
        )
}

fn decode(text: &str, start: usize) -> Result<Cow<'_, str>, UrlError> {
    let mut octets = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let here = start.saturating_add(text.len().saturating_sub(rest.len()));
        match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                octets.push(hex::byte(*high, *low).ok_or_else(|| at(here, UrlFault::Escape))?);
                rest = after;
            }
            (b':', _) => return Err(at(here, UrlFault::Password)),
            (octet, after) if is_plain(*octet) => {
                octets.push(*octet);
                rest = after;
            }
            _ => return Err(at(here, UrlFault::Escape)),
        }
    }
    if octets == text.as_bytes() {
        return Ok(Cow::Borrowed(text));
    }
    let decoded = String::from_utf8(octets).map_err(|_| at(start, UrlFault::Text))?;
    // CR and LF in a name could start another command.
    if decoded.chars().any(char::is_control) {
        Err(at(start, UrlFault::Text))
    } else {
        Ok(Cow::Owned(decoded))
    }
}

fn host_and_port(server: &str, start: usize) -> Result<(&str, Option<u16>), UrlError> {
    // Many programs and users end a URL with a slash, which says nothing.
    let server = server.strip_suffix('/').unwrap_or(server);
    let end = server.find(['/', '?', '#']).unwrap_or(server.len());
    if end < server.len() {
        return Err(at(start.saturating_add(end), UrlFault::Path));
    }
    let (host, port) = match server.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => {
            let is_address = host.parse::<core::net::Ipv6Addr>().is_ok();
            let port = match rest {
                "" => None,
                _ => Some(rest.strip_prefix(':').ok_or_else(|| at(start, UrlFault::Host))?),
            };
            (host, is_address.then_some(port).ok_or_else(|| at(start, UrlFault::Host))?)
        }
        None => {
            let (host, port) =
                server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port)));
            let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
            if host.is_empty() || !host.bytes().all(fits) {
                return Err(at(start, UrlFault::Host));
            }
            (host, port)
        }
    };
    let number = |port: &str| {
        let digits = port.bytes().all(|b| b.is_ascii_digit());
        let number = port.parse().ok().filter(|port: &u16| digits && *port != 0);
        let place = start.saturating_add(server.len().saturating_sub(port.len()));
        number.ok_or_else(|| at(place, UrlFault::Port))
    };
    Ok((host, port.map(number).transpose()?))
}

impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.tls { "pops://" } else { "pop://" })?;
        if let Some(user) = &self.user {
            encode(user, f)?;
            match &self.auth {
                Auth::Any => {}
                Auth::Apop => f.write_str(";AUTH=+APOP")?,
                Auth::Mechanism(name) => {
                    f.write_str(";AUTH=")?;
                    encode(name, f)?;
                }
            }
            f.write_str("@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?
        } else {
            f.write_str(self.host)?
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

fn encode(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use fmt::Write as _;
    text.bytes().try_for_each(|octet| {
        if is_plain(octet) { f.write_char(char::from(octet)) } else { write!(f, "%{octet:02X}") }
    })
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.fault {
            UrlFault::Scheme => "the scheme is not pop, pops, pop3 or pop3s",
            UrlFault::NoUser => "no user name",
            UrlFault::Escape => "a character that must be written as %XX, or a broken %XX",
            UrlFault::Text => "a user name that is not UTF-8 or holds control characters",
            UrlFault::Password => "a password, which has no place in a URL",
            UrlFault::Auth => "not AUTH= and a mechanism",
            UrlFault::Host => "no host, or one that cannot be",
            UrlFault::Port => "no port from 1 to 65535",
            UrlFault::Path => "a POP URL ends with its host and port",
        };
        write!(f, "POP URL, octet {}: {what}", self.at)
    }
}

impl core::error::Error for UrlError {}
