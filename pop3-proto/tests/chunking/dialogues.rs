//! Strategies for dialogues: commands, and what a server may answer to each.

use pop3_proto::{Command, MsgNo, Secret};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// What the client of a dialogue sends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ask {
    Plain(Command<'static>),
    /// AUTH with an initial response.
    Auth,
    Multi,
}

const ONE: MsgNo = MsgNo::FIRST;

fn ok(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let long = "x".repeat(700);
    prop_oneof![
        8 => Just(format!("+OK {text}\r\n")),
        1 => Just(format!("+ok {text}\r\n")),
        1 => Just(format!("+OKAY {text}\r\n")),
        1 => Just(format!("+OK {text}\n")),
        1 => Just(String::from("+OK\r\n")),
        1 => Just(format!("+OK {text} {}\r\n", &long[..520])),
        1 => Just(format!("+OK {text} {long}\r\n")),
    ]
    .prop_map(String::into_bytes)
}

fn refusal() -> impl Strategy<Value = Vec<u8>> {
    const REFUSALS: [&[u8]; 7] = [
        b"-ERR\r\n",
        b"-ERR no\r\n",
        b"-ERR [AUTH] no\r\n",
        b"-err [SYS/TEMP/x]\n",
        b"-ERROR\r\n",
        b"-ERR \xFF\0\r\n",
        b"-ERR\n",
    ];
    select(&REFUSALS).prop_map(<[u8]>::to_vec)
}

fn broken() -> impl Strategy<Value = Vec<u8>> {
    const BROKEN: [&[u8]; 8] =
        [b"\r\n", b"garbage\r\n", b"+ \r\n", b"+\r\n", b" +OK\r\n", b"+1\r\n", b"* BYE\n", b"\0\xFF\r\n"];
    select(&BROKEN).prop_map(<[u8]>::to_vec)
}

/// A status line, and the lines that follow it if it is positive.
fn reply(good: impl Strategy<Value = Vec<u8>> + 'static) -> BoxedStrategy<Vec<u8>> {
    prop_oneof![16 => good, 3 => refusal(), 1 => broken()].boxed()
}

fn listing(lines: &'static [&'static str]) -> BoxedStrategy<Vec<u8>> {
    let line = (select(lines), prop_oneof![9 => Just("\r\n"), 1 => Just("\n"), 1 => Just("\r\r\n")]);
    let long = (500_usize..800).prop_map(|len| format!("1 {}\r\n", "7".repeat(len)));
    let line = prop_oneof![15 => line.prop_map(|(line, end)| [line, end].concat()), 1 => long];
    let end = prop_oneof![9 => Just(".\r\n"), 1 => Just(".\n"), 1 => Just("")];
    let good = (ok("listing"), vec(line, 0..6), end).prop_map(|(mut head, lines, end)| {
        head.extend_from_slice(lines.concat().as_bytes());
        head.extend_from_slice(end.as_bytes());
        head
    });
    reply(good)
}

fn body() -> BoxedStrategy<Vec<u8>> {
    const PARTS: [&[u8]; 13] = [
        b"\r\n",
        b"\n",
        b"\r",
        b".",
        b"..\r\n",
        b"\r\n..",
        b"\n.\r\n",
        b"\r\n.\r\r\n",
        b"+OK\r\n",
        b"-ERR no\r\n",
        b"text",
        b"\0\x80\xFF",
        b"\r\n.x",
    ];
    let end = prop_oneof![9 => Just(&b"\r\n.\r\n"[..]), 1 => Just(&b".\n"[..]), 1 => Just(&b""[..])];
    let long = (60_usize..70).prop_map(|len| vec![b'm'; len]);
    let part = prop_oneof![12 => select(&PARTS).prop_map(<[u8]>::to_vec), 1 => long];
    let good = (ok("120 octets"), vec(part, 0..12), end)
        .prop_map(|(head, parts, end)| [&head[..], &parts.concat(), end].concat());
    reply(good)
}

fn auth() -> BoxedStrategy<Vec<u8>> {
    const CHALLENGES: [&[u8]; 7] =
        [b"+ \r\n", b"+\r\n", b"+ bW9yZQ==\r\n", b"+ bW9yZQ==\n", b"+ b\r\n", b"+ no base64\r\n", b"+ =\r\n"];
    let end = prop_oneof![ok("in"), refusal(), broken()];
    (vec(select(&CHALLENGES), 0..4), end)
        .prop_map(|(front, end)| [&front.concat()[..], &end].concat())
        .boxed()
}

/// A command, and what a server may answer.
fn dialogue() -> impl Strategy<Value = (Ask, Vec<u8>)> {
    let of = |command: Command<'static>, reply: BoxedStrategy<Vec<u8>>| {
        reply.prop_map(move |reply| (Ask::Plain(command), reply)).boxed()
    };
    let line = || reply(ok("done"));
    prop_oneof![
        of(Command::User(b"tim"), line()),
        of(Command::Pass(Secret::new(b"secret")), line()),
        of(Command::Noop, line()),
        of(Command::Rset, line()),
        of(Command::Utf8, line()),
        of(Command::Lang(Some(b"es")), line()),
        of(Command::Dele(ONE), line()),
        of(Command::Other { verb: b"XTND", args: None }, line()),
        of(
            Command::Stat,
            reply(prop_oneof![ok("3 320"), ok("3  -1 "), ok("1.5"), ok("2 99999999999999999999")])
        ),
        of(Command::List(Some(ONE)), reply(prop_oneof![ok("1 120"), ok("1"), ok("0 1")])),
        of(Command::Uidl(Some(ONE)), reply(prop_oneof![ok("1 abc"), ok("abc"), ok("1  a b ")])),
        of(
            Command::List(None),
            listing(&["1 120", "2 200 ", "2 -1", "3  1", "x", "", "..", "+OK 4 4", "99 1"])
        ),
        of(
            Command::Uidl(None),
            listing(&["1 abc", "2  x y ", "2 ", "1", "", "..dot", "+OK 7 q", "7 \u{e9}"])
        ),
        of(Command::Lang(None), listing(&["en English", "es Espa\u{f1}ol", "de", "", " x", "..a b"])),
        of(
            Command::Capa,
            listing(&["TOP", "SASL PLAIN X", "EXPIRE x", "resp_codes", "", "..X y", "PIPELINING"])
        ),
        of(Command::Retr(ONE), body()),
        of(Command::Top { number: ONE, lines: 3 }, body()),
        of(Command::AuthList, body()),
        body().prop_map(|reply| (Ask::Multi, reply)),
        auth().prop_map(|reply| (Ask::Auth, reply)),
        of(Command::Auth { mechanism: b"LOGIN", initial: None }, auth()),
    ]
}

pub(crate) fn stream() -> impl Strategy<Value = (Vec<Ask>, Vec<u8>)> {
    const GREETINGS: [&[u8]; 6] = [
        b"+OK ready\r\n",
        b"+OK ready <1@host>\r\n",
        b"+OK <bad>\n",
        b"-ERR [SYS/TEMP] later\r\n",
        b"hello\r\n",
        b"+OK ready\r\n* unsolicited\r\n",
    ];
    const CAPA: &[u8] = b"+OK\r\nPIPELINING\r\nUIDL\r\n.\r\n";
    let greeting = prop_oneof![8 => Just(GREETINGS[0]), 2 => select(&GREETINGS)];
    let last = prop_oneof![
        2 => Just((None, &b""[..])),
        1 => Just((Some(Command::Quit), &b"+OK bye\r\n"[..])),
        1 => Just((Some(Command::Quit), &b"+OK bye\r\nmore\r\n"[..])),
        1 => Just((Some(Command::Quit), &b""[..])),
        1 => Just((Some(Command::Stls), &b"+OK go\r\n"[..])),
        1 => Just((Some(Command::Stls), &b"-ERR no\r\n"[..])),
    ];
    (greeting, vec(dialogue(), 0..8), last).prop_map(|(greeting, dialogue, (ask, answer))| {
        let mut asks = vec![Ask::Plain(Command::Capa)];
        let mut octets = [greeting, CAPA].concat();
        for (ask, reply) in dialogue {
            asks.push(ask);
            octets.extend_from_slice(&reply);
        }
        asks.extend(ask.map(Ask::Plain));
        octets.extend_from_slice(answer);
        (asks, octets)
    })
}
