//! [`Connection`]: one connection to the server, in clear or inside TLS.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use pop3_programs_common::delay;
use pop3_proto::conformance::{End, Seen, TlsFacts};
use rustls::ClientConnection;

use crate::closing::close;
use crate::tls::{self, Tls};

/// How much is read at once.
const ROOM: usize = 64 * 1024;

/// The longest single wait of the system, so that sending and receiving can go on by turns.
const TURN: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
    /// What came while something was being sent.
    unread: Vec<u8>,
    /// The peer was found to have reset the connection.
    was_reset: bool,
    patience: Duration,
}

impl Connection {
    pub(crate) const fn new(stream: TcpStream, patience: Duration) -> Self {
        Self { stream, tls: None, unread: Vec::new(), was_reset: false, patience }
    }

    /// Reads what there is, or waits until then. What comes long after that time is left where it is: otherwise a
    /// peer that never stops would be read for ever.
    pub(crate) fn read(&mut self, until: Instant) -> Seen {
        if Instant::now() > until + TURN {
            return Seen::Timeout;
        }
        if !self.unread.is_empty() {
            return Seen::Octets(std::mem::take(&mut self.unread));
        }
        match self.read_or_wait(until) {
            Ok(Some(octets)) if octets.is_empty() && self.was_reset => Seen::Closed(End::Reset),
            Ok(Some(octets)) if octets.is_empty() => Seen::Closed(End::Fin),
            Ok(Some(octets)) => Seen::Octets(octets),
            Ok(None) => Seen::Timeout,
            // Inside TLS, FIN without the closing alert.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && !self.was_reset => {
                Seen::Closed(End::Truncated)
            }
            // What is no TLS, and an alert that is an error, end a session as roughly as RST does.
            Err(_) => Seen::Closed(End::Reset),
        }
    }

    /// Octets, none at the end; `None` if the time has come.
    fn read_or_wait(&mut self, until: Instant) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(octets) = self.decrypted()? {
                return Ok(Some(octets));
            }
            let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            self.stream.set_read_timeout(Some(left))?;
            delay::acknowledge(&self.stream);
            let read = match &mut self.tls {
                None => {
                    let mut octets = vec![0; ROOM];
                    self.stream.read(&mut octets).map(|count| {
                        octets.truncate(count);
                        Some(octets)
                    })
                }
                Some(tls) => tls.read_tls(&mut self.stream).map(|_| None),
            };
            match read {
                Ok(Some(octets)) => return Ok(Some(octets)),
                Ok(None) => self.process()?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_late(&error) && Instant::now() >= until => return Ok(None),
                Err(error) if is_late(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// What is there inside TLS; none of it at its end.
    fn decrypted(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(tls) = &mut self.tls else { return Ok(None) };
        let mut octets = vec![0; ROOM];
        match tls.reader().read(&mut octets) {
            Ok(count) => {
                octets.truncate(count);
                Ok(Some(octets))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn process(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        let processed = tls.process_new_packets();
        while tls.wants_write() && tls.write_tls(&mut self.stream).is_ok() {}
        processed.map(drop).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
    }

    /// Sends a piece in a segment of its own, and inside TLS in a record of its own. What the peer sends in the
    /// meantime is kept, since some peers read nothing more until their replies are taken. A peer that has closed
    /// is found at the next reading.
    pub(crate) fn send(&mut self, piece: &[u8]) {
        let mut record = Vec::new();
        if let Some(tls) = &mut self.tls {
            if tls.writer().write_all(piece).is_err() {
                return;
            }
            while tls.wants_write() && tls.write_tls(&mut record).is_ok() {}
        }
        let mut rest = if self.tls.is_some() { record.as_slice() } else { piece };
        let mut last = Instant::now();
        while !rest.is_empty() && last.elapsed() < self.patience {
            let _ = self.stream.set_write_timeout(Some(TURN));
            match self.stream.write(rest) {
                Ok(count) => {
                    rest = rest.get(count..).unwrap_or_default();
                    last = Instant::now();
                }
                Err(error) if is_late(&error) || error.kind() == ErrorKind::Interrupted => {
                    if self.keep_reading() {
                        last = Instant::now();
                    }
                }
                Err(error) => {
                    let reset = matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
                    self.was_reset |= reset;
                    return;
                }
            }
        }
    }

    /// Whether something came. An end and an error are found again when somebody reads.
    fn keep_reading(&mut self) -> bool {
        const MOST: usize = 64 * 1024 * 1024;
        if self.unread.len() > MOST {
            return false;
        }
        match self.read_or_wait(Instant::now()) {
            Ok(Some(octets)) => {
                self.unread.extend_from_slice(&octets);
                !octets.is_empty()
            }
            _ => false,
        }
    }

    /// Makes a handshake as a client.
    pub(crate) fn secure(&mut self, tls: &Tls) -> Result<TlsFacts, String> {
        if self.tls.is_some() {
            return Err("already inside TLS".into());
        }
        let (mut connection, witness) = tls.connection()?;
        let until = Instant::now() + self.patience;
        // Octets that came in clear are taken for a part of the handshake, as any client would.
        let mut early = std::mem::take(&mut self.unread);
        while connection.is_handshaking() {
            let step = if early.is_empty() {
                tls::step(&mut connection, &mut self.stream, until)
            } else {
                tls::feed(&mut connection, &mut early)
            };
            step.map_err(|error| tls::why(&error))?;
        }
        while connection.wants_write() && connection.write_tls(&mut self.stream).is_ok() {}
        let facts = witness.facts(&connection);
        self.tls = Some(Box::new(connection));
        Ok(facts)
    }

    /// Closes. What is only closed in the sending direction comes back.
    pub(crate) fn close(mut self, end: End) -> Option<Self> {
        close(&mut self.stream, self.tls.as_deref_mut().map(|tls| &mut **tls), end).then_some(self)
    }
}

pub(crate) fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
