//! SCRAM, in two round trips and a word at the end (RFC 5802 section 5).

use super::action::{Identity, Move};
use crate::base64;
use crate::base64::Base64;
use crate::buf::Output as _;
use crate::decimal::Decimal;
use crate::sasl::Channel;
use crate::sasl::gs2::{Flag, Gs2};
use crate::sasl::memory::{Memory, Span};
use crate::sasl::scram::{Hash, Keys, is_extension, is_nonce, proof_is_right, server_signature, text};

/// Longest channel binding and fake key that are kept, in octets.
const KEPT: usize = 64;

#[derive(Debug)]
pub(super) struct Scram {
    hash: Hash,
    plus: bool,
    /// The server's part.
    nonce: Span,
    /// Kinds and data of the bindings that the connection has, in pairs.
    bindings: [Option<(Span, Span)>; 3],
    fake_key: Span,
    fake_iterations: u32,
    state: State,
}

#[derive(Debug)]
enum State {
    First,
    /// The keys are being looked for.
    Keys(First),
    Final(First, Found, ServerFirst),
    /// The proof was right, and the client is told so.
    Proved(Identity),
    Over,
}

/// The keys to go on with. Those of nobody fail at the end, whatever the proof: their secret is only as good as the fake key.
#[derive(Debug)]
struct Found {
    keys: Keys,
    somebody: bool,
}

/// What the client-first message said.
#[derive(Clone, Copy, Debug)]
struct First {
    header: Span,
    binding: Option<Span>,
    bare: Span,
    nonce: Span,
    identity: Identity,
}

#[derive(Clone, Copy, Debug)]
struct ServerFirst {
    message: Span,
    nonce: Span,
}

impl Scram {
    pub(super) fn new(mechanism: &[u8], channel: &Channel<'_>, memory: &mut Memory<'_>) -> Option<Self> {
        let (hash, plus) = Hash::of_mechanism(mechanism)?;
        if !is_nonce(channel.nonce.as_bytes()) || (plus && channel.bindings.is_empty()) {
            return None;
        }
        let mut bindings = [None; 3];
        for (kept, binding) in bindings.iter_mut().zip(channel.bindings) {
            if binding.data.len() > KEPT {
                return None;
            }
            *kept = Some((memory.keep(binding.kind.as_bytes())?, memory.keep(binding.data)?));
        }
        Some(Self {
            hash,
            plus,
            nonce: memory.keep(channel.nonce.as_bytes())?,
            bindings,
            fake_key: memory.keep(channel.fake_key.get(..KEPT).unwrap_or(channel.fake_key))?,
            fake_iterations: channel.fake_iterations.max(1),
            state: State::First,
        })
    }

    pub(super) fn step(&mut self, response: Span, memory: &mut Memory<'_>) -> Option<Move> {
        match core::mem::replace(&mut self.state, State::Over) {
            State::First => {
                let first = self.client_first(response, memory)?;
                self.state = State::Keys(first);
                Some(Move::FindKeys(first.identity.name, self.hash))
            }
            State::Final(first, found, server_first) => {
                let signature = client_final(response, first, &found, server_first, memory)?;
                self.state = State::Proved(first.identity);
                Some(Move::Challenge(signature))
            }
            State::Proved(identity) if memory.get(response).is_empty() => Some(Move::Admit(identity)),
            _ => None,
        }
    }

    pub(super) fn keys_are(
        &mut self,
        keys: Option<&Keys>,
        stored_name: Option<&str>,
        memory: &mut Memory<'_>,
    ) -> Option<Move> {
        let State::Keys(first) = core::mem::replace(&mut self.state, State::Over) else { return None };
        // For everybody, so that no answer makes more work than another.
        let name = stored_name.map_or_else(|| memory.get(first.identity.name), str::as_bytes);
        let nobody = Keys::fake(self.hash, memory.get(self.fake_key), name, self.fake_iterations);
        let keys = keys.filter(|keys| keys.hash() == self.hash);
        let found = Found { somebody: keys.is_some(), keys: keys.cloned().unwrap_or(nobody) };
        let server_first = self.server_first(first, &found.keys, memory)?;
        self.state = State::Final(first, found, server_first);
        Some(Move::Challenge(server_first.message))
    }

    /// `gs2-header n=NAME,r=NONCE[,EXTENSIONS]`
    fn client_first(&self, message: Span, memory: &mut Memory<'_>) -> Option<First> {
        let gs2 = Gs2::parse(text(memory.get(message))?)?;
        let binding = match gs2.flag {
            Flag::None if !self.plus => None,
            // The client would have bound the channel, had it known that we can (section 6).
            Flag::Unmatched if !self.plus && self.bindings == [None; 3] => None,
            Flag::Used(kind) if self.plus => {
                Some(self.bindings.iter().flatten().find(|one| memory.get(one.0) == kind)?.1)
            }
            _ => return None,
        };
        // A mandatory extension, `m=`, would stand in front of the name.
        let mut attributes = gs2.rest.split(|b| *b == b',');
        let name = attributes.next()?.strip_prefix(b"n=")?;
        let nonce = attributes.next()?.strip_prefix(b"r=").filter(|nonce| is_nonce(nonce))?;
        if !attributes.all(is_extension) {
            return None;
        }
        let (header, bare) = (memory.place(gs2.header)?, memory.place(gs2.rest)?);
        let (nonce, name) = (memory.place(nonce)?, memory.place(name)?);
        let acting_as = match gs2.authzid.and_then(|name| memory.place(name)) {
            None => None,
            Some(escaped) => Some(memory.name(escaped)?),
        };
        let identity = Identity { name: memory.name(name)?, acting_as };
        Some(First { header, binding, bare, nonce, identity })
    }

    /// `r=NONCE,s=SALT,i=ITERATIONS`
    fn server_first(&self, first: First, keys: &Keys, memory: &mut Memory<'_>) -> Option<ServerFirst> {
        let start = memory.mark();
        memory.put(b"r=").ok()?;
        let nonce = memory.mark();
        memory.copy(first.nonce)?;
        memory.copy(self.nonce)?;
        let nonce = memory.since(nonce);
        memory.put(b",s=").ok()?;
        base64::put(keys.salt(), memory).ok()?;
        memory.put(b",i=").ok()?;
        memory.put(Decimal::new(u64::from(keys.iterations())).as_bytes()).ok()?;
        Some(ServerFirst { message: memory.since(start), nonce })
    }
}

/// `c=BINDING,r=NONCE[,EXTENSIONS],p=PROOF`; the result is the server-final message.
fn client_final(
    message: Span,
    first: First,
    found: &Found,
    server_first: ServerFirst,
    memory: &mut Memory<'_>,
) -> Option<Span> {
    let octets = text(memory.get(message))?;
    let comma = octets.iter().rposition(|b| *b == b',')?;
    let (without_proof, proof) = octets.split_at_checked(comma)?;
    let proof = Base64::new(proof.strip_prefix(b",p=")?)?;
    let mut attributes = without_proof.split(|b| *b == b',');
    let binding = Base64::new(attributes.next()?.strip_prefix(b"c=")?)?;
    let nonce = attributes.next()?.strip_prefix(b"r=")?;
    let well_formed = attributes.all(is_extension);

    let mut decoded = [0; 2 * KEPT];
    let proof = proof.decode(&mut decoded)?;
    let auth_message = [memory.get(first.bare), b",", memory.get(server_first.message), b",", without_proof];
    let signature = server_signature(&found.keys, auth_message);
    let good = proof_is_right(&found.keys, auth_message, proof)
        & found.somebody
        & (nonce == memory.get(server_first.nonce))
        & well_formed
        & is_binding(binding, memory.get(first.header), first.binding.map_or(b"", |data| memory.get(data)));
    if !good {
        return None;
    }
    let start = memory.mark();
    memory.put(b"v=").ok()?;
    base64::put(signature.octets(), memory).ok()?;
    Some(memory.since(start))
}

/// Whether `text` is the header with the data behind it, octet for octet (section 5.1, `c`).
fn is_binding(text: Base64<'_>, header: &[u8], data: &[u8]) -> bool {
    let mut expected = header.iter().chain(data);
    let same = text.octets().all(|octet| expected.next() == Some(&octet));
    same && expected.next().is_none()
}
