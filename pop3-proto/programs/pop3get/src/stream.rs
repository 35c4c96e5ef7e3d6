//! The socket, with or without TLS.

use std::io::{self, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, StreamOwned};

use crate::failure::{Failure, Kind};

/// The size of the buffer for TLS records: rustls reads them in small steps, and the buffer reads from the
/// system in large ones.
const RECORDS: usize = 64 * 1024;

pub(crate) enum Stream {
    Plain(Socket),
    Tls(Box<StreamOwned<ClientConnection, Records>>),
    /// While the handshake takes the socket from one to the other.
    Nothing,
}

impl Stream {
    pub(crate) fn secure(&mut self, config: &Arc<ClientConfig>, host: &str) -> Result<Self, Failure> {
        let Self::Plain(stream) = std::mem::replace(self, Self::Nothing) else {
            return Err(Kind::Protocol.because("TLS", "already active"));
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|error| Kind::Usage.because(host, error))?;
        let failed = |error: &dyn std::fmt::Display| Kind::Network.because("TLS handshake", error);
        let mut connection = ClientConnection::new(config.clone(), name).map_err(|error| failed(&error))?;
        let mut records = Records(BufReader::with_capacity(RECORDS, stream));
        // The handshake is made here and not at the first read, so that an untrusted certificate is told
        // apart from a bad greeting.
        while connection.is_handshaking() {
            connection.complete_io(&mut records).map_err(|error| failed(&error))?;
        }
        Ok(Self::Tls(Box::new(StreamOwned::new(connection, records))))
    }

    /// The channel binding. TLS 1.2 has it only with an extension that cannot be asked for here (RFC 9266
    /// section 4.2).
    pub(crate) fn tls_exporter(&self) -> Option<[u8; 32]> {
        let Self::Tls(stream) = self else { return None };
        let fresh = stream.conn.protocol_version() == Some(ProtocolVersion::TLSv1_3);
        let data = stream.conn.export_keying_material([0; 32], b"EXPORTER-Channel-Binding", Some(b""));
        data.ok().filter(|_| fresh)
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(into),
            Self::Tls(stream) => stream.read(into),
            Self::Nothing => Ok(0),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(from),
            Self::Tls(stream) => stream.write(from),
            Self::Nothing => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Tls(stream) => stream.flush(),
            Self::Nothing => Ok(()),
        }
    }
}

/// A connection that ends at `--max-time` even if the server keeps it alive by sending bytes slowly.
pub(crate) struct Socket {
    stream: TcpStream,
    timeout: Duration,
    end: Option<Instant>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, timeout: Duration, end: Option<Instant>) -> io::Result<Self> {
        stream.set_read_timeout(Some(timeout))?;
        stream.set_write_timeout(Some(timeout))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, timeout, end })
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(end) = self.end else { return self.stream.read(into) };
        let over = || io::Error::new(io::ErrorKind::TimedOut, "--max-time is over");
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(over());
        }
        self.stream.set_read_timeout(Some(self.timeout.min(left)))?;
        let read = self.stream.read(into);
        read.map_err(|error| if Instant::now() >= end { over() } else { error })
    }
}

impl Write for Socket {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.stream.write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

pub(crate) struct Records(BufReader<Socket>);

impl Read for Records {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Records {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.0.get_mut().write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.get_mut().flush()
    }
}
