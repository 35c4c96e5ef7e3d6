//! Sessions of twenty commands in lock step, with both ends in memory.

use std::hint::black_box;

use pop3_codec::types::Command as CodecCommand;
use pop3_proto::client::{Client, Event as Said, Part, Profile};
use pop3_proto::dot::wire_size;
use pop3_proto::server::{Config, Event, Fill, Index, Server};
use pop3_proto::{Command, Full, MsgNo, Output, Secret, Security, Time, Uid};

use crate::{Case, Target, Unit, corpus, hand};

const BY_HAND: &str = "hand, both ends";
const CODEC: &str = "pop3-codec, both ends";

pub(super) fn cases() -> Vec<Case> {
    let text = corpus::messages().swap_remove(0).1;
    let sizes = [(200, "200 bytes", 1.40, 2.8), (4096, "4 KiB", 1.25, 8.0), (64 * 1024, "64 KiB", 1.15, 8.0)];
    sizes
        .into_iter()
        .map(|(size, shown, hand, codec)| {
            let message: &'static [u8] = message(&text, size).leak();
            let case = case(format!("session of 20 commands, {shown}"), message)
                .target(Target::Time(hand, BY_HAND))
                .target(Target::Speed(codec, CODEC));
            // The budget is only a little more than the session takes, so that an increase shows.
            if size == 200 { case.budget(51_000.0) } else { case }
        })
        .collect()
}

/// A header of three lines, an empty line, and text up to about this size.
fn message(text: &[u8], size: usize) -> Vec<u8> {
    let mut message = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: c\r\n\r\n".to_vec();
    let body = &text[..size - message.len()];
    let end = body.windows(2).rposition(|pair| pair == b"\r\n").map_or(body.len(), |at| at + 2);
    message.extend_from_slice(&body[..end]);
    message
}

fn case(name: String, message: &'static [u8]) -> Case {
    let config: &'static Config = Box::leak(Box::new(config()));
    let (mut up, mut down) = buffers();
    let (mut hand_up, mut hand_down) = buffers();
    let (mut codec_up, mut codec_down) = buffers();
    Case::new(name, Unit::Items(1))
        .with(BY_HAND, move || by_hand(black_box(message), &mut hand_up, &mut hand_down))
        .ours(move || ours(config, black_box(message), &mut up, &mut down))
        .same(&[BY_HAND])
        .with(CODEC, move || by_codec(black_box(message), &mut codec_up, &mut codec_down))
}

fn buffers() -> (Vec<u8>, Vec<u8>) {
    (Vec::with_capacity(1024), Vec::with_capacity(1024 * 1024))
}

/// An output without a limit, for embedders who send everything in one go.
pub(super) struct Whole<'v>(pub(super) &'v mut Vec<u8>);

impl Output for Whole<'_> {
    #[inline]
    fn room(&self) -> usize {
        usize::MAX
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Copies {
    count: u32,
    octets: u64,
}

impl Index for Copies {
    fn len(&self) -> u32 {
        self.count
    }

    fn octets(&self, _: MsgNo) -> u64 {
        self.octets
    }

    fn uid(&self, _: MsgNo) -> Uid<'_> {
        const ID: Uid<'_> = Uid::new(hand::session::UID).unwrap();
        ID
    }
}

const fn config() -> Config {
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    config
}

/// The commands, each with the word by which the code by hand knows it.
fn script() -> [(&'static [u8], Option<u64>, Command<'static>); 20] {
    let n = |n: u32| MsgNo::new(n).expect("above 0");
    let retr = |number| (&b"RETR"[..], Some(u64::from(number)), Command::Retr(n(number)));
    let dele = |number| (&b"DELE"[..], Some(u64::from(number)), Command::Dele(n(number)));
    [
        (b"CAPA", None, Command::Capa),
        (b"USER mrose", None, Command::User(b"mrose")),
        (b"PASS secret", None, Command::Pass(Secret::new(b"secret"))),
        (b"STAT", None, Command::Stat),
        (b"UIDL", None, Command::Uidl(None)),
        (b"LIST", None, Command::List(None)),
        retr(1),
        dele(1),
        retr(2),
        dele(2),
        retr(3),
        dele(3),
        retr(4),
        dele(4),
        retr(5),
        dele(5),
        (b"TOP 6", Some(1), Command::Top { number: n(6), lines: 1 }),
        (b"NOOP", None, Command::Noop),
        (b"RSET", None, Command::Rset),
        (b"QUIT", None, Command::Quit),
    ]
}

struct Host<'c> {
    server: Server<&'c Config, Copies, [u8; 8]>,
    message: &'c [u8],
    mail: Copies,
}

impl Host<'_> {
    /// Answers all commands that are there.
    fn serve(&mut self, mut commands: &[u8], out: &mut Vec<u8>) {
        let mut out = Whole(out);
        loop {
            match self.server.receive(Time::ZERO, &mut commands, &mut out) {
                Event::NeedInput | Event::Closed(_) => return,
                Event::Login { reply, .. } => {
                    let accepted = reply.accept_with(&mut self.server, &mut out, self.mail, [0; 8], "ready");
                    accepted.expect("a bit for each message");
                }
                Event::Retr { reply, .. } | Event::Top { reply, .. } => {
                    let mut body = reply.begin_crlf(&mut self.server, &mut out, "message follows");
                    assert_eq!(body.fill(&mut { self.message }, &mut out), Fill::Done);
                    body.end(&mut self.server);
                }
                Event::Quit { reply } | Event::Update { reply } => {
                    reply.ok(&mut self.server, &mut out, "bye");
                }
                event => panic!("{event:?}"),
            }
        }
    }
}

fn ours(config: &Config, message: &[u8], up: &mut Vec<u8>, down: &mut Vec<u8>) -> u64 {
    let mail = Copies { count: 8, octets: wire_size(message) };
    let mut host = Host { server: Server::new(config, Security::Plain), message, mail };
    let mut client: Client = Client::new(Profile::STRICT, Security::Plain);
    let mut sum = 0;
    down.clear();
    host.serve(b"", down);
    receive(&mut client, down, &mut sum);
    for (_, _, command) in script() {
        up.clear();
        down.clear();
        client.send(&command, up).expect("a command that fits");
        host.serve(up, down);
        receive(&mut client, down, &mut sum);
    }
    sum
}

/// One session of this many commands, sent all at once.
pub(super) fn pipelined(count: usize) -> impl FnMut() -> u64 {
    let commands =
        [&b"USER mrose\r\nPASS secret\r\n"[..], &b"NOOP\r\nLIST 3\r\nSTAT\r\n".repeat(count / 3)].concat();
    let mut out = Vec::with_capacity(64 * count);
    move || {
        let mail = Copies { count: 8, octets: 1200 };
        let config = config();
        let mut host = Host { server: Server::new(&config, Security::Plain), message: b"", mail };
        out.clear();
        host.serve(black_box(&commands), &mut out);
        out.len() as u64
    }
}

/// LIST and UIDL of a maildrop of that size, with 16 KiB of output at a time.
pub(super) fn listings(count: u32) -> impl FnMut() -> u64 {
    let mut out = Vec::with_capacity(17 * 1024);
    move || {
        let mail = Copies { count, octets: 1200 };
        let config = config();
        let mut server = Server::new(&config, Security::Plain);
        let mut commands = &b"USER mrose\r\nPASS secret\r\nLIST\r\nUIDL\r\nQUIT\r\n"[..];
        let mut octets = 0;
        loop {
            match server.receive(Time::ZERO, &mut commands, &mut out) {
                Event::NeedOutput => {
                    assert!(out.len() <= 16 * 1024, "a listing waits for room");
                    octets += out.len() as u64;
                    out.clear();
                }
                Event::Login { reply, .. } => reply.accept(&mut server, &mut out, mail, "ready"),
                Event::Quit { reply } | Event::Update { reply } => reply.ok(&mut server, &mut out, "bye"),
                Event::NeedInput | Event::Closed(_) => return octets,
                event => panic!("{event:?}"),
            }
        }
    }
}

fn receive(client: &mut Client, mut replies: &[u8], sum: &mut u64) {
    loop {
        match client.receive(&mut replies).expect("a reply by the rules") {
            Said::NeedInput | Said::Closed => return,
            Said::Reply { part: Part::ScanItem(scan), .. } => *sum += scan.octets,
            Said::Reply { part: Part::UidItem(line), .. } => *sum += line.uid.len() as u64,
            Said::Reply { part: Part::Data(data), .. } => *sum += data.len() as u64,
            _ => {}
        }
    }
}

fn by_hand(message: &[u8], up: &mut Vec<u8>, down: &mut Vec<u8>) -> u64 {
    let mut server = hand::session::Server::new(message, wire_size(message));
    let mut client = hand::session::Client::default();
    for (verb, argument, _) in script() {
        up.clear();
        down.clear();
        client.send(verb, argument, up);
        server.serve(&mut &up[..], down);
        let verb = &verb[..verb.iter().position(|b| *b == b' ').unwrap_or(verb.len())];
        client.receive(verb, &mut &down[..]).expect("a reply");
    }
    client.sum
}

/// The same, with commands and replies through pop3-codec. It does not stuff, does not find the end of a
/// reply that is not complete, and cannot read a list of capabilities.
fn by_codec(message: &[u8], up: &mut Vec<u8>, down: &mut Vec<u8>) -> u64 {
    use pop3_codec::parse;
    let mut server = hand::session::Server::new(message, wire_size(message));
    let mut sum = 0;
    for (verb, argument, _) in script() {
        up.clear();
        down.clear();
        let msg = argument.unwrap_or(0) as u32;
        let command = match &verb[..3] {
            b"CAP" => CodecCommand::Capa,
            b"USE" => CodecCommand::User("mrose".to_owned()),
            b"PAS" => CodecCommand::Pass("secret".to_owned()),
            b"STA" => CodecCommand::Stat,
            b"UID" => CodecCommand::UidlAll,
            b"LIS" => CodecCommand::ListAll,
            b"RET" => CodecCommand::Retr { msg },
            b"DEL" => CodecCommand::Dele { msg },
            b"TOP" => CodecCommand::Top { msg: 6, n: 1 },
            b"NOO" => CodecCommand::Noop,
            b"RSE" => CodecCommand::Rset,
            _ => CodecCommand::Quit,
        };
        up.extend_from_slice(&command.serialize());
        let (_, read) = parse::command(up).expect("a command");
        assert_eq!(read, command);
        server.serve(&mut &up[..], down);
        sum += match command {
            CodecCommand::Capa => down.len() as u64,
            CodecCommand::UidlAll => {
                parse::response_uidl_all(down).expect("a reply").1.unwrap().body.len() as u64
            }
            CodecCommand::ListAll => {
                parse::response_list_all(down).expect("a reply").1.unwrap().body.len() as u64
            }
            CodecCommand::Retr { .. } => {
                parse::response_retr(down).expect("a reply").1.unwrap().body.len() as u64
            }
            CodecCommand::Top { .. } => {
                parse::response_top(down).expect("a reply").1.unwrap().body.len() as u64
            }
            _ => u64::from(parse::response_noop(down).is_ok()),
        };
    }
    sum
}
