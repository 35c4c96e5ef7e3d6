//! The connection to the real server: a client session, a stream, and the bytes on their way in and out.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pop3_programs_common::words::{Masks, shown};
use pop3_programs_common::{service, trust};
use pop3_proto::client::{Client, Event, Need, Part, Profile, ProtocolError};
use pop3_proto::{Command, FixedBuf, Security};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::app::App;
use crate::prompt::Prompt;

/// The most bytes from the real server that are held at once: as much as a TLS record carries.
const WINDOW: usize = 16 * 1024;
/// The real server gets a command at least this often. It waits for 10 minutes or more (RFC 1939 section 3),
/// and the NOOPs of the device are not passed on to it.
const KEEP_ALIVE: Duration = Duration::from_secs(240);
/// How long the closing of TLS may take.
const CLOSE: Duration = Duration::from_secs(5);

/// The client sends one command at a time.
type OneByOne = Client<1>;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(crate) struct Upstream {
    pub(crate) client: OneByOne,
    pub(crate) tx: Vec<u8>,
    rx: Box<FixedBuf<WINDOW>>,
    stream: Box<dyn Stream>,
    timeout: Duration,
    /// When the last command was sent.
    spoke: Instant,
    /// The number of messages, once STAT has told it.
    pub(crate) count: Option<u64>,
    /// What must not be shown.
    pub(crate) masks: Arc<Masks>,
}

/// The TLS handshake failed for good, with the reason in words.
#[derive(Debug)]
pub(crate) struct Untrusted(String);

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Untrusted {}

impl Upstream {
    /// Connects, and makes the TLS handshake unless STLS is to follow.
    pub(crate) async fn connect(app: &App, masks: &Arc<Masks>) -> anyhow::Result<Self> {
        let address = (app.host.as_str(), app.port);
        let stream = TcpStream::connect(address).await.context("connecting")?;
        stream.set_nodelay(true).context("connecting")?;
        let stream = Prompt(stream);
        if app.stls {
            Ok(Self::new(app, Box::new(stream), Client::with_queue(Profile::LENIENT, Security::Plain), masks))
        } else {
            let stream = shake_hands(app, Box::new(stream)).await?;
            Ok(Self::new(app, stream, Client::with_queue(Profile::LENIENT, Security::Tls), masks))
        }
    }

    fn new(app: &App, stream: Box<dyn Stream>, client: OneByOne, masks: &Arc<Masks>) -> Self {
        let (rx, masks) = (Box::new(FixedBuf::new()), masks.clone());
        let (timeout, spoke) = (app.timeout, Instant::now());
        Self { client, tx: Vec::new(), rx, stream, timeout, spoke, count: None, masks }
    }

    /// How long an answer may take.
    pub(crate) const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How long an answer may take from now on.
    pub(crate) const fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// The same connection inside TLS, after `+OK` to STLS.
    pub(crate) async fn secured(self, app: &App) -> anyhow::Result<Self> {
        let handover = self.client.handover().context("STLS was not accepted")?;
        let client = handover.secured(self.rx.bytes())?;
        Ok(Self::new(app, shake_hands(app, self.stream).await?, client, &self.masks))
    }

    /// Waits until there is an event to take. `false` at the end of the connection.
    async fn wait(&mut self) -> anyhow::Result<bool> {
        let deadline = Instant::now() + self.timeout;
        while self.must_wait() {
            let read = timeout_at(deadline, self.exchange()).await;
            match read.with_context(|| format!("silent for {} s", self.timeout.as_secs()))? {
                Ok(0) => return Ok(false),
                Ok(n) => self.rx.commit(n),
                Err(error) if is_end(&error) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// Whether the next event has to come from the network first.
    pub(crate) fn must_wait(&mut self) -> bool {
        self.client.poll(self.rx.unread()) == Need::Input
    }

    /// Sends what is queued, then reads once.
    async fn exchange(&mut self) -> io::Result<usize> {
        if !self.tx.is_empty() {
            let sent = match self.stream.write_all(&self.tx).await {
                Ok(()) => self.stream.flush().await,
                failed => failed,
            };
            match sent {
                // The server has closed. What it said before that is still there to be read.
                Err(error) if is_end(&error) => {}
                sent => sent?,
            }
            self.tx.clear();
        }
        self.stream.read(self.rx.space()).await
    }

    /// The next event, or `None` at the end of the connection. The event borrows the receive buffer.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Event<'_>>> {
        if !self.wait().await? {
            return Ok(None);
        }
        let line = self.rx.bytes().split(|octet| *octet == b'\n').next().unwrap_or_default().to_vec();
        Ok(Some(
            self.client.receive(self.rx.unread()).map_err(|error| self::broken(error, &line, &self.masks))?,
        ))
    }

    /// Sends a command and returns the first part of its answer.
    pub(crate) async fn ask(&mut self, command: &Command<'_>) -> anyhow::Result<Part<'_>> {
        // Whatever came before the command is not its answer.
        if !self.must_wait() {
            return Err(self.idle().await);
        }
        self.client.send(command, &mut self.tx).with_context(|| command.verb().as_str())?;
        self.spoke = Instant::now();
        self.part().await
    }

    /// The next part of the answer.
    pub(crate) async fn part(&mut self) -> anyhow::Result<Part<'_>> {
        if !self.wait().await? {
            self.client.end_of_input()?;
            anyhow::bail!("it closed the connection");
        }
        match self.client.receive(self.rx.unread())? {
            Event::Reply { part, .. } => Ok(part),
            event => {
                let event = format!("{event:?}");
                anyhow::bail!(
                    "it said something else than an answer: {}",
                    shown(event.as_bytes(), &self.masks)
                )
            }
        }
    }

    /// From now on, answers have to come within this time.
    pub(crate) fn hurry(&mut self, limit: Duration) {
        self.timeout = self.timeout.min(limit);
    }

    /// When the next command has to be sent to keep the connection.
    pub(crate) fn due(&self) -> Instant {
        self.spoke + KEEP_ALIVE
    }

    pub(crate) async fn keep_alive(&mut self) -> anyhow::Result<()> {
        self.ask(&Command::Noop).await.map(|_| ())
    }

    /// While no command is on the way, waits until the real server says something all the same or closes the
    /// connection. Cancelling the future loses nothing.
    pub(crate) async fn idle(&mut self) -> anyhow::Error {
        while self.must_wait() {
            match self.exchange().await {
                Ok(0) => return anyhow::anyhow!("it closed the connection"),
                Ok(n) => self.rx.commit(n),
                Err(error) => return error.into(),
            }
        }
        match self.client.receive(self.rx.unread()) {
            Ok(Event::Unsolicited(text)) => {
                anyhow::anyhow!("it said, unasked: {}", shown(text.as_bytes(), &self.masks))
            }
            Ok(event) => {
                let event = format!("{event:?}");
                anyhow::anyhow!("it said, unasked: {}", shown(event.as_bytes(), &self.masks))
            }
            Err(error) => error.into(),
        }
    }

    /// Closes TLS properly, without QUIT. The real server may be gone already.
    pub(crate) async fn close(mut self) {
        let _ = timeout(CLOSE, self.stream.shutdown()).await;
    }
}

async fn shake_hands(app: &App, stream: Box<dyn Stream>) -> anyhow::Result<Box<dyn Stream>> {
    let secured = app.tls.connect(app.name.clone(), stream).await;
    let secured = secured.map_err(|error| match error.get_ref().and_then(|error| error.downcast_ref()) {
        Some(error @ rustls::Error::InvalidMessage(_)) if !app.stls => {
            let hint = "if TLS does not start at once on this port, use --stls";
            anyhow::Error::new(Untrusted(format!("{} ({hint})", trust::words(error))))
        }
        Some(error) => anyhow::Error::new(Untrusted(trust::words(error))),
        None => error.into(),
    });
    Ok(Box::new(secured.context("TLS handshake")?))
}

/// A fault of the protocol, with the line that was no answer.
fn broken(error: ProtocolError, line: &[u8], masks: &Masks) -> anyhow::Error {
    if error != ProtocolError::Status {
        return error.into();
    }
    let words = shown(line.trim_ascii_end(), masks);
    let error = anyhow::Error::from(error);
    match service::guess(line) {
        Some(service) => error.context(format!("this is {service}: {words}")),
        None => error.context(format!("it said: {words}")),
    }
}

/// Whether this error is an end like any other. TLS that is cut off without its closing alert is one, because
/// the session knows what was still due.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    )
}
