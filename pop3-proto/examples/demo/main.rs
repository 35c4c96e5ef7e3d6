//! A whole POP3 conversation on your machine: a server over a sample maildrop, a client that fetches it over
//! TCP, and the dialogue between them on the screen. Exits with 0 if every message arrived octet by octet.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use pop3_proto::client::{Client, Event, Need, Part, Profile};
use pop3_proto::dot::wire_size;
use pop3_proto::{Command, FixedBuf, MsgNo, Outbox, Secret, Security};

#[path = "../sample/mod.rs"]
mod sample;
mod screen;
mod server;

use sample::Sample;
use screen::Screen;

const TIMEOUT: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let mut screen = Screen::new(io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none());
    match run(&mut screen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(screen: &mut Screen) -> io::Result<()> {
    let started = Instant::now();
    let expected = Sample::new();
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    screen.note(&format!("a server listens on {address}, over a sample of {} messages", expected.0.len()));
    let server = thread::spawn(move || listener.accept().and_then(|(stream, _)| server::serve(stream)));

    let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.set_nodelay(true)?;
    let mut fetcher = Fetcher {
        client: Client::new(Profile::STRICT, Security::Plain),
        stream,
        rx: Box::new(FixedBuf::new()),
        tx: Outbox::new(),
        screen,
    };
    let connected = started.elapsed();
    let transfer = Instant::now();
    let fetched = fetcher.fetch()?;
    let transferred = transfer.elapsed();
    server.join().map_err(|_| io::Error::other("the server's thread panicked"))??;

    let mut wrong = 0;
    for (message, got) in expected.0.iter().zip(&fetched) {
        if *got != on_the_wire(&message.text) || got.len() as u64 != wire_size(&message.text) {
            screen.note(&format!("message {} is not what was stored", message.uid));
            wrong += 1;
        }
    }
    let octets: usize = fetched.iter().map(Vec::len).sum();
    let rate = octets as f64 / transferred.as_secs_f64() / 1e6;
    screen.note(&format!(
        "{} of {} messages are right octet by octet; {octets} octets in {:.1} ms ({rate:.0} MB/s), set-up {:.1} ms",
        fetched.len() - wrong,
        expected.0.len(),
        transferred.as_secs_f64() * 1e3,
        connected.as_secs_f64() * 1e3,
    ));
    if wrong == 0 && fetched.len() == expected.0.len() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, "messages are missing or changed"))
    }
}

/// A stored message as a client gets it: CRLF line ends, the last one included.
fn on_the_wire(stored: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(stored.len() + 2);
    for &octet in stored {
        if octet == b'\n' && wire.last() != Some(&b'\r') {
            wire.push(b'\r');
        }
        wire.push(octet);
    }
    if !wire.is_empty() && !wire.ends_with(b"\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire
}

/// The client's end of the connection.
struct Fetcher<'s> {
    client: Client,
    stream: TcpStream,
    rx: Box<FixedBuf<{ 64 * 1024 }>>,
    tx: Outbox,
    screen: &'s mut Screen,
}

impl Fetcher<'_> {
    fn fetch(&mut self) -> io::Result<Vec<Vec<u8>>> {
        self.reply()?;
        self.ask(&Command::Capa)?;
        self.ask(&Command::User(b"demo"))?;
        self.ask(&Command::Pass(Secret::new(b"correct horse battery staple")))?;
        let count = self.ask(&Command::Stat)?.count;
        self.ask(&Command::List(None))?;
        self.ask(&Command::Uidl(None))?;
        let numbers = (1..=u32::try_from(count).unwrap_or(u32::MAX)).filter_map(MsgNo::new);
        let messages =
            numbers.map(|n| Ok(self.ask(&Command::Retr(n))?.message)).collect::<io::Result<_>>()?;
        self.ask(&Command::Quit)?;
        Ok(messages)
    }

    fn ask(&mut self, command: &Command<'_>) -> io::Result<Reply> {
        self.client.send(command, &mut self.tx).map_err(io::Error::other)?;
        self.screen.command(command);
        self.stream.write_all(self.tx.bytes())?;
        self.tx.clear();
        self.reply()
    }

    /// Reads one reply to its end, or the greeting.
    fn reply(&mut self) -> io::Result<Reply> {
        let mut reply = Reply::default();
        loop {
            while self.client.poll(self.rx.unread()) == Need::Input {
                match self.stream.read(self.rx.space())? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    n => self.rx.commit(n),
                }
            }
            let event = self.client.receive(self.rx.unread()).map_err(io::Error::other)?;
            self.screen.event(&event);
            match event {
                Event::Refused(refusal) | Event::Reply { part: Part::Err(refusal), .. } => {
                    return Err(io::Error::other(refusal.text.to_string()));
                }
                Event::Reply { part: Part::Stat(stat), .. } => reply.count = stat.count,
                Event::Reply { part: Part::Data(octets), .. } => reply.message.extend_from_slice(octets),
                _ => {}
            }
            if matches!(event, Event::Greeting(_) | Event::Reply { last: true, .. }) {
                return Ok(reply);
            }
        }
    }
}

#[derive(Default)]
struct Reply {
    count: u64,
    message: Vec<u8>,
}
