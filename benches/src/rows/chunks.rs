//! The cost against the size of a read, and against the size of what is read.

use std::hint::black_box;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_pop::response::list::ListResponse;
use memchr::memmem;
use pop3_proto::client::{Client, Event, Part, Profile};
use pop3_proto::{Command, FixedBuf, Line, LineScanner, MsgNo, Security, limits, parse};
use smtp_proto::request::receiver::DataReceiver;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::replies::uid_value;
use super::sessions;
use crate::{Candidate, Case, OURS, Target, Unit, corpus, hand};

/// What is sent over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// LIST of this many messages.
    List(u32),
    /// UIDL of this many messages.
    Uidl(u32),
    /// CAPA with this many lines.
    Capa(u32),
    /// A message of this many bytes.
    Retr(usize),
    /// One line of this many bytes, far too long for any limit.
    LongLine(usize),
    /// This many commands.
    Commands(u32),
}

impl Reply {
    /// The bytes of the reply, from the status line to the dot line.
    #[must_use]
    pub fn wire(self) -> Vec<u8> {
        let list =
            |lines: &mut dyn Iterator<Item = String>| [b"+OK\r\n".to_vec(), corpus::listing(lines)].concat();
        match self {
            Self::List(n) => list(&mut corpus::scans(n).into_iter().map(|(n, o)| format!("{n} {o}"))),
            Self::Uidl(n) => list(&mut (1..=n).map(|n| format!("{n} {n:08x}whqtswO00WBw"))),
            Self::Capa(n) => list(&mut (1..=n).map(|n| format!("X-NUMBER-{n} with some parameters"))),
            Self::Retr(octets) => {
                let text = corpus::messages().swap_remove(0).1;
                let message: Vec<u8> = text.iter().cycle().take(octets).copied().collect();
                let mut wire = b"+OK\r\n".to_vec();
                hand::body::stuff(&message, &mut wire);
                wire
            }
            Self::LongLine(octets) => [&b"+OK\r\n"[..], &vec![b'x'; octets - 2], b"\r\n.\r\n"].concat(),
            Self::Commands(n) => corpus::stream(&corpus::commands(n as usize)),
        }
    }

    /// The command that asks for it.
    const fn command(self) -> Command<'static> {
        match self {
            Self::List(_) => Command::List(None),
            Self::Uidl(_) => Command::Uidl(None),
            Self::Capa(_) => Command::Capa,
            _ => Command::Retr(MsgNo::FIRST),
        }
    }
}

/// A reader of replies.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    /// The name in the tables.
    pub name: &'static str,
    /// Whether it starts again from the front at every read, so that large replies in small reads take
    /// minutes.
    pub starts_again: bool,
    /// Reads the bytes, this many more at a time.
    pub run: fn(Reply, &[u8], usize) -> u64,
}

/// All readers for replies of that kind.
#[must_use]
pub fn feeds(reply: Reply) -> Vec<Feed> {
    let linear = |name, run| Feed { name, starts_again: false, run };
    let again = |name, run| Feed { name, starts_again: true, run };
    match reply {
        Reply::List(_) => vec![
            linear(OURS, ours),
            linear("hand", hand_list),
            again("pop3-codec", codec_list),
            again("async-pop", async_pop),
        ],
        Reply::Retr(_) => vec![
            linear(OURS, ours),
            linear("byte machine", machine),
            linear("smtp-proto", smtp),
            again("pop3-codec", codec_retr),
            again("async-pop", async_pop),
        ],
        Reply::Commands(_) => {
            vec![linear(OURS, commands), linear("hand", hand_commands), linear("pop3-codec", codec_commands)]
        }
        Reply::LongLine(_) => vec![linear(OURS, ours), again("search from the start", from_the_start)],
        Reply::Uidl(_) | Reply::Capa(_) => vec![linear(OURS, ours)],
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, reply) in [("LIST of 5,000", Reply::List(5_000)), ("1,000 commands", Reply::Commands(1_000))] {
        for (chunk, most) in [(512, 1.4), (1, 8.0)] {
            let whole = "64 KiB at a time";
            let case = Case::new(format!("{name}, {chunk} at a time"), Unit::Items(1))
                .with(whole, feed(reply, 64 * 1024))
                .ours(feed(reply, chunk))
                .same(&[whole]);
            // The targets say nothing about commands in reads of 512.
            let has_target = chunk == 1 || matches!(reply, Reply::List(_));
            cases.push(if has_target { case.target(Target::Time(most, whole)) } else { case });
        }
    }
    let quarter = "a quarter of it";
    type Growing = fn(u32) -> Reply;
    let growing: [(&str, Growing); 6] = [
        ("LIST", |n| Reply::List(25_000 * n)),
        ("UIDL", |n| Reply::Uidl(25_000 * n)),
        ("CAPA", |n| Reply::Capa(25_000 * n)),
        // Both sizes fit the cache of one core. Otherwise the row would measure memory.
        ("RETR", |n| Reply::Retr(128 * 1024 * n as usize)),
        ("one line", |n| Reply::LongLine(1024 * 1024 * n as usize)),
        ("commands", |n| Reply::Commands(25_000 * n)),
    ];
    for (name, reply) in growing {
        let case = Case::new(format!("four times the {name}, 1460 at a time"), Unit::Items(1))
            .with(quarter, feed(reply(1), 1460))
            .ours(feed(reply(4), 1460));
        cases.push(case.target(Target::Time(4.6, quarter)));
    }
    cases.push(
        Case::new("four times the commands, pipelined to a server", Unit::Items(1))
            .with(quarter, sessions::pipelined(25_000))
            .ours(sessions::pipelined(100_000))
            .target(Target::Time(4.6, quarter)),
    );
    cases.push(
        Case::new("four times the mailbox, LIST and UIDL by a server", Unit::Items(1))
            .with(quarter, sessions::listings(250_000))
            .ours(sessions::listings(1_000_000))
            .target(Target::Time(4.6, quarter)),
    );
    let million = [Reply::List(1_000_000), Reply::Uidl(1_000_000)].map(|reply| feed(reply, 1460));
    let [mut list, mut uidl] = million;
    cases.push(
        Case::new("a million messages, LIST and UIDL by a client", Unit::Items(1))
            .ours(move || list() + uidl()),
    );
    let reply = Reply::List(100_000);
    let mut case = Case::new("LIST of 100,000, 1460 at a time", Unit::Items(1));
    let wire: &'static [u8] = reply.wire().leak();
    for one in feeds(reply) {
        let run = Box::new(move || (one.run)(reply, black_box(wire), 1460));
        case.candidates.push(Candidate { name: one.name, run });
    }
    cases.push(case.target(Target::Speed(100.0, "pop3-codec")).target(Target::Speed(100.0, "async-pop")));
    cases
}

pub(super) fn feed(reply: Reply, chunk: usize) -> impl FnMut() -> u64 {
    let wire = reply.wire();
    let run = feeds(reply)[0].run;
    move || run(reply, black_box(&wire), chunk)
}

/// Calls `read` with what is there, `chunk` bytes more each time. `read` returns how much of it is used up.
fn grow(wire: &[u8], chunk: usize, mut read: impl FnMut(&[u8]) -> usize) {
    let (mut start, mut end) = (0, 0);
    while end < wire.len() {
        end = (end + chunk).min(wire.len());
        start += read(&wire[start..end]);
    }
}

fn ours(reply: Reply, wire: &[u8], chunk: usize) -> u64 {
    let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
    client.receive(&mut &b"+OK\r\n"[..]).expect("a greeting");
    let mut out: FixedBuf<{ limits::MIN_OUTPUT }> = FixedBuf::new();
    client.send(&reply.command(), &mut out).expect("room for a command");
    let mut sum = 0;
    grow(wire, chunk, |bytes| {
        let mut window = bytes;
        loop {
            match client.receive(&mut window).expect("a reply by the rules") {
                Event::NeedInput => return bytes.len() - window.len(),
                Event::Reply { part: Part::ScanItem(scan), .. } => {
                    sum += u64::from(scan.number.get()) ^ scan.octets
                }
                Event::Reply { part: Part::UidItem(line), .. } => sum += uid_value(&line),
                Event::Reply { part: Part::Data(data), .. } => sum += black_box(data).len() as u64,
                Event::Reply { part: Part::Capability(_), .. } => sum += 1,
                _ => {}
            }
        }
    });
    assert!(client.is_idle(), "the reply came to its end");
    sum
}

fn hand_list(_: Reply, wire: &[u8], chunk: usize) -> u64 {
    let (mut sum, mut scanned) = (0, 0);
    grow(wire, chunk, |bytes| {
        let mut used = 0;
        while let Some(lf) = memchr::memchr(b'\n', &bytes[used + scanned..]) {
            let line = &bytes[used..used + scanned + lf];
            used += line.len() + 1;
            scanned = 0;
            if let Some((n, octets)) = hand::reply::scan(line.strip_suffix(b"\r").unwrap_or(line)) {
                sum += n ^ octets;
            }
        }
        scanned = bytes.len() - used;
        used
    });
    sum
}

fn machine(_: Reply, wire: &[u8], chunk: usize) -> u64 {
    let (mut machine, mut message) = (hand::body::Machine::default(), Vec::with_capacity(wire.len()));
    for piece in wire["+OK\r\n".len()..].chunks(chunk) {
        machine.take(piece, &mut message);
    }
    message.len() as u64
}

fn smtp(_: Reply, wire: &[u8], chunk: usize) -> u64 {
    let (mut receiver, mut message) = (DataReceiver::new(), Vec::with_capacity(wire.len()));
    for piece in wire["+OK\r\n".len()..].chunks(chunk) {
        if receiver.ingest(&mut piece.iter(), &mut message) {
            break;
        }
    }
    message.len() as u64
}

/// Its parsers return "incomplete", and the only way to go on is to start from the front with more.
fn codec_list(_: Reply, wire: &[u8], chunk: usize) -> u64 {
    for end in (chunk..).step_by(chunk) {
        if let Ok((_, response)) = pop3_codec::parse::response_list_all(&wire[..end.min(wire.len())]) {
            return response
                .unwrap()
                .body
                .iter()
                .map(|scan| u64::from(scan.message_id ^ scan.message_size))
                .sum();
        }
        assert!(end < wire.len(), "pop3-codec reads a whole reply");
    }
    0
}

fn codec_retr(_: Reply, wire: &[u8], chunk: usize) -> u64 {
    for end in (chunk..).step_by(chunk) {
        if let Ok((_, response)) = pop3_codec::parse::response_retr(&wire[..end.min(wire.len())]) {
            return response.unwrap().body.iter().map(|line| line.len() as u64 + 2).sum();
        }
        assert!(end < wire.len(), "pop3-codec reads a whole reply");
    }
    0
}

fn async_pop(reply: Reply, wire: &[u8], chunk: usize) -> u64 {
    let replies = vec![b"+OK ready\r\n".to_vec(), b"-ERR no\r\n".to_vec(), wire.to_vec()];
    let stream = Wire { replies, at: (0, 0), chunk };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let mut client = async_pop::new(stream).await.expect("a greeting");
        match reply {
            Reply::Retr(_) => client.retr(1).await.expect("a message").len() as u64,
            _ => match client.list(None).await.expect("a list") {
                ListResponse::Multiple(list) => list.items().len() as u64,
                ListResponse::Single(_) => 0,
            },
        }
    })
}

/// Reads replies, each after a command, this many bytes in each read.
struct Wire {
    replies: Vec<Vec<u8>>,
    at: (usize, usize),
    chunk: usize,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (nth, start) = self.at;
        let end = self.replies[nth].len().min(start + self.chunk.min(buf.remaining()));
        buf.put_slice(&self.replies[nth][start..end]);
        self.at.1 = end;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if buf.ends_with(b"\n") {
            self.at = (self.at.0 + 1, 0);
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn commands(_: Reply, wire: &[u8], chunk: usize) -> u64 {
    let (mut scanner, mut count) = (LineScanner::new(limits::COMMAND_LINE), 0);
    grow(wire, chunk, |bytes| {
        let mut window = bytes;
        while let Line::Complete(line) = scanner.next(&mut window) {
            count += u64::from(black_box(parse::command(line)).is_ok());
        }
        bytes.len() - window.len()
    });
    count
}

fn hand_commands(_: Reply, wire: &[u8], chunk: usize) -> u64 {
    let mut count = 0;
    grow(wire, chunk, |bytes| {
        let mut rest = bytes;
        while black_box(hand::command::next(&mut rest)).is_some() {
            count += 1;
        }
        bytes.len() - rest.len()
    });
    count
}

fn codec_commands(_: Reply, wire: &[u8], chunk: usize) -> u64 {
    let mut count = 0;
    grow(wire, chunk, |bytes| {
        let mut rest = bytes;
        while let Ok((after, command)) = pop3_codec::parse::command(rest) {
            black_box(command);
            rest = after;
            count += 1;
        }
        bytes.len() - rest.len()
    });
    assert!(count > 0, "pop3-codec reads commands");
    count
}

/// A reader that looks for the end of the line in everything that is there, at every read.
fn from_the_start(_: Reply, wire: &[u8], chunk: usize) -> u64 {
    for end in (chunk..).step_by(chunk) {
        if memmem::find(&wire[5..end.clamp(5, wire.len())], b"\r\n").is_some() {
            return end as u64;
        }
    }
    0
}
