//! The server's end: one connection, the sample maildrop, blocking sockets.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Instant;

use pop3_proto::maildrop::Maildrop;
use pop3_proto::server::{Config, Credentials, Event, Server};
use pop3_proto::{Code, FixedBuf, Security, Time, limits};

use crate::TIMEOUT;
use crate::sample::Sample;

pub(crate) fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let mut config = Config::new();
    config.greeting = "demo ready";
    config.allow_plaintext_login = true; // on loopback only

    let started = Instant::now();
    let mut session = Server::new(&config, Security::Plain);
    let mut drop = Maildrop::closed();
    let (mut rx, mut tx) = (Box::new(FixedBuf::<{ limits::EXCHANGE_LINE }>::new()), Vec::new());
    loop {
        match drop.receive(&mut session, Time::from_elapsed(started.elapsed()), rx.unread(), &mut tx) {
            Event::NeedInput => {
                flush(&mut stream, &mut tx)?;
                match stream.read(rx.space())? {
                    0 => return Ok(()),
                    n => rx.commit(n),
                }
            }
            Event::NeedOutput => flush(&mut stream, &mut tx)?,
            Event::Login { credentials: Credentials::Password(password), reply } => {
                if session.user() == Some(b"demo") && password.expose() == b"correct horse battery staple" {
                    drop.open(Sample::new());
                    reply.accept(&mut session, &mut tx, "maildrop locked and ready");
                } else {
                    reply.err(&mut session, &mut tx, Code::Auth, "wrong name or password");
                }
            }
            Event::Retr(number, reply) => {
                let mut body = reply.begin(&mut session, &mut tx, "message follows");
                let message = drop.index().and_then(|sample| sample.0.get(number.index()));
                let mut rest = message.map_or(&[][..], |message| &message.text);
                loop {
                    body.fill(&mut rest, &mut tx);
                    if rest.is_empty() {
                        break; // what is queued leaves together with the closing dot
                    }
                    flush(&mut stream, &mut tx)?;
                }
                body.end(&mut session);
            }
            Event::Quit { reply, .. } => reply.ok(&mut session, &mut tx, "bye"),
            Event::Closed(_) => return flush(&mut stream, &mut tx),
            _ => {}
        }
    }
}

fn flush(stream: &mut TcpStream, tx: &mut Vec<u8>) -> io::Result<()> {
    stream.write_all(tx)?;
    tx.clear();
    Ok(())
}
