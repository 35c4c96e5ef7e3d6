//! `Exchange`: runs the client's side of one exchange at a time, with the mechanisms of this crate.

use core::fmt;

use zeroize::Zeroize as _;

use super::credentials::Credentials;
use super::halt::Halt;
use super::plain::Login;
use super::running::Running;
use super::scram_limits::{OutOfLimits, ScramLimits};
use super::step::{Engine, Step};
use crate::base64::Base64;
use crate::limits::SASL_MEMORY_SMALL;
use crate::sasl::memory::{Memory, Span};
use crate::sasl::{Channel, Why};

/// The longest message, in bytes, whose base64 text and line end fit into the room of a `Vec`.
const LONGEST: usize = 12_285;

/// Runs the client's side of the mechanisms of this crate.
///
/// It works in memory that you lend: [`SASL_MEMORY_SMALL`] bytes are enough for everything but tokens and very
/// long names and passwords: PLAIN takes twice the length of name, password and
/// [`acting_as`](Credentials::acting_as), and 2 bytes.
/// [`SASL_MEMORY`](crate::limits::SASL_MEMORY) bytes are enough for tokens too, if the whole message has at
/// most 12,285 bytes (for XOAUTH2: with the name counted twice). If the memory is too small, the exchange
/// fails with [`Why::Memory`]. The memory is wiped at the start of the next exchange and on drop.
pub struct Exchange<'c, M: AsRef<[u8]> + AsMut<[u8]>> {
    credentials: Credentials<'c>,
    channel: Channel<'c>,
    memory: M,
    used: usize,
    running: Running,
    sent_initial: bool,
    /// Whether the initial response may be sent once more: it was sent with AUTH, where some servers overlook
    /// it.
    may_repeat: bool,
    /// Where the response of the last step lies.
    response: Option<Span>,
    /// Why the last step gave up, if the server was not the cause.
    fault: Option<Why>,
    limits: ScramLimits,
    out_of_limits: Option<OutOfLimits>,
}

impl<'c, M: AsRef<[u8]> + AsMut<[u8]>> Exchange<'c, M> {
    /// Creates a value that is ready to [`start`](Self::start) exchanges.
    pub const fn new(credentials: Credentials<'c>, channel: Channel<'c>, memory: M) -> Self {
        Self {
            credentials,
            channel,
            memory,
            used: 0,
            running: Running::Nothing,
            sent_initial: false,
            may_repeat: false,
            response: None,
            fault: None,
            limits: ScramLimits::DEFAULT,
            out_of_limits: None,
        }
    }

    /// Sets what the client accepts from a server in SCRAM.
    #[must_use]
    pub const fn with_scram_limits(mut self, limits: ScramLimits) -> Self {
        self.limits = limits;
        self
    }

    /// What the server asked for in SCRAM, if the last step gave up because of that.
    #[must_use]
    pub const fn out_of_limits(&self) -> Option<OutOfLimits> {
        self.out_of_limits
    }

    /// Replaces what is known of the connection: once inside TLS, it has bindings that it did not have
    /// before.
    pub fn set_channel(&mut self, channel: Channel<'c>) {
        self.forget();
        self.channel = channel;
    }

    /// What the exchanges know of the connection.
    #[must_use]
    pub const fn channel(&self) -> &Channel<'c> {
        &self.channel
    }

    /// Starts an exchange; an earlier one is forgotten.
    ///
    /// `plus_offered` says whether the server lists the -PLUS form of this SCRAM mechanism. If it does not,
    /// and the channel has a binding, the client tells the server so. The server can then see that somebody
    /// has removed -PLUS from its list on the way (RFC 5802 section 6).
    ///
    /// # Errors
    ///
    /// [`Why`] it cannot start. The cause is the caller, never the server, and nothing may be sent then.
    pub fn start(&mut self, mechanism: &str, plus_offered: bool) -> Result<(), Why> {
        self.forget();
        let mut memory = Memory::new(self.memory.as_mut(), &mut self.used);
        self.running = Running::start(
            mechanism,
            plus_offered,
            self.limits,
            &self.credentials,
            &self.channel,
            &mut memory,
        )?;
        if self.first().is_some_and(|message| self.at(message).len() > LONGEST) {
            self.forget();
            return Err(Why::TooLong);
        }
        Ok(())
    }

    /// Forgets everything about the exchange and wipes the memory.
    pub fn forget(&mut self) {
        self.running = Running::Nothing;
        self.sent_initial = false;
        self.may_repeat = false;
        self.response = None;
        self.fault = None;
        self.out_of_limits = None;
        self.memory.as_mut().zeroize();
        self.used = 0;
    }

    /// Whether anything was sent by which the server can tell who the user is: a password, a token or a proof,
    /// or a name that it was asked for. A name alone at the front of a proof does not count.
    pub(crate) const fn showed(&self) -> bool {
        match &self.running {
            Running::Nothing => false,
            Running::Once { .. } | Running::Bearer(_) => self.sent_initial,
            Running::Login(login) => login.began(),
            #[cfg(feature = "cram-md5")]
            Running::CramMd5(cram) => cram.answered(),
            #[cfg(feature = "scram")]
            Running::Scram(scram) => scram.showed(),
        }
    }

    fn at(&self, span: Span) -> &[u8] {
        span.of(self.memory.as_ref())
    }

    fn first(&self) -> Option<Span> {
        match &self.running {
            Running::Once { message, .. } => Some(*message),
            Running::Bearer(bearer) => Some(bearer.message),
            #[cfg(feature = "scram")]
            Running::Scram(scram) => Some(scram.first),
            _ => None,
        }
    }

    fn respond(&mut self, challenge: Base64<'_>) -> Result<Span, Halt> {
        let mut memory = Memory::new(self.memory.as_mut(), &mut self.used);
        let memory = &mut memory;
        let challenge = memory.decode(challenge)?;
        // IMail answers AUTH PLAIN by asking for the name, as in LOGIN.
        let is_plain = matches!(self.running, Running::Once { is_plain: true, .. });
        if is_plain && memory.get(challenge).starts_with(b"User") {
            let login = Login::new(&self.credentials, memory).map_err(|_| Halt::Server)?;
            self.running = Running::Login(login);
        }
        let is_sent = core::mem::replace(&mut self.sent_initial, true);
        // An empty challenge asks for the first message (RFC 5034 section 4). A server that overlooks the one
        // in the AUTH line asks again, once; Courier does so for `=`.
        let repeats = core::mem::take(&mut self.may_repeat) && challenge.is_empty();
        if (!is_sent || repeats)
            && let Some(first) = self.first()
        {
            // An empty line is overlooked by some as well.
            self.may_repeat = !is_sent && first.is_empty();
            return Ok(first);
        }
        #[cfg(any(feature = "cram-md5", feature = "scram"))]
        let memory = &mut Memory::new(self.memory.as_mut(), &mut self.used);
        match &mut self.running {
            Running::Nothing | Running::Once { .. } => Err(Halt::Server),
            Running::Login(login) => login.step(),
            Running::Bearer(bearer) => bearer.step(challenge),
            #[cfg(feature = "cram-md5")]
            Running::CramMd5(cram) => cram.step(&self.credentials, challenge, memory),
            #[cfg(feature = "scram")]
            Running::Scram(scram) => scram.step(&self.credentials, challenge, memory),
        }
    }
}

impl<M: AsRef<[u8]> + AsMut<[u8]>> Engine for Exchange<'_, M> {
    fn initial(&self) -> Option<&[u8]> {
        self.first().map(|message| self.at(message))
    }

    fn sent_initial(&mut self) {
        self.sent_initial = true;
        self.may_repeat = true;
    }

    fn step(&mut self, challenge: Base64<'_>) -> Step<'_> {
        match self.respond(challenge) {
            Ok(response) => {
                self.response = Some(response);
                Step::Respond(self.at(response))
            }
            Err(halt) => {
                self.running = Running::Nothing;
                self.response = None;
                self.fault = match halt {
                    Halt::Server => None,
                    #[cfg(feature = "scram")]
                    Halt::Limits(limits) => {
                        self.out_of_limits = Some(limits);
                        None
                    }
                    // This much memory is enough for every honest challenge, so this challenge was not one.
                    Halt::Own(Why::Memory) if self.memory.as_ref().len() >= SASL_MEMORY_SMALL => None,
                    Halt::Own(why) => Some(why),
                };
                Step::Cancel
            }
        }
    }

    fn response(&self) -> &[u8] {
        self.response.map_or(&[], |response| self.at(response))
    }

    fn fault(&self) -> Option<Why> {
        self.fault
    }

    fn is_proved(&self) -> bool {
        match &self.running {
            Running::Nothing => false,
            Running::Once { .. } => self.sent_initial,
            Running::Login(login) => login.is_over(),
            Running::Bearer(bearer) => self.sent_initial && bearer.refusal.is_none(),
            #[cfg(feature = "cram-md5")]
            Running::CramMd5(cram) => cram.answered(),
            #[cfg(feature = "scram")]
            Running::Scram(scram) => scram.is_proved(),
        }
    }

    fn refusal(&self) -> Option<&[u8]> {
        match &self.running {
            Running::Bearer(bearer) => bearer.refusal.map(|json| self.at(json)),
            _ => None,
        }
    }
}

impl<M: AsRef<[u8]> + AsMut<[u8]>> Drop for Exchange<'_, M> {
    fn drop(&mut self) {
        self.forget();
    }
}

impl<M: AsRef<[u8]> + AsMut<[u8]>> fmt::Debug for Exchange<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("running", &self.running).finish_non_exhaustive()
    }
}
