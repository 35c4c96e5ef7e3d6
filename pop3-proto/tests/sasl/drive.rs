//! What the tests share: base64, steps that own what they show, and a host that knows users.

use base64ct::{Base64 as Coder, Encoding as _};
use pop3_proto::sasl::scram::{Hash, Keys};
use pop3_proto::sasl::server::{Answer, Cause, Engine, Exchange, Step};
use pop3_proto::sasl::{Binding, Channel};
use pop3_proto::{Base64, Secret};

use crate::scram_client::SERVER;
use crate::signer::nonce;

/// The base64 text of bytes.
pub(crate) fn base64(octets: impl AsRef<[u8]>) -> Vec<u8> {
    let octets = octets.as_ref();
    let mut text = vec![0; octets.len().div_ceil(3) * 4];
    Coder::encode(octets, &mut text).unwrap();
    text
}

/// The same, as a string.
pub(crate) fn text(octets: impl AsRef<[u8]>) -> String {
    String::from_utf8(base64(octets)).unwrap()
}

/// The bytes of a hexadecimal text.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// Bytes as hexadecimal text.
pub(crate) fn to_hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A [`Step`] that borrows nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    Challenge(Vec<u8>),
    CheckPassword(String, Vec<u8>),
    FindSecret(String),
    FindKeys(String, Hash),
    CheckToken(Option<String>, Vec<u8>),
    Authorize(String, String),
    Anonymous(String),
    Done(String),
    Failed(Cause),
}

impl From<Step<'_>> for Seen {
    fn from(step: Step<'_>) -> Self {
        match step {
            Step::Challenge(data) => Self::Challenge(data.into()),
            Step::CheckPassword { name, password } => {
                Self::CheckPassword(name.into(), password.expose().into())
            }
            Step::FindSecret { name } => Self::FindSecret(name.into()),
            Step::FindKeys { name, hash } => Self::FindKeys(name.into(), hash),
            Step::CheckToken { name, token } => Self::CheckToken(name.map(Into::into), token.expose().into()),
            Step::Authorize { name, acting_as } => Self::Authorize(name.into(), acting_as.into()),
            Step::Anonymous { trace } => Self::Anonymous(trace.into()),
            Step::Done { name } => Self::Done(name.into()),
            Step::Failed(cause) => Self::Failed(cause),
            other => panic!("unknown step {other:?}"),
        }
    }
}

pub(crate) fn challenge(data: impl AsRef<[u8]>) -> Seen {
    Seen::Challenge(data.as_ref().into())
}

pub(crate) fn check_password(name: &str, password: &str) -> Seen {
    Seen::CheckPassword(name.into(), password.into())
}

pub(crate) fn find_keys(name: &str, hash: Hash) -> Seen {
    Seen::FindKeys(name.into(), hash)
}

pub(crate) fn check_token(name: Option<&str>, token: &str) -> Seen {
    Seen::CheckToken(name.map(Into::into), token.into())
}

pub(crate) fn authorize(name: &str, acting_as: &str) -> Seen {
    Seen::Authorize(name.into(), acting_as.into())
}

pub(crate) fn done(name: &str) -> Seen {
    Seen::Done(name.into())
}

pub(crate) const fn failed(cause: Cause) -> Seen {
    Seen::Failed(cause)
}

/// The program goes on after the end, or answers a question that was not asked.
pub(crate) const OVER: Seen = Seen::Failed(Cause::Answer);

/// A channel without authority, certificate and binding.
pub(crate) fn channel() -> Channel<'static> {
    bound(SERVER, &[])
}

/// A channel to that port.
pub(crate) fn on_port(port: u16) -> Channel<'static> {
    let mut channel = channel();
    channel.authority = Some(("server.example.com", port));
    channel
}

/// A channel whose nonce has this text, and that has bindings.
pub(crate) fn bound<'c>(text: &str, bindings: &'c [Binding<'c>]) -> Channel<'c> {
    let mut channel = Channel::new("server.example.com");
    channel.nonce = Some(nonce(text));
    channel.bindings = bindings;
    channel
}

/// An exchange with room for everything.
pub(crate) fn exchange() -> Exchange<Vec<u8>> {
    Exchange::new(vec![0; 4096])
}

/// An exchange of OAUTHBEARER with the server of RFC 7628 section 4.
pub(crate) fn oauthbearer() -> Exchange<Vec<u8>> {
    started_on("OAUTHBEARER", &on_port(143))
}

/// An exchange that has begun.
pub(crate) fn started_on(mechanism: &str, channel: &Channel<'_>) -> Exchange<Vec<u8>> {
    let mut exchange = exchange();
    assert_eq!(exchange.start(mechanism.as_bytes(), channel), Ok(()), "{mechanism}");
    exchange
}

pub(crate) fn started(mechanism: &str) -> Exchange<Vec<u8>> {
    started_on(mechanism, &channel())
}

/// The first step of an exchange whose AUTH came without an initial response.
pub(crate) fn begin(engine: &mut dyn Engine) -> Seen {
    engine.step(None).into()
}

/// The next step of an exchange, in which the client sends these bytes.
pub(crate) fn say(engine: &mut dyn Engine, data: impl AsRef<[u8]>) -> Seen {
    engine.step(Some(Base64::new(&base64(data)).unwrap())).into()
}

/// The next step of an exchange, in which the client sends this base64 text.
pub(crate) fn say_text(engine: &mut dyn Engine, text: &str) -> Seen {
    engine.step(Some(Base64::new(text.as_bytes()).unwrap())).into()
}

pub(crate) fn tell(engine: &mut dyn Engine, answer: Answer<'_>) -> Seen {
    engine.answer(answer).into()
}

/// The reason for refusing a token, from RFC 7628 section 4.3.
pub(crate) const WHY: &str = concat!(
    r#"{"status":"invalid_token","scope":"example_scope","#,
    r#""openid-configuration":"https://example.com/.well-known/openid-configuration"}"#
);

/// What an embedder knows about its users.
#[derive(Clone, Default)]
pub(crate) struct Host<'h> {
    /// Names and passwords, which are also the secrets of CRAM-MD5.
    pub(crate) passwords: &'h [(&'h str, &'h str)],
    pub(crate) keys: Vec<(&'h str, &'h Keys)>,
    /// Tokens, and the users they belong to.
    pub(crate) tokens: &'h [(&'h str, &'h str)],
    /// What a client is told whose token is refused.
    pub(crate) why: &'h str,
    /// Who may act as whom.
    pub(crate) deputies: &'h [(&'h str, &'h str)],
}

impl<'h> Host<'h> {
    /// The answer to `seen`, if it is a question.
    pub(crate) fn answer(&self, seen: &Seen) -> Option<Answer<'h>> {
        let password = |name: &str| self.passwords.iter().find(|one| one.0 == name).map(|one| one.1);
        Some(match seen {
            Seen::CheckPassword(name, given) => {
                Answer::Password(password(name).is_some_and(|good| good.as_bytes() == given))
            }
            Seen::FindSecret(name) => Answer::Secret(password(name).map(|text| Secret::new(text.as_bytes()))),
            Seen::FindKeys(name, hash) => Answer::Keys(
                self.keys.iter().find(|(whose, keys)| whose == name && keys.hash() == *hash).map(|one| one.1),
            ),
            Seen::CheckToken(_, token) => Answer::Token(
                self.tokens.iter().find(|one| one.0.as_bytes() == token).map(|one| one.1).ok_or(self.why),
            ),
            Seen::Authorize(name, other) => {
                Answer::Authorized(self.deputies.iter().any(|pair| pair.0 == name && pair.1 == other))
            }
            Seen::Challenge(_) | Seen::Anonymous(_) | Seen::Done(_) | Seen::Failed(_) => return None,
        })
    }

    /// Answers questions until there is none.
    pub(crate) fn resolve(&self, engine: &mut dyn Engine, mut seen: Seen) -> Seen {
        while let Some(answer) = self.answer(&seen) {
            seen = tell(engine, answer);
        }
        seen
    }
}
