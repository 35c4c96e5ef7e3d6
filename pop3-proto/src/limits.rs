//! Every limit is a named constant with its RFC section; one value gathers those that an embedder may move.

/// Longest command line with its CRLF, in octets (RFC 2449 section 4; RFC 1939 had 47).
pub const COMMAND_LINE: usize = 255;

/// Longest argument that a server without CAPA has to take, in octets (RFC 1939 section 3).
pub const ARGUMENT: usize = 40;

/// Longest status line, greeting or capability line that this side sends, with its CRLF, in bytes
/// (RFC 1939 section 3, RFC 2449 sections 4 and 5).
pub const REPLY_LINE: usize = 512;

/// Longest line of an open AUTH exchange taken by default, with its CRLF, in bytes. RFC 5034 section 4 sets no
/// limit but what the mechanisms need; RFC 4954 names this figure as enough for those that are known.
pub const EXCHANGE_LINE: usize = 12_288;

/// Memory for a SASL exchange in which every token fits that an exchange line can carry, in bytes.
pub const SASL_MEMORY: usize = EXCHANGE_LINE;

/// Memory for a SASL exchange without tokens, in bytes: enough for every other mechanism of this crate.
pub const SASL_MEMORY_SMALL: usize = 1_200;

/// Longest unique-id that this side sends, in octets (RFC 1939 section 7, UIDL).
pub const UNIQUE_ID: usize = 70;

/// Longest mechanism name, in octets (RFC 4422 section 3.1).
pub const MECHANISM_NAME: usize = 20;

/// Longest user name kept by a server session, in bytes: what a USER line of 255 bytes can carry.
pub const USER_NAME: usize = COMMAND_LINE - "USER \r\n".len();

/// Least room that an output must be able to offer, in bytes: one status line of the full length.
pub const MIN_OUTPUT: usize = REPLY_LINE;

/// Shortest window, in bytes: what a command line of RFC 1939 section 3 and its reply take.
pub const MIN_WINDOW: usize = 64;

/// Shortest inactivity timer of a server, in seconds (RFC 1939 section 3).
pub const AUTOLOGOUT_SECS: u64 = 600;

/// The limits that an embedder may move: how long a line may be, and how much bad input a server bears.
///
/// Every length is in bytes and counts the CRLF. A line above its limit is swallowed up to its end, is reported once,
/// and costs no memory; what follows it is in step again.
///
/// The one promise to keep: the buffer whose unread part is shown to a session holds at least
/// [`for_window`](Self::for_window) bytes. A full window then always means "this line is too long" and never "more please".
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
    max_errors: u16,
    max_login_failures: u16,
}

impl Limits {
    /// For a window of at least [`EXCHANGE_LINE`] bytes, 12 KiB.
    pub const DEFAULT: Self = Self::for_window(EXCHANGE_LINE);

    /// Limits for an embedder that can show `octets` at once: every line limit is capped to it.
    ///
    /// Fewer than [`COMMAND_LINE`] bytes still work, but then longer commands are refused against RFC 2449 section 4. The least
    /// is [`MIN_WINDOW`]; less counts as that.
    #[must_use]
    pub const fn for_window(octets: usize) -> Self {
        Self {
            window: if octets < MIN_WINDOW { MIN_WINDOW } else { octets },
            exchange_line: EXCHANGE_LINE,
            reply_line: EXCHANGE_LINE,
            max_errors: 50,
            max_login_failures: 10,
        }
    }

    /// Longest line of an open AUTH exchange, and of an AUTH command with its initial response (RFC 5034 section 4). More than
    /// the window is cut to it: for long tokens start from [`for_window`](Self::for_window).
    #[must_use]
    pub const fn with_exchange_line(mut self, octets: usize) -> Self {
        self.exchange_line = octets;
        self
    }

    /// Longest status or listing line that a client takes whole; of a longer one it hands out the front.
    /// RFC 2449 section 4 says 512, real servers send more.
    #[must_use]
    pub const fn with_reply_line(mut self, octets: usize) -> Self {
        self.reply_line = octets;
        self
    }

    /// How many bad commands in a row (unknown, malformed, too long, in the wrong state) a server answers before it
    /// closes; 50 by default. A good command starts the count again.
    #[must_use]
    pub const fn with_max_errors(mut self, count: u16) -> Self {
        self.max_errors = count;
        self
    }

    /// How many failed logins a server answers before it closes (RFC 1939 section 4 permits closing); 10 by default.
    #[must_use]
    pub const fn with_max_login_failures(mut self, count: u16) -> Self {
        self.max_login_failures = count;
        self
    }

    /// Longest command line a server takes; see [`COMMAND_LINE`].
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

    /// See [`with_max_errors`](Self::with_max_errors).
    #[must_use]
    pub const fn max_errors(&self) -> u16 {
        self.max_errors
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
