//! The connection, with or without TLS.

use std::io::{self, BufReader, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use pop3_programs_common::service;
use pop3_programs_common::words::{Masks, shown};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, StreamOwned};

use crate::failure::{Failure, Kind};
use crate::options::Security;
use crate::socket::Socket;
use pop3_programs_common::trust;

/// The size of the buffer for TLS records: rustls reads them in small steps, and the buffer reads from the
/// system in large ones.
const RECORDS: usize = 64 * 1024;
/// How long the closing alert may take.
const GOODBYE: Duration = Duration::from_secs(1);
/// How much is kept of what the server sends first, in case it is not TLS.
const FIRST: usize = 512;
const HANDSHAKE: &str = "the TLS handshake";

pub(crate) enum Stream {
    Plain(Socket),
    Tls(Box<StreamOwned<ClientConnection, Records>>),
    /// While the handshake takes the socket from one to the other.
    Nothing,
}

impl Stream {
    pub(crate) fn secure(
        &mut self,
        config: &Arc<ClientConfig>,
        host: &str,
        how: Security,
    ) -> Result<Self, Failure> {
        let Self::Plain(mut socket) = std::mem::replace(self, Self::Nothing) else {
            return Err(Kind::Protocol.because("TLS", "already active"));
        };
        socket.begin_handshake();
        let name = ServerName::try_from(host.to_owned()).map_err(|error| Kind::Usage.because(host, error))?;
        let connection = ClientConnection::new(config.clone(), name);
        let mut connection = connection.map_err(|error| Kind::Usage.because(HANDSHAKE, error))?;
        let mut records =
            Records { buffer: BufReader::with_capacity(RECORDS, socket), first: Some(Vec::new()) };
        // The handshake is made here and not at the first read, so that an untrusted certificate is told
        // apart from a bad greeting.
        while connection.is_handshaking() {
            connection.complete_io(&mut records).map_err(|error| {
                Kind::Network.because(HANDSHAKE, why(&error, records.first.as_deref(), how))
            })?;
        }
        records.first = None;
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

    /// Tells the server inside TLS that nothing more comes, if it can be told at once (RFC 8314 section 3.4).
    pub(crate) fn close(&mut self) {
        if let Self::Tls(stream) = self {
            stream.conn.send_close_notify();
            stream.sock.buffer.get_mut().begin(GOODBYE);
            let _ = stream.flush();
        }
    }

    pub(crate) fn socket(&mut self) -> Option<&mut Socket> {
        match self {
            Self::Plain(socket) => Some(socket),
            Self::Tls(stream) => Some(stream.sock.buffer.get_mut()),
            Self::Nothing => None,
        }
    }
}

/// What went wrong in the handshake, and which option helps.
fn why(error: &io::Error, first: Option<&[u8]>, how: Security) -> String {
    let first = first.unwrap_or_default();
    if first.is_empty() || service::is_tls(first) {
        let why = match error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>()) {
            Some(error) => trust::words(error),
            None if error.kind() == io::ErrorKind::UnexpectedEof => "the server hung up".to_owned(),
            None => error.to_string(),
        };
        let helps = first.is_empty() && how == Security::Tls;
        return why + if helps { " (if TLS does not start at once on this port, use --stls)" } else { "" };
    }
    let words = shown(first.trim_ascii_end(), &Masks::new());
    match service::guess(first) {
        Some(service) => format!("this is {service}: {words}"),
        None if how == Security::Tls => {
            format!("the server does not start with TLS on this port, use --stls; it says: {words}")
        }
        None => format!("the server does not go on with TLS; it says: {words}"),
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

pub(crate) struct Records {
    buffer: BufReader<Socket>,
    /// What the server sent first; `None` after the handshake.
    first: Option<Vec<u8>>,
}

impl Read for Records {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.buffer.read(into)?;
        if let Some(first) = &mut self.first {
            first.extend(into.iter().take(count).take(FIRST.saturating_sub(first.len())));
        }
        Ok(count)
    }
}

impl Write for Records {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.buffer.get_mut().write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffer.get_mut().flush()
    }
}
