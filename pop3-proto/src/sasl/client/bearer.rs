//! OAUTHBEARER (RFC 7628) and its predecessor XOAUTH2: the client sends a token and a user name.

use super::credentials::Credentials;
use super::halt::Halt;
use super::plain::put_prepared;
use crate::buf::Output as _;
use crate::decimal::Decimal;
use crate::sasl::gs2::put_name;
use crate::sasl::memory::{Memory, Span};
use crate::sasl::{Channel, Why};

/// Separates the parts of a message and ends it.
const SEPARATOR: &[u8] = &[0x01];

#[derive(Debug)]
pub(super) struct Bearer {
    pub(super) message: Span,
    /// The response that acknowledges a failure. The two mechanisms have different ones (RFC 7628 section
    /// 3.2.3).
    acknowledgement: Span,
    pub(super) refusal: Option<Span>,
}

impl Bearer {
    /// Writes `n,a=NAME,` and key-value pairs, each ended by a separator, then one more separator.
    pub(super) fn oauthbearer(
        credentials: &Credentials<'_>,
        channel: &Channel<'_>,
        memory: &mut Memory<'_>,
    ) -> Result<Self, Why> {
        let token = token(credentials)?;
        let acknowledgement = memory.keep(SEPARATOR)?;
        let start = memory.mark();
        memory.put(b"n,")?;
        let name = credentials.acting_as.unwrap_or(credentials.name);
        if !name.is_empty() {
            memory.put(b"a=")?;
            put_name(checked(name)?, memory)?;
        }
        memory.put(b",")?;
        if let Some((host, port)) = channel.authority {
            let port = Decimal::new(u64::from(port));
            for part in [SEPARATOR, b"host=", checked(host)?.as_bytes(), SEPARATOR, b"port=", port.as_bytes()]
            {
                memory.put(part)?;
            }
        }
        for part in [SEPARATOR, b"auth=Bearer ", token, SEPARATOR, SEPARATOR] {
            memory.put(part)?;
        }
        Ok(Self { message: memory.since(start), acknowledgement, refusal: None })
    }

    /// Writes `user=NAME` and `auth=Bearer TOKEN`, each ended by a separator, then one more separator.
    pub(super) fn xoauth2(credentials: &Credentials<'_>, memory: &mut Memory<'_>) -> Result<Self, Why> {
        let token = token(credentials)?;
        let acknowledgement = memory.since(memory.mark());
        let name = credentials.acting_as.unwrap_or(credentials.name);
        let name = put_prepared(checked(name)?.as_bytes(), memory)?;
        let start = memory.mark();
        memory.put(b"user=")?;
        memory.copy(name)?;
        for part in [SEPARATOR, b"auth=Bearer ", token, SEPARATOR, SEPARATOR] {
            memory.put(part)?;
        }
        Ok(Self { message: memory.since(start), acknowledgement, refusal: None })
    }

    /// A challenge after the message reports a failure; the server expects a response to it.
    pub(super) fn step(&mut self, challenge: Span) -> Result<Span, Halt> {
        if self.refusal.is_some() {
            return Err(Halt::Server);
        }
        self.refusal = Some(challenge);
        Ok(self.acknowledgement)
    }
}

/// A token must be visible ASCII (RFC 6750 section 2.1). Above all, it must not contain a separator.
fn token<'c>(credentials: &Credentials<'c>) -> Result<&'c [u8], Why> {
    let token = credentials.token.ok_or(Why::Credentials)?.expose();
    let well_formed = !token.is_empty() && token.iter().all(|b| matches!(b, 0x21..=0x7E));
    if well_formed { Ok(token) } else { Err(Why::Token) }
}

fn checked(text: &str) -> Result<&str, Why> {
    if text.bytes().any(|b| b.is_ascii_control()) { Err(Why::Text) } else { Ok(text) }
}
