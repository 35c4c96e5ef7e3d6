//! Drives a survey or a probe over sockets: does what it asks for, and tells it what was seen.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use pop3_programs_common::words;
use pop3_proto::Time;
use pop3_proto::conformance::{Do, Door, Link, Seen};

use crate::deliver::Delivery;
use crate::link::Connection;
use crate::tls::Tls;

/// Where the server is.
#[derive(Clone, Debug)]
pub(crate) struct Doors {
    pub(crate) clear: Option<Vec<SocketAddr>>,
    pub(crate) tls: Option<Vec<SocketAddr>>,
}

/// What all connections of a run have in common.
#[derive(Debug)]
pub(crate) struct Road {
    pub(crate) doors: Doors,
    pub(crate) tls: Arc<Tls>,
    pub(crate) delivery: Option<Delivery>,
    /// How long after one connection the next one may begin, for servers that limit logins.
    pub(crate) gap: Duration,
    /// How long to wait for a connection or a handshake.
    pub(crate) patience: Duration,
    /// The longest that a probe may take; after that nothing comes for it any more.
    pub(crate) limit: Duration,
}

/// Plays one dialogue after another.
#[derive(Debug)]
pub(crate) struct Driver {
    road: Arc<Road>,
    began: Instant,
    last_connect: Option<Instant>,
    links: BTreeMap<Link, Connection>,
    /// Why a message could not be delivered, the first time.
    pub(crate) trouble: Option<String>,
}

impl Driver {
    pub(crate) fn new(road: Arc<Road>) -> Self {
        Self { road, began: Instant::now(), last_connect: None, links: BTreeMap::new(), trouble: None }
    }

    fn now(&self) -> Time {
        Time::from_elapsed(self.began.elapsed())
    }

    fn instant(&self, time: Time) -> Instant {
        self.began + Duration::from_millis(time.as_millis())
    }

    /// Does what `next` asks for until it says that it is done. All connections are closed then.
    pub(crate) fn play(&mut self, mut next: impl FnMut(Time, Seen) -> Do) {
        let limit = Instant::now() + self.road.limit;
        let mut seen = Seen::Begun;
        loop {
            let what = next(self.now(), seen);
            let is_late = Instant::now() >= limit;
            seen = match what {
                Do::Done => break,
                Do::Connect(..) if is_late => Seen::Refused("the probe takes too long".into()),
                Do::Read(..) | Do::Wait(_) if is_late => Seen::Timeout,
                Do::Connect(link, door) => self.connect(link, door),
                Do::Send(link, octets, each) => self.send(link, &octets, each),
                Do::Read(link, until) => {
                    let until = self.instant(until).min(limit);
                    self.links.get_mut(&link).map_or(Seen::Cannot, |link| link.read(until))
                }
                Do::Tls(link) => self.secure(link),
                Do::Close(link, end) => {
                    if let Some(connection) = self.links.remove(&link)
                        && let Some(half) = connection.close(end)
                    {
                        self.links.insert(link, half);
                    }
                    Seen::Sent
                }
                Do::Wait(until) => {
                    let until = self.instant(until).min(limit);
                    thread::sleep(until.saturating_duration_since(Instant::now()));
                    Seen::Timeout
                }
                Do::Deliver(message) => self.deliver(&message),
                _ => Seen::Cannot,
            };
        }
        self.links.clear();
    }

    fn deliver(&mut self, message: &[u8]) -> Seen {
        match self.road.delivery.as_ref().map(|to| to.deliver(message)) {
            Some(Ok(())) => return Seen::Sent,
            Some(Err(why)) => drop(self.trouble.get_or_insert(why)),
            None => {}
        }
        Seen::Cannot
    }

    fn connect(&mut self, link: Link, door: Door) -> Seen {
        if let Some(last) = self.last_connect {
            thread::sleep(self.road.gap.saturating_sub(last.elapsed()));
        }
        self.last_connect = Some(Instant::now());
        let doors = &self.road.doors;
        let addresses = if door == Door::Tls { &doors.tls } else { &doors.clear };
        match addresses.as_deref().map(|addresses| connect(addresses, self.road.patience)) {
            None => Seen::Refused("no such port is known".into()),
            Some(Err(error)) => Seen::Refused(error.to_string()),
            Some(Ok(stream)) => {
                self.links.insert(link, Connection::new(stream, self.road.patience));
                Seen::Open
            }
        }
    }

    fn send(&mut self, link: Link, octets: &[u8], each: usize) -> Seen {
        let Some(link) = self.links.get_mut(&link) else { return Seen::Sent };
        let pieces = octets.len().div_ceil(each.max(1));
        for (i, piece) in octets.chunks(each.max(1)).enumerate() {
            // Without a pause the peer may read several pieces at once.
            if i > 0 && pieces <= 1_000 {
                thread::sleep(Duration::from_millis(1));
            }
            link.send(piece);
        }
        Seen::Sent
    }

    fn secure(&mut self, link: Link) -> Seen {
        let Some(connection) = self.links.get_mut(&link) else { return Seen::Cannot };
        match connection.secure(&self.road.tls) {
            Ok(facts) => Seen::Secured(facts),
            Err(why) => Seen::NoTls(words::escaped(why.as_bytes())),
        }
    }
}

/// Connects to the first address that answers.
pub(crate) fn connect(addresses: &[SocketAddr], patience: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(address, patience) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}
