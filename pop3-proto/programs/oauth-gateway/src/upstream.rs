//! The connection to the real server: a client session, a stream, and the bytes on their way in and out.

use std::io;
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::client::{Client, Event, Need, Part, Profile};
use pop3_proto::{Command, FixedBuf, Security};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::app::App;

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
}

impl Upstream {
    /// Connects, and makes the TLS handshake unless STLS is to follow.
    pub(crate) async fn connect(app: &App) -> anyhow::Result<Self> {
        let address = (app.host.as_str(), app.port);
        let stream = TcpStream::connect(address).await.context("connecting")?;
        stream.set_nodelay(true).context("connecting")?;
        if app.stls {
            Ok(Self::new(app, Box::new(stream), Client::with_queue(Profile::LENIENT, Security::Plain)))
        } else {
            let stream = shake_hands(app, Box::new(stream)).await?;
            Ok(Self::new(app, stream, Client::with_queue(Profile::LENIENT, Security::Tls)))
        }
    }

    fn new(app: &App, stream: Box<dyn Stream>, client: OneByOne) -> Self {
        let rx = Box::new(FixedBuf::new());
        Self { client, tx: Vec::new(), rx, stream, timeout: app.timeout, spoke: Instant::now() }
    }

    /// The same connection inside TLS, after `+OK` to STLS.
    pub(crate) async fn secured(self, app: &App) -> anyhow::Result<Self> {
        let handover = self.client.handover().context("STLS was not accepted")?;
        let client = handover.secured(self.rx.bytes())?;
        Ok(Self::new(app, shake_hands(app, self.stream).await?, client))
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
            self.stream.write_all(&self.tx).await?;
            self.stream.flush().await?;
            self.tx.clear();
        }
        self.stream.read(self.rx.space()).await
    }

    /// The next event, or `None` at the end of the connection. The event borrows the receive buffer.
    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Event<'_>>> {
        if !self.wait().await? {
            return Ok(None);
        }
        Ok(Some(self.client.receive(self.rx.unread())?))
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
            event => anyhow::bail!("it said something else than an answer: {event:?}"),
        }
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
            Ok(Event::Unsolicited(text)) => anyhow::anyhow!("it said, unasked: {text}"),
            Ok(event) => anyhow::anyhow!("it said, unasked: {event:?}"),
            Err(error) => error.into(),
        }
    }

    /// Closes TLS properly, without QUIT. The real server may be gone already.
    pub(crate) async fn close(mut self) {
        let _ = timeout(CLOSE, self.stream.shutdown()).await;
    }
}

async fn shake_hands(app: &App, stream: Box<dyn Stream>) -> anyhow::Result<Box<dyn Stream>> {
    Ok(Box::new(app.tls.connect(app.name.clone(), stream).await.context("TLS handshake")?))
}

/// Whether this error is an end like any other. TLS that is cut off without its closing alert is one, because
/// the session knows what was still due.
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    )
}
