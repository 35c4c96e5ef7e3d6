//! Any cut of the input gives the same events and the same output, on both sides, also octet by octet.

mod common;
#[path = "common/pair.rs"]
mod pair;

use std::collections::VecDeque;

use common::Mailbox;
use pair::{DIGEST, Heard, Host, listen, listen_through};
use pop3_proto::client::{Client, Event, Part, Profile, ProtocolError};
use pop3_proto::server::{Config, Reason, Server};
use pop3_proto::{Command, Deviation, Limits, Line, LineScanner, Mechanism, MsgNo, Secret, Security};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![4 => 1_usize..9, 2 => 9_usize..70, 1 => 200_usize..700], 1..12)
}

// ----- the server

const LOGINS: [&str; 4] =
    ["", "USER tim\r\nPASS secret\r\n", "AUTH PLAIN Z29vZA==\r\n", "AUTH LOGIN\r\nbW9yZQ==\r\nZ29vZA==\r\n"];

const EARLY: [&str; 34] = [
    "USER tim",
    "USER t\u{ef}m",
    "user a b",
    "USER",
    "PASS secret",
    "PASS  wrong ",
    "pass secret",
    "PASS",
    "APOP tim 00",
    "AUTH",
    "AUTH ",
    "AUTH PLAIN",
    "auth plain =",
    "AUTH PLAIN Z29vZA==",
    "AUTH PLAIN Z29",
    "AUTH PLAIN bW9yZQ==",
    "AUTH LOGIN",
    "AUTH LOGIN Z29vZA==",
    "AUTH NOSUCH",
    "Z29vZA==",
    "bW9yZSBhbmQgbW9yZQ==",
    "d3Jvbmc=",
    "*",
    "=",
    "",
    "CAPA",
    "capa",
    "CAPA x",
    "LANG",
    "LANG *",
    "LANG es",
    "LANG zz-top",
    "LANG toolongasubtag",
    "UTF8",
];

const LATE: [&str; 28] = [
    "STAT",
    "STAT 1",
    "LIST",
    "LIST 1",
    "LIST 9",
    "LIST 0",
    "LIST 99999999999",
    "RETR 1",
    "RETR 2",
    "RETR 3",
    "retr 1",
    "RETR one",
    "RETR",
    "TOP 1 0",
    "TOP 2 1",
    "TOP 2",
    "DELE 1",
    "DELE 2",
    "NOOP",
    "RSET",
    "UIDL",
    "UIDL 2",
    "UIDL x",
    "XTND XMIT",
    "GARBAGE",
    "\0",
    "+OK forged",
    ".",
];

/// What a client may say; never an STLS with octets behind it, whose event the cut may decide.
fn said() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![1 => select(&EARLY), 2 => select(&LATE)].prop_map(|line| line.as_bytes().to_vec());
    let exact = prop_oneof![Just(format!("APOP tim {DIGEST}")), Just(String::from("QUIT"))];
    let long = (select(&["NOOP ", "AUTH PLAIN ", "", "RETR 1"]), 230_usize..700, select(b"A =\n\r"));
    let long = long.prop_map(|(front, len, fill)| {
        let mut line = front.as_bytes().to_vec();
        line.resize(line.len() + len, fill);
        line.extend_from_slice(b"QUIT");
        line
    });
    let edge = (250_usize..258, any::<bool>()).prop_map(|(len, user)| {
        let mut line = if user { b"USER ".to_vec() } else { b"XXXX ".to_vec() };
        line.resize(len, b'u');
        line
    });
    let soup = vec(prop_oneof![select(b"\r\n\0 .*="), any::<u8>()], 0..8);
    let line = prop_oneof![
        16 => line,
        1 => exact.prop_map(String::into_bytes),
        2 => long,
        1 => edge,
        1 => soup,
    ];
    let end = prop_oneof![
        12 => Just(&b"\r\n"[..]),
        1 => Just(&b"\n"[..]),
        1 => Just(&b"\r\r\n"[..]),
        1 => Just(&b"\n\r\n"[..]),
        1 => Just(&b"\r"[..]),
        1 => Just(&b""[..]),
    ];
    let stream = vec((line, end).prop_map(|(line, end)| [&line, end].concat()), 0..24);
    let login = prop_oneof![1 => Just(LOGINS[0]), 3 => select(&LOGINS)];
    (login, stream, any::<bool>()).prop_map(|(login, stream, stls)| {
        let mut octets = login.as_bytes().to_vec();
        octets.extend_from_slice(&stream.concat());
        if stls {
            octets.extend_from_slice(b"\r\nSTLS\r\n");
        }
        octets
    })
}

fn mailbox() -> Mailbox {
    let long = b".line\n".repeat(300);
    Mailbox::of(&[b"Subject: one\r\n\r\n.\r\n..\r\nbody", b"Subject: two\n\na\nb\nc\n", &long])
}

#[derive(Debug, PartialEq)]
struct Outcome {
    log: Vec<String>,
    said: String,
    removed: Option<Vec<u32>>,
    closed: Option<Reason>,
}

/// How the octets come.
#[derive(Clone, Copy)]
enum Cut<'s> {
    /// In pieces of these sizes, into a window without end.
    Sizes(&'s [usize]),
    /// As many as a receive buffer of so many octets takes; `poll` is never called.
    Window(usize),
}

fn serve(config: &Config<'_>, security: Security, octets: &[u8], cut: Cut<'_>, later: bool) -> Outcome {
    let session = Server::new(config, security).with_apop([1, 0]);
    let mut host = Host::of(session, mailbox()).later(later);
    match cut {
        Cut::Sizes(sizes) => host.hear_in(octets, sizes),
        Cut::Window(room) => {
            host = host.without_poll();
            host.hear_through(octets, room);
        }
    }
    Outcome {
        log: host.log,
        said: host.said.escape_ascii().to_string(),
        removed: host.removed,
        closed: host.closed,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_cut_of_what_a_client_says_gives_the_same_events_and_the_same_output(
        octets in said(),
        switches in any::<[bool; 7]>(),
        few in prop::bool::weighted(0.1),
        window in select(&[255_usize, 300, 12_288]),
        sizes in sizes(),
        later in any::<bool>(),
    ) {
        let [tls, clear_login, stls, bare_lf, other, utf8, lang] = switches;
        let mechanisms = [Mechanism::PLAIN, Mechanism::LOGIN];
        let mut config = Config::new();
        config.limits = Limits::window(window).with_exchange_line(600);
        if few {
            config.limits = config.limits.with_max_errors(4).with_max_login_failures(2);
        }
        config.clear_login = clear_login || !stls;
        config.stls = stls;
        config.bare_lf = bare_lf;
        config.other = other;
        config.utf8 = utf8;
        config.utf8_user = utf8;
        config.lang = lang;
        config.mechanisms = &mechanisms;
        config.implementation = Some("a name");
        config.apop = Some("host");
        config.auth_list = other;
        config.late_utf8 = bare_lf;
        config.replace_nul = lang;
        config.end_header = stls;
        let security = if tls { Security::Tls } else { Security::Plain };
        let whole = serve(&config, security, &octets, Cut::Sizes(&[usize::MAX]), false);
        prop_assert_eq!(&serve(&config, security, &octets, Cut::Sizes(&sizes), later), &whole);
        prop_assert_eq!(&serve(&config, security, &octets, Cut::Sizes(&[1]), !later), &whole);
        prop_assert_eq!(&serve(&config, security, &octets, Cut::Window(window), later), &whole);
    }
}

/// Proves 1939-3-23, 2449-6.6-01.
#[test]
fn pipelined_commands_in_one_window_are_all_answered_in_order_at_every_cut() {
    let mut config = Config::new();
    config.clear_login = true;
    let octets = b"USER tim\r\nPASS secret\r\nSTAT\r\nLIST 2\r\nRETR 2\r\nUIDL\r\n\
        DELE 1\r\nLIST\r\nTOP 2 1\r\nQUIT\r\n";
    let due = "+OK POP3 server ready\r\n+OK send PASS\r\n+OK welcome\r\n+OK 3 2154\r\n+OK 2 25\r\n\
        +OK message follows\r\nSubject: two\r\n\r\na\r\nb\r\nc\r\n.\r\n\
        +OK 3 messages (2154 octets)\r\n1 uid-1\r\n2 uid-2\r\n3 uid-3\r\n.\r\n\
        +OK message 1 deleted\r\n+OK 2 messages (2125 octets)\r\n2 25\r\n3 2100\r\n.\r\n\
        +OK message follows\r\nSubject: two\r\n\r\na\r\n.\r\n+OK bye\r\n";
    for size in 1..=octets.len() {
        for later in [false, true] {
            let mut host = Host::new(&config, Security::Plain, mailbox()).later(later);
            host.hear_in(octets, &[size]);
            assert_eq!(String::from_utf8(host.said).unwrap(), due, "cuts of {size}");
            assert_eq!(host.removed, Some(vec![1]));
            assert_eq!(host.closed, Some(Reason::Quit));
        }
    }
}

#[test]
fn a_listing_that_is_longer_than_the_output_comes_whole_at_every_cut() {
    let mut config = Config::new();
    config.clear_login = true;
    let messages: Vec<_> = (0..400).map(|n| vec![b'x'; n]).collect();
    let mailbox = Mailbox::of(&messages.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let left = || (1..=400_u32).filter(|n| ![2, 300].contains(n));
    // An empty message has no line; any other gets its line end.
    let size = |n: u32| if n == 1 { 0 } else { n - 1 + 2 };
    let head = format!("+OK 398 messages ({} octets)\r\n", left().map(size).sum::<u32>());
    let list: String = left().map(|n| format!("{n} {}\r\n", size(n))).collect();
    let uidl: String = left().map(|n| format!("{n} uid-{n}\r\n")).collect();
    let deleted = "+OK message 2 deleted\r\n+OK message 300 deleted\r\n";
    let due = format!("{deleted}{head}{list}.\r\n{head}{uidl}.\r\n+OK\r\n");
    for size in [1, 5, usize::MAX] {
        let mut host = Host::new(&config, Security::Plain, mailbox.clone());
        host.hear(b"USER tim\r\nPASS secret\r\n");
        host.take();
        host.hear_in(b"DELE 2\r\nDELE 300\r\nLIST\r\nUIDL\r\nNOOP\r\n", &[size]);
        assert_eq!(String::from_utf8(host.take()).unwrap(), due, "cuts of {size}");
    }
}

// ----- lines alone

#[derive(Debug, PartialEq)]
enum Found {
    Complete(Vec<u8>),
    TooLong,
    BareLf,
}

/// A line ends at CRLF, or at LF if that is accepted; then its length and its octets are looked at.
fn lines(stream: &[u8], limit: usize, accept: bool) -> Vec<Found> {
    let (mut found, mut rest) = (Vec::new(), stream);
    let end: &[u8] = if accept { b"\n" } else { b"\r\n" };
    while let Some(at) = rest.windows(end.len()).position(|window| window == end) {
        let (text, behind) = (&rest[..at], &rest[at + end.len()..]);
        found.push(match text {
            _ if at + end.len() > limit => Found::TooLong,
            text if accept => Found::Complete(text.strip_suffix(b"\r").unwrap_or(text).to_vec()),
            text if text.contains(&b'\n') => Found::BareLf,
            text => Found::Complete(text.to_vec()),
        });
        rest = behind;
    }
    found
}

fn scanned(stream: &[u8], limit: usize, accept: bool, sizes: &[usize]) -> Vec<Found> {
    let mut scanner = LineScanner::new(limit).accept_bare_lf(accept);
    let (mut found, mut window, mut rest) = (Vec::new(), Vec::new(), stream);
    for size in sizes.iter().cycle() {
        let (now, later) = rest.split_at(rest.len().min(*size));
        window.extend_from_slice(now);
        rest = later;
        let mut unread = &window[..];
        loop {
            found.push(match scanner.next(&mut unread) {
                Line::Complete(text) => Found::Complete(text.to_vec()),
                Line::TooLong => Found::TooLong,
                Line::BareLf => Found::BareLf,
                Line::Partial => break,
            });
        }
        window = unread.to_vec();
        assert!(window.len() < limit, "{} octets are kept of lines of {limit}", window.len());
        if rest.is_empty() {
            break;
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Covers endless-line.
    #[test]
    fn any_cut_gives_the_same_lines_and_they_are_the_right_ones(
        stream in vec(prop_oneof![4 => select(b"\r\n"), 3 => Just(b'a'), 1 => any::<u8>()], 0..80),
        limit in prop_oneof![2_usize..12, 12_usize..60],
        accept in any::<bool>(),
        sizes in sizes(),
    ) {
        let due = lines(&stream, limit, accept);
        prop_assert_eq!(&scanned(&stream, limit, accept, &sizes), &due);
        prop_assert_eq!(&scanned(&stream, limit, accept, &[1]), &due);
        prop_assert_eq!(&scanned(&stream, limit, accept, &[usize::MAX]), &due);
    }
}

// ----- the client

/// A command of the fixed queue.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Plain(Command<'static>),
    /// With an initial response.
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

/// A status line, and what follows it if it is good.
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

fn stream() -> impl Strategy<Value = (Vec<Ask>, Vec<u8>)> {
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

const PROFILES: [Profile; 4] = [
    Profile::LENIENT,
    Profile::LENIENT.accept(Deviation::BareLfBody),
    Profile::LENIENT.refuse(Deviation::UnstuffedDot).refuse(Deviation::LongLine),
    Profile::STRICT,
];

#[derive(Debug, PartialEq)]
struct Fetched {
    heard: VecDeque<Heard>,
    sent: String,
    end: Result<(), ProtocolError>,
    deviations: String,
    capabilities: String,
}

fn fetch(client: &Client<4>, asks: &[Ask], octets: &[u8], cut: Cut<'_>) -> Fetched {
    let (mut client, mut heard, mut sent) = (client.clone(), VecDeque::new(), Vec::new());
    let mut asks = asks.iter();
    let act = |client: &mut Client<4>, event: &Event<'_>| {
        match event {
            Event::Reply(_, Part::Challenge(_)) => client.respond(b"response", &mut sent).unwrap(),
            Event::Reply(_, Part::Unreadable(_)) => {
                let _ = client.cancel(&mut sent);
            }
            _ => {}
        }
        while client.can_send() {
            let Some(ask) = asks.as_slice().first() else { break };
            let xtnd = Command::Other { verb: b"XTND", args: Some(b"x") };
            let sent = match ask {
                Ask::Plain(command) => client.send(command, &mut sent),
                Ask::Auth => client.auth("PLAIN", Some(b"good"), &mut sent),
                Ask::Multi => client.send_multiline(&xtnd, &mut sent),
            };
            if sent.is_err() {
                break;
            }
            asks.next();
        }
    };
    match cut {
        Cut::Sizes(sizes) => listen(&mut client, octets, sizes, &mut heard, act),
        Cut::Window(room) => listen_through(&mut client, octets, room, &mut heard, act),
    }
    Fetched {
        heard,
        sent: sent.escape_ascii().to_string(),
        end: client.end_of_input(),
        deviations: format!("{:?}", client.deviations()),
        capabilities: format!("{:?}", client.capabilities()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2500))]

    #[test]
    fn any_cut_of_what_a_server_says_gives_the_same_events(
        (asks, octets) in stream(),
        profile in select(&PROFILES),
        window in select(&[512_usize, 600, 12_288]),
        pipelining in any::<bool>(),
        sizes in sizes(),
    ) {
        let client = Client::<4>::new(profile, Security::Plain)
            .with_limits(Limits::window(window))
            .with_pipelining(pipelining);
        let whole = fetch(&client, &asks, &octets, Cut::Sizes(&[usize::MAX]));
        // Octets behind the answer to STLS: the one place where the cut may decide.
        prop_assume!(whole.end != Err(ProtocolError::PlaintextAfterStls));
        prop_assert_eq!(&fetch(&client, &asks, &octets, Cut::Sizes(&sizes)), &whole);
        prop_assert_eq!(&fetch(&client, &asks, &octets, Cut::Sizes(&[1])), &whole);
        prop_assert_eq!(&fetch(&client, &asks, &octets, Cut::Window(window)), &whole);
    }
}
