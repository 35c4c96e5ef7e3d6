//! Every limit as a named constant with its RFC section, and `Limits`, the limits that an embedder may
//! change.
//!
//! ```
//! use pop3_proto::Limits;
//! use pop3_proto::limits::{EXCHANGE_LINE, MIN_OUTPUT};
//!
//! // The default limits need a receive buffer of 12 KiB. The output needs room for one status line.
//! assert_eq!((EXCHANGE_LINE, MIN_OUTPUT), (12_288, 512));
//! // With a smaller receive buffer, name its size. Close after 5 bad commands in a row, not after 50.
//! let limits = Limits::for_window(1024).with_max_errors(5);
//! assert_eq!((limits.exchange_line(), limits.max_errors()), (1024, 5));
//! ```

/// The longest command line including its CRLF, in octets (RFC 2449 section 4; RFC 1939 had 47).
pub const COMMAND_LINE: usize = 255;

/// The longest argument that a server without CAPA has to accept, in octets (RFC 1939 section 3).
pub const ARGUMENT: usize = 40;

/// The longest status line, greeting or capability line that the server side of this crate sends, including its
/// CRLF, in octets (RFC 1939 section 3, RFC 2449 sections 4 and 5).
pub const REPLY_LINE: usize = 512;

/// The longest line of an AUTH exchange that is accepted by default, including its CRLF, in bytes. RFC 5034
/// section 4 sets no limit except what the mechanisms need; RFC 4954 names this number as enough for those
/// that are known.
pub const EXCHANGE_LINE: usize = 12_288;

/// Memory for a SASL exchange, in bytes, that is enough for every token that fits into a line of an exchange.
pub const SASL_MEMORY: usize = EXCHANGE_LINE;

/// Memory for a SASL exchange without tokens, in bytes: enough for every other mechanism of this crate,
/// unless name and password are very long, see `sasl::client::Exchange`.
pub const SASL_MEMORY_SMALL: usize = 1_200;

/// The longest unique-id that the server side of this crate sends, in octets (RFC 1939 section 7, UIDL).
pub const UNIQUE_ID: usize = 70;

/// The longest mechanism name, in octets (RFC 4422 section 3.1).
pub const MECHANISM_NAME: usize = 20;

/// The longest user name that a server session keeps, in bytes: as long as fits into a USER line of 255
/// octets.
pub const USER_NAME: usize = COMMAND_LINE - "USER \r\n".len();

/// The minimum room that an output must be able to offer, in bytes: one status line of full length.
pub const MIN_OUTPUT: usize = REPLY_LINE;

/// The shortest window, in bytes: enough for a command with one argument of 40 octets (RFC 1939 section 3),
/// but not for every APOP.
pub const MIN_WINDOW: usize = 64;

/// By how many bytes a line may exceed its limit by default before a client gives the server up. No server is
/// known to come near it.
pub const MAX_SKIP: u32 = 1024 * 1024;

/// The shortest inactivity timer of a server, in seconds (RFC 1939 section 3).
pub const AUTOLOGOUT_SECS: u64 = 600;

/// How long a client may take by default until it is logged in, in seconds; Dovecot has the same number.
pub const LOGIN_SECS: u64 = 180;

/// The limits that an embedder may change: how long a line may be, and how many bad commands and failed
/// logins a server allows.
///
/// Every length is in bytes and includes the CRLF. A line above its limit is skipped to its end and reported
/// once, and it takes no memory. The line after it is read normally. If a line is longer
/// than its limit by more than [`max_skip`](Self::max_skip), the session of a client fails.
///
/// There is one condition: the buffer whose unread part is shown to a session must hold at least as many
/// bytes as were given to [`for_window`](Self::for_window). A full window then always means that the line is
/// too long, and never that more bytes are needed.
///
/// ```
/// use pop3_proto::Limits;
/// const SMALL: Limits = Limits::for_window(1024); // for a device with a receive buffer of 1 KiB
/// assert_eq!(SMALL.exchange_line(), 1024);
/// assert_eq!(SMALL.command_line(), 255);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    window: usize,
    exchange_line: usize,
    reply_line: usize,
    max_skip: u32,
    max_errors: u16,
    max_early_errors: u16,
    max_login_failures: u16,
}

impl Limits {
    /// For a window of at least [`EXCHANGE_LINE`] bytes, 12 KiB.
    pub const DEFAULT: Self = Self::for_window(EXCHANGE_LINE);

    /// Limits for an embedder whose window can hold `octets` bytes: every line limit is reduced to it.
    ///
    /// With fewer than [`COMMAND_LINE`] bytes the session still works, but refuses longer commands although
    /// RFC 2449 section 4 permits them. The minimum is [`MIN_WINDOW`]; a smaller value counts as that.
    #[must_use]
    pub const fn for_window(octets: usize) -> Self {
        Self {
            window: if octets < MIN_WINDOW { MIN_WINDOW } else { octets },
            exchange_line: EXCHANGE_LINE,
            reply_line: EXCHANGE_LINE,
            max_skip: MAX_SKIP,
            max_errors: 50,
            max_early_errors: 5,
            max_login_failures: 10,
        }
    }

    /// Sets the longest line of an AUTH exchange, and of an AUTH command with its initial response (RFC 5034
    /// section 4). A value larger than the window is reduced to it, so for long tokens start from
    /// [`for_window`](Self::for_window).
    #[must_use]
    pub const fn with_exchange_line(mut self, octets: usize) -> Self {
        self.exchange_line = octets;
        self
    }

    /// Sets the longest status or listing line that a client accepts completely; of a longer one it reports
    /// the front. RFC 2449 section 4 says 512 octets, but real servers send more. A value larger than the window
    /// is reduced to it, so for longer lines start from [`for_window`](Self::for_window).
    #[must_use]
    pub const fn with_reply_line(mut self, octets: usize) -> Self {
        self.reply_line = octets;
        self
    }

    /// Sets by how many bytes a status line, a challenge or a line of a listing may exceed its limit before a
    /// client gives the server up with
    /// [`ProtocolError::EndlessLine`](crate::client::ProtocolError::EndlessLine), so that one line cannot keep
    /// it busy for ever; 1 MiB by default. The lines of a message may have any length.
    #[must_use]
    pub const fn with_max_skip(mut self, octets: u32) -> Self {
        self.max_skip = octets;
        self
    }

    /// Sets how many bad commands in a row (unknown, malformed, too long, in the wrong state, not offered, or
    /// a refused plaintext login) a server answers before it closes; 50 by default. A good command resets the
    /// count.
    #[must_use]
    pub const fn with_max_errors(mut self, count: u16) -> Self {
        self.max_errors = count;
        self
    }

    /// Sets how many strange lines before the login, with no good command between them, make a server close;
    /// 5 by default. A line is strange if it has no verb of POP3, or has a byte that is not permitted in it:
    /// a control character, or an 8-bit byte in a name or password without
    /// [`Config::utf8_user`](crate::server::Config::utf8_user). Other known commands that are refused do not
    /// count, so a client may try several mechanisms that the server does not have; a client that speaks
    /// another protocol is stopped early.
    #[must_use]
    pub const fn with_max_early_errors(mut self, count: u16) -> Self {
        self.max_early_errors = count;
        self
    }

    /// Sets how many failed logins a server answers before it closes (RFC 1939 section 4 permits closing); 10
    /// by default. A login counts as failed if you refuse it without a code or with `Code::Auth`, if you do
    /// not use its ticket, or if the client cancels the AUTH exchange or sends a line in it that is not
    /// base64 or is too long. A locked maildrop and a system error do not count.
    #[must_use]
    pub const fn with_max_login_failures(mut self, count: u16) -> Self {
        self.max_login_failures = count;
        self
    }

    /// The longest command line that a server accepts, see [`COMMAND_LINE`], except for AUTH with an initial
    /// response, which may have [`exchange_line`](Self::exchange_line) bytes.
    #[must_use]
    pub const fn command_line(&self) -> usize {
        self.capped(COMMAND_LINE)
    }

    /// See [`with_exchange_line`](Self::with_exchange_line).
    #[must_use]
    pub const fn exchange_line(&self) -> usize {
        self.capped(self.exchange_line)
    }

    /// See [`with_reply_line`](Self::with_reply_line).
    #[must_use]
    pub const fn reply_line(&self) -> usize {
        self.capped(self.reply_line)
    }

    /// See [`with_max_skip`](Self::with_max_skip).
    #[must_use]
    pub const fn max_skip(&self) -> u32 {
        self.max_skip
    }

    /// See [`with_max_errors`](Self::with_max_errors).
    #[must_use]
    pub const fn max_errors(&self) -> u16 {
        self.max_errors
    }

    /// See [`with_max_early_errors`](Self::with_max_early_errors).
    #[must_use]
    pub const fn max_early_errors(&self) -> u16 {
        self.max_early_errors
    }

    /// See [`with_max_login_failures`](Self::with_max_login_failures).
    #[must_use]
    pub const fn max_login_failures(&self) -> u16 {
        self.max_login_failures
    }

    const fn capped(&self, octets: usize) -> usize {
        if octets < self.window { octets } else { self.window }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
