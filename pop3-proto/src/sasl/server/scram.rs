//! SCRAM: two round trips, and the server's signature at the end (RFC 5802 section 5).

use super::action::{Identity, Move};
use super::cause::Cause;
use crate::base64;
use crate::base64::Base64;
use crate::buf::Output as _;
use crate::decimal::Decimal;
use crate::sasl::gs2::{Flag, Gs2};
use crate::sasl::memory::{Memory, Span};
use crate::sasl::scram::{Hash, Keys, is_extension, is_nonce, proof_is_right, server_signature, text};
use crate::sasl::{Channel, Why};

/// The longest channel binding and fake key that are kept, in bytes.
const KEPT: usize = 64;
/// The usual length of a salt, in bytes.
const SALT: usize = 16;

#[derive(Debug)]
pub(super) struct Scram {
    hash: Hash,
    plus: bool,
    /// The server's part of the nonce.
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
    /// The embedder is looking for the keys.
    Keys(First),
    Final(First, Found, ServerFirst),
    /// The proof was right, and the client has been told so.
    Proved(Identity),
    Over,
}

/// The keys that are used. Those of a user who does not exist fail at the end, whatever the proof, because
/// somebody may have learned the fake key.
#[derive(Debug)]
struct Found {
    keys: Keys,
    somebody: bool,
}

/// The contents of the client-first message.
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
    pub(super) fn new(
        (hash, plus): (Hash, bool),
        channel: &Channel<'_>,
        memory: &mut Memory<'_>,
    ) -> Result<Self, Why> {
        let nonce = channel.nonce.ok_or(Why::Nonce)?;
        if plus && channel.bindings.is_empty() {
            return Err(Why::Channel);
        }
        let mut bindings = [None; 3];
        for (kept, binding) in bindings.iter_mut().zip(channel.bindings) {
            if binding.data.len() > KEPT {
                return Err(Why::Channel);
            }
            *kept = Some((memory.keep(binding.kind.as_bytes())?, memory.keep(binding.data)?));
        }
        Ok(Self {
            hash,
            plus,
            nonce: memory.keep(nonce.as_str().as_bytes())?,
            bindings,
            fake_key: memory.keep(channel.fake_key.get(..KEPT).unwrap_or(channel.fake_key))?,
            fake_iterations: channel.fake_iterations.max(1),
            state: State::First,
        })
    }

    pub(super) fn step(&mut self, response: Span, memory: &mut Memory<'_>) -> Result<Move, Cause> {
        match core::mem::replace(&mut self.state, State::Over) {
            State::First => {
                let first = self.client_first(response, memory)?;
                self.state = State::Keys(first);
                Ok(Move::FindKeys(first.identity.name, self.hash))
            }
            State::Final(first, found, server_first) => {
                let signature = client_final(response, first, &found, server_first, memory)?;
                self.state = State::Proved(first.identity);
                Ok(Move::Challenge(signature))
            }
            State::Proved(identity) if memory.get(response).is_empty() => Ok(Move::Admit(identity)),
            _ => Err(Cause::Response),
        }
    }

    pub(super) fn keys_are(
        &mut self,
        keys: Option<&Keys>,
        stored_name: Option<&str>,
        like: Option<&Keys>,
        memory: &mut Memory<'_>,
    ) -> Result<Move, Cause> {
        let State::Keys(first) = core::mem::replace(&mut self.state, State::Over) else {
            return Err(Cause::Answer);
        };
        // Computed for every user, so that the time does not show which users exist.
        let name = stored_name.map_or_else(|| memory.get(first.identity.name), str::as_bytes);
        let (iterations, salt) =
            like.map_or((self.fake_iterations, SALT), |like| (like.iterations(), like.salt().len()));
        let nobody = Keys::fake(self.hash, memory.get(self.fake_key), name, iterations, salt);
        let keys = keys.filter(|keys| keys.hash() == self.hash);
        let found = Found { somebody: keys.is_some(), keys: keys.cloned().unwrap_or(nobody) };
        let server_first = self.server_first(first, &found.keys, memory)?;
        self.state = State::Final(first, found, server_first);
        Ok(Move::Challenge(server_first.message))
    }

    /// Reads `gs2-header n=NAME,r=NONCE[,EXTENSIONS]`.
    fn client_first(&self, message: Span, memory: &mut Memory<'_>) -> Result<First, Cause> {
        let gs2 = text(memory.get(message)).and_then(Gs2::parse).ok_or(Cause::Response)?;
        let binding = match gs2.flag {
            Flag::None if !self.plus => None,
            // The client would have used a channel binding if it had known that the server can (section 6).
            Flag::Unmatched if !self.plus && self.bindings == [None; 3] => None,
            Flag::Used(kind) if self.plus => {
                let one = self.bindings.iter().flatten().find(|one| memory.get(one.0) == kind);
                Some(one.ok_or(Cause::Binding)?.1)
            }
            _ => return Err(Cause::Binding),
        };
        // A mandatory extension, `m=`, would come before the name, and so it is refused.
        let mut attributes = gs2.rest.split(|b| *b == b',');
        let name = attributes.next().and_then(|name| name.strip_prefix(b"n="));
        let nonce = attributes.next().and_then(|nonce| nonce.strip_prefix(b"r="));
        let nonce = nonce.filter(|nonce| is_nonce(nonce) && attributes.all(is_extension));
        let place = |part: Option<&[u8]>| part.and_then(|part| memory.place(part)).ok_or(Cause::Response);
        let (header, bare) = (place(Some(gs2.header))?, place(Some(gs2.rest))?);
        let (nonce, name) = (place(nonce)?, place(name)?);
        let acting_as = match gs2.authzid.and_then(|name| memory.place(name)) {
            None => None,
            Some(escaped) => Some(memory.name(escaped)?.ok_or(Cause::Response)?),
        };
        let identity = Identity { name: memory.name(name)?.ok_or(Cause::Response)?, acting_as };
        Ok(First { header, binding, bare, nonce, identity })
    }

    /// Writes `r=NONCE,s=SALT,i=ITERATIONS`.
    fn server_first(&self, first: First, keys: &Keys, memory: &mut Memory<'_>) -> Result<ServerFirst, Cause> {
        let start = memory.mark();
        memory.put(b"r=")?;
        let nonce = memory.mark();
        memory.copy(first.nonce)?;
        memory.copy(self.nonce)?;
        let nonce = memory.since(nonce);
        memory.put(b",s=")?;
        base64::put(keys.salt(), memory)?;
        memory.put(b",i=")?;
        memory.put(Decimal::new(u64::from(keys.iterations())).as_bytes())?;
        Ok(ServerFirst { message: memory.since(start), nonce })
    }
}

/// The parts of `c=BINDING,r=NONCE[,EXTENSIONS],p=PROOF`.
struct ClientFinal<'m> {
    without_proof: &'m [u8],
    binding: Base64<'m>,
    nonce: &'m [u8],
    extensions_are_well_formed: bool,
    proof: Base64<'m>,
}

impl<'m> ClientFinal<'m> {
    fn read(message: &'m [u8]) -> Option<Self> {
        let message = text(message)?;
        let (without_proof, proof) = message.split_at_checked(message.iter().rposition(|b| *b == b',')?)?;
        let mut attributes = without_proof.split(|b| *b == b',');
        Some(Self {
            without_proof,
            binding: Base64::new(attributes.next()?.strip_prefix(b"c=")?)?,
            nonce: attributes.next()?.strip_prefix(b"r=")?,
            extensions_are_well_formed: attributes.all(is_extension),
            proof: Base64::new(proof.strip_prefix(b",p=")?)?,
        })
    }
}

/// Checks the client-final message. Returns the server-final message.
fn client_final(
    message: Span,
    first: First,
    found: &Found,
    server_first: ServerFirst,
    memory: &mut Memory<'_>,
) -> Result<Span, Cause> {
    let said = ClientFinal::read(memory.get(message)).ok_or(Cause::Response)?;
    let mut decoded = [0; 2 * KEPT];
    let proof = said.proof.decode(&mut decoded).ok_or(Cause::Response)?;
    let server_first_message = memory.get(server_first.message);
    let auth_message = [memory.get(first.bare), b",", server_first_message, b",", said.without_proof];
    let signature = server_signature(&found.keys, auth_message);
    let data = first.binding.map_or(&[][..], |data| memory.get(data));
    let proved = proof_is_right(&found.keys, auth_message, proof) & found.somebody;
    let well_formed = (said.nonce == memory.get(server_first.nonce)) & said.extensions_are_well_formed;
    let bound = is_binding(said.binding, memory.get(first.header), data);
    match (proved, well_formed, bound) {
        (true, true, true) => {}
        (false, _, _) => return Err(Cause::Credentials),
        (true, false, _) => return Err(Cause::Response),
        // The client knows the password, but is not at the other end of this TLS connection.
        (true, true, false) => return Err(Cause::Binding),
    }
    let start = memory.mark();
    memory.put(b"v=")?;
    base64::put(signature.octets(), memory)?;
    Ok(memory.since(start))
}

/// Whether `text` decodes to the header followed by the data, byte for byte (section 5.1, `c`).
fn is_binding(text: Base64<'_>, header: &[u8], data: &[u8]) -> bool {
    let mut expected = header.iter().chain(data);
    let same = text.octets().all(|octet| expected.next() == Some(&octet));
    same && expected.next().is_none()
}
