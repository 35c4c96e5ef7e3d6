//! A hostile server: an answer for every line, made while it is sent.

use std::collections::VecDeque;

use pop3_proto::client::{Client, Need, ProtocolError};
use pop3_proto::fetch::Fault;
use pop3_proto::login::{Failure, Reason, RefusalKind, Retry};
use pop3_proto::{FixedBuf, Security};

/// The server's greeting is its answer to this.
pub(crate) const GREETING: &str = "greeting";
pub(crate) const WINDOW: usize = 12_288;
pub(crate) const MIB: u64 = 1024 * 1024;
/// The memory that a program of these tests takes without any attack: the window, what was sent, and what a
/// test keeps of the events.
pub(crate) const ROOM: u64 = 256 * 1024;
/// How many events in a row, without anything to send, a program puts up with.
pub(crate) const PATIENCE: u64 = 100_000;
/// The time of a session, in seconds since 1970.
pub(crate) const NOW: u64 = 1_790_000_000;

/// Makes the line of that number.
pub(crate) type Line = fn(u64) -> String;

/// What a server sends; each piece comes in segments of its own.
pub(crate) enum Piece {
    /// These bytes, this many times.
    Octets(Vec<u8>, u64),
    /// A line for each number from 1 to this.
    Lines(Line, u64),
    /// The connection ends.
    Close,
}

pub(crate) type Answer = Vec<Piece>;
/// The answers to lines, in clear or inside TLS, and to [`GREETING`].
pub(crate) type Server<'s> = &'s dyn Fn(&str, Security) -> Answer;

pub(crate) fn say(text: &str) -> Answer {
    vec![Piece::Octets(text.into(), 1)]
}

/// An opening, then the same bytes until there are this many.
pub(crate) fn endless(opening: &str, octets: &str, many: u64) -> Answer {
    let times = many / octets.len() as u64;
    vec![Piece::Octets(opening.into(), 1), Piece::Octets(octets.into(), times)]
}

/// The connection as the client's program sees it.
pub(crate) struct Wire<'s> {
    pub(crate) server: Server<'s>,
    pub(crate) security: Security,
    pub(crate) due: VecDeque<Piece>,
    /// How many bytes of the front piece were sent.
    pub(crate) at: u64,
    /// Lines of the front piece that were made and not sent yet.
    pub(crate) made: VecDeque<u8>,
    pub(crate) window: Box<FixedBuf<WINDOW>>,
    /// What the client wrote and did not flush yet.
    pub(crate) out: Vec<u8>,
    pub(crate) said: Vec<u8>,
    pub(crate) answered: usize,
    pub(crate) octets: u64,
}

impl<'s> Wire<'s> {
    pub(crate) fn new(server: Server<'s>, security: Security) -> Self {
        Self {
            server,
            security,
            due: server(GREETING, security).into(),
            at: 0,
            made: VecDeque::new(),
            window: Box::new(FixedBuf::new()),
            out: Vec::new(),
            said: Vec::new(),
            answered: 0,
            octets: 0,
        }
    }

    /// Whether there was something to send.
    pub(crate) fn flush(&mut self) -> bool {
        let sends = !self.out.is_empty();
        self.said.append(&mut self.out);
        sends
    }

    /// What else was sent in clear is junk to a TLS handshake.
    pub(crate) fn shake_hands(&mut self) {
        self.due.clear();
        self.made.clear();
        (self.at, self.answered, self.security) = (0, self.said.len(), Security::Tls);
    }

    /// Receives one segment more; `false` if none comes.
    pub(crate) fn read(&mut self) -> bool {
        loop {
            let Some(piece) = self.due.front() else {
                let unanswered = &self.said[self.answered..];
                let Some(len) = unanswered.iter().position(|b| *b == b'\n') else { return false };
                let line = String::from_utf8_lossy(&unanswered[..len]).trim_end().to_owned();
                self.answered += len + 1;
                self.due = (self.server)(&line, self.security).into();
                continue;
            };
            let space = self.window.space();
            assert!(!space.is_empty(), "more is wanted although the window is full");
            let filled = match piece {
                Piece::Close => return false,
                Piece::Octets(octets, times) => {
                    let len = octets.len() as u64;
                    let mut filled = 0;
                    while filled < space.len() && self.at < len * times {
                        let rest = &octets[(self.at % len) as usize..];
                        let count = rest.len().min(space.len() - filled);
                        space[filled..filled + count].copy_from_slice(&rest[..count]);
                        filled += count;
                        self.at += count as u64;
                    }
                    filled
                }
                Piece::Lines(line, last) => {
                    while self.made.len() < space.len() && self.at < *last {
                        self.at += 1;
                        self.made.extend(line(self.at).as_bytes());
                    }
                    let count = self.made.len().min(space.len());
                    space.iter_mut().zip(self.made.drain(..count)).for_each(|(to, from)| *to = from);
                    count
                }
            };
            if filled == 0 {
                self.due.pop_front();
                self.at = 0;
                continue;
            }
            self.window.commit(filled);
            self.octets += filled as u64;
            return true;
        }
    }
}

/// Reads until there is an event; `false` if none comes any more.
pub(crate) fn wait(client: &mut Client, wire: &mut Wire<'_>) -> bool {
    loop {
        match client.poll(wire.window.unread()) {
            Need::Event => return true,
            Need::Input if wire.read() => {}
            Need::Input => return false,
        }
    }
}

/// How it ended for the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    In,
    Failed(Failure),
    /// The session gave up.
    Broken(ProtocolError),
    /// Bytes in clear were left where the handshake begins.
    Injected,
    /// The server says nothing more.
    Silent,
    /// The server said too much.
    OutOfPatience,
    Done,
    Fault(Fault),
    /// The connection ended; this is what the session says about that.
    Cut(Result<(), ProtocolError>),
}

/// The result of a dialogue.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) end: End,
    pub(crate) said: Vec<u8>,
    pub(crate) events: u64,
    /// How many bytes the server sent.
    pub(crate) octets: u64,
    /// The most memory at one time.
    pub(crate) memory: u64,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn said(&self, due: &str) -> &Self {
        assert_eq!(self.said.escape_ascii().to_string(), due.as_bytes().escape_ascii().to_string());
        self
    }

    #[track_caller]
    pub(crate) fn ends(&self, due: End) -> &Self {
        assert_eq!(self.end, due, "{}", self.said.escape_ascii());
        self
    }

    #[track_caller]
    pub(crate) fn fails(&self, trouble: RefusalKind, reason: Reason, retry: Option<Retry>) -> &Self {
        match self.end {
            End::Failed(failure) => {
                assert_eq!((failure.kind, failure.reason, failure.retry), (trouble, reason, retry));
            }
            other => panic!("{other:?} in place of {trouble:?}, {reason:?}: {}", self.said.escape_ascii()),
        }
        self
    }

    #[track_caller]
    pub(crate) fn fits(&self, room: u64) -> &Self {
        assert!(self.memory <= room, "{} bytes of memory for {} of the server", self.memory, self.octets);
        self
    }

    /// Asserts that the server sent at least this many bytes.
    #[track_caller]
    pub(crate) fn took(&self, octets: u64) -> &Self {
        assert!(self.octets >= octets, "{} bytes", self.octets);
        self
    }
}

/// Runs the program and measures its memory.
pub(crate) fn measured<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let mut result = None;
    let used = allocation_counter::measure(|| result = Some(run()));
    (result.unwrap(), used.bytes_max)
}
