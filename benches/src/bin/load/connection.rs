//! One connection: the client session of the crate, a socket, and the two buffers between them.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, bail};
use pop3_proto::client::{Client, Event, Need, Part, Profile};
use pop3_proto::{Command, MsgNo, Scan, Secret, Security, Stat, Status};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::window::Window;

/// The most commands on the way at once.
pub(crate) const PIPELINE: usize = 32;
/// How long to wait for a connection, and for the next byte.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server and its users.
#[derive(Debug)]
pub(crate) struct Target {
    address: SocketAddr,
    user: String,
    first: u32,
    password: String,
}

impl Target {
    pub(crate) const fn new(address: SocketAddr, user: String, first: u32, password: String) -> Self {
        Self { address, user, first, password }
    }

    /// Opens a session and logs in as the `nth` user.
    pub(crate) async fn log_in(&self, nth: u32) -> anyhow::Result<Connection> {
        let user = self.user.replace("%d", &(self.first + nth).to_string());
        let mut connection = Connection::open(self.address).await.context("connecting")?;
        connection.log_in(&user, &self.password).await.with_context(|| format!("logging in as {user}"))?;
        Ok(connection)
    }
}

pub(crate) struct Connection {
    stream: TcpStream,
    client: Client<PIPELINE>,
    rx: Window,
    tx: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = timeout(PATIENCE, TcpStream::connect(address)).await??;
        stream.set_nodelay(true)?;
        let client = Client::with_queue(Profile::STRICT, Security::Plain);
        let mut connection = Self { stream, client, rx: Window::new(), tx: Vec::new() };
        match connection.next().await? {
            Event::Greeting(greeting) if greeting.line.status == Status::Ok => Ok(connection),
            event => Err(unexpected(&event)),
        }
    }

    async fn log_in(&mut self, user: &str, password: &str) -> anyhow::Result<()> {
        self.ask(&Command::User(user.as_bytes())).await?;
        self.ask(&Command::Pass(Secret::new(password.as_bytes()))).await
    }

    pub(crate) async fn noop(&mut self) -> anyhow::Result<()> {
        self.ask(&Command::Noop).await.context("NOOP")
    }

    pub(crate) async fn stat(&mut self) -> anyhow::Result<Stat> {
        self.send(&Command::Stat)?;
        match self.next().await? {
            Event::Reply { part: Part::Stat(stat), .. } => Ok(stat),
            event => Err(unexpected(&event).context("STAT")),
        }
    }

    /// Asks CAPA, so that the session permits pipelining if the server does. Returns whether it does.
    pub(crate) async fn may_pipeline(&mut self) -> anyhow::Result<bool> {
        self.send(&Command::Capa)?;
        loop {
            match self.next().await? {
                Event::Reply { part: Part::Begin(_) | Part::Capability(_), .. } => {}
                Event::Reply { part: Part::End, .. } => return Ok(self.client.capabilities().pipelining()),
                event => return Err(unexpected(&event).context("CAPA")),
            }
        }
    }

    pub(crate) async fn list(&mut self) -> anyhow::Result<Vec<Scan>> {
        self.send(&Command::List(None))?;
        let mut scans = Vec::new();
        loop {
            match self.next().await? {
                Event::Reply { part: Part::Begin(_), .. } => {}
                Event::Reply { part: Part::ScanItem(scan), .. } => scans.push(scan),
                Event::Reply { part: Part::End, .. } => return Ok(scans),
                event => return Err(unexpected(&event).context("LIST")),
            }
        }
    }

    /// Queues RETR. It is sent with the next wait for input.
    pub(crate) fn ask_for(&mut self, number: MsgNo) -> anyhow::Result<()> {
        self.send(&Command::Retr(number))
    }

    /// Reads the oldest message that was asked for, up to its end. Returns how many bytes it has.
    pub(crate) async fn message(&mut self) -> anyhow::Result<u64> {
        let mut octets = 0;
        loop {
            match self.next().await? {
                Event::Reply { part: Part::Begin(_), .. } => {}
                Event::Reply { part: Part::Data(data), .. } => octets += data.len() as u64,
                Event::Reply { part: Part::End, .. } => return Ok(octets),
                event => return Err(unexpected(&event).context("RETR")),
            }
        }
    }

    /// Sends QUIT and waits until the server has closed the connection.
    pub(crate) async fn quit(mut self) -> anyhow::Result<()> {
        self.ask(&Command::Quit).await.context("QUIT")?;
        let n =
            timeout(PATIENCE, self.stream.read(self.rx.space())).await.context("waiting for the end")??;
        if n > 0 || !self.rx.is_empty() {
            bail!("the server goes on after its answer to QUIT");
        }
        Ok(())
    }

    async fn ask(&mut self, command: &Command<'_>) -> anyhow::Result<()> {
        self.send(command)?;
        match self.next().await? {
            Event::Reply { part: Part::Ok(_), .. } => Ok(()),
            event => Err(unexpected(&event)),
        }
    }

    fn send(&mut self, command: &Command<'_>) -> anyhow::Result<()> {
        self.client.send(command, &mut self.tx)?;
        Ok(())
    }

    async fn next(&mut self) -> anyhow::Result<Event<'_>> {
        while self.client.poll(self.rx.unread()) == Need::Input {
            if !self.tx.is_empty() {
                timeout(PATIENCE, self.stream.write_all(&self.tx)).await.context("writing")??;
                self.tx.clear();
            }
            let n = timeout(PATIENCE, self.stream.read(self.rx.space())).await.context("reading")??;
            if n == 0 {
                self.client.end_of_input()?;
                bail!("the server closed the connection");
            }
            self.rx.commit(n);
        }
        Ok(self.client.receive(self.rx.unread())?)
    }
}

fn unexpected(event: &Event<'_>) -> anyhow::Error {
    anyhow::anyhow!("the server says {event:?}")
}
