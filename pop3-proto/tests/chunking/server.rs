//! A server session hears the same dialogue in any pieces, and gives the same events and output.

use pop3_proto::server::{Config, Domain, MechanismList, Reason, Server};
use pop3_proto::{Limits, Mechanism, Security};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::common::Mailbox;
use crate::pair::{DIGEST, Host};
use crate::{Cut, sizes};

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

/// What a client may say. STLS never has bytes after it, because there the cut may decide which event comes.
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

fn serve(config: &Config, security: Security, octets: &[u8], cut: Cut<'_>, later: bool) -> Outcome {
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
        let [tls, allow_plaintext_login, stls, bare_lf, other, utf8, lang] = switches;
        let mechanisms = [Mechanism::PLAIN, Mechanism::LOGIN];
        let mut config = Config::new();
        config.limits = Limits::for_window(window).with_exchange_line(600);
        if few {
            config.limits = config.limits.with_max_errors(4).with_max_login_failures(2);
        }
        config.allow_plaintext_login = allow_plaintext_login || !stls;
        config.stls = stls;
        config.bare_lf = bare_lf;
        config.unknown_commands = other;
        config.utf8 = utf8;
        config.utf8_user = utf8;
        config.lang = lang;
        config.mechanisms = MechanismList::of(&mechanisms);
        config.implementation = Some("a name".into());
        config.apop = Domain::new("host");
        config.auth_list = other;
        config.utf8_after_login = bare_lf;
        config.replace_nul = lang;
        config.ensure_header_end = stls;
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
    config.allow_plaintext_login = true;
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
    config.allow_plaintext_login = true;
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
