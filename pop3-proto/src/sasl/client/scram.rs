//! SCRAM: two round trips, with a signature at the end that only the real server can compute (RFC 5802
//! section 5).

use core::fmt;

use subtle::ConstantTimeEq as _;

use super::credentials::Credentials;
use super::halt::Halt;
use super::scram_limits::ScramLimits;
use crate::base64::{self, Base64};
use crate::buf::Output as _;
use crate::sasl::gs2::put_name;
use crate::sasl::memory::{Memory, Span};
use crate::sasl::scram::{ClientKeys, Hash, is_extension, is_nonce, text};
use crate::sasl::{Channel, Prepared, Why, prepare};

/// The longest salt and signature that are accepted, in bytes.
const LONGEST: usize = 64;

/// The longest combined nonce, in bytes. It is limited because the response has to fit into an output.
const NONCE: usize = 128;

#[derive(Debug)]
pub(super) struct Scram {
    hash: Hash,
    limits: ScramLimits,
    /// The gs2 header, followed by the data of the binding.
    binding: Span,
    /// The client-first message; `bare` is the same without its header.
    pub(super) first: Span,
    bare: Span,
    nonce: Span,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    First,
    /// The proof was sent; the server has to send this signature.
    Final(Expected),
    Proved,
    Over,
}

/// The signature that the server has to send. Whoever knows it can impersonate the server.
#[derive(Clone, Copy)]
struct Expected {
    signature: [u8; LONGEST],
    len: usize,
}

impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expected(..)")
    }
}

impl Scram {
    /// If `plus_offered`, the server has the -PLUS form of this mechanism, so the client must not claim that
    /// it has not.
    pub(super) fn new(
        (hash, plus): (Hash, bool),
        plus_offered: bool,
        limits: ScramLimits,
        credentials: &Credentials<'_>,
        channel: &Channel<'_>,
        memory: &mut Memory<'_>,
    ) -> Result<Self, Why> {
        password(credentials)?;
        let nonce = channel.nonce.ok_or(Why::Nonce)?;
        let name = prepare(credentials.name).ok_or(Why::Text)?;
        let start = memory.mark();
        match channel.bindings.first() {
            Some(binding) if plus => {
                memory.put(b"p=")?;
                memory.put(binding.kind.as_bytes())?;
            }
            _ if plus => return Err(Why::Channel),
            Some(_) if !plus_offered => memory.put(b"y")?,
            _ => memory.put(b"n")?,
        }
        memory.put(b",")?;
        if let Some(other) = credentials.acting_as {
            memory.put(b"a=")?;
            put_name(&prepare(other).ok_or(Why::Text)?, memory)?;
        }
        memory.put(b",")?;
        let header = memory.since(start);
        let bare = memory.mark();
        memory.put(b"n=")?;
        put_name(&name, memory)?;
        memory.put(b",r=")?;
        let nonce = memory.keep(nonce.as_str().as_bytes())?;
        let (first, bare) = (memory.since(start), memory.since(bare));
        let binding = memory.mark();
        memory.copy(header)?;
        if let Some(data) = channel.bindings.first().filter(|_| plus) {
            memory.put(data.data)?;
        }
        Ok(Self { hash, limits, binding: memory.since(binding), first, bare, nonce, state: State::First })
    }

    pub(super) fn step(
        &mut self,
        credentials: &Credentials<'_>,
        challenge: Span,
        memory: &mut Memory<'_>,
    ) -> Result<Span, Halt> {
        match core::mem::replace(&mut self.state, State::Over) {
            State::First => self.answer(credentials, challenge, memory),
            State::Final(Expected { signature, len }) => {
                if memory.get(challenge).starts_with(b"e=") {
                    // The server reports a failure; `-ERR` follows.
                    return Ok(memory.since(memory.mark()));
                }
                let mut octets = [0; LONGEST];
                let said = verifier(memory.get(challenge)).and_then(|text| text.decode(&mut octets));
                let said = said.ok_or(Halt::Server)?;
                let same = bool::from(said.ct_eq(signature.get(..len).unwrap_or_default()));
                self.state = if same { State::Proved } else { State::Over };
                if same { Ok(memory.since(memory.mark())) } else { Err(Halt::Server) }
            }
            State::Proved | State::Over => Err(Halt::Server),
        }
    }

    /// Answers `r=NONCE,s=SALT,i=ITERATIONS[,EXTENSIONS]` with `c=BINDING,r=NONCE,p=PROOF`.
    fn answer(
        &mut self,
        credentials: &Credentials<'_>,
        challenge: Span,
        memory: &mut Memory<'_>,
    ) -> Result<Span, Halt> {
        let ServerFirst { nonce, salt, iterations } =
            ServerFirst::read(memory.get(challenge), memory.get(self.nonce)).ok_or(Halt::Server)?;
        let mut octets = [0; LONGEST];
        let salt = salt.decode(&mut octets).filter(|salt| !salt.is_empty()).ok_or(Halt::Server)?;
        self.limits.check(iterations, salt.len()).map_err(Halt::Limits)?;
        let nonce = memory.place(nonce).ok_or(Halt::Server)?;
        let keys = ClientKeys::derive(self.hash, &password(credentials)?, salt, iterations);
        let keys = keys.ok_or(Halt::Server)?;

        let start = memory.mark();
        memory.put(b"c=")?;
        memory.put_base64(self.binding)?;
        memory.put(b",r=")?;
        memory.copy(nonce)?;
        let without_proof = memory.since(start);
        let [bare, server_first, without_proof] =
            [self.bare, challenge, without_proof].map(|span| memory.get(span));
        let auth_message = [bare, b",", server_first, b",", without_proof];
        let proof = keys.proof(auth_message);
        let expected = keys.server_signature(auth_message);
        let mut signature = [0; LONGEST];
        for (to, from) in signature.iter_mut().zip(expected.octets()) {
            *to = *from;
        }
        self.state = State::Final(Expected { signature, len: expected.octets().len() });
        memory.put(b",p=")?;
        base64::put(proof.octets(), memory)?;
        Ok(memory.since(start))
    }

    /// Whether the proof was sent.
    pub(super) const fn showed(&self) -> bool {
        !matches!(self.state, State::First)
    }

    pub(super) const fn is_proved(&self) -> bool {
        matches!(self.state, State::Proved)
    }
}

/// The parts of `r=NONCE,s=SALT,i=ITERATIONS[,EXTENSIONS]`.
struct ServerFirst<'m> {
    nonce: &'m [u8],
    salt: Base64<'m>,
    iterations: u32,
}

impl<'m> ServerFirst<'m> {
    /// `None` if the message is malformed or does not continue our nonce.
    fn read(message: &'m [u8], own: &[u8]) -> Option<Self> {
        let mut attributes = text(message)?.split(|b| *b == b',');
        let nonce = attributes.next()?.strip_prefix(b"r=").filter(|nonce| is_nonce(nonce))?;
        let salt = Base64::new(attributes.next()?.strip_prefix(b"s=")?)?;
        let iterations = number(attributes.next()?.strip_prefix(b"i=")?)?;
        let goes_on = nonce.len() > own.len() && nonce.len() <= NONCE && nonce.starts_with(own);
        let good = goes_on && attributes.all(is_extension);
        good.then_some(Self { nonce, salt, iterations })
    }
}

fn password<'c>(credentials: &Credentials<'c>) -> Result<Prepared<'c>, Why> {
    let password = credentials.password.ok_or(Why::Credentials)?;
    core::str::from_utf8(password.expose()).ok().and_then(prepare).ok_or(Why::Text)
}

/// The signature in `v=SIGNATURE[,EXTENSIONS]`. A message with `e=` would report a failure.
fn verifier(message: &[u8]) -> Option<Base64<'_>> {
    let mut attributes = text(message)?.split(|b| *b == b',');
    let signature = Base64::new(attributes.next()?.strip_prefix(b"v=")?)?;
    attributes.all(is_extension).then_some(signature)
}

/// Reads digits, of which the first is not zero (RFC 5802 section 7). A number beyond 32 bits is taken for the
/// largest one.
fn number(digits: &[u8]) -> Option<u32> {
    let well_formed =
        !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && !digits.starts_with(b"0");
    let text = core::str::from_utf8(digits).ok().filter(|_| well_formed)?;
    Some(text.parse().unwrap_or(u32::MAX))
}
