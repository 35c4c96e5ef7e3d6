//! A driver without I/O for probes of clients: the client under test is a value in the same process, and time
//! passes only when nothing else happens.

use alloc::vec::Vec;
use core::time::Duration;

use super::dialogue::Link;
use super::steps::{Do, Door, End, Seen, TlsFacts};
use super::task::{Certificate, Exit, Task};
use crate::time::Time;

/// Something that a client does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// It connects. The number is new in this run of the probe.
    Connect(Link, Door),
    /// It says these octets.
    Say(Link, Vec<u8>),
    /// It closes a connection.
    Leave(Link, End),
    /// It ends.
    Exit(Exit),
}

/// A client in the same process.
pub trait Caller {
    /// It is started; `false` if it cannot do this task.
    fn start(&mut self, task: &Task, now: Time) -> bool;

    /// What it does next, if anything. While the played server waits for the client, the driver asks it once
    /// for each second of the clock.
    fn next(&mut self, now: Time) -> Option<Move>;

    /// These octets came from the server, in one segment.
    fn take(&mut self, link: Link, octets: &[u8], now: Time);

    /// The server makes a handshake with this certificate. What came of it; `None` if the client refuses.
    fn secure(&mut self, link: Link, certificate: Certificate) -> Option<TlsFacts>;

    /// The server has closed.
    fn closed(&mut self, link: Link, end: End);

    /// It is ended, whatever it does.
    fn stop(&mut self);

    /// What it has stored; `None` if nobody can look.
    fn stored(&mut self) -> Option<Vec<Vec<u8>>>;
}

/// Plays a [`Trial`](super::Trial) or a [`Run`](super::Run) against a client in the same process; pass its
/// `next`, for instance `|now, seen| run.next(now, seen)`. The clock advances only when the client does
/// nothing or the probe waits.
pub fn drive_client(mut next: impl FnMut(Time, Seen) -> Do, client: &mut impl Caller, clock: &mut Time) {
    let mut seen = Seen::Begun;
    loop {
        seen = match next(*clock, seen) {
            Do::Start(task) => match client.start(&task, *clock) {
                true => Seen::Started,
                false => Seen::Cannot,
            },
            Do::Hear(until) => hear(until, client, clock),
            Do::Send(link, octets, each) => {
                for piece in octets.chunks(each.max(1)) {
                    client.take(link, piece, *clock);
                }
                Seen::Sent
            }
            Do::Serve(link, certificate) => match client.secure(link, certificate) {
                Some(facts) => Seen::Secured(facts),
                None => Seen::NoTls("the client refuses".into()),
            },
            Do::Close(link, end) => {
                client.closed(link, end);
                Seen::Sent
            }
            Do::Wait(until) => {
                *clock = until.max(*clock);
                Seen::Timeout
            }
            Do::Stop => {
                client.stop();
                Seen::Sent
            }
            Do::Store => client.stored().map_or(Seen::Cannot, Seen::Stored),
            Do::Done => return,
            _ => Seen::Cannot,
        };
    }
}

fn hear(until: Time, client: &mut impl Caller, clock: &mut Time) -> Seen {
    loop {
        match client.next(*clock) {
            Some(Move::Connect(link, door)) => return Seen::Came(link, door),
            Some(Move::Say(link, octets)) => return Seen::Heard(link, octets),
            Some(Move::Leave(link, end)) => return Seen::Left(link, end),
            Some(Move::Exit(exit)) => return Seen::Exit(exit),
            None if *clock >= until => return Seen::Timeout,
            None => *clock = until.min(clock.after(Duration::from_secs(1))),
        }
    }
}
