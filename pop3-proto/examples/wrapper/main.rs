//! An async wrapper in one screen: `next().await` over the client session.
//!
//! `Pop3` is the part to copy; `main` runs it over an in-memory connection against a server from the same
//! crate.

use std::io;

use pop3_proto::client::{Client, Event, Need, Part, Profile, ProtocolError};
use pop3_proto::server::{self, Config, Fill, Server};
use pop3_proto::{Command, FixedBuf, GrowBuf, MsgNo, Outbox, Secret, Security, Time, limits};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Duration, timeout};

#[path = "../sample/mod.rs"]
mod sample;

/// The longest silence of a server. QUIT may take long: messages are removed before it is answered.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A connection to a POP3 server: the session, a socket, and the two buffers between them.
struct Pop3<S> {
    client: Client,
    io: S,
    rx: FixedBuf<{ limits::EXCHANGE_LINE }>,
    tx: Outbox,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Pop3<S> {
    fn new(io: S, security: Security) -> Self {
        Self { client: Client::new(Profile::LENIENT, security), io, rx: FixedBuf::new(), tx: Outbox::new() }
    }

    /// The next event. What it borrows is the receive buffer. Cancelling the future loses nothing.
    async fn next(&mut self) -> io::Result<Event<'_>> {
        while self.client.poll(self.rx.unread()) == Need::Input {
            timeout(TIMEOUT, self.exchange()).await??;
        }
        self.client.receive(self.rx.unread()).map_err(broken)
    }

    /// Sends what is queued, then reads once.
    async fn exchange(&mut self) -> io::Result<()> {
        while !self.tx.is_empty() {
            let sent = self.io.write(self.tx.bytes()).await?;
            self.tx.consume(sent);
        }
        self.io.flush().await?;
        match self.io.read(self.rx.space()).await? {
            0 => {
                Err(self.client.end_of_input().map_or_else(broken, |()| io::ErrorKind::UnexpectedEof.into()))
            }
            n => {
                self.rx.commit(n);
                Ok(())
            }
        }
    }

    /// Queues a command; the next wait for an event sends it.
    fn send(&mut self, command: &Command<'_>) -> io::Result<()> {
        self.client.send(command, &mut self.tx).map(|_| ()).map_err(io::Error::other)
    }
}

fn broken(error: ProtocolError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let (near, far) = tokio::io::duplex(4096);
    let server = tokio::spawn(serve(far));

    let mut pop = Pop3::new(near, Security::Tls);
    let mut script = vec![
        Command::Quit,
        Command::Retr(MsgNo::FIRST),
        Command::List(None),
        Command::Stat,
        Command::Pass(Secret::new(b"demo")),
        Command::User(b"demo"),
    ];
    loop {
        let done = match pop.next().await? {
            Event::Closed => break,
            Event::Refused(refusal) | Event::Reply { part: Part::Err(refusal), .. } => {
                return Err(io::Error::other(refusal.text.to_string()));
            }
            Event::Greeting(greeting) => {
                println!("{}", greeting.line.text);
                true
            }
            Event::Reply { part, last, .. } => {
                show(&part);
                last
            }
            _ => false,
        };
        if let Some(command) = done.then(|| script.pop()).flatten() {
            pop.send(&command)?;
        }
    }
    server.await?
}

fn show(part: &Part<'_>) {
    match part {
        Part::Ok(text) => println!("+OK {text}"),
        Part::Stat(stat) => println!("{} messages, {} octets", stat.count, stat.octets),
        Part::ScanItem(scan) => println!("message {} has {} octets", scan.number, scan.octets),
        Part::Data(octets) => print!("{}", String::from_utf8_lossy(octets)),
        _ => {}
    }
}

/// A server for the other end: it lets `demo` in and serves the sample.
async fn serve(mut io: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let config = Config::new();
    let mut server = Server::new(&config, Security::Tls);
    let (mut rx, mut tx) = (GrowBuf::new(), Outbox::new());
    loop {
        match server.receive(Time::ZERO, rx.unread(), &mut tx) {
            server::Event::NeedInput => {
                flush(&mut io, &mut tx).await?;
                match io.read(rx.space()).await? {
                    0 => return Ok(()),
                    n => rx.commit(n),
                }
            }
            server::Event::NeedOutput => flush(&mut io, &mut tx).await?,
            server::Event::Login { reply, .. } => {
                reply.accept(&mut server, &mut tx, sample::Sample::new(), "welcome");
            }
            server::Event::Retr { number, reply } => {
                let mut body = reply.begin(&mut server, &mut tx, "");
                let mail = server.index().and_then(|mail| mail.0.get(number.index()));
                let mut rest = mail.map_or(&[][..], |message| &message.text);
                while body.fill(&mut rest, &mut tx) == Fill::Flush {
                    flush(&mut io, &mut tx).await?;
                }
                // What is queued leaves together with the closing dot.
                body.end(&mut server);
            }
            server::Event::Quit { reply } | server::Event::Update { reply } => {
                reply.ok(&mut server, &mut tx, "bye");
            }
            server::Event::Closed(_) => return flush(&mut io, &mut tx).await,
            _ => {}
        }
    }
}

async fn flush(io: &mut (impl AsyncWrite + Unpin), tx: &mut Outbox) -> io::Result<()> {
    io.write_all(tx.bytes()).await?;
    tx.clear();
    io.flush().await
}
