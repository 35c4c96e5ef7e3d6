//! `Login`: its state, and everything an embedder passes in or reads besides the session.

use core::fmt;

use super::failure::Failure;
use super::method::{Method, Methods};
use super::own::{NoEngine, Own};
use super::policy::{Learned, Policy, ServerNotes};
use crate::limits::REPLY_LINE;
use crate::sasl::client::{Credentials, Engine, Exchange};
use crate::sasl::{Channel, Why};
use crate::text::Text;
use crate::types::{ApopDigest, Mechanism, Security};

/// How many bytes of a refusal's text are kept: all that a line of 512 octets can hold.
const WORDS: usize = REPLY_LINE;

/// The login of one connection.
///
/// `M` is the memory of the mechanisms, see [`Exchange`]:
/// [`SASL_MEMORY_SMALL`](crate::limits::SASL_MEMORY_SMALL) bytes, or
/// [`SASL_MEMORY`](crate::limits::SASL_MEMORY) bytes for tokens. `E` is a mechanism of your own; see
/// [`with_engine`](Self::with_engine).
pub struct Login<'c, M: AsRef<[u8]> + AsMut<[u8]>, E = NoEngine> {
    pub(super) exchange: Exchange<'c, M>,
    pub(super) own: Option<Own<E>>,
    /// Whether the client's first message of the current exchange was sent with AUTH, in one line.
    pub(super) one_line: bool,
    /// Whether a challenge has come in the current exchange.
    pub(super) heard: bool,
    /// Whether that challenge was words, after a first message in the AUTH line.
    pub(super) prompted: bool,
    /// The methods whose one-line form the server has refused on this connection.
    pub(super) two_step: Methods,
    /// Whether such a refusal came last, and the two-step form has not been answered yet.
    pub(super) again: bool,
    pub(super) credentials: Credentials<'c>,
    pub(super) policy: Policy,
    pub(super) notes: ServerNotes,
    pub(super) stage: Stage,
    /// The APOP digest for the greeting's timestamp.
    pub(super) digest: Option<ApopDigest>,
    /// Methods that failed or cannot be used on this connection.
    pub(super) tried: Methods,
    /// The methods among `tried` that the server refused.
    pub(super) refused: Methods,
    /// The methods with which the password, a token or a proof was sent on this connection.
    pub(super) showed: Methods,
    /// Whether one of them was sent since the present method was begun.
    pub(super) shown: bool,
    /// How often the server has refused a password, a token or a proof on this connection.
    pub(super) failures: u8,
    pub(super) last: Option<Failure>,
    /// Whether the server has not yet answered CAPA or the method that was begun last.
    pub(super) unanswered: bool,
    /// Whether there is another method after the one that was begun last.
    pub(super) spare: bool,
    /// Whether there is one that may follow if the server closes the connection at that method.
    pub(super) spare_after_hang_up: bool,
    /// Whether the connection was inside TLS when the login last went on.
    pub(super) security: Security,
    pub(super) method: Option<Method>,
    words: [u8; WORDS],
    words_len: usize,
    /// The first method that could not be used because of the caller's mistake.
    pub(super) unusable: Option<(Method, Why)>,
}

/// What is to be done, or what is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    Greeting,
    AskCapa,
    Capa,
    /// All available capabilities are known. Next come TLS, UTF8 and a method.
    Choose,
    Stls,
    /// `+OK` to STLS came. The caller has to do the TLS handshake.
    Handover,
    /// STLS was refused, and TLS is not required.
    GoOnInClear,
    Utf8,
    /// UTF8 was answered, or is not used. Next comes a method.
    Method,
    User,
    SendPass,
    /// PASS or APOP was sent.
    Answer(Method),
    Auth(Method),
    Respond(Method),
    Cancel(Method),
    Cancelled(Method),
    LoggedIn(Method),
    CapaAgain,
    In,
    Failed(Failure),
}

/// How far the login is; [`Login::advance`] returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// Flush the output, then pass the next event to [`Login::handle_event`]. If none comes, call
    /// [`Login::end_of_input`], [`Login::timed_out`] or [`Login::protocol_error`].
    Pending,
    /// `+OK` to STLS came. Take [`Client::handover`](crate::client::Client::handover), do the TLS handshake
    /// and check the certificate. Then continue with the client that
    /// [`Handover::secured`](crate::client::Handover::secured) returns; if the connection has a channel
    /// binding, also call [`Login::set_channel`].
    StartTls,
    /// The client is logged in. Its capabilities are those from CAPA after the login, if that was answered.
    LoggedIn,
    /// The login failed, and cannot succeed on this connection.
    Failed(Failure),
}

impl<'c, M: AsRef<[u8]> + AsMut<[u8]>> Login<'c, M> {
    /// Creates the login for a connection whose greeting has not come yet.
    ///
    /// The nonce of the channel must be new. The channel may have bindings only if the connection is inside
    /// TLS already.
    #[must_use]
    pub const fn new(credentials: Credentials<'c>, channel: Channel<'c>, policy: Policy, memory: M) -> Self {
        Self {
            exchange: Exchange::new(credentials, channel, memory).with_scram_limits(policy.scram),
            own: None,
            one_line: false,
            heard: false,
            prompted: false,
            two_step: Methods::NONE,
            again: false,
            credentials,
            policy,
            notes: ServerNotes::NONE,
            stage: Stage::Greeting,
            digest: None,
            tried: Methods::NONE,
            refused: Methods::NONE,
            showed: Methods::NONE,
            shown: false,
            failures: 0,
            last: None,
            unanswered: false,
            spare: false,
            spare_after_hang_up: false,
            security: Security::Plain,
            method: None,
            words: [0; WORDS],
            words_len: 0,
            unusable: None,
        }
    }

    /// Adds a mechanism that this crate does not have, for instance GSSAPI or NTLM. It is tried before all
    /// others if the server announces it, with the same handling of STLS, CAPA and failures. Its [`Method`]
    /// is [`Method::Own`].
    ///
    /// The engine has to know its credentials. It runs one exchange, on one connection.
    #[must_use]
    pub fn with_engine<E: Engine>(self, mechanism: Mechanism, engine: E) -> Login<'c, M, E> {
        let own = Own { mechanism, engine, announced: false };
        // The fields are listed one by one, because a struct update cannot change the type.
        Login {
            exchange: self.exchange,
            own: Some(own),
            one_line: self.one_line,
            heard: self.heard,
            prompted: self.prompted,
            two_step: self.two_step,
            again: self.again,
            credentials: self.credentials,
            policy: self.policy,
            notes: self.notes,
            stage: self.stage,
            digest: self.digest,
            tried: self.tried,
            refused: self.refused,
            showed: self.showed,
            shown: self.shown,
            failures: self.failures,
            last: self.last,
            unanswered: self.unanswered,
            spare: self.spare,
            spare_after_hang_up: self.spare_after_hang_up,
            security: self.security,
            method: self.method,
            words: self.words,
            words_len: self.words_len,
            unusable: self.unusable,
        }
    }
}

impl<'c, M: AsRef<[u8]> + AsMut<[u8]>, E: Engine> Login<'c, M, E> {
    /// Adds what was learned about this server from earlier connections.
    #[must_use]
    pub const fn with_server_notes(mut self, notes: ServerNotes) -> Self {
        self.notes = notes;
        self
    }

    /// What was learned about the server from this connection and earlier ones.
    #[must_use]
    pub const fn server_notes(&self) -> ServerNotes {
        self.notes
    }

    /// Sets what is known of the connection inside TLS. Call it after the handshake that
    /// [`Progress::StartTls`] asked for. Without it the login continues with the earlier channel, which has
    /// no bindings.
    pub fn set_channel(&mut self, channel: Channel<'c>) {
        self.exchange.set_channel(channel);
    }

    /// The method with which the client logged in; `None` before that.
    #[must_use]
    pub const fn method(&self) -> Option<Method> {
        self.method
    }

    /// The text of the refusal that caused the [`Failure`], cut to 512 bytes. Show it to people, together with
    /// the failure.
    #[must_use]
    pub fn last_refusal_text(&self) -> Text<'_> {
        Text::new(self.words.get(..self.words_len).unwrap_or_default())
    }

    /// Why a token was refused, if the server said so: the JSON object of RFC 7628 section 3.2.2.
    #[must_use]
    pub fn token_refusal(&self) -> Option<&[u8]> {
        self.own.as_ref().and_then(|own| own.engine.refusal()).or_else(|| self.exchange.refusal())
    }

    /// What is known of the server from connections that were as protected as this one is now.
    pub(super) const fn learned(&self) -> &Learned {
        self.notes.of(self.security)
    }

    pub(super) const fn learned_mut(&mut self) -> &mut Learned {
        self.notes.of_mut(self.security)
    }

    /// The engine that runs this method.
    pub(super) fn engine(&self, method: Method) -> &dyn Engine {
        match &self.own {
            Some(own) if method == Method::Own => &own.engine,
            _ => &self.exchange,
        }
    }

    pub(super) fn engine_mut(&mut self, method: Method) -> &mut dyn Engine {
        match &mut self.own {
            Some(own) if method == Method::Own => &mut own.engine,
            _ => &mut self.exchange,
        }
    }

    /// Notes what has gone out, after each message of this method.
    pub(super) fn note_shown(&mut self, method: Method) {
        // What a mechanism of the program's own has sent is not known here.
        if matches!(method, Method::Own | Method::Apop | Method::User) || self.exchange.showed() {
            self.showed.insert(method);
            self.shown = true;
        }
    }

    pub(super) fn keep_words(&mut self, text: Text<'_>) {
        self.words_len = 0;
        for (to, from) in self.words.iter_mut().zip(text.as_bytes()) {
            *to = *from;
            self.words_len = self.words_len.saturating_add(1);
        }
    }
}

impl<M: AsRef<[u8]> + AsMut<[u8]>, E> fmt::Debug for Login<'_, M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("stage", &self.stage)
            .field("tried", &self.tried)
            .finish_non_exhaustive()
    }
}
