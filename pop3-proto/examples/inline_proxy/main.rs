//! A proxy that understands what passes: it prints every command without its secrets and every reply with its
//! size, and lets nobody delete.
//!
//! ```sh
//! cargo run --release --example inline_proxy 127.0.0.1:10110 127.0.0.1:11110
//! ```
//!
//! It hands on one command at a time and waits for the reply, so a client that pipelines is served, but not
//! faster. It cannot look into TLS, so it refuses STLS and takes it out of the list of capabilities.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use std::{env, thread};

use pop3_proto::dot::BodyEnd;
use pop3_proto::{
    Capability, Code, Command, Deviations, GrowBuf, Line, LineScanner, ReplyShape, Status, encode, limits,
    parse,
};

/// How long either side may be silent: the least autologout of RFC 1939 section 3, and a little more.
const SILENCE: Duration = Duration::from_secs(630);
/// The most clients at a time.
const CLIENTS: usize = 64;

fn main() -> io::Result<()> {
    let [listen, upstream] = &env::args().skip(1).collect::<Vec<_>>()[..] else {
        return Err(io::Error::other("usage: inline_proxy LISTEN UPSTREAM, both as ADDRESS:PORT"));
    };
    let (listener, upstream) = (TcpListener::bind(listen)?, Arc::<str>::from(&**upstream));
    for client in listener.incoming() {
        let Ok(client) = client else { continue };
        let upstream = upstream.clone();
        // Each thread holds the address of the server once.
        if Arc::strong_count(&upstream) - 2 >= CLIENTS {
            continue;
        }
        thread::spawn(move || {
            let session = TcpStream::connect(&*upstream).and_then(|server| Proxy::new(client, server)?.run());
            if let Err(error) = session {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

/// One of the two connections, and what was read of it and not yet used.
struct Side {
    io: TcpStream,
    rx: GrowBuf,
    lines: LineScanner,
}

impl Side {
    fn new(io: TcpStream) -> io::Result<Self> {
        io.set_read_timeout(Some(SILENCE))?;
        io.set_write_timeout(Some(SILENCE))?;
        io.set_nodelay(true)?;
        Ok(Self { io, rx: GrowBuf::with_max(64 * 1024), lines: LineScanner::new(limits::EXCHANGE_LINE) })
    }

    fn read(&mut self) -> io::Result<()> {
        match self.io.read(self.rx.space())? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            n => {
                self.rx.commit(n);
                Ok(())
            }
        }
    }

    /// The next line, without its CRLF.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            match self.lines.next(self.rx.unread()) {
                Line::Complete(line) => return Ok(line.to_vec()),
                Line::Partial => {}
                odd => return Err(io::Error::other(format!("{odd:?}"))),
            }
            self.read()?;
        }
    }

    fn send_line(&mut self, line: &[u8]) -> io::Result<()> {
        self.io.write_all(&[line, b"\r\n"].concat())
    }
}

struct Proxy {
    client: Side,
    server: Side,
}

impl Proxy {
    fn new(client: TcpStream, server: TcpStream) -> io::Result<Self> {
        Ok(Self { client: Side::new(client)?, server: Side::new(server)? })
    }

    fn run(mut self) -> io::Result<()> {
        let greeting = self.server.line()?;
        println!("S: {}", greeting.escape_ascii());
        self.client.send_line(&greeting)?;
        loop {
            let line = self.client.line()?;
            // If this proxy cannot read a line, it cannot know where the reply to it ends. So it does not
            // pass such a line on to the server.
            let command = match parse::command(&line) {
                Ok(command) => command,
                Err(error) => {
                    println!("C: {error}");
                    self.refuse()?;
                    continue;
                }
            };
            println!("C: {command}");
            match (&command, command.reply_shape()) {
                (Command::Dele(_) | Command::Stls, _) | (_, ReplyShape::Unknown) => self.refuse()?,
                (Command::Capa, _) => self.pass_capabilities()?,
                (Command::Quit, shape) => return self.pass(&line, shape).map(|_| ()),
                (_, shape) => {
                    self.pass(&line, shape)?;
                }
            }
        }
    }

    fn refuse(&mut self) -> io::Result<()> {
        let mut line = Vec::new();
        encode::status_line(Status::Err, Some(Code::SysPerm), "this proxy does not permit that", &mut line)
            .map_err(io::Error::other)?;
        print!("P: {}", String::from_utf8_lossy(&line));
        self.client.io.write_all(&line)
    }

    /// Hands a command on, and then its whole reply.
    fn pass(&mut self, command: &[u8], shape: ReplyShape) -> io::Result<Status> {
        self.server.send_line(command)?;
        loop {
            let line = self.server.line()?;
            if shape == ReplyShape::Exchange && line.first() == Some(&b'+') && !line.starts_with(b"+OK") {
                // A challenge; the response to it may be a password.
                println!("S: + ***");
                self.client.send_line(&line)?;
                let response = self.client.line()?;
                println!("C: ***");
                self.server.send_line(&response)?;
                continue;
            }
            println!("S: {}", line.escape_ascii());
            self.client.send_line(&line)?;
            let status =
                parse::status_line(&line, &mut Deviations::default()).map_err(io::Error::other)?.status;
            if status == Status::Ok && shape == ReplyShape::Multiline {
                self.pass_body()?;
            }
            return Ok(status);
        }
    }

    fn pass_capabilities(&mut self) -> io::Result<()> {
        let mut is_over = self.pass(b"CAPA", ReplyShape::Line)? == Status::Err;
        while !is_over {
            let line = self.server.line()?;
            if parse::capability(&line, &mut Deviations::default()) != Capability::Stls {
                self.client.send_line(&line)?;
            }
            is_over = line == b".";
        }
        Ok(())
    }

    fn pass_body(&mut self) -> io::Result<()> {
        let (mut end, mut bytes) = (BodyEnd::new(), 0);
        while !end.is_over() {
            if self.server.rx.is_empty() {
                self.server.read()?;
            }
            let taken = end.take(self.server.rx.unread());
            bytes += taken.len();
            self.client.io.write_all(taken)?;
        }
        println!("S: ({bytes} bytes and the dot)");
        Ok(())
    }
}
