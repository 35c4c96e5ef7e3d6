//! [`Served`]: one connection of the client, in clear or inside TLS, without blocking.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use pop3_proto::conformance::{End, TlsFacts};
use rustls::{ServerConfig, ServerConnection};

use crate::closing::close;
use crate::tls::facts;

/// How much is read at once.
const ROOM: usize = 64 * 1024;

/// The pause between two looks.
pub(crate) const GLANCE: Duration = Duration::from_millis(1);

/// How long a client may leave unread what is sent to it.
const UNREAD: Duration = Duration::from_secs(20);

/// What a look shows.
#[derive(Debug)]
pub(crate) enum Glance {
    Octets(Vec<u8>),
    Nothing,
    Left(End),
}

#[derive(Debug)]
pub(crate) struct Served {
    stream: TcpStream,
    tls: Option<Box<ServerConnection>>,
    /// That it has left was told.
    pub(crate) is_over: bool,
}

impl Served {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, tls: None, is_over: false })
    }

    /// What has come, if anything.
    pub(crate) fn look(&mut self) -> Glance {
        let mut octets = vec![0; ROOM];
        let read = match &mut self.tls {
            None => self.stream.read(&mut octets),
            Some(tls) => match inside(tls, &mut self.stream, &mut octets) {
                // TCP ended without the closing alert.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return self.over(End::Truncated),
                read => read,
            },
        };
        match read {
            Ok(0) => self.over(End::Fin),
            Ok(count) => {
                octets.truncate(count);
                Glance::Octets(octets)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                Glance::Nothing
            }
            Err(_) => self.over(End::Reset),
        }
    }

    /// The client has closed. Some wait for the answer to that.
    fn over(&mut self, end: End) -> Glance {
        self.is_over = true;
        if end != End::Reset {
            close(&mut self.stream, self.tls.as_deref_mut().map(|tls| &mut **tls), End::Fin);
        }
        Glance::Left(end)
    }

    /// Sends, in pieces of so many octets. Nothing is read meanwhile. A client that has left is found at the next
    /// look.
    pub(crate) fn send(&mut self, octets: &[u8], each: usize) {
        let pieces = octets.len().div_ceil(each.max(1));
        for (i, piece) in octets.chunks(each.max(1)).enumerate() {
            // Without a pause the client may read several pieces at once.
            if i > 0 && pieces <= 20_000 {
                thread::sleep(GLANCE);
            }
            if self.piece(piece).is_err() {
                return;
            }
        }
    }

    fn piece(&mut self, piece: &[u8]) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return whole(&mut self.stream, piece) };
        for part in piece.chunks(ROOM / 4) {
            tls.writer().write_all(part)?;
            let mut record = Vec::new();
            while tls.wants_write() {
                tls.write_tls(&mut record)?;
            }
            whole(&mut self.stream, &record)?;
        }
        Ok(())
    }

    /// Makes a handshake as a server.
    pub(crate) fn secure(
        &mut self,
        config: Arc<ServerConfig>,
        patience: Duration,
    ) -> Result<TlsFacts, String> {
        if self.tls.is_some() {
            return Err("already inside TLS".into());
        }
        let mut tls = ServerConnection::new(config).map_err(|error| error.to_string())?;
        let until = Instant::now() + patience;
        while tls.is_handshaking() {
            let mut record = Vec::new();
            match tls.read_tls(&mut self.stream) {
                Ok(0) => return Err("the client hung up".into()),
                Ok(_) => {
                    let processed = tls.process_new_packets();
                    while tls.wants_write() && tls.write_tls(&mut record).is_ok() {}
                    let sent = whole(&mut self.stream, &record);
                    processed.map_err(|error| error.to_string())?;
                    sent.map_err(|error| error.to_string())?;
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {
                    if Instant::now() >= until {
                        return Err("no ClientHello in time".into());
                    }
                    thread::sleep(GLANCE);
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        let facts = TlsFacts { client_certificate: tls.peer_certificates().is_some(), ..facts(&tls) };
        self.tls = Some(Box::new(tls));
        Ok(facts)
    }

    /// Closes. What is only closed in the sending direction comes back.
    pub(crate) fn close(mut self, end: End) -> Option<Self> {
        let is_kept = close(&mut self.stream, self.tls.as_deref_mut().map(|tls| &mut **tls), end);
        let is_kept = is_kept && self.stream.set_nonblocking(true).is_ok();
        is_kept.then_some(self)
    }
}

/// Reads what is there inside TLS.
fn inside(tls: &mut ServerConnection, stream: &mut TcpStream, octets: &mut [u8]) -> io::Result<usize> {
    loop {
        match tls.reader().read(octets) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            read => return read,
        }
        if tls.read_tls(stream)? == 0 {
            // The reader says whether that was announced.
            tls.process_new_packets().map_err(io::Error::other)?;
            return tls.reader().read(octets);
        }
        let processed = tls.process_new_packets();
        let mut record = Vec::new();
        while tls.wants_write() && tls.write_tls(&mut record).is_ok() {}
        whole(stream, &record)?;
        processed.map_err(io::Error::other)?;
    }
}

fn whole(stream: &mut TcpStream, mut rest: &[u8]) -> io::Result<()> {
    let mut last = Instant::now();
    while !rest.is_empty() {
        match stream.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => {
                rest = rest.get(count..).unwrap_or_default();
                last = Instant::now();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if last.elapsed() > UNREAD {
                    return Err(ErrorKind::TimedOut.into());
                }
                thread::sleep(GLANCE);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
