//! The connection: what is on its way, in which pieces it arrives, and where it breaks.

use pop3_proto::MsgNo;

use crate::choice::Choices;
use crate::server::Host;
use crate::world::{Mail, Reads, State, World};

pub(crate) struct Link {
    pub(crate) host: Host,
    reads: Reads,
    cuts: bool,
    /// What the client has flushed, and the server has not heard.
    up: Vec<u8>,
    /// What the server has said, and the client has not read.
    down: Vec<u8>,
}

/// What a read gives.
pub(crate) enum Read {
    Octets(Vec<u8>),
    /// The connection has ended.
    End,
    /// Nothing, for ever: the server waits, too.
    BothWait,
}

impl Link {
    pub(crate) fn new(world: &World, state: &State, honest: bool) -> Self {
        Self {
            host: Host::new(world, state, honest),
            reads: world.reads,
            cuts: world.cuts && !honest,
            up: Vec::new(),
            down: Vec::new(),
        }
    }

    /// The client flushes.
    pub(crate) fn flush(&mut self, out: &mut Vec<u8>) {
        self.up.append(out);
    }

    /// All that decides how the connection and the server go on.
    pub(crate) fn state(&self) -> (&[u8], &[u8], &[u8], bool) {
        (&self.up, &self.down, &self.host.passed, self.host.closed)
    }

    /// The client reads. The server hears what was flushed, unless the connection broke before. That makes a
    /// difference for QUIT alone, since nothing else has an effect that lasts.
    pub(crate) fn read(&mut self, choices: &mut Choices<'_>) -> Read {
        if self.cuts && self.up.ends_with(b"QUIT\r\n") && choices.happens() {
            choices.tell(|| "-- the connection breaks, and the server does not hear QUIT");
            return Read::End;
        }
        let said = self.host.hear(&self.up, choices);
        self.up.clear();
        self.down.extend(said);
        let pieces = self.pieces();
        if pieces.is_empty() {
            return if self.host.closed { Read::End } else { Read::BothWait };
        }
        match pieces.get(choices.pick(pieces.len() + usize::from(self.cuts))) {
            Some(len) => {
                let octets: Vec<u8> = self.down.drain(..len).collect();
                for line in octets.split_inclusive(|b| *b == b'\n') {
                    choices.tell(|| format!("S: {}", line.escape_ascii()));
                }
                Read::Octets(octets)
            }
            None => {
                choices.tell(|| "-- the connection breaks");
                Read::End
            }
        }
    }

    /// How many octets may arrive at once: all that are there, and fewer.
    fn pieces(&self) -> Vec<usize> {
        let all = self.down.len();
        let line = self.down.iter().position(|b| *b == b'\n').map_or(all, |at| at + 1);
        let mut pieces = match self.reads {
            Reads::Whole => vec![all],
            Reads::Lines => vec![all, line],
            Reads::HalfLines => vec![all, line, line.div_ceil(2)],
            Reads::Octets => vec![all, 1],
        };
        pieces.retain(|len| *len > 0);
        pieces.dedup();
        pieces
    }

    /// The greeting, or the answers before the session proper.
    pub(crate) fn answer(&mut self, octets: &[u8]) -> Vec<u8> {
        self.host.hear(octets, &mut Choices::none())
    }

    /// The message that has this number in this session.
    pub(crate) fn shown(&self, number: MsgNo) -> &Mail {
        &self.host.shown[number.index()]
    }
}
