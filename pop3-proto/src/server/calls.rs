//! `Server`, with the calls that an embedder makes.

use core::borrow::Borrow;

use super::drop::Maildrop;
use super::event::Event;
use super::index::Index;
use crate::buf::{Input, Output};
#[cfg(feature = "apop")]
use crate::secret::Secret;
use crate::session::{ApopTimestampBuf, Config, Dialogue, Handover, Inside, Need, Phase, Phrase, Session};
use crate::time::Time;
#[cfg(feature = "apop")]
use crate::types::ApopDigest;
use crate::types::{MsgNo, PlaintextLeft, Security};

/// The server's side of one connection: a session, together with the maildrop of the user who is logged in.
///
/// Call [`receive`](Self::receive) in a loop. The server by itself answers everything that the list of
/// messages can answer: STAT, LIST, UIDL, DELE, RSET, and RETR and TOP of a message that is missing or marked
/// as deleted. The rest comes to you as [`Event`]s: logins, STLS, reading a message, and removing messages at
/// QUIT. Messages marked as deleted disappear from STAT, LIST and UIDL; the others keep their numbers, and
/// listings are in ascending order. A listing of a million messages takes no more memory than the output
/// buffer has.
///
/// `C` lends the [`Config`]: `&'static Config`, `&Config`, `Arc<Config>`, or a `Config` of its own (1,592
/// bytes, so share it). `I` is the [`Index`], the list of messages. `M` is the memory for the deletion marks,
/// one bit per message. It is `Vec<u8>` by default; [`accept_with`](super::Ticket::accept_with) takes any
/// memory that can be used as a byte slice, such as an array.
#[derive(Debug)]
pub struct Server<C, I, #[cfg(feature = "alloc")] M = alloc::vec::Vec<u8>, #[cfg(not(feature = "alloc"))] M> {
    pub(super) session: Session<C>,
    pub(super) mail: Maildrop<I, M>,
}

impl<C: Borrow<Config>, I, M> Server<C, I, M> {
    /// Creates a server for a connection that was just accepted, or whose TLS handshake was just completed.
    /// The first call of [`poll`](Self::poll) or [`receive`](Self::receive) writes the greeting.
    #[must_use]
    pub const fn new(config: C, security: Security) -> Self {
        Self { session: Session::new(config, security), mail: Maildrop::closed() }
    }

    /// Creates the server inside TLS, after the handshake. It starts in AUTHORIZATION and sends no greeting
    /// (RFC 2595 section 4).
    ///
    /// `window` is the unread part of the bytes that came in plaintext. Pass what your receive buffer still
    /// holds, so that no byte from before the handshake can be executed as a command.
    ///
    /// # Errors
    ///
    /// [`PlaintextLeft`] if the window is not empty: somebody injected commands. Close the connection.
    pub fn secured(handover: Handover<C>, window: &[u8]) -> Result<Self, PlaintextLeft> {
        let mut mail = Maildrop::closed();
        mail.set_read_only(handover.read_only);
        Ok(Self { session: Session::secured(handover, window)?, mail })
    }

    /// Gives the session a number where the target has no 32-bit atomics; see [`Session::numbered`].
    #[must_use]
    pub fn numbered(self, number: u32) -> Self {
        Self { session: self.session.numbered(number), mail: self.mail }
    }

    /// Offers APOP with the timestamp `<first.second@host>`, if [`Config::apop`] names the host; see
    /// [`Session::with_apop`].
    #[must_use]
    pub fn with_apop(self, unique: [u64; 2]) -> Self {
        Self { session: self.session.with_apop(unique), mail: self.mail }
    }

    /// The user name from USER or APOP, while that login runs and after it has succeeded. `None` after a
    /// failed login and for a login by AUTH.
    #[must_use]
    pub fn user(&self) -> Option<&[u8]> {
        self.session.user()
    }

    /// The timestamp that the greeting offered for APOP.
    #[must_use]
    pub fn timestamp(&self) -> Option<ApopTimestampBuf> {
        self.session.timestamp()
    }

    /// Whether this client's APOP digest belongs to that shared secret; see [`Session::apop_matches`].
    #[cfg(feature = "apop")]
    #[must_use]
    pub fn apop_matches(&self, digest: &ApopDigest, secret: Option<Secret<'_>>) -> bool {
        self.session.apop_matches(digest, secret)
    }

    /// Whether the client has turned UTF8 on, so that messages with UTF-8 in their headers may be sent
    /// (RFC 6856 section 2).
    #[must_use]
    pub const fn is_utf8(&self) -> bool {
        self.session.is_utf8()
    }

    /// Whether the connection is inside TLS.
    #[must_use]
    pub const fn security(&self) -> Security {
        self.session.security()
    }

    /// The state of the session: AUTHORIZATION or TRANSACTION.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.session.phase()
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        self.session.config()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) if nothing else happens; see
    /// [`Session::poll_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Time> {
        self.session.poll_timeout()
    }

    /// Closes the session if its time is over: the autologout (RFC 1939 section 3) or
    /// [`Config::login_time`](super::Config::login_time). No message is removed then.
    pub fn handle_timeout(&mut self, now: Time) {
        self.session.handle_timeout(now);
    }

    /// What the server inside TLS is made from: `Some` only after STLS was accepted. See
    /// [`secured`](Self::secured).
    #[must_use]
    pub fn handover(&self) -> Option<Handover<C>>
    where
        C: Clone,
    {
        let mut handover = self.session.handover()?;
        handover.read_only = self.mail.is_read_only();
        Some(handover)
    }

    /// From now on CAPA announces this user's own minimum time between logins, in seconds; see
    /// [`Session::set_login_delay`].
    pub const fn set_login_delay(&mut self, seconds: u64) {
        self.session.set_login_delay(seconds);
    }

    /// From now on CAPA announces for how many days this user's messages are kept, `None` for ever; see
    /// [`Session::set_expire`].
    pub const fn set_expire(&mut self, days: Option<u64>) {
        self.session.set_expire(days);
    }

    /// Changes the texts that the server sends by itself, for instance after LANG. After STLS they are the
    /// usual ones again, because a client that was not inside TLS may have asked for the change.
    pub const fn set_phrases(&mut self, phrases: fn(Phrase) -> &'static str) {
        self.session.set_phrases(phrases);
    }
}

/// The maildrop: all of this is empty until somebody is logged in.
impl<C, I, M> Server<C, I, M> {
    /// Sets whether every DELE is refused: for guests, and where something else deletes messages. Call it
    /// before or after the login; it holds until it is called again, also inside TLS after STLS.
    pub const fn set_read_only(&mut self, read_only: bool) {
        self.mail.set_read_only(read_only);
    }

    /// The list of messages, while somebody is logged in.
    #[must_use]
    pub fn index(&self) -> Option<&I> {
        self.mail.index()
    }

    /// Closes the maildrop and returns its index, with any lock the index holds. Call it when the connection
    /// is lost. The answer to QUIT, `ok` or `err`, does this by itself and drops the index.
    pub fn close(&mut self) -> Option<I> {
        self.mail.close()
    }

    /// How many messages are not marked as deleted, as STAT counts them.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.mail.count()
    }

    /// The total size in octets of the messages that are not marked as deleted.
    #[must_use]
    pub fn octets(&self) -> u64 {
        self.mail.octets()
    }
}

impl<C: Borrow<Config>, I: Index, M: AsRef<[u8]> + AsMut<[u8]>> Server<C, I, M> {
    /// Does what the server can do alone, then says what it needs next; see [`Session::poll`].
    pub fn poll<'i>(&mut self, now: Time, mut input: impl Input<'i>, out: &mut impl Output) -> Need {
        self.mail.advance(&mut self.session, now, &mut input, out).need()
    }

    /// Returns the next event. `now` is the present time, `input` is the window of unread bytes, and `out`
    /// takes the answers.
    ///
    /// Calling it tells the server that you are finished with the last event. A ticket that was neither used
    /// nor kept with [`Ticket::defer`](super::Ticket::defer) is then answered `-ERR`; a body or listing that
    /// was begun and not ended closes the connection. An event comes only if `out` has
    /// [`MIN_OUTPUT`](crate::limits::MIN_OUTPUT) bytes of room, so that every one-line answer fits.
    pub fn receive<'i>(&mut self, now: Time, mut input: impl Input<'i>, out: &mut impl Output) -> Event<'i> {
        let next = self.mail.advance(&mut self.session, now, &mut input, out);
        self.emit(&next, &mut input, out)
    }

    /// Whether message `number` is marked as deleted.
    #[must_use]
    pub fn is_marked(&self, number: MsgNo) -> bool {
        self.mail.is_marked(number)
    }

    /// Marks a message as deleted, as DELE does, for servers that remove every message that was fetched.
    /// Returns `false` if there is no such message or it is already marked. RSET removes the mark (RFC 1939
    /// section 5).
    pub fn mark(&mut self, number: MsgNo) -> bool {
        self.mail.mark(number)
    }

    /// The messages to remove at [`Update`](Event::Update): once the client has sent QUIT, the marked
    /// messages in ascending order. Before QUIT, and after every other end of a session, there are none
    /// (RFC 1939 section 6).
    pub fn removals(&self) -> impl Iterator<Item = MsgNo> + '_ {
        self.mail.removals()
    }
}

impl<C: Borrow<Config>, I, M> Dialogue for Server<C, I, M> {}

impl<C: Borrow<Config>, I, M> Inside for Server<C, I, M> {
    type Config = C;

    #[inline]
    fn inside(&mut self) -> &mut Session<C> {
        &mut self.session
    }

    fn leave(&mut self) {
        self.mail.close();
    }
}
