//! One connection: the client session from the crate, a socket, and the two buffers between them.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use pop3_proto::client::{Client, Event, Need, Part, Profile, ProtocolError};
use pop3_proto::{Deviation, FixedBuf, Security};
use rustls::ClientConfig;
use zeroize::Zeroize as _;

use crate::account::Account;
use crate::failure::{Failure, Kind};
use crate::stream::{Socket, Stream};
use crate::transcript::Transcript;

/// The most commands on the way at once: this many RETR fit into one packet, and the server always has work.
const PIPELINE: usize = 64;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const TIMEOUT: u64 = 120;
/// The most events in a row, other than those of listings and messages, that a server may send without being
/// asked.
const CHATTER: u32 = 100_000;

pub(crate) struct Connection {
    stream: Stream,
    pub(crate) client: Client<PIPELINE>,
    rx: Box<FixedBuf<{ 128 * 1024 }>>,
    pub(crate) tx: Vec<u8>,
    transcript: Option<Transcript>,
    timeout: Duration,
    chatter: u32,
}

impl Connection {
    /// Connects, and makes the TLS handshake if the account says TLS from the start.
    pub(crate) fn open(
        account: &Account,
        tls: &Arc<ClientConfig>,
        transcript: Option<Transcript>,
        end: Option<Instant>,
    ) -> Result<Self, Failure> {
        let what = || format!("{}, port {}", account.host, account.port);
        let network = |error: io::Error| Kind::Network.because(what(), error);
        let timeout = Duration::from_secs(account.options.timeout.unwrap_or(TIMEOUT).max(1));
        let addresses = (account.host.as_str(), account.port).to_socket_addrs().map_err(network)?;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match TcpStream::connect_timeout(&address, timeout.min(CONNECT_TIMEOUT)) {
                Ok(stream) => {
                    let socket = Socket::new(stream, timeout, end).map_err(network)?;
                    let mut connection = Self {
                        stream: Stream::Plain(socket),
                        client: client(account, Security::Plain),
                        rx: Box::new(FixedBuf::new()),
                        tx: Vec::new(),
                        transcript,
                        timeout,
                        chatter: 0,
                    };
                    if account.security == crate::options::Security::Tls {
                        connection.log(Transcript::inside_tls_from_the_start)?;
                        connection.stream = connection.stream.secure(tls, &account.host)?;
                        connection.client = client(account, Security::Tls);
                    }
                    return Ok(connection);
                }
                Err(error) => last = error,
            }
        }
        Err(network(last))
    }

    /// Goes on inside TLS, after `+OK` to STLS.
    pub(crate) fn start_tls(mut self, tls: &Arc<ClientConfig>, host: &str) -> Result<Self, Failure> {
        let handover = self.client.handover().ok_or_else(|| Kind::Protocol.because("STLS", "no answer"))?;
        self.client =
            handover.secured(self.rx.bytes()).map_err(|error| Kind::Protocol.because("STLS", error))?;
        self.log(Transcript::handshake)?;
        self.stream = self.stream.secure(tls, host)?;
        Ok(self)
    }

    /// The channel binding, which only the two ends of this TLS connection can know (RFC 9266).
    pub(crate) fn tls_exporter(&self) -> Option<[u8; 32]> {
        self.stream.tls_exporter()
    }

    /// The next event, or `None` at the end of the connection. The event borrows the receive buffer, so the
    /// connection is free again once the event has been handled.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'_>>, Failure> {
        while self.client.poll(self.rx.unread()) == Need::Input {
            self.flush()?;
            match self.read()? {
                0 => return Ok(None),
                n => self.rx.commit(n),
            }
        }
        let event = self.client.receive(self.rx.unread()).map_err(broken)?;
        match event {
            Event::Reply { part: Part::Data(_) | Part::ScanItem(_) | Part::UidItem(_), .. } => {}
            _ if self.chatter == CHATTER => {
                return Err(Kind::Protocol.because("the dialogue", "the server does not stop talking"));
            }
            _ => self.chatter += 1,
        }
        Ok(Some(event))
    }

    /// Drops lines that the server sent while no command was waiting for an answer.
    pub(crate) fn skip_unasked(&mut self) -> Result<(), Failure> {
        while self.client.is_idle()
            && !self.rx.bytes().is_empty()
            && self.client.poll(self.rx.unread()) == Need::Event
        {
            if !matches!(self.next()?, Some(Event::Unsolicited(_))) {
                break;
            }
        }
        Ok(())
    }

    /// The failure to report when the connection has ended.
    pub(crate) fn ended(&self) -> Failure {
        match self.client.end_of_input() {
            Ok(()) => Kind::Network.because("the connection", "closed by the server"),
            Err(error) => Kind::Network.because("the connection", error),
        }
    }

    fn read(&mut self) -> Result<usize, Failure> {
        loop {
            let space = self.rx.space();
            match self.stream.read(space) {
                Ok(n) => {
                    if let Some(transcript) = &mut self.transcript {
                        let written = transcript.received(space.get(..n).unwrap_or_default());
                        written.map_err(|error| Kind::Disk.because("--transcript", error))?;
                    }
                    return Ok(n);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // TLS that is cut off without its closing alert is an end like any other, because the session
                // knows what was still due.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                Err(error) => {
                    return Err(Kind::Network.because("reading from the server", self.timed_out(error)));
                }
            }
        }
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if self.tx.is_empty() {
            return Ok(());
        }
        self.chatter = 0;
        let sent = self.stream.write_all(&self.tx).and_then(|()| self.stream.flush());
        sent.map_err(|error| Kind::Network.because("writing to the server", self.timed_out(error)))?;
        let octets = std::mem::take(&mut self.tx);
        self.log(|transcript| transcript.sent(&octets))?;
        self.tx = octets;
        self.tx.zeroize();
        Ok(())
    }

    fn log(&mut self, write: impl FnOnce(&mut Transcript) -> io::Result<()>) -> Result<(), Failure> {
        match self.transcript.as_mut().map(write) {
            Some(Err(error)) => Err(Kind::Disk.because("--transcript", error)),
            _ => Ok(()),
        }
    }

    fn timed_out(&self, error: io::Error) -> String {
        match error.kind() {
            io::ErrorKind::WouldBlock => {
                format!("no progress for {} s", self.timeout.as_secs())
            }
            _ => error.to_string(),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.log(Transcript::finish).is_err() {
            eprintln!("pop3get: the transcript is not complete");
        }
    }
}

fn client(account: &Account, security: Security) -> Client<PIPELINE> {
    // The user knows which names and passwords this server takes, so long and 8-bit ones are sent.
    Client::with_queue(Profile::LENIENT, security)
        .with_pipelining(!account.options.no_pipelining)
        .with_long_arguments(true)
        .with_eight_bit_logins(true)
}

fn broken(error: ProtocolError) -> Failure {
    let hint = match error {
        ProtocolError::Deviation(Deviation::BareLfBody) => " (message text could forge its own end)",
        _ => "",
    };
    Kind::Protocol.because("the dialogue", format_args!("{error}{hint}"))
}
