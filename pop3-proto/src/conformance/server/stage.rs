//! [`Stage`]: what a probe for servers has in its hands.

use alloc::format;
use alloc::rc::Rc;
use core::fmt::{self, Display};
use core::ops::Deref;
use core::time::Duration;

use super::pop::Pop;
use super::read::Reply;
use super::way_in;
use crate::conformance::desk::Desk;
use crate::conformance::facts::{Capabilities, Channel, Facts, Method, Way};
use crate::conformance::judging::Judge;
use crate::conformance::probe::{Result, Stop};
use crate::conformance::setup::{Account, Setup};
use crate::conformance::steps::{Do, Door};

/// How a line that should be refused was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// By `+OK`.
    Ok(Reply),
    /// By `-ERR`; the connection goes on.
    Err(Reply),
    /// By something that is no status line: a challenge, or nothing known.
    Other(Reply),
    /// The connection was closed without a reply.
    Hung,
    /// By nothing.
    Silent,
}

impl Answer {
    /// Whether it is `-ERR`.
    #[must_use]
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self, Self::Err(_))
    }

    /// Whether it is `+OK`.
    #[must_use]
    pub(crate) const fn is_ok(&self) -> bool {
        matches!(self, Self::Ok(_))
    }
}

impl Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok(_) => "is taken",
            Self::Err(_) => "is refused",
            Self::Other(_) => "is answered by no status line",
            Self::Hung => "is followed by a hang-up without a reply",
            Self::Silent => "is not answered",
        })
    }
}

/// What a probe for servers has in its hands: connections, what is known of the server, and judgements.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    judge: Judge,
    setup: Rc<Setup>,
    facts: Rc<Facts>,
}

impl Stage {
    pub(in crate::conformance) fn new(desk: Rc<Desk>, setup: Rc<Setup>, facts: Rc<Facts>) -> Self {
        for Account { name, password } in setup.accounts() {
            let plain = way_in::encoded(format!("\0{name}\0{password}").as_bytes());
            for secret in [password, &plain, &way_in::encoded(password.as_bytes())] {
                desk.hide(secret.as_bytes());
            }
        }
        if let Some(token) = &setup.token {
            desk.hide(token.as_bytes());
        }
        Self { judge: Judge { desk }, setup, facts }
    }

    /// What the survey found out.
    #[must_use]
    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What the user says.
    #[must_use]
    pub(crate) fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Name and password.
    ///
    /// # Errors
    ///
    /// [`Stop::NotRun`] if there is none.
    pub(crate) fn account(&self) -> Result<&Account> {
        self.setup.account.as_ref().ok_or(Stop::NotRun("no account"))
    }

    /// The number of a known message.
    ///
    /// # Errors
    ///
    /// [`Stop::NotRun`] if it was not found.
    pub(crate) fn number(&self, corpus: &str) -> Result<u32> {
        self.facts.number(corpus).ok_or(Stop::NotRun("a known message is not in the maildrop"))
    }

    /// Connects to the port that starts in clear, or else to that with TLS, and reads the greeting.
    ///
    /// # Errors
    ///
    /// [`Stop`] if no positive greeting comes.
    pub(crate) async fn connect(&self) -> Result<Pop> {
        let channel = if self.setup.clear { Channel::Clear } else { Channel::Tls };
        self.connect_by(channel).await
    }

    /// Connects on this channel.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect), and if TLS fails.
    pub(crate) async fn connect_by(&self, channel: Channel) -> Result<Pop> {
        way_in::connect(&self.desk, &self.setup, &self.facts, channel).await
    }

    /// Connects with TLS, from the start if that is possible, else by STLS.
    ///
    /// # Errors
    ///
    /// Those of [`connect_by`](Self::connect_by).
    pub(crate) async fn connect_tls(&self) -> Result<Pop> {
        self.connect_by(if self.facts.tls { Channel::Tls } else { Channel::Stls }).await
    }

    /// Connects only: no greeting is read, no handshake is made.
    ///
    /// # Errors
    ///
    /// [`Stop::Refused`].
    pub(crate) async fn open(&self, door: Door) -> Result<Pop> {
        Pop::open(&self.desk, &self.setup, &self.facts, door).await
    }

    /// Connects where the account logs in by this method; [`None`] for the preferred way.
    ///
    /// # Errors
    ///
    /// Those of [`connect_by`](Self::connect_by).
    pub(crate) async fn before_login(&self) -> Result<Pop> {
        let channel = self.way()?.channel;
        self.connect_by(channel).await
    }

    fn way(&self) -> Result<Way> {
        self.facts.way().cloned().ok_or(Stop::NotRun("no account that can log in"))
    }

    /// The channel on which the account logs in, and the list before the login on it.
    ///
    /// # Errors
    ///
    /// [`Stop::NotRun`] if there is no way in.
    pub(crate) fn channel(&self) -> Result<(Channel, Option<&Capabilities>)> {
        let channel = self.way()?.channel;
        Ok((channel, self.facts.list(channel.is_secured(), false)))
    }

    /// Logs the account in, by the way that the survey found.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the login is refused for longer than the settling time.
    pub(crate) async fn transaction(&self) -> Result<Pop> {
        self.transaction_by(&self.way()?).await
    }

    /// Logs the account in by this way. A maildrop that is in use is waited for.
    ///
    /// # Errors
    ///
    /// As [`transaction`](Self::transaction).
    pub(crate) async fn transaction_by(&self, way: &Way) -> Result<Pop> {
        let account = self.account()?.clone();
        self.transaction_of(&account, way).await
    }

    /// Logs this account in.
    ///
    /// # Errors
    ///
    /// As [`transaction`](Self::transaction).
    pub(crate) async fn transaction_of(&self, account: &Account, way: &Way) -> Result<Pop> {
        way_in::transaction(&self.desk, &self.setup, &self.facts, account, way).await
    }

    /// Sends credentials; returns the last reply, whatever it is.
    ///
    /// # Errors
    ///
    /// [`Stop`] if no reply comes.
    pub(crate) async fn login(&self, pop: &mut Pop, account: &Account, method: &Method) -> Result<Reply> {
        way_in::login(pop, account, method).await
    }

    /// Sends a line that should be refused, and says how it was answered. The connection may be closed after.
    ///
    /// # Errors
    ///
    /// [`Stop::Cannot`] only.
    pub(crate) async fn answer(&self, pop: &mut Pop, octets: impl AsRef<[u8]>) -> Result<Answer> {
        pop.say(octets).await?;
        match pop.reply().await {
            Ok(reply) if reply.is_ok() => Ok(Answer::Ok(reply)),
            Ok(reply) if reply.is_err() => Ok(Answer::Err(reply)),
            Ok(reply) => Ok(Answer::Other(reply)),
            Err(Stop::Hung(_)) => Ok(Answer::Hung),
            Err(Stop::Silent | Stop::Control(_)) => Ok(Answer::Silent),
            Err(stop) => Err(stop),
        }
    }

    /// Waits.
    pub(crate) async fn wait(&self, time: Duration) {
        self.desk.ask(Do::Wait(self.desk.now().after(time))).await;
    }

    /// How long a lock or a connection may stay.
    #[must_use]
    pub(crate) fn settling_time(&self) -> Duration {
        self.setup.settling_time()
    }

    /// How long it is since the probe began.
    #[must_use]
    pub(crate) fn elapsed(&self) -> Duration {
        self.desk.elapsed()
    }

    /// A number that looks random.
    #[must_use]
    pub(crate) fn random(&self) -> u64 {
        self.desk.random()
    }

    /// From now on these octets are not written down.
    pub(crate) fn hide(&self, secret: impl AsRef<[u8]>) {
        self.desk.hide(secret.as_ref());
    }

    /// Delivers a message to the account.
    ///
    /// # Errors
    ///
    /// [`Stop::Cannot`] if the driver cannot.
    pub(crate) async fn deliver(&self, message: &[u8]) -> Result<()> {
        match self.desk.ask(Do::Deliver(message.to_vec())).await {
            super::super::steps::Seen::Sent => Ok(()),
            _ => Err(Stop::Cannot),
        }
    }
}

/// A probe judges at its stage.
impl Deref for Stage {
    type Target = Judge;

    fn deref(&self) -> &Judge {
        &self.judge
    }
}
