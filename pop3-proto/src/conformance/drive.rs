//! A driver without I/O: the server under test is a value in the same process, and time passes only when
//! somebody waits.

use alloc::vec::Vec;
use core::time::Duration;

use super::dialogue::Link;
use super::steps::{Do, Door, End, Seen, TlsFacts};
use crate::time::Time;

/// What a server has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// These octets, at least one; without any say `Nothing`.
    Octets(Vec<u8>),
    /// Nothing now.
    Nothing,
    /// It has closed.
    Closed(End),
}

/// A server in the same process, with all of its connections.
pub trait Endpoint {
    /// A connection is made; `false` refuses it.
    fn open(&mut self, link: Link, door: Door, now: Time) -> bool;

    /// These octets came from the client, in one segment.
    fn take(&mut self, link: Link, octets: &[u8], now: Time);

    /// What the server says, if anything. While the client waits for octets, the driver asks once for each
    /// second of the clock. In a pause that a probe makes on purpose it does not ask: the clock jumps to the
    /// end of the pause.
    fn give(&mut self, link: Link, now: Time) -> Given;

    /// The client begins a TLS handshake. Return what the handshake showed; the octets that follow are those
    /// inside TLS. Return `None` to refuse it.
    fn secure(&mut self, link: Link, now: Time) -> Option<TlsFacts>;

    /// The client has closed, or closed its sending direction.
    fn close(&mut self, link: Link, end: End, now: Time);

    /// Delivers a message to the account; `false` if that is not possible.
    fn deliver(&mut self, message: &[u8]) -> bool {
        let _ = message;
        false
    }
}

/// Plays a [`Survey`](super::Survey) or a [`Run`](super::Run) against a server in the same process; pass its
/// `next`, for instance `|now, seen| run.next(now, seen)`. The clock advances only when the client waits.
pub fn drive(mut next: impl FnMut(Time, Seen) -> Do, server: &mut impl Endpoint, clock: &mut Time) {
    let mut seen = Seen::Begun;
    loop {
        seen = match next(*clock, seen) {
            Do::Connect(link, door) => {
                if server.open(link, door, *clock) {
                    Seen::Open
                } else {
                    Seen::Refused("refused".into())
                }
            }
            Do::Send(link, octets, each) => {
                for piece in octets.chunks(each.max(1)) {
                    server.take(link, piece, *clock);
                }
                Seen::Sent
            }
            Do::Read(link, until) => read(link, until, server, clock),
            Do::Tls(link) => match server.secure(link, *clock) {
                Some(facts) => Seen::Secured(facts),
                None => Seen::NoTls("refused".into()),
            },
            Do::Close(link, end) => {
                server.close(link, end, *clock);
                Seen::Sent
            }
            Do::Wait(until) => {
                *clock = until.max(*clock);
                Seen::Timeout
            }
            Do::Deliver(message) => {
                if server.deliver(&message) {
                    Seen::Sent
                } else {
                    Seen::Cannot
                }
            }
            Do::Done => return,
            _ => Seen::Cannot,
        };
    }
}

fn read(link: Link, until: Time, server: &mut impl Endpoint, clock: &mut Time) -> Seen {
    loop {
        match server.give(link, *clock) {
            Given::Octets(octets) => return Seen::Octets(octets),
            Given::Closed(end) => return Seen::Closed(end),
            Given::Nothing if *clock >= until => return Seen::Timeout,
            Given::Nothing => *clock = until.min(clock.after(Duration::from_secs(1))),
        }
    }
}
