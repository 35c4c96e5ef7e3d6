//! [`Exchange`]: the mechanisms that the played server speaks, rightly or with one [`Twist`].

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;

use base64ct::{Base64 as Padded, Encoding as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;

use super::act::{Act, Twist};
use crate::conformance::task::Task;
use crate::sasl::prepare;
use crate::sasl::scram::{ClientKeys, Hash};

/// What the server says to a message of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Challenge(Vec<u8>),
    Done(bool),
}

/// An exchange under way.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    pub(super) mechanism: String,
    /// The messages of the client so far.
    messages: Vec<Vec<u8>>,
    /// The first message of the server in SCRAM.
    server_first: Vec<u8>,
    /// What binds a login to the TLS session, if that is known.
    exporter: Option<Vec<u8>>,
    /// What the exchange comes to once the client has taken the last challenge.
    ends: Option<bool>,
}

/// The salt of SCRAM.
const SALT: &[u8] = b"pop3check salt";

impl Exchange {
    /// `None` if the mechanism is not spoken.
    pub(super) fn new(mechanism: &str, exporter: Option<Vec<u8>>) -> Option<Self> {
        const SPOKEN: [&str; 11] = [
            "PLAIN",
            "LOGIN",
            "CRAM-MD5",
            "SCRAM-SHA-1",
            "SCRAM-SHA-1-PLUS",
            "SCRAM-SHA-256",
            "SCRAM-SHA-256-PLUS",
            "XOAUTH2",
            "OAUTHBEARER",
            "EXTERNAL",
            "ANONYMOUS",
        ];
        let mechanism = mechanism.to_ascii_uppercase();
        SPOKEN.contains(&mechanism.as_str()).then(|| Self {
            mechanism,
            messages: Vec::new(),
            server_first: Vec::new(),
            exporter,
            ends: None,
        })
    }

    /// What the server says before the client's first message.
    pub(super) fn first(&self, act: &Act) -> Vec<u8> {
        match self.mechanism.as_str() {
            "CRAM-MD5" => act.challenge.clone(),
            "LOGIN" => act.prompts[0].to_vec(),
            _ => Vec::new(),
        }
    }

    /// Goes on with a message of the client.
    pub(super) fn hear(&mut self, message: &[u8], act: &Act, task: &Task) -> Says {
        if let Some(ends) = self.ends {
            return Says::Done(ends && message.is_empty());
        }
        self.messages.push(message.to_vec());
        match (self.mechanism.as_str(), self.messages.len()) {
            ("PLAIN", _) => Says::Done(plain_is_right(message, task)),
            ("LOGIN", 1) => Says::Challenge(act.prompts[1].to_vec()),
            ("LOGIN", _) => {
                let name = self.messages.first().is_some_and(|name| name == task.user.as_bytes());
                Says::Done(name && message == task.password.as_bytes())
            }
            ("CRAM-MD5", _) => Says::Done(message == cram_answer(&act.challenge, task)),
            ("EXTERNAL" | "ANONYMOUS", _) => Says::Done(true),
            ("XOAUTH2" | "OAUTHBEARER", _) => self.bearer(message, task, act.no_token),
            (_, 1) => self.scram_first(message, act),
            _ => self.scram_final(message, act, task),
        }
    }

    fn bearer(&mut self, message: &[u8], task: &Task, no_token: bool) -> Says {
        let auth = format!("\u{1}auth=Bearer {}\u{1}\u{1}", task.token);
        if message.ends_with(auth.as_bytes()) && !no_token {
            return Says::Done(true);
        }
        self.ends = Some(false);
        Says::Challenge(br#"{"status":"401","schemes":"bearer","scope":"mail"}"#.to_vec())
    }

    fn scram_first(&mut self, message: &[u8], act: &Act) -> Says {
        if act.twist == Twist::EarlyOk {
            return Says::Done(true);
        }
        let text = String::from_utf8_lossy(message).into_owned();
        let Some((_, nonce)) = text.rsplit_once(",r=") else { return Says::Done(false) };
        let nonce = match act.twist {
            Twist::OwnNonce => "pop3checkServerNonce".to_string(),
            Twist::ClientNonce => nonce.to_string(),
            _ => format!("{nonce}pop3checkServerNonce"),
        };
        let salt = Padded::encode_string(if act.twist == Twist::ShortSalt { b"s" } else { SALT });
        let count = if let Twist::Count(count) = act.twist { count } else { "4096" };
        let front = if act.twist == Twist::Mandatory { "m=pop3check," } else { "" };
        let back = match act.twist {
            Twist::Optional => ",x=1".to_string(),
            Twist::Long(octets) => format!(",x={}", "x".repeat(octets)),
            _ => String::new(),
        };
        self.server_first = format!("{front}r={nonce},s={salt},i={count}{back}").into_bytes();
        Says::Challenge(self.server_first.clone())
    }

    /// The proof is right if the client computes what the server computes.
    fn scram_final(&mut self, message: &[u8], act: &Act, task: &Task) -> Says {
        let Some((right, signature)) = self.proof_and_signature(message, task) else {
            return Says::Done(false);
        };
        if !right {
            return Says::Done(false);
        }
        let mut signature = signature;
        match act.twist {
            Twist::NoSignature => return Says::Done(true),
            Twist::WrongSignature => signature.iter_mut().take(1).for_each(|octet| *octet ^= 1),
            Twist::ErrorThenOk => {
                self.ends = Some(true);
                return Says::Challenge(b"e=other-error".to_vec());
            }
            _ => {}
        }
        self.ends = Some(true);
        Says::Challenge(format!("v={}", Padded::encode_string(&signature)).into_bytes())
    }

    fn proof_and_signature(&self, message: &[u8], task: &Task) -> Option<(bool, Vec<u8>)> {
        let (hash, _) = Hash::of_mechanism(self.mechanism.as_bytes())?;
        let password = prepare(&task.password)?;
        let keys = ClientKeys::derive(hash, &password, SALT, 4096)?;
        let text = core::str::from_utf8(message).ok()?;
        let (without, proof) = text.rsplit_once(",p=")?;
        let first = self.messages.first()?;
        let bare = first.splitn(3, |octet| *octet == b',').nth(2)?;
        let all = [bare, b",", &self.server_first, b",", without.as_bytes()];
        let header = first.get(..first.len().saturating_sub(bare.len()))?;
        let right =
            Padded::encode_string(keys.proof(all).octets()) == proof && self.is_bound(header, without);
        Some((right, keys.server_signature(all).octets().to_vec()))
    }

    /// Whether the final message repeats the header and binds to the TLS session as it says (RFC 5802 section 6,
    /// RFC 9266 section 2). Other types of binding cannot be looked at here.
    fn is_bound(&self, header: &[u8], last: &str) -> bool {
        let Some((_, plus)) = Hash::of_mechanism(self.mechanism.as_bytes()) else { return false };
        let binding = last.strip_prefix("c=").and_then(|rest| rest.split(',').next());
        let binding = binding.and_then(|text| Padded::decode_vec(text).ok()).unwrap_or_default();
        match (binding.strip_prefix(header), &self.exporter) {
            (Some(data), _) if !plus => data.is_empty() && !header.starts_with(b"p="),
            (Some(data), Some(exporter)) if header.starts_with(b"p=tls-exporter,") => data == exporter,
            (Some(_), _) => header.starts_with(b"p="),
            (None, _) => false,
        }
    }
}

/// Nothing or a name, NUL, the name, NUL, the password (RFC 4616 section 2).
fn plain_is_right(message: &[u8], task: &Task) -> bool {
    let mut parts = message.split(|octet| *octet == 0);
    let (Some(authzid), Some(name), Some(password), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let user = task.user.as_bytes();
    (authzid.is_empty() || authzid == user) && name == user && password == task.password.as_bytes()
}

/// What the client has to answer (RFC 2195 section 2).
pub(super) fn cram_answer(challenge: &[u8], task: &Task) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Md5>::new_from_slice(task.password.as_bytes()) else { return vec![] };
    mac.update(challenge);
    let digest: String = mac.finalize().into_bytes().iter().map(|octet| format!("{octet:02x}")).collect();
    format!("{} {digest}", task.user).into_bytes()
}
