//! OAUTHBEARER (RFC 7628) and its predecessor XOAUTH2: the client sends a token and a user name.

use super::action::{Identity, Move};
use super::cause::Cause;
use crate::decimal::Decimal;
use crate::sasl::gs2::{Flag, Gs2};
use crate::sasl::memory::{Memory, Span};
use crate::sasl::{Channel, Why};

/// Separates the parts of a message and ends it.
const SEPARATOR: u8 = 0x01;

#[derive(Debug)]
pub(super) struct Bearer {
    form: Form,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    OAuthBearer { authority: Option<(Span, Span)> },
    XOAuth2,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Start,
    Asked {
        acting_as: Option<Span>,
    },
    /// The client was told why it failed. Whatever it sends next, the exchange is over (RFC 7628 section
    /// 3.2.3).
    Refused,
}

/// The contents of a message.
struct Said {
    name: Option<Span>,
    token: Span,
}

impl Bearer {
    pub(super) fn oauthbearer(channel: &Channel<'_>, memory: &mut Memory<'_>) -> Result<Self, Why> {
        let authority = match channel.authority {
            None => None,
            Some((host, port)) => {
                let host = memory.keep(host.as_bytes())?;
                Some((host, memory.keep(Decimal::new(u64::from(port)).as_bytes())?))
            }
        };
        Ok(Self { form: Form::OAuthBearer { authority }, state: State::Start })
    }

    pub(super) const fn xoauth2() -> Self {
        Self { form: Form::XOAuth2, state: State::Start }
    }

    pub(super) fn step(&mut self, message: Span, memory: &mut Memory<'_>) -> Result<Move, Cause> {
        let State::Start = self.state else { return Err(Cause::Credentials) };
        let said = match self.form {
            Form::OAuthBearer { authority } => oauthbearer(message, authority, memory)?,
            Form::XOAuth2 => xoauth2(message, memory)?,
        };
        self.state = State::Asked { acting_as: said.name };
        Ok(Move::CheckToken { name: said.name, token: said.token })
    }

    pub(super) fn token_was(
        &mut self,
        whose: Result<&str, &str>,
        memory: &mut Memory<'_>,
    ) -> Result<Move, Cause> {
        let State::Asked { acting_as } = self.state else { return Err(Cause::Answer) };
        self.state = State::Refused;
        match whose {
            Ok(name) => {
                let name = memory.keep(name.as_bytes())?;
                Ok(Move::Admit(Identity { name: memory.prepare(name)?, acting_as }))
            }
            Err(why) => Ok(Move::Challenge(memory.keep(why.as_bytes())?)),
        }
    }
}

/// Reads `n,a=NAME,` and key-value pairs, each ended by a separator, then one more separator.
fn oauthbearer(
    message: Span,
    authority: Option<(Span, Span)>,
    memory: &mut Memory<'_>,
) -> Result<Said, Cause> {
    let (escaped, token) = oauthbearer_fields(message, authority, memory).ok_or(Cause::Response)?;
    let name = match escaped {
        None => None,
        Some(escaped) => Some(memory.name(escaped)?.ok_or(Cause::Response)?),
    };
    Ok(Said { name, token })
}

/// The positions of the token and of the name, if there is one.
fn oauthbearer_fields(
    message: Span,
    authority: Option<(Span, Span)>,
    memory: &Memory<'_>,
) -> Option<(Option<Span>, Span)> {
    let gs2 = Gs2::parse(memory.get(message)).filter(|gs2| !matches!(gs2.flag, Flag::Used(_)))?;
    let mut auth = None;
    for pair in pairs(gs2.rest.strip_prefix(&[SEPARATOR])?)? {
        let (key, value) = pair.split_at_checked(pair.iter().position(|b| *b == b'=')?)?;
        let value = value.strip_prefix(b"=")?;
        // Unknown keys are skipped (section 3.1).
        let good = match key {
            b"host" => authority.is_none_or(|(host, _)| value.eq_ignore_ascii_case(memory.get(host))),
            b"port" => authority.is_none_or(|(_, port)| value == memory.get(port)),
            b"auth" => auth.replace(value).is_none(),
            _ => !key.is_empty() && key.iter().all(u8::is_ascii_alphabetic),
        };
        if !good || !value.iter().all(|b| matches!(b, b'\t' | b'\r' | b'\n' | b' '..=b'~')) {
            return None;
        }
    }
    let token = memory.place(bearer(auth?)?)?;
    Some((gs2.authzid.and_then(|name| memory.place(name)), token))
}

/// Reads `user=NAME` and `auth=Bearer TOKEN`, each ended by a separator, then one more separator.
fn xoauth2(message: Span, memory: &mut Memory<'_>) -> Result<Said, Cause> {
    let (user, token) = xoauth2_fields(message, memory).ok_or(Cause::Response)?;
    Ok(Said { name: Some(memory.prepare(user)?), token })
}

fn xoauth2_fields(message: Span, memory: &Memory<'_>) -> Option<(Span, Span)> {
    let mut pairs = pairs(memory.get(message))?;
    let user = memory.place(pairs.next()?.strip_prefix(b"user=")?)?;
    let token = memory.place(bearer(pairs.next()?.strip_prefix(b"auth=")?)?)?;
    pairs.next().is_none().then_some((user, token))
}

/// The parts of a list. Each is ended by a separator, and the list by one more.
fn pairs(list: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let inner = list.strip_suffix(&[SEPARATOR])?;
    let inner = inner.strip_suffix(&[SEPARATOR])?;
    Some(inner.split(|b| *b == SEPARATOR))
}

/// The token of `Bearer TOKEN` (RFC 6750 section 2.1). An empty value is the empty token.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    if value.is_empty() {
        return Some(value);
    }
    let (scheme, spaces_and_token) = value.split_first_chunk::<6>()?;
    let token = spaces_and_token.trim_ascii_start();
    let end = token.iter().rposition(|b| *b != b'=')?;
    let fits = |b: &u8| b.is_ascii_alphanumeric() || b"-._~+/".contains(b);
    let good = scheme.eq_ignore_ascii_case(b"bearer")
        && spaces_and_token.len() > token.len()
        && token.get(..=end)?.iter().all(fits);
    good.then_some(token)
}
