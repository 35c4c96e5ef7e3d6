//! The server's end: one connection, the sample maildrop, blocking sockets.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use pop3_proto::server::{Config, Credentials, Event, Fill, Server};
use pop3_proto::{Code, GrowBuf, Outbox, Security, Time};

use crate::TIMEOUT;
use crate::sample::Sample;

pub(crate) fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let mut config = Config::new();
    config.greeting = "demo ready".into();
    config.allow_plaintext_login = true; // on loopback only

    let started = Instant::now();
    let mut server = Server::new(&config, Security::Plain);
    let (mut rx, mut tx) = (GrowBuf::new(), Outbox::new());
    loop {
        match server.receive(Time::from_elapsed(started.elapsed()), rx.unread(), &mut tx) {
            Event::NeedInput => {
                flush(&mut stream, &mut tx)?;
                match stream.read(rx.space())? {
                    0 => return Ok(()),
                    n => rx.commit(n),
                }
            }
            Event::NeedOutput => flush(&mut stream, &mut tx)?,
            Event::Login { credentials: Credentials::Password(password), reply } => {
                if server.user() == Some(b"demo") && password.expose() == b"correct horse battery staple" {
                    reply.accept(&mut server, &mut tx, Sample::new(), "maildrop locked and ready");
                } else {
                    reply.err(&mut server, &mut tx, Code::Auth, "wrong name or password");
                }
            }
            Event::Retr { number, reply } => {
                let mut body = reply.begin(&mut server, &mut tx, "message follows");
                let message = server.index().and_then(|sample| sample.0.get(number.index()));
                let mut rest = message.map_or(&[][..], |message| &message.text);
                while body.fill(&mut rest, &mut tx) == Fill::Flush {
                    flush(&mut stream, &mut tx)?;
                }
                // What is queued leaves together with the closing dot.
                body.end(&mut server);
            }
            Event::Quit { reply } | Event::Update { reply } => reply.ok(&mut server, &mut tx, "bye"),
            Event::Closed(_) => return flush(&mut stream, &mut tx),
            _ => {}
        }
    }
}

fn flush(stream: &mut TcpStream, tx: &mut Outbox) -> io::Result<()> {
    stream.write_all(tx.bytes())?;
    tx.clear();
    Ok(())
}
