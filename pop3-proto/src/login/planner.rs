//! The planner's state, and what goes in and out of it besides the session.

use core::fmt;

use super::failure::Failure;
use super::method::{Method, Methods};
use super::own::{NoEngine, Own};
use super::policy::{Policy, ServerNotes};
use crate::sasl::client::{Credentials, Engine, Exchange};
use crate::sasl::{Channel, Why};
use crate::text::Text;
use crate::types::{ApopDigest, Mechanism, Security};

/// Bytes of a refusal's text that are kept.
const WORDS: usize = 128;

/// The login of one connection.
///
/// `M` is the memory of the mechanisms, see [`Exchange`]: [`SASL_MEMORY_SMALL`](crate::limits::SASL_MEMORY_SMALL) bytes, or
/// [`SASL_MEMORY`](crate::limits::SASL_MEMORY) for tokens. `E` is a mechanism of your own; see [`with_engine`](Self::with_engine).
pub struct Login<'c, M: AsRef<[u8]> + AsMut<[u8]>, E = NoEngine> {
    pub(super) exchange: Exchange<'c, M>,
    pub(super) own: Option<Own<E>>,
    /// The client's first message of the present exchange is out.
    pub(super) spoke: bool,
    pub(super) credentials: Credentials<'c>,
    pub(super) policy: Policy,
    pub(super) notes: ServerNotes,
    pub(super) stage: Stage,
    /// The answer to the greeting's timestamp.
    pub(super) digest: Option<ApopDigest>,
    /// Methods that failed or cannot be used on this connection.
    pub(super) tried: Methods,
    /// Of these, those that the server refused.
    pub(super) refused: Methods,
    pub(super) last: Option<Failure>,
    /// The server has said nothing to CAPA or to the method that was begun last.
    pub(super) unanswered: bool,
    /// There is another method after the one that was begun last.
    pub(super) spare: bool,
    pub(super) method: Option<Method>,
    words: [u8; WORDS],
    words_len: usize,
    /// The first method that the caller's fault ruled out.
    pub(super) unusable: Option<(Method, Why)>,
}

/// What is to be done, or what is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    Greeting,
    AskCapa,
    Capa(Security),
    /// Capabilities are known as far as they will be: TLS, UTF8, method.
    Choose,
    Stls,
    /// `+OK` to STLS came: the handshake is the caller's.
    Handover,
    /// STLS was refused, and is not required.
    GoOnInClear,
    Utf8,
    /// UTF8 was answered.
    Method,
    User,
    SendPass,
    /// PASS or APOP.
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

/// Where the login stands, from [`Login::advance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// Flush the output, and show the next event to [`Login::handle_event`].
    Pending,
    /// `+OK` to STLS came. Take [`Client::handover`](crate::client::Client::handover), shake hands, check the certificate, and go on with
    /// the client that [`Handover::secured`](crate::client::Handover::secured) gives, and with [`Login::set_channel`] if the connection has
    /// a channel binding.
    StartTls,
    /// The client is logged in. Its capabilities are those after the login.
    LoggedIn,
    /// Nobody is logged in, and nobody will be on this connection.
    Failed(Failure),
}

impl<'c, M: AsRef<[u8]> + AsMut<[u8]>> Login<'c, M> {
    /// The login of a connection whose greeting is still to come.
    ///
    /// The nonce of the channel must be new; a connection inside TLS from the start may have bindings.
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

    /// Brings a mechanism along that this crate does not have, GSSAPI or NTLM for instance. It is used before all others where the
    /// server announces it, and goes through the same STLS, CAPA and failures; its [`Method`] is [`Method::Own`].
    ///
    /// The engine knows its credentials; it is asked for one exchange on one connection.
    #[must_use]
    pub fn with_engine<E: Engine>(self, mechanism: Mechanism, engine: E) -> Login<'c, M, E> {
        let own = Own { mechanism, engine, announced: false };
        // Named one by one: the type changes, and a struct update cannot.
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
    /// What earlier connections to this server taught.
    #[must_use]
    pub const fn with_server_notes(mut self, notes: ServerNotes) -> Self {
        self.notes = notes;
        self
    }

    /// What this connection taught, and those before it.
    #[must_use]
    pub const fn server_notes(&self) -> ServerNotes {
        self.notes
    }

    /// Tells what the connection is inside TLS: call it after the handshake that [`Progress::StartTls`] asked for. Without it the
    /// login goes on all the same, with the channel from before, which has no bindings.
    pub fn set_channel(&mut self, channel: Channel<'c>) {
        self.exchange.set_channel(channel);
    }

    /// How the client logged in; `None` before that.
    #[must_use]
    pub const fn method(&self) -> Option<Method> {
        self.method
    }

    /// The text of the last refusal, cut to 128 bytes: show it to people, with what [`Failure`] says.
    #[must_use]
    pub fn last_refusal_text(&self) -> Text<'_> {
        Text::new(self.words.get(..self.words_len).unwrap_or_default())
    }

    /// Why a token was refused, if the server said so: the JSON object of RFC 7628 section 3.2.2.
    #[must_use]
    pub fn token_refusal(&self) -> Option<&[u8]> {
        self.own.as_ref().and_then(|own| own.engine.refusal()).or_else(|| self.exchange.refusal())
    }

    /// What runs this method.
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
