//! Fuzz target: client and server over a link that cuts as the input says. Every message arrives whole or not
//! at all.

use pop3_proto::client::{self, Client, Part, Profile, ProtocolError};
use pop3_proto::server::{Config, Event, Fill, Server};
use pop3_proto::{Command, MsgNo, Secret, Security, Time};

use crate::cursor::Cursor;
use crate::mailbox::Mailbox;
use crate::twins::crlf_form;

/// The first byte of `data` holds switches and the number of messages, 0 to 3. The messages follow, each
/// after a byte with its length, and then the cuts, a byte each. The cut 255 ends the connection.
pub fn pair(data: &[u8]) {
    let mut cursor = Cursor::new(data);
    let flags = cursor.octet();
    let mailbox = Mailbox((0..flags % 4).map(|_| cursor.run().to_vec()).collect());
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    let mut server = Server::new(&config, Security::Plain);
    let mut removed = None;
    let mut fetcher = Fetcher {
        client: Client::new(Profile::STRICT, Security::Plain).with_pipelining(flags & 8 == 0),
        step: 0,
        count: u32::from(flags % 4),
        mails: Vec::new(),
        whole: 0,
        deleted: 0,
        quit_answered: false,
    };
    let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
    let (mut server_window, mut client_window) = (Vec::new(), Vec::new());
    let mut over = false;
    for _ in 0..100_000 {
        serve(&mut server, &mailbox, &mut removed, &mut server_window, &mut to_client, flags & 16 == 0);
        let reset = carry(&mut to_client, &mut client_window, &mut cursor)
            | carry(&mut to_server, &mut server_window, &mut cursor);
        let state = fetcher
            .run(&mut client_window, &mut to_server)
            .expect("a server of the same crate keeps the rules");
        if state == State::Closed {
            over = true;
            break;
        }
        if reset {
            let due = fetcher.client.end_of_input();
            assert!(matches!(due, Ok(()) | Err(ProtocolError::Truncated | ProtocolError::OutcomeUnknown)));
            break;
        }
    }
    for (mail, stored) in fetcher.mails.iter().take(fetcher.whole).zip(&mailbox.0) {
        assert_eq!(*mail, crlf_form(stored));
    }
    if fetcher.quit_answered {
        assert_eq!(removed, Some(fetcher.deleted));
    }
    if over {
        assert!(fetcher.quit_answered && fetcher.whole == mailbox.0.len());
    }
}

/// Moves some bytes; `true` if the connection breaks.
fn carry(from: &mut Vec<u8>, to: &mut Vec<u8>, cursor: &mut Cursor<'_>) -> bool {
    let cut = if cursor.is_empty() { usize::MAX } else { usize::from(cursor.octet()) };
    if cut == 255 {
        return true;
    }
    to.extend(from.drain(..cut.min(from.len())));
    false
}

fn serve(
    server: &mut Server<&Config, Mailbox>,
    mailbox: &Mailbox,
    removed: &mut Option<u32>,
    window: &mut Vec<u8>,
    out: &mut Vec<u8>,
    slices: bool,
) {
    loop {
        let mut unread = &window[..];
        let mut tx = Vec::new();
        let stop = match server.receive(Time::ZERO, &mut unread, &mut tx) {
            Event::NeedInput | Event::Closed(_) => true,
            Event::Login { reply, .. } => {
                reply.accept(server, &mut tx, mailbox.clone(), "");
                false
            }
            Event::Retr { number: n, reply } => {
                let mut body = reply.begin(server, &mut tx, "");
                let mut rest = mailbox.message(n);
                if slices {
                    while let Some(run) = body.next(&mut rest) {
                        tx.extend_from_slice(run);
                    }
                } else {
                    while body.fill(&mut rest, &mut tx) == Fill::Flush {
                        out.append(&mut tx);
                    }
                }
                body.end(server);
                false
            }
            Event::Quit { reply } | Event::Update { reply } => {
                *removed = Some(u32::try_from(server.removals().count()).unwrap());
                reply.ok(server, &mut tx, "");
                false
            }
            _ => false,
        };
        let used = window.len() - unread.len();
        window.drain(..used);
        out.append(&mut tx);
        if stop {
            return;
        }
    }
}

/// The id of the one CAPA.
const CAPA: u32 = 2;

struct Fetcher {
    client: Client,
    step: u32,
    count: u32,
    mails: Vec<Vec<u8>>,
    whole: usize,
    deleted: u32,
    quit_answered: bool,
}

#[derive(PartialEq, Eq)]
enum State {
    Open,
    Closed,
}

impl Fetcher {
    fn run(&mut self, window: &mut Vec<u8>, out: &mut Vec<u8>) -> Result<State, ProtocolError> {
        loop {
            self.send(out);
            let mut unread = &window[..];
            let event = self.client.receive(&mut unread)?;
            let state = match event {
                client::Event::NeedInput => Some(State::Open),
                client::Event::Closed => {
                    self.quit_answered = true;
                    Some(State::Closed)
                }
                client::Event::Reply { id, part: Part::Begin(_), .. } if id.get() != CAPA => {
                    self.mails.push(Vec::new());
                    None
                }
                client::Event::Reply { part: Part::Data(octets), .. } => {
                    self.mails.last_mut().unwrap().extend_from_slice(octets);
                    None
                }
                client::Event::Reply { id, part: Part::End, .. } => {
                    self.whole += usize::from(id.get() != CAPA);
                    None
                }
                client::Event::Reply { part: Part::Err(refusal), .. } => panic!("{refusal:?}"),
                _ => None,
            };
            let used = window.len() - unread.len();
            window.drain(..used);
            if let Some(state) = state {
                return Ok(state);
            }
        }
    }

    fn send(&mut self, out: &mut Vec<u8>) {
        while self.client.can_send() {
            let number = |n: u32| MsgNo::new(n).unwrap();
            let command = match self.step {
                0 => Command::User(b"u"),
                1 => Command::Pass(Secret::new(b"p")),
                2 => Command::Capa,
                step if step < 3 + self.count => Command::Retr(number(step - 2)),
                step if step < 3 + 2 * self.count => {
                    self.deleted += 1;
                    Command::Dele(number(step - 2 - self.count))
                }
                step if step == 3 + 2 * self.count => Command::Quit,
                _ => return,
            };
            self.client.send(&command, out).unwrap();
            self.step += 1;
        }
    }
}
