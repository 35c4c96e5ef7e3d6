//! One connection: the client session from the crate, a socket, and the two buffers between them.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use pop3_proto::client::{Client, Event, Knowledge, Need, Part, Profile, ProtocolError, Refusal};
use pop3_proto::{Code, Command, Deviation, FixedBuf, Secret, Security, Status};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::failure::{Failure, Kind};

/// How long to wait for a connection, and for the next octet. A server may need long to answer QUIT.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const IO_TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) struct Connection {
    stream: Stream,
    pub(crate) client: Client,
    rx: Box<FixedBuf<{ 64 * 1024 }>>,
    tx: Vec<u8>,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Connection {
    pub(crate) fn open(host: &str, port: u16) -> Result<Self, Failure> {
        let what = || format!("{host}, port {port}");
        let network = |error: io::Error| Kind::Network.because(what(), error);
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in (host, port).to_socket_addrs().map_err(network)? {
            match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(IO_TIMEOUT)).map_err(network)?;
                    stream.set_write_timeout(Some(IO_TIMEOUT)).map_err(network)?;
                    stream.set_nodelay(true).map_err(network)?;
                    return Ok(Self::new(
                        Stream::Plain(stream),
                        Client::new(Profile::LENIENT, Security::Plain),
                    ));
                }
                Err(error) => last = error,
            }
        }
        Err(network(last))
    }

    fn new(stream: Stream, client: Client) -> Self {
        Self { stream, client, rx: Box::new(FixedBuf::new()), tx: Vec::new() }
    }

    /// Implicit TLS: the handshake comes before the greeting.
    pub(crate) fn over_tls(self, config: &Arc<ClientConfig>, host: &str) -> Result<Self, Failure> {
        Ok(Self::new(self.stream.secure(config, host)?, Client::new(Profile::LENIENT, Security::Tls)))
    }

    pub(crate) fn greeting(&mut self) -> Result<(), Failure> {
        match self.next()? {
            Event::Greeting(greeting) if greeting.line.status == Status::Ok => Ok(()),
            Event::Greeting(greeting) => {
                Err(Kind::Network.because("the server refuses service", greeting.line.text))
            }
            _ => Err(Kind::Protocol.because("greeting", "something else came")),
        }
    }

    /// CAPA; a server that does not know it is no failure.
    pub(crate) fn ask_capabilities(&mut self) -> Result<(), Failure> {
        self.send(&Command::Capa)?;
        loop {
            match self.next()? {
                Event::Reply(_, Part::End | Part::Err(_)) => return Ok(()),
                Event::Closed => {
                    return Err(Kind::Network.because("CAPA", "the server closed the connection"));
                }
                _ => {}
            }
        }
    }

    pub(crate) fn stls(mut self, config: &Arc<ClientConfig>, host: &str) -> Result<Self, Failure> {
        let capabilities = self.client.capabilities();
        if capabilities.knowledge() == Knowledge::Known && !capabilities.stls() {
            return Err(
                Kind::Login.because("STLS", "the server does not offer it; the password was not sent")
            );
        }
        self.ask(&Command::Stls).map_err(|failure| failure.refused_as(Kind::Login))?;
        let handover = self.client.handover().ok_or_else(|| Kind::Protocol.because("STLS", "no answer"))?;
        let client =
            handover.secured(self.rx.bytes()).map_err(|error| Kind::Protocol.because("STLS", error))?;
        Ok(Self::new(self.stream.secure(config, host)?, client))
    }

    pub(crate) fn log_in(&mut self, user: &str, password: &str) -> Result<(), Failure> {
        self.ask(&Command::User(user.as_bytes())).map_err(|failure| failure.refused_as(Kind::Login))?;
        self.ask(&Command::Pass(Secret::new(password.as_bytes())))
            .map_err(|failure| failure.refused_as(Kind::Login))
    }

    /// Ends the session; only its `+OK` makes deletions certain.
    pub(crate) fn quit(&mut self) -> Result<(), Failure> {
        self.ask(&Command::Quit)
    }

    /// Sends one command and waits for its one-line answer.
    pub(crate) fn ask(&mut self, command: &Command<'_>) -> Result<(), Failure> {
        self.send(command)?;
        loop {
            match self.next()? {
                Event::Reply(_, Part::Ok(_)) => return Ok(()),
                Event::Reply(_, Part::Err(refusal)) => {
                    return Err(refused(command.verb().as_str(), &refusal));
                }
                Event::Closed => {
                    return Err(
                        Kind::Network.because(command.verb().as_str(), "the server closed the connection")
                    );
                }
                _ => {}
            }
        }
    }

    /// Queues a command; the next wait for input sends it.
    pub(crate) fn send(&mut self, command: &Command<'_>) -> Result<(), Failure> {
        let verb = command.verb().as_str();
        self.client
            .send(command, &mut self.tx)
            .map(|_| ())
            .map_err(|error| Kind::Protocol.because(verb, error))
    }

    /// The next event. What it borrows is the receive buffer, so the connection is free again once the event is dealt with.
    pub(crate) fn next(&mut self) -> Result<Event<'_>, Failure> {
        while self.client.poll(self.rx.unread()) == Need::Input {
            self.flush()?;
            let n = match self.stream.as_read().read(self.rx.space()) {
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // TLS cut off without its closing alert is an end like any other: the session knows what was still due.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => 0,
                Err(error) => return Err(Kind::Network.because("reading from the server", timed_out(error))),
            };
            if n == 0 {
                return match self.client.end_of_input() {
                    Ok(()) => Err(Kind::Network.because("the connection", "closed by the server")),
                    Err(error) => Err(Kind::Network.because("the connection", error)),
                };
            }
            self.rx.filled(n);
        }
        self.client.receive(self.rx.unread()).map_err(broken)
    }

    fn flush(&mut self) -> Result<(), Failure> {
        if !self.tx.is_empty() {
            let stream = self.stream.as_write();
            let sent = stream.write_all(&self.tx).and_then(|()| stream.flush());
            sent.map_err(|error| Kind::Network.because("writing to the server", timed_out(error)))?;
            self.tx.clear();
        }
        Ok(())
    }
}

/// A `-ERR`, in the words of the server.
pub(crate) fn refused(what: &str, refusal: &Refusal<'_>) -> Failure {
    let kind = match refusal.known_code() {
        Some(Code::Auth | Code::InUse | Code::LoginDelay) => Kind::Login,
        _ => Kind::Protocol,
    };
    let code = refusal.known_code().map(|code| format!("[{}] ", code.as_str())).unwrap_or_default();
    kind.because(what, format_args!("the server says {code}{}", refusal.text)).by_refusal()
}

fn broken(error: ProtocolError) -> Failure {
    let hint = match error {
        ProtocolError::Deviation(Deviation::BareLfBody) => " (message text could forge its own end)",
        _ => "",
    };
    Kind::Protocol.because("the dialogue", format_args!("{error}{hint}"))
}

fn timed_out(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            format!("no progress for {} s", IO_TIMEOUT.as_secs())
        }
        _ => error.to_string(),
    }
}

impl Stream {
    fn secure(self, config: &Arc<ClientConfig>, host: &str) -> Result<Self, Failure> {
        let Self::Plain(mut stream) = self else {
            return Err(Kind::Protocol.because("TLS", "already active"));
        };
        let name = ServerName::try_from(host.to_owned()).map_err(|error| Kind::Usage.because(host, error))?;
        let failed = |error: &dyn std::fmt::Display| Kind::Network.because("TLS handshake", error);
        let mut connection = ClientConnection::new(config.clone(), name).map_err(|error| failed(&error))?;
        // Here, and not at the first read, so that a certificate that is not trusted is told apart from a bad greeting.
        while connection.is_handshaking() {
            connection.complete_io(&mut stream).map_err(|error| failed(&timed_out(error)))?;
        }
        Ok(Self::Tls(Box::new(StreamOwned::new(connection, stream))))
    }

    fn as_read(&mut self) -> &mut dyn Read {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream,
        }
    }

    fn as_write(&mut self) -> &mut dyn Write {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream,
        }
    }
}
