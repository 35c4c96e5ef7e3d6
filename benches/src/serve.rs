//! A server over messages in memory, with both buffers reused: what the session benchmarks drive.

use pop3_proto::dot::wire_size;
use pop3_proto::maildrop::{Index, Maildrop};
use pop3_proto::server::{Config, Event, Server};
use pop3_proto::{MsgNo, Security, Time, Uid};

/// Copies of one message.
#[derive(Clone, Copy, Debug)]
pub struct Copies<'m> {
    /// How many.
    pub count: u32,
    /// The message, stored with CRLF line ends.
    pub message: &'m [u8],
}

impl Index for Copies<'_> {
    fn len(&self) -> u32 {
        self.count
    }

    fn octets(&self, _: MsgNo) -> u64 {
        wire_size(self.message)
    }

    fn uid(&self, _: MsgNo) -> Uid<'_> {
        const ID: Uid<'_> = Uid::new(b"whqtswO00WBw418f9t5JxYwZ").unwrap();
        ID
    }
}

/// The configuration that [`session`] expects.
#[must_use]
pub const fn config() -> Config<'static> {
    let mut config = Config::new();
    config.clear_login = true;
    config
}

/// Runs one session over `commands`, given all at once, and collects what is sent in `out`. Returns how often the output was
/// flushed.
///
/// # Panics
///
/// If the session does not end by QUIT.
pub fn session(
    config: &Config<'_>,
    mail: Copies<'_>,
    commands: &[u8],
    out: &mut Vec<u8>,
    tx: &mut Vec<u8>,
) -> usize {
    let mut session = Server::new(config, Security::Plain);
    let mut drop = Maildrop::<_, [u8; 64]>::closed();
    let mut window = commands;
    let mut flushes = 0;
    loop {
        match drop.receive(&mut session, Time::ZERO, &mut window, tx) {
            Event::NeedOutput => {
                out.append(tx);
                flushes += 1;
            }
            Event::Login { reply, .. } => {
                drop.open_with(mail, [0; 64]).expect("a bit for each message");
                reply.accept(&mut session, tx, "ready");
            }
            Event::Retr(_, reply) | Event::Top { reply, .. } => {
                let mut body = reply.begin(&mut session, tx, "message follows");
                let mut rest = mail.message;
                while !rest.is_empty() {
                    body.fill(&mut rest, tx);
                    if !rest.is_empty() {
                        out.append(tx);
                        flushes += 1;
                    }
                }
                body.end(&mut session);
            }
            Event::Quit { reply, .. } => reply.ok(&mut session, tx, "bye"),
            Event::Closed(_) => {
                out.append(tx);
                return flushes + 1;
            }
            event => panic!("{event:?}"),
        }
    }
}
