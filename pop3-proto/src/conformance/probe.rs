//! [`Probe`], and how one is written.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

use super::catalogue::Entry;
use super::client::Host;
use super::server::Stage;
use super::steps::End;

/// Why a probe was broken off. Only the probes inside this crate return it, with `?`. You see its text in
/// [`Judgement::words`](super::Judgement) of each row that was not judged before. After `Silent`, `Hung`,
/// `Control` and `Refused` the rows that had passed become inconclusive as well.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// No reply came in time.
    Silent,
    /// The peer closed the connection.
    Hung(End),
    /// What came is no reply, or the control (a legal command after the tested one) failed; the text says
    /// which.
    Control(String),
    /// The connection was refused.
    Refused(String),
    /// The peer does not have what the probe is about.
    NotApplicable(&'static str),
    /// Something is missing.
    NotRun(&'static str),
    /// The driver cannot do it.
    Cannot,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Silent => f.write_str("no reply in time"),
            Self::Hung(End::Reset) => f.write_str("the connection was reset"),
            Self::Hung(_) => f.write_str("the connection was closed"),
            Self::Control(why) => f.write_str(why),
            Self::Refused(why) => write!(f, "no connection: {why}"),
            Self::NotApplicable(why) | Self::NotRun(why) => f.write_str(why),
            Self::Cannot => f.write_str("the driver cannot do it"),
        }
    }
}

/// What a step of a probe returns.
pub(super) type Result<T> = core::result::Result<T, Stop>;

/// A probe at work.
pub(super) type Work = Pin<Box<dyn Future<Output = Result<()>>>>;

/// What a probe does; the referee's probes have no dialogue of their own.
#[derive(Clone, Copy)]
pub(super) enum Play {
    Server(fn(Stage) -> Work),
    Client(fn(Host) -> Work),
    Referee,
}

/// A question to a peer, with what the catalogue says about it.
#[derive(Clone)]
pub struct Probe {
    pub(super) entry: Entry,
    pub(super) play: Play,
}

impl Probe {
    /// What the catalogue says about it.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Its name, such as `server/retr/first-dot`.
    #[must_use]
    pub const fn id(&self) -> &'static str {
        self.entry.id
    }

    /// Its section, such as `server/retr`.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.entry.id.rsplit_once('/').map_or("", |(section, _)| section)
    }

    /// Whether it is for clients; all others are for servers.
    #[must_use]
    pub fn is_for_clients(&self) -> bool {
        self.entry.id.starts_with("client/")
    }

    /// Whether it judges what all other probes have heard, and has no dialogue of its own.
    #[must_use]
    pub const fn is_referee(&self) -> bool {
        matches!(self.play, Play::Referee)
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Probe").field(&self.id()).finish()
    }
}

/// Probes of one section in the code: their ids, and what they do.
pub(super) type Plays = &'static [(&'static str, Play)];

/// All probes that the kit has, in the order of the catalogue.
#[must_use]
pub fn probes() -> Vec<Probe> {
    let plays = || super::server::PLAYS.iter().chain(super::client::PLAYS).flat_map(|plays| plays.iter());
    let play_of = |id| plays().find(|(known, _)| *known == id);
    let entries = super::catalogue::entries().into_iter();
    entries.filter_map(|entry| Some(Probe { play: play_of(entry.id)?.1, entry })).collect()
}

/// Writes down the probes of a section: for each its id, and an async block that gets the [`Stage`], or the
/// [`Host`] if the list begins with `Client:`. Rows, needs and the words of reports stand in the catalogue.
macro_rules! plays {
    (Client: $($id:literal => |$host:ident| $body:block)*) => {
        &[$(($id, $crate::conformance::probe::Play::Client(
            |$host| alloc::boxed::Box::pin(async move $body)
        ))),*]
    };
    ($($id:literal => |$stage:ident| $body:block)*) => {
        &[$(($id, $crate::conformance::probe::Play::Server(
            |$stage| alloc::boxed::Box::pin(async move $body)
        ))),*]
    };
}
pub(super) use plays;
