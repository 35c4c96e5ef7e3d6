//! The plan of a session (what is fetched over which link), and the loop that runs both ends until they are
//! done.

use std::time::Duration;

use pop3_proto::server::{Config, Reason};
use pop3_proto::{Limits, Time};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::WINDOW;
use crate::common::Mailbox;
use crate::common::twins::crlf_form;
use crate::fetcher::Fetcher;
use crate::keeper::Keeper;
use crate::link::{Chance, Pipe};

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) messages: Vec<Vec<u8>>,
    pub(crate) marked: Vec<bool>,
    /// Whether the client marks all messages and takes that back with RSET, before it sets the marks that
    /// stay.
    pub(crate) reset_first: bool,
    pub(crate) pipelining: bool,
    /// How many bytes the link holds.
    pub(crate) room: usize,
    pub(crate) chance: Vec<u8>,
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    const PARTS: [&[u8]; 14] = [
        b"Subject: x\n",
        b"\n",
        b"\n",
        b"\r\n",
        b"\r\n.\r\n",
        b"\n.\n",
        b".",
        b"..",
        b"+OK\r\n",
        b"\r",
        b"\0\xFF",
        b"text",
        b"\r\n.\r",
        b"a longer line of text to fill a window\n",
    ];
    let parts = prop_oneof![6 => vec(select(&PARTS), 0..12), 1 => vec(select(&PARTS), 100..130)];
    parts.prop_map(|parts| parts.concat())
}

pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let mail = vec((message(), any::<bool>()), 0..6);
    let chance = vec(any::<u8>(), 1..40);
    let room = prop_oneof![1_usize..8, 8_usize..200, 200_usize..2000];
    (mail, any::<[bool; 2]>(), room, chance).prop_map(|(mail, [reset_first, pipelining], room, chance)| {
        let (messages, marked) = mail.into_iter().unzip();
        Plan { messages, marked, reset_first, pipelining, room, chance }
    })
}

pub(crate) struct Outcome {
    pub(crate) up: Vec<u8>,
    pub(crate) down: Vec<u8>,
    pub(crate) fetcher: Fetcher,
    pub(crate) removed: Option<Vec<u32>>,
    pub(crate) closed: Option<Reason>,
}

/// Where the link breaks: after this many bytes of one direction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Break {
    Never,
    Up(usize),
    Down(usize),
}

pub(crate) fn run(plan: &Plan, at: Break) -> Outcome {
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    config.limits = Limits::for_window(WINDOW);
    let messages: Vec<_> = plan.messages.iter().map(Vec::as_slice).collect();
    let mailbox = Mailbox::of(&messages);
    let mut keeper = Keeper::new(&config, mailbox.clone());
    let mut fetcher = Fetcher::new(plan, mailbox);
    let mut up = Pipe::new(plan.room, if let Break::Up(at) = at { Some(at) } else { None });
    let mut down = Pipe::new(plan.room, if let Break::Down(at) = at { Some(at) } else { None });
    let mut chance = Chance { octets: &plan.chance, at: 0 };
    let octets: usize = plan.messages.iter().map(|m| crlf_form(m).len() + 100).sum();
    // A byte takes a few rounds on its way, and the server may wait a while with each answer.
    let most = 10_000 + 40 * octets;
    let (mut server_stalls, mut client_stalls) = (0, 0);
    for step in 0.. {
        assert!(step < most, "stalled: {:?}", fetcher.asked.front().map(|(_, ask)| ask.command));
        let now = Time::ZERO.after(Duration::from_millis(step as u64));
        if up.broken || down.broken {
            // What was on its way is lost. The server notices when it reads or writes, the client when it
            // reads.
            (up.broken, down.broken) = (true, true);
            up.octets.clear();
            down.octets.clear();
        } else if server_stalls > 0 {
            server_stalls -= 1;
        } else {
            keeper.turn(now, &mut up, &mut down, &mut chance);
            if chance.next().is_multiple_of(32) {
                server_stalls = chance.next() % 20;
            }
        }
        if client_stalls > 0 {
            client_stalls -= 1;
        } else {
            fetcher.turn(&mut up, &mut down, &mut chance);
            if chance.next().is_multiple_of(32) {
                client_stalls = chance.next() % 20;
            }
        }
        let server_done = keeper.closed.is_some() && down.closed || down.broken;
        if fetcher.end.is_some() && server_done {
            break;
        }
    }
    Outcome {
        up: up.delivered,
        down: down.delivered,
        fetcher,
        removed: keeper.removed,
        closed: keeper.closed,
    }
}
