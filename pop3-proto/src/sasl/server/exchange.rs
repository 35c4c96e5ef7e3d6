//! `Exchange`: runs the server's side of one exchange at a time, with the mechanisms of this crate.

use core::fmt;

use zeroize::Zeroize as _;

use super::action::{Identity, Move};
use super::anonymous::Anonymous;
use super::bearer::Bearer;
use super::cause::Cause;
#[cfg(feature = "cram-md5")]
use super::cram_md5::CramMd5;
use super::external::External;
use super::login::Login;
use super::plain::Plain;
#[cfg(feature = "scram")]
use super::scram::Scram;
use super::step::{Answer, Engine, Step};
use crate::base64::Base64;
use crate::sasl::memory::Memory;
#[cfg(feature = "scram")]
use crate::sasl::scram::Hash;
use crate::sasl::{Channel, Why};
use crate::secret::Secret;

/// Runs the server's side of the mechanisms of this crate.
///
/// It works in memory that you lend: an array, a `Vec`, a slice.
/// [`SASL_MEMORY_SMALL`](crate::limits::SASL_MEMORY_SMALL) bytes are enough for everything but tokens and
/// very long names and passwords. A token needs as many bytes as it is long, and a text that SASLprep changes
/// needs room for its prepared form as well. [`SASL_MEMORY`](crate::limits::SASL_MEMORY) is enough for every
/// token that fits into a line of [`EXCHANGE_LINE`](crate::limits::EXCHANGE_LINE). If the memory is too
/// small, the exchange fails with [`Cause::Memory`]. The memory is wiped at the start of the next exchange,
/// at a failure and on drop; the password is wiped as soon as its question is answered.
pub struct Exchange<M: AsRef<[u8]> + AsMut<[u8]>> {
    memory: M,
    used: usize,
    running: Running,
    /// Whether no response has come yet.
    fresh: bool,
}

#[derive(Debug)]
#[cfg_attr(feature = "scram", expect(clippy::large_enum_variant, reason = "there is no heap to put it on"))]
enum Running {
    Nothing,
    Plain(Plain),
    Login(Login),
    External(External),
    Anonymous(Anonymous),
    Bearer(Bearer),
    #[cfg(feature = "cram-md5")]
    CramMd5(CramMd5),
    #[cfg(feature = "scram")]
    Scram(Scram),
    /// The client has proved who it is and wants to act as another user.
    Authorizing(Identity),
}

impl<M: AsRef<[u8]> + AsMut<[u8]>> Exchange<M> {
    /// Creates a value that is ready to [`start`](Self::start) exchanges.
    pub const fn new(memory: M) -> Self {
        Self { memory, used: 0, running: Running::Nothing, fresh: false }
    }

    /// Starts an exchange; an earlier one is forgotten.
    ///
    /// Which mechanisms a client may use at all is set with
    /// [`Config::mechanisms`](crate::server::Config::mechanisms).
    ///
    /// # Errors
    ///
    /// [`Why`] it cannot start: this build does not include the mechanism, the memory is too small, or the
    /// channel lacks what the mechanism needs, for instance a nonce or a binding. Refuse the command with
    /// [`Code::SysPerm`](crate::Code::SysPerm).
    pub fn start(&mut self, mechanism: &[u8], channel: &Channel<'_>) -> Result<(), Why> {
        self.forget();
        let mut memory = Memory::new(self.memory.as_mut(), &mut self.used);
        let memory = &mut memory;
        let is = |name: &str| mechanism.eq_ignore_ascii_case(name.as_bytes());
        let running = if is("PLAIN") {
            Ok(Running::Plain(Plain::new()))
        } else if is("LOGIN") {
            Ok(Running::Login(Login::new()))
        } else if is("EXTERNAL") {
            External::new(channel, memory).map(Running::External)
        } else if is("ANONYMOUS") {
            Ok(Running::Anonymous(Anonymous))
        } else if is("OAUTHBEARER") {
            Bearer::oauthbearer(channel, memory).map(Running::Bearer)
        } else if is("XOAUTH2") {
            Ok(Running::Bearer(Bearer::xoauth2()))
        } else {
            with_hashes(mechanism, channel, memory)
        };
        self.running = running?;
        self.fresh = true;
        Ok(())
    }

    fn forget(&mut self) {
        self.running = Running::Nothing;
        self.memory.as_mut().zeroize();
        self.used = 0;
    }

    /// Turns a move of the mechanism into a step for the embedder.
    fn show(&mut self, to: Result<Move, Cause>) -> Step<'_> {
        let to = match to {
            Ok(to) => to,
            Err(cause) => {
                self.forget();
                return Step::Failed(cause);
            }
        };
        let kept = Memory::new(self.memory.as_mut(), &mut self.used).into_kept();
        match to {
            Move::Challenge(data) => Step::Challenge(kept.get(data)),
            Move::CheckPassword { name, password } => {
                Step::CheckPassword { name: kept.text(name), password: Secret::new(kept.get(password)) }
            }
            #[cfg(feature = "cram-md5")]
            Move::FindSecret(name) => Step::FindSecret { name: kept.text(name) },
            #[cfg(feature = "scram")]
            Move::FindKeys(name, hash) => Step::FindKeys { name: kept.text(name), hash },
            Move::CheckToken { name, token } => Step::CheckToken {
                name: name.map(|name| kept.text(name)),
                token: Secret::new(kept.get(token)),
            },
            Move::Anonymous(trace) => Step::Anonymous { trace: kept.text(trace) },
            Move::Admit(identity) => {
                self.running = Running::Nothing;
                let name = kept.text(identity.name);
                match identity.acting_as.map(|other| kept.text(other)).filter(|other| *other != name) {
                    None => Step::Done { name },
                    Some(acting_as) => {
                        self.running = Running::Authorizing(identity);
                        Step::Authorize { name, acting_as }
                    }
                }
            }
        }
    }
}

/// The mechanisms that need a cargo feature.
fn with_hashes(mechanism: &[u8], channel: &Channel<'_>, memory: &mut Memory<'_>) -> Result<Running, Why> {
    #[cfg(feature = "cram-md5")]
    if mechanism.eq_ignore_ascii_case(b"CRAM-MD5") {
        return CramMd5::new(channel, memory).map(Running::CramMd5);
    }
    #[cfg(feature = "scram")]
    if let Some(which) = Hash::of_mechanism(mechanism) {
        return Scram::new(which, channel, memory).map(Running::Scram);
    }
    let _ = (mechanism, channel, memory);
    Err(Why::NotBuilt)
}

impl<M: AsRef<[u8]> + AsMut<[u8]>> Engine for Exchange<M> {
    fn step(&mut self, response: Option<Base64<'_>>) -> Step<'_> {
        let mut memory = Memory::new(self.memory.as_mut(), &mut self.used);
        let memory = &mut memory;
        let response = match response {
            None if !core::mem::take(&mut self.fresh) => return self.show(Err(Cause::Answer)),
            None => None,
            Some(text) => match memory.decode(text) {
                Ok(response) => Some(response),
                Err(full) => return self.show(Err(full.into())),
            },
        };
        self.fresh = false;
        let next = match (&mut self.running, response) {
            (Running::Login(login), response) => login.step(response, memory),
            #[cfg(feature = "cram-md5")]
            (Running::CramMd5(cram), response) => cram.step(response, memory),
            (Running::Nothing | Running::Authorizing(_), _) => Err(Cause::Answer),
            // The client has to speak first; an empty challenge asks it to (RFC 4422 section 5.1).
            (_, None) => Ok(Move::Challenge(memory.since(memory.mark()))),
            (Running::Plain(plain), Some(response)) => plain.step(response, memory),
            (Running::External(external), Some(response)) => external.step(response, memory),
            (Running::Anonymous(anonymous), Some(response)) => anonymous.step(response, memory),
            (Running::Bearer(bearer), Some(response)) => bearer.step(response, memory),
            #[cfg(feature = "scram")]
            (Running::Scram(scram), Some(response)) => scram.step(response, memory),
        };
        self.show(next)
    }

    fn answer(&mut self, answer: Answer<'_>) -> Step<'_> {
        let mut memory = Memory::new(self.memory.as_mut(), &mut self.used);
        let memory = &mut memory;
        let next = match (&mut self.running, answer) {
            (Running::Plain(plain), Answer::Password(good)) => plain.password_was(good, memory),
            (Running::Login(login), Answer::Password(good)) => login.password_was(good, memory),
            (Running::Bearer(bearer), Answer::Token(whose)) => bearer.token_was(whose, memory),
            #[cfg(feature = "cram-md5")]
            (Running::CramMd5(cram), Answer::Secret(secret)) => cram.secret_is(secret, memory),
            #[cfg(feature = "scram")]
            (Running::Scram(scram), Answer::Keys(keys)) => scram.keys_are(keys, None, None, memory),
            #[cfg(feature = "scram")]
            (Running::Scram(scram), Answer::Nobody { stored_name, like }) => {
                scram.keys_are(None, Some(stored_name), like, memory)
            }
            (Running::Authorizing(identity), Answer::Authorized(true)) => {
                let name = identity.acting_as.ok_or(Cause::Answer);
                name.map(|name| Move::Admit(Identity { name, acting_as: None }))
            }
            (Running::Authorizing(_), Answer::Authorized(false)) => Err(Cause::Credentials),
            _ => Err(Cause::Answer),
        };
        self.show(next)
    }
}

impl<M: AsRef<[u8]> + AsMut<[u8]>> Drop for Exchange<M> {
    fn drop(&mut self) {
        self.forget();
    }
}

impl<M: AsRef<[u8]> + AsMut<[u8]>> fmt::Debug for Exchange<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("running", &self.running).finish_non_exhaustive()
    }
}
