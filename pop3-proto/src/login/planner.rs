//! `Login`: its state, and everything an embedder passes in or reads besides the session.

use core::fmt;

use super::failure::Failure;
use super::method::{Method, Methods};
use super::own::{NoEngine, Own};
use super::policy::{Policy, ServerNotes};
use crate::sasl::client::{Credentials, Engine, Exchange};
use crate::sasl::{Channel, Why};
use crate::text::Text;
use crate::types::{ApopDigest, Mechanism, Security};

/// How many bytes of a refusal's text are kept.
const WORDS: usize = 128;

/// The login of one connection.
///
/// `M` is the memory of the mechanisms, see [`Exchange`]:
/// [`SASL_MEMORY_SMALL`](crate::limits::SASL_MEMORY_SMALL) bytes, or
/// [`SASL_MEMORY`](crate::limits::SASL_MEMORY) bytes for tokens. `E` is a mechanism of your own; see
/// [`with_engine`](Self::with_engine).
pub struct Login<'c, M: AsRef<[u8]> + AsMut<[u8]>, E = NoEngine> {
    pub(super) exchange: Exchange<'c, M>,
    pub(super) own: Option<Own<E>>,
    /// Whether the client's first message of the current exchange was sent.
    pub(super) spoke: bool,
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
    pub(super) last: Option<Failure>,
    /// Whether the server has not yet answered CAPA or the method that was begun last.
    pub(super) unanswered: bool,
    /// Whether there is another method after the one that was begun last.
    pub(super) spare: bool,
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
    Capa(Security),
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
    /// Flush the output, then pass the next event to [`Login::handle_event`].
    Pending,
    /// `+OK` to STLS came. Take [`Client::handover`](crate::client::Client::handover), do the TLS handshake
    /// and check the certificate. Then continue with the client that
    /// [`Handover::secured`](crate::client::Handover::secured) returns; if the connection has a channel
    /// binding, also call [`Login::set_channel`].
    StartTls,
    /// The client is logged in. Its capabilities are those after the login.
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
            exchange: Exchange::new(credentials, channel, memory),
            own: None,
            spoke: false,
            credentials,
            policy,
            notes: ServerNotes::NONE,
            stage: Stage::Greeting,
            digest: None,
            tried: Methods::NONE,
            refused: Methods::NONE,
            last: None,
            unanswered: false,
            spare: false,
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
            spoke: self.spoke,
            credentials: self.credentials,
            policy: self.policy,
            notes: self.notes,
            stage: self.stage,
            digest: self.digest,
            tried: self.tried,
            refused: self.refused,
            last: self.last,
            unanswered: self.unanswered,
            spare: self.spare,
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

    /// The text of the last refusal, cut to 128 bytes. Show it to people, together with the [`Failure`].
    #[must_use]
    pub fn last_refusal_text(&self) -> Text<'_> {
        Text::new(self.words.get(..self.words_len).unwrap_or_default())
    }

    /// Why a token was refused, if the server said so: the JSON object of RFC 7628 section 3.2.2.
    #[must_use]
    pub fn token_refusal(&self) -> Option<&[u8]> {
        self.own.as_ref().and_then(|own| own.engine.refusal()).or_else(|| self.exchange.refusal())
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
