//! The TCP connection, with a limit on every wait.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use pop3_programs_common::delay;

use crate::limits::{Limits, RATE, late};

/// How long to wait for one address to answer.
const CONNECT: Duration = Duration::from_secs(30);

/// A connection that ends in time, even if the server keeps it alive by sending octets slowly.
pub(crate) struct Socket {
    stream: TcpStream,
    limits: Limits,
    /// How long to wait for the octets of this step, and how long it has waited already.
    allowed: Duration,
    waited: Duration,
    /// Whether each octet allows more time.
    rated: bool,
    /// Something was read after the last command.
    has_read: bool,
}

impl Socket {
    /// Connects to the first address of the host that answers.
    pub(crate) fn connect(host: &str, port: u16, limits: Limits) -> io::Result<Self> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses(host, port, limits)? {
            match TcpStream::connect_timeout(&address, limits.left(limits.timeout.min(CONNECT))?) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    let allowed = limits.timeout;
                    return Ok(Self {
                        stream,
                        limits,
                        allowed,
                        waited: Duration::ZERO,
                        rated: true,
                        has_read: false,
                    });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// A step begins: the server may take this long, and longer if it sends much.
    pub(crate) fn begin(&mut self, allowed: Duration) {
        (self.allowed, self.waited, self.rated) = (allowed, Duration::ZERO, true);
    }

    /// The TLS handshake begins, which may take `--timeout` in all.
    pub(crate) fn begin_handshake(&mut self) {
        self.begin(self.limits.timeout);
        self.rated = false;
    }

    fn read_in_time(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let usual = self.limits.timeout.min(self.allowed);
        let patience = self.allowed.saturating_sub(self.waited).min(usual);
        if patience.is_zero() {
            return Err(self.too_slow());
        }
        let left = self.limits.left(patience)?;
        // The system takes a time of zero for no limit.
        self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        if self.has_read {
            delay::acknowledge(&self.stream);
        }
        self.has_read = true;
        let start = Instant::now();
        let read = self.stream.read(into);
        self.waited += start.elapsed();
        match read {
            Ok(count) if self.rated => {
                self.allowed += Duration::from_millis(count as u64 * 1000 / RATE);
                Ok(count)
            }
            Err(error) if is_late(&error) => {
                self.limits.left(patience)?;
                // Octets came before in this step, so many that most of its time was used up.
                let is_slow = patience * 2 < usual;
                Err(if is_slow { self.too_slow() } else { self.limits.passed(usual) })
            }
            read => read,
        }
    }

    fn too_slow(&self) -> io::Error {
        if self.rated {
            late(format!("fewer than {RATE} octets per second"))
        } else {
            late(format!("not done after {} s", self.allowed.as_secs()))
        }
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.read_in_time(into) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read,
            }
        }
    }
}

impl Write for Socket {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        let left = self.limits.left(self.limits.timeout)?;
        self.stream.set_write_timeout(Some(left.max(Duration::from_millis(1))))?;
        self.has_read = false;
        let written = self.stream.write(from);
        written.map_err(|error| if is_late(&error) { self.limits.passed(self.limits.timeout) } else { error })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Asks for the addresses in a thread of its own, because the system does not say how long that may take.
fn addresses(host: &str, port: u16, limits: Limits) -> io::Result<Vec<SocketAddr>> {
    let limit = limits.timeout.min(CONNECT);
    let left = limits.left(limit)?;
    let (answer, answers) = mpsc::channel();
    let host = host.to_owned();
    thread::Builder::new().spawn(move || {
        let found = (host.as_str(), port).to_socket_addrs().map(Vec::from_iter);
        // Nobody waits any more if it took too long.
        let _ = answer.send(found);
    })?;
    answers.recv_timeout(left).unwrap_or_else(|_| Err(limits.passed(limit)))
}
