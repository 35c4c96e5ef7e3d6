//! SCRAM by hand, so that one part of it can be wrong (RFC 5802 section 5).

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;

use super::pop::Pop;
use super::read::Reply;
use super::sasl::{begin, respond, shown};
use super::stage::Stage;
use super::way_in::{encoded, nonce};
use crate::base64::Base64;
use crate::conformance::form;
use crate::conformance::probe::{Result, Stop};
use crate::sasl::client::MAX_ITERATIONS;
use crate::sasl::prepare;
use crate::sasl::scram::{ClientKeys, Hash};

/// The mechanisms without channel binding that are on offer.
pub(super) fn on_offer(s: &Stage) -> Vec<&'static str> {
    let names = [Hash::Sha1, Hash::Sha256].map(Hash::mechanism);
    names.into_iter().filter(|name| s.facts().offers(name)).collect()
}

/// One exchange of SCRAM, with right values to begin with.
#[derive(Clone, Debug)]
pub(super) struct Scram {
    pub(super) mechanism: String,
    /// The GS2 header.
    pub(super) header: String,
    /// The first message without the header.
    pub(super) bare: String,
    /// What the final message has in `c=`, not encoded.
    pub(super) binding: Vec<u8>,
    /// The client's nonce.
    pub(super) nonce: String,
    /// One bit of the proof is turned.
    pub(super) turned: bool,
    /// The keys are made of the password as it is.
    pub(super) unprepared: bool,
    /// The final message has another nonce than the server's.
    pub(super) other_nonce: bool,
}

/// The first message of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServerFirst {
    pub(super) text: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    salt: Vec<u8>,
    pub(super) iterations: u64,
}

impl ServerFirst {
    /// Reads `r=NONCE,s=SALT,i=COUNT`, strictly; extensions may follow.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let mut parts = text.split(|octet| *octet == b',');
        let nonce = parts.next()?.strip_prefix(b"r=")?;
        let salt = parts.next()?.strip_prefix(b"s=")?;
        let iterations = form::number(parts.next()?.strip_prefix(b"i=")?)?;
        let good = form::is_base64(salt) && nonce.iter().all(u8::is_ascii_graphic) && iterations > 0;
        let mut decoded = vec![0; salt.len()];
        let salt = Base64::new(salt)?.decode(&mut decoded)?.to_vec();
        (good && !salt.is_empty()).then(|| Self {
            text: text.to_vec(),
            nonce: nonce.to_vec(),
            salt,
            iterations,
        })
    }
}

impl Scram {
    pub(super) fn new(pop: &Pop, mechanism: &str, name: &str) -> Self {
        let name = name.replace('=', "=3D").replace(',', "=2C");
        let nonce = nonce(pop).as_str().to_string();
        Self {
            mechanism: mechanism.into(),
            header: "n,,".into(),
            bare: format!("n={name},r={nonce}"),
            binding: b"n,,".to_vec(),
            nonce,
            turned: false,
            unprepared: false,
            other_nonce: false,
        }
    }

    /// Sends the first message, and returns what answers it.
    pub(super) async fn first(&self, s: &Stage, pop: &mut Pop) -> Result<Reply> {
        let empty = begin(s, pop, &self.mechanism, None).await?;
        if !empty.is_challenge() {
            return Ok(empty);
        }
        respond(s, pop, format!("{}{}", self.header, self.bare).as_bytes()).await
    }

    /// The final message, and the signature that the server has to send.
    fn last(&self, server: &ServerFirst, password: &str) -> Result<(String, Vec<u8>)> {
        let (hash, iterations) =
            (Hash::of_mechanism(self.mechanism.as_bytes()), u32::try_from(server.iterations));
        let iterations = iterations.ok().filter(|count| *count <= MAX_ITERATIONS);
        let iterations = iterations.ok_or_else(|| Stop::Control("too many iterations".into()))?;
        let prepared = prepare(password).ok_or(Stop::NotRun("the password cannot be prepared"))?;
        let password = if self.unprepared { password } else { &prepared };
        let keys = hash.and_then(|(hash, _)| ClientKeys::derive(hash, password, &server.salt, iterations));
        let keys =
            keys.ok_or_else(|| Stop::Control("no keys can be made of the server's first message".into()))?;
        let mut nonce = String::from_utf8_lossy(&server.nonce).into_owned();
        if self.other_nonce {
            nonce.push('x');
        }
        let front = format!("c={},r={nonce}", encoded(&self.binding));
        let all = [self.bare.as_bytes(), b",", &server.text, b",", front.as_bytes()];
        let mut proof = keys.proof(all).octets().to_vec();
        if self.turned {
            proof.iter_mut().take(1).for_each(|octet| *octet ^= 1);
        }
        Ok((format!("{front},p={}", encoded(&proof)), keys.server_signature(all).octets().to_vec()))
    }

    /// Sends the final message after the server's first one: what answers it, and the signature that is due.
    pub(super) async fn finish(
        &self,
        s: &Stage,
        pop: &mut Pop,
        first: &Reply,
        password: &str,
    ) -> Result<(Reply, Vec<u8>)> {
        let server = first.challenge().as_deref().and_then(ServerFirst::read);
        let no_keys = || Stop::Control(format!("the first message is answered by {}", shown(first)));
        let (message, signature) = self.last(&server.ok_or_else(no_keys)?, password)?;
        let due = format!("v={}", encoded(&signature));
        s.hide(encoded(due.as_bytes()));
        s.hide(&due);
        Ok((respond(s, pop, message.as_bytes()).await?, due.into_bytes()))
    }

    /// The whole exchange up to its last reply: that to the empty line after the server's last challenge.
    pub(super) async fn run(&self, s: &Stage, pop: &mut Pop, password: &str) -> Result<Reply> {
        let first = self.first(s, pop).await?;
        if !first.is_challenge() || is_error(&first) {
            return settled(pop, first).await;
        }
        let (last, _) = self.finish(s, pop, &first, password).await?;
        settled(pop, last).await
    }
}

/// Whether it is a challenge that tells an error.
pub(super) fn is_error(reply: &Reply) -> bool {
    reply.challenge().is_some_and(|data| data.starts_with(b"e="))
}

/// A challenge at the end of the exchange is answered by an empty line.
pub(super) async fn settled(pop: &mut Pop, reply: Reply) -> Result<Reply> {
    if reply.is_challenge() { pop.ask("").await } else { Ok(reply) }
}
