//! Drives probes for clients over sockets.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use pop3_proto::Time;
use pop3_proto::conformance::{Certificate, Do, Door, Exit, Link, Seen, Task, Wish};
use tempfile::NamedTempFile;

use super::certificates::Certificates;
use super::ground::{Address, Ground};
use super::interrupt::Interrupt;
use super::preset::Preset;
use super::served::{GLANCE, Glance, Served};

/// How long a client that a person drives may do nothing after its last connection.
const REST: Duration = Duration::from_secs(3);

/// How long to wait for a ClientHello.
const HELLO: Duration = Duration::from_secs(15);

/// How long a wait does not look for a signal.
const PAUSE: Duration = Duration::from_millis(50);

/// Who starts the client.
#[derive(Debug)]
pub(crate) enum Starter {
    Command(Box<Ground>),
    /// A person does, and is told when. The file holds the authority of the certificates.
    Person(NamedTempFile),
}

/// Plays the server for one client at a time.
#[derive(Debug)]
pub(crate) struct Driver {
    starter: Starter,
    certificates: Arc<Certificates>,
    interrupt: Interrupt,
    /// The longest that a probe may take; after that the client is ended.
    limit: Duration,
    clear: TcpListener,
    tls: TcpListener,
    address: Address,
    began: Instant,
    links: BTreeMap<Link, Served>,
    next: u32,
    /// The client is to log in by a certificate of its own.
    asks: bool,
    /// When something happened last, if a person starts the client.
    last: Option<Instant>,
    /// The client has ended, and something else is to be told first.
    exit: Option<Exit>,
    /// Why the client could not be started, the first time.
    pub(crate) trouble: Option<String>,
}

impl Driver {
    pub(crate) fn new(
        preset: Option<&Preset>,
        host: &str,
        certificates: Arc<Certificates>,
        interrupt: Interrupt,
        limit: Duration,
    ) -> io::Result<Self> {
        let (clear, tls) = (TcpListener::bind(("127.0.0.1", 0))?, TcpListener::bind(("127.0.0.1", 0))?);
        clear.set_nonblocking(true)?;
        tls.set_nonblocking(true)?;
        let (clear_port, tls_port) = (clear.local_addr()?.port(), tls.local_addr()?.port());
        let address = Address { host: host.to_owned(), clear: clear_port, tls: tls_port };
        let starter = match preset {
            Some(preset) => Starter::Command(Box::new(Ground::new(preset, &address, &certificates)?)),
            None => {
                let mut file = NamedTempFile::with_prefix("pop3check-")?;
                file.write_all(certificates.ca.as_bytes())?;
                Starter::Person(file)
            }
        };
        Ok(Self {
            starter,
            certificates,
            interrupt,
            limit,
            clear,
            tls,
            address,
            began: Instant::now(),
            links: BTreeMap::new(),
            next: 0,
            asks: false,
            last: None,
            exit: None,
            trouble: None,
        })
    }

    fn now(&self) -> Time {
        Time::from_elapsed(self.began.elapsed())
    }

    /// Does what `next` asks for until it says that it is done, or a signal comes.
    pub(crate) fn play(&mut self, mut next: impl FnMut(Time, Seen) -> Do) {
        let limit = Instant::now() + self.limit;
        let mut seen = Seen::Begun;
        while !self.interrupt.has_come() {
            let what = next(self.now(), seen);
            let is_late = Instant::now() >= limit;
            seen = match what {
                Do::Done => break,
                Do::Start(_) if is_late => Seen::Cannot,
                Do::Hear(_) if is_late => {
                    self.stop();
                    Seen::Exit(Exit::default())
                }
                Do::Start(task) => self.start(&task),
                Do::Hear(until) => self.hear(self.began + Duration::from_millis(until.as_millis())),
                Do::Send(link, octets, each) => {
                    if let Some(link) = self.links.get_mut(&link) {
                        link.send(&octets, each);
                    }
                    Seen::Sent
                }
                Do::Serve(link, certificate) => self.serve(link, certificate),
                Do::Close(link, end) => {
                    if let Some(served) = self.links.remove(&link)
                        && let Some(half) = served.close(end)
                    {
                        self.links.insert(link, half);
                    }
                    Seen::Sent
                }
                Do::Wait(until) => {
                    self.wait(self.began + Duration::from_millis(until.as_millis()));
                    Seen::Timeout
                }
                Do::Stop => {
                    self.stop();
                    Seen::Sent
                }
                Do::Store => match &self.starter {
                    Starter::Command(ground) => ground.stored().map_or(Seen::Cannot, Seen::Stored),
                    Starter::Person(_) => Seen::Cannot,
                },
                _ => Seen::Cannot,
            };
        }
        if self.interrupt.has_come() {
            self.stop();
        }
        self.links.clear();
    }

    fn wait(&self, until: Instant) {
        while !self.interrupt.has_come() {
            let rest = until.saturating_duration_since(Instant::now());
            if rest.is_zero() {
                break;
            }
            thread::sleep(rest.min(PAUSE));
        }
    }

    fn stop(&mut self) {
        if let Starter::Command(ground) = &mut self.starter {
            ground.stop();
        }
        self.links.clear();
    }

    fn start(&mut self, task: &Task) -> Seen {
        self.links.clear();
        // Those that came late from the run before.
        while self.clear.accept().is_ok() || self.tls.accept().is_ok() {}
        (self.last, self.exit) = (None, None);
        self.asks = task.method == Some("EXTERNAL");
        match &mut self.starter {
            Starter::Command(ground) => match ground.start(task) {
                Ok(()) => Seen::Started,
                Err(error) => {
                    if error.kind() != io::ErrorKind::Unsupported {
                        self.trouble.get_or_insert_with(|| format!("the client cannot be started: {error}"));
                    }
                    Seen::Cannot
                }
            },
            Starter::Person(authority) => {
                let Address { host, clear, tls } = &self.address;
                let (job, wish) = (task.job.as_str(), task.tls.as_str());
                let port = if task.tls == Wish::Tls { tls } else { clear };
                let trust = if task.tls == Wish::Clear {
                    String::new()
                } else {
                    format!(", authority {}", authority.path().display())
                };
                let (user, password) = (&task.user, &task.password);
                eprintln!(
                    "now: {job}, TLS {wish}, host {host}, port {port}, user {user}, password {password}{trust}"
                );
                Seen::Started
            }
        }
    }

    fn serve(&mut self, link: Link, certificate: Certificate) -> Seen {
        let config = self.certificates.config(certificate, self.asks);
        let (Some(served), Some(config)) = (self.links.get_mut(&link), config) else { return Seen::Cannot };
        match served.secure(config, HELLO) {
            Ok(facts) => Seen::Secured(facts),
            Err(why) => Seen::NoTls(why),
        }
    }

    fn hear(&mut self, until: Instant) -> Seen {
        loop {
            if let Some(seen) = self.look() {
                self.last = Some(Instant::now());
                return seen;
            }
            if let Some(exit) = self.ended() {
                // What came with its last breath is told first.
                let Some(seen) = self.look() else { return Seen::Exit(exit) };
                self.exit = Some(exit);
                return seen;
            }
            if Instant::now() >= until || self.interrupt.has_come() {
                return Seen::Timeout;
            }
            thread::sleep(GLANCE);
        }
    }

    fn look(&mut self) -> Option<Seen> {
        for (listener, door) in [(&self.clear, Door::Clear), (&self.tls, Door::Tls)] {
            if let Ok((stream, _)) = listener.accept()
                && let Ok(served) = Served::new(stream)
            {
                self.next += 1;
                let link = Link(self.next);
                self.links.insert(link, served);
                return Some(Seen::Came(link, door));
            }
        }
        for (link, served) in self.links.iter_mut().filter(|(_, served)| !served.is_over) {
            match served.look() {
                Glance::Octets(octets) => return Some(Seen::Heard(*link, octets)),
                Glance::Left(end) => return Some(Seen::Left(*link, end)),
                Glance::Nothing => {}
            }
        }
        None
    }

    fn ended(&mut self) -> Option<Exit> {
        if let Some(exit) = self.exit.take() {
            return Some(exit);
        }
        match &mut self.starter {
            Starter::Command(ground) => ground.ended(),
            Starter::Person(_) => {
                let is_over = self.links.values().all(|served| served.is_over);
                let rested = self.last.is_some_and(|last| last.elapsed() > REST);
                (is_over && rested).then(Exit::default)
            }
        }
    }
}
