//! SCRAM: two round trips, and a word of the server's that only the real one can say (RFC 5802 section 5).

use core::fmt;

use subtle::ConstantTimeEq as _;

use super::credentials::Credentials;
use crate::base64::{self, Base64};
use crate::buf::Output as _;
use crate::sasl::gs2::put_name;
use crate::sasl::memory::{Memory, Span};
use crate::sasl::scram::{ClientKeys, Hash, is_extension, is_nonce, text};
use crate::sasl::{Channel, Prepared, prepare};

/// More iterations than this are taken for an attack on the client's processor (RFC 5802 section 9): some ten times what is in
/// use, about a second of work.
pub const MAX_ITERATIONS: u32 = 1_000_000;

/// Longest salt and signature that are taken, in octets.
const LONGEST: usize = 64;

/// Longest combined nonce, in octets: the response has to fit an output.
const NONCE: usize = 128;

#[derive(Debug)]
pub(super) struct Scram {
    hash: Hash,
    /// The gs2 header and the data of the binding behind it.
    binding: Span,
    /// The client-first message; without its header it is the bare one.
    pub(super) first: Span,
    bare: Span,
    nonce: Span,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    First,
    /// The proof is out; this is what the server has to say.
    Final(Expected),
    Proved,
    Over,
}

/// The signature that the server has yet to give. Who sees it can play the server.
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
    /// `plus_offered`: the server has the -PLUS form of this mechanism, so it must not be told that it has not.
    pub(super) fn new(
        (hash, plus): (Hash, bool),
        plus_offered: bool,
        credentials: &Credentials<'_>,
        channel: &Channel<'_>,
        memory: &mut Memory<'_>,
    ) -> Option<Self> {
        password(credentials)?;
        if !is_nonce(channel.nonce.as_bytes()) || channel.nonce.len() > LONGEST {
            return None;
        }
        let name = prepare(credentials.name)?;
        let start = memory.mark();
        match channel.bindings.first() {
            Some(binding) if plus => {
                memory.put(b"p=").ok()?;
                memory.put(binding.kind.as_bytes()).ok()?;
            }
            _ if plus => return None,
            Some(_) if !plus_offered => memory.put(b"y").ok()?,
            _ => memory.put(b"n").ok()?,
        }
        memory.put(b",").ok()?;
        if let Some(other) = credentials.acting_as {
            memory.put(b"a=").ok()?;
            put_name(&prepare(other)?, memory).ok()?;
        }
        memory.put(b",").ok()?;
        let header = memory.since(start);
        let bare = memory.mark();
        memory.put(b"n=").ok()?;
        put_name(&name, memory).ok()?;
        memory.put(b",r=").ok()?;
        let nonce = memory.keep(channel.nonce.as_bytes())?;
        let (first, bare) = (memory.since(start), memory.since(bare));
        let binding = memory.mark();
        memory.copy(header)?;
        if let Some(data) = channel.bindings.first().filter(|_| plus) {
            memory.put(data.data).ok()?;
        }
        Some(Self { hash, binding: memory.since(binding), first, bare, nonce, state: State::First })
    }

    pub(super) fn step(
        &mut self,
        credentials: &Credentials<'_>,
        challenge: Span,
        memory: &mut Memory<'_>,
    ) -> Option<Span> {
        match core::mem::replace(&mut self.state, State::Over) {
            State::First => self.answer(credentials, challenge, memory),
            State::Final(Expected { signature, len }) => {
                if memory.get(challenge).starts_with(b"e=") {
                    // A failure that is told: `-ERR` follows.
                    return Some(memory.since(memory.mark()));
                }
                let mut octets = [0; LONGEST];
                let said = verifier(memory.get(challenge))?.decode(&mut octets)?;
                let same = bool::from(said.ct_eq(signature.get(..len)?));
                self.state = if same { State::Proved } else { State::Over };
                same.then(|| memory.since(memory.mark()))
            }
            State::Proved | State::Over => None,
        }
    }

    /// `r=NONCE,s=SALT,i=ITERATIONS[,EXTENSIONS]`, answered with `c=BINDING,r=NONCE,p=PROOF`.
    fn answer(
        &mut self,
        credentials: &Credentials<'_>,
        challenge: Span,
        memory: &mut Memory<'_>,
    ) -> Option<Span> {
        let message = text(memory.get(challenge))?;
        let mut attributes = message.split(|b| *b == b',');
        let nonce = attributes.next()?.strip_prefix(b"r=").filter(|nonce| is_nonce(nonce))?;
        let salt = Base64::new(attributes.next()?.strip_prefix(b"s=")?)?;
        let iterations = number(attributes.next()?.strip_prefix(b"i=")?)?;
        let own = memory.get(self.nonce);
        let goes_on = nonce.len() > own.len() && nonce.len() <= NONCE && nonce.starts_with(own);
        if !goes_on || !(1..=MAX_ITERATIONS).contains(&iterations) || !attributes.all(is_extension) {
            return None;
        }
        let mut octets = [0; LONGEST];
        let salt = salt.decode(&mut octets).filter(|salt| salt.len() >= 2)?;
        let nonce = memory.place(nonce)?;
        let keys = ClientKeys::derive(self.hash, &password(credentials)?, salt, iterations)?;

        let start = memory.mark();
        memory.put(b"c=").ok()?;
        memory.put_base64(self.binding)?;
        memory.put(b",r=").ok()?;
        memory.copy(nonce)?;
        let without_proof = memory.since(start);
        let [bare, server_first, without_proof] =
            [self.bare, challenge, without_proof].map(|span| memory.get(span));
        let auth_message = [bare, b",", server_first, b",", without_proof];
        let proof = keys.proof(auth_message);
        let expected = keys.server_signature(auth_message);
        let mut signature = [0; LONGEST];
        signature.get_mut(..expected.octets().len())?.copy_from_slice(expected.octets());
        self.state = State::Final(Expected { signature, len: expected.octets().len() });
        memory.put(b",p=").ok()?;
        base64::put(proof.octets(), memory).ok()?;
        Some(memory.since(start))
    }

    pub(super) const fn is_proved(&self) -> bool {
        matches!(self.state, State::Proved)
    }
}

fn password<'c>(credentials: &Credentials<'c>) -> Option<Prepared<'c>> {
    prepare(core::str::from_utf8(credentials.password?.expose()).ok()?)
}

/// `v=SIGNATURE[,EXTENSIONS]`; `e=` would be a failure.
fn verifier(message: &[u8]) -> Option<Base64<'_>> {
    let mut attributes = text(message)?.split(|b| *b == b',');
    let signature = Base64::new(attributes.next()?.strip_prefix(b"v=")?)?;
    attributes.all(is_extension).then_some(signature)
}

/// Digits, the first of them not zero (RFC 5802 section 7).
fn number(digits: &[u8]) -> Option<u32> {
    let well_formed = digits.iter().all(u8::is_ascii_digit) && !digits.starts_with(b"0");
    core::str::from_utf8(digits).ok().filter(|_| well_formed)?.parse().ok()
}
