//! Control characters and non-ASCII bytes in every argument of every command: each gets one refusal, and
//! nothing is acted on.

use pop3_proto::parse::{self, CommandError};
use pop3_proto::server::{Config, Domain, Phase, Server};
use pop3_proto::{Command, Security};

use crate::common::show;
use crate::pair::{DIGEST, Host};
use crate::{mailbox, odd_arguments, open_config};

/// Commands with `@` for an argument, and what is wrong with a non-ASCII byte there; `None` where a name or a
/// password may hold it.
const EARLY: [(&str, Option<CommandError>); 14] = [
    ("USER @", None),
    ("PASS @", None),
    ("APOP @ c4c9334bac560ecc979e58001b3e22fb", None),
    ("APOP tim @", Some(CommandError::Digest)),
    ("AUTH @", Some(CommandError::Mechanism)),
    ("AUTH PLAIN @", Some(CommandError::Base64)),
    ("LANG @", Some(CommandError::Language)),
    ("UTF8 @", Some(CommandError::Extra)),
    ("CAPA @", Some(CommandError::Extra)),
    ("STLS @", Some(CommandError::Extra)),
    ("QUIT @", Some(CommandError::Extra)),
    ("@", Some(CommandError::Keyword)),
    ("@UIT", Some(CommandError::Keyword)),
    ("USE@ tim", Some(CommandError::Keyword)),
];

const LATE: [(&str, Option<CommandError>); 14] = [
    ("STAT @", Some(CommandError::Extra)),
    ("LIST @", Some(CommandError::Number)),
    ("UIDL @", Some(CommandError::Number)),
    ("RETR @", Some(CommandError::Number)),
    ("DELE @", Some(CommandError::Number)),
    ("TOP @ 0", Some(CommandError::Number)),
    ("TOP 1 @", Some(CommandError::Number)),
    ("NOOP @", Some(CommandError::Extra)),
    ("RSET @", Some(CommandError::Extra)),
    ("CAPA @", Some(CommandError::Extra)),
    ("LANG @", Some(CommandError::Language)),
    ("QUIT @", Some(CommandError::Extra)),
    ("@ELE 1", Some(CommandError::Keyword)),
    ("DEL@ 1", Some(CommandError::Keyword)),
];

fn filled(place: &str, argument: &[u8]) -> Vec<u8> {
    let (front, after) = place.split_once('@').unwrap();
    [front.as_bytes(), argument, after.as_bytes()].concat()
}

/// The modes of a session: without UTF8; with UTF8 and names in ASCII only; with UTF8 and names in UTF-8,
/// too.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Utf8 {
    Off,
    On,
    OnForNames,
}

fn config(utf8: Utf8) -> Config {
    let mut config = open_config();
    (config.stls, config.lang, config.apop) = (true, true, Domain::new("host"));
    config.utf8 = utf8 != Utf8::Off;
    config.utf8_user = utf8 == Utf8::OnForNames;
    config
}

/// A session that has received `before`, and UTF8 if it is on; its answers to them are dropped.
fn host<'c>(config: &'c Config, before: &str) -> Host<'c> {
    let session = Server::new(config, Security::Plain);
    let mut host = Host::of(session.with_apop([1, 0]), mailbox());
    host.hear(if config.utf8 { b"UTF8\r\n" } else { b"" });
    host.hear(before.as_bytes());
    host.take();
    host.log.clear();
    host
}

/// Covers control-characters-in-commands.
#[test]
fn a_control_character_anywhere_in_a_line_makes_it_no_command() {
    for (place, _) in EARLY.iter().chain(&LATE).chain(&[("XTND @", None), ("*@", None)]) {
        for (octet, argument) in odd_arguments().filter(|(octet, _)| octet.is_ascii()) {
            let line = filled(place, &argument);
            assert_eq!(parse::command(&line).err(), Some(CommandError::Octet), "{octet:#04x} in {place}");
        }
    }
}

/// Covers eight-bit-octets-in-arguments.
#[test]
fn an_8_bit_octet_is_read_in_names_and_passwords_alone() {
    for (octet, argument) in odd_arguments().filter(|(octet, _)| !octet.is_ascii()) {
        for (place, error) in EARLY.iter().chain(&LATE) {
            let line = filled(place, &argument);
            let read = parse::command(&line);
            match (error, read) {
                (Some(_), read) => assert_eq!(read.err(), *error, "{octet:#04x} in {place}"),
                (None, Ok(Command::User(name) | Command::Apop { name, .. })) => assert_eq!(name, argument),
                (None, Ok(Command::Pass(password))) => assert_eq!(password.expose(), argument),
                (None, other) => panic!("{octet:#04x} in {place} reads as {other:?}"),
            }
        }
    }
}

/// Covers control-characters-in-commands, eight-bit-octets-in-arguments.
#[test]
fn a_session_refuses_them_with_one_line_whether_utf8_is_on_or_off() {
    for utf8 in [Utf8::Off, Utf8::On, Utf8::OnForNames] {
        let config = config(utf8);
        for (place, error) in EARLY {
            let before = if place.starts_with("PASS") { "USER tim\r\n" } else { "" };
            check_refused(&config, before, place, error, "-ERR log in first\r\n");
        }
        for (place, error) in LATE {
            check_refused(&config, "USER tim\r\nPASS secret\r\n", place, error, "+OK\r\n");
        }
        check_refused(&config, "", "XTND @", Some(CommandError::Keyword), "-ERR log in first\r\n");
    }
}

/// A single non-ASCII byte among ASCII is never UTF-8, so the names are refused, too.
fn check_refused(config: &Config, before: &str, place: &str, error: Option<CommandError>, next: &str) {
    for (octet, argument) in odd_arguments() {
        let error = error.filter(|_| !octet.is_ascii()).unwrap_or(CommandError::Octet);
        let mut host = host(config, before);
        let phase = if next == "+OK\r\n" { Phase::Transaction } else { Phase::Authorization };
        host.hear(&[&filled(place, &argument), &b"\r\nNOOP\r\n"[..]].concat());
        let due = format!("-ERR {error}\r\n{next}");
        assert_eq!(show(&host.take()), show(due.as_bytes()), "{octet:#04x} in {place}");
        assert!(host.log.is_empty() && host.removed.is_none(), "{place}: {:?}", host.log);
        assert_eq!((host.closed, host.server.phase(), host.server.removals().count()), (None, phase, 0));
    }
}

/// Covers control-characters-in-commands, eight-bit-octets-in-arguments.
#[test]
fn a_line_of_an_exchange_that_holds_one_ends_the_exchange() {
    for utf8 in [Utf8::Off, Utf8::On, Utf8::OnForNames] {
        let config = config(utf8);
        for (octet, argument) in odd_arguments() {
            let mut host = host(&config, "AUTH PLAIN\r\n");
            host.hear(&[&argument[..], b"\r\nNOOP\r\n"].concat());
            let error = if octet == b'\n' { CommandError::Octet } else { CommandError::Base64 };
            let due = format!("-ERR {error}\r\n-ERR log in first\r\n");
            assert_eq!(show(&host.take()), show(due.as_bytes()), "{octet:#04x}");
            assert!(host.log.is_empty(), "{:?}", host.log);
        }
    }
}

/// Covers eight-bit-octets-in-arguments.
#[test]
fn names_and_passwords_pass_where_they_are_announced_as_utf_8_and_are_it() {
    const GOOD: [&str; 5] = ["\u{e9}", "t\u{ef}m", "\u{80}", "\u{ffff}", "\u{10ffff}"];
    let say = |utf8: Utf8, line: &[u8]| {
        let config = config(utf8);
        let before = if line.starts_with(b"PASS") { "USER tim\r\n" } else { "" };
        let mut host = host(&config, before);
        host.hear(&[line, b"\r\n"].concat());
        (show(&host.take()), host.log.len())
    };
    for name in GOOD {
        let (user, pass) = (format!("USER {name}"), format!("PASS {name}"));
        let apop = format!("APOP {name} {DIGEST}");
        let ok = |line: &str, due: &str, events: usize| {
            assert_eq!(say(Utf8::OnForNames, line.as_bytes()), (show(due.as_bytes()), events));
            for off in [Utf8::Off, Utf8::On] {
                let due = show(b"-ERR character not allowed in a command\r\n");
                assert_eq!(say(off, line.as_bytes()), (due, 0), "{line}");
            }
        };
        ok(&user, "+OK send PASS\r\n", 0);
        ok(&pass, "-ERR [AUTH] tim\r\n", 1);
        ok(&apop, "+OK welcome\r\n", 1);
    }
}

/// Forms that a careless decoder takes for NUL, CR, LF or a slash.
/// Covers eight-bit-octets-in-arguments.
#[test]
fn what_only_looks_like_utf_8_is_refused_in_names_and_passwords() {
    const BAD: [&[u8]; 16] = [
        b"\xC0\x80",
        b"\xC0\x8D\xC0\x8A",
        b"\xC0\xAF",
        b"\xE0\x80\x80",
        b"\xE0\x80\x8A",
        b"\xF0\x80\x80\x80",
        b"\xF8\x80\x80\x80\x80",
        b"\xED\xA0\x80",
        b"\xED\xBF\xBF",
        b"\xF4\x90\x80\x80",
        b"\xF7\xBF\xBF\xBF",
        b"\xC3",
        b"\xC3(",
        b"\xE2\x82",
        b"\xF0\x9F\x98",
        b"\xC3\xA9\xFF",
    ];
    for utf8 in [Utf8::Off, Utf8::On, Utf8::OnForNames] {
        let config = config(utf8);
        for bad in BAD {
            for place in ["USER @", "PASS @", "APOP @ c4c9334bac560ecc979e58001b3e22fb"] {
                for argument in [bad.to_vec(), [b"tim", bad].concat(), [bad, b"tim"].concat()] {
                    let before = if place.starts_with("PASS") { "USER tim\r\n" } else { "" };
                    let mut host = host(&config, before);
                    host.hear(&[&filled(place, &argument), &b"\r\n"[..]].concat());
                    let due = show(b"-ERR character not allowed in a command\r\n");
                    assert_eq!(show(&host.take()), due, "{} in {place}", argument.escape_ascii());
                    assert!(host.log.is_empty(), "{:?}", host.log);
                }
            }
        }
    }
}

/// Covers format-strings.
#[test]
fn names_that_some_program_would_read_as_more_than_a_name_are_passed_on_as_they_are() {
    const NAMES: [&str; 12] = [
        "%n%n%n%s%s",
        "%u",
        "%{home}",
        "%%",
        "$HOME",
        "${jndi:ldap://h/x}",
        "`id`",
        "a;b|c&d",
        "'or'1'='1",
        "../../etc/passwd",
        "~root",
        "\\x00\\r\\n",
    ];
    let config = config(Utf8::Off);
    for name in NAMES {
        let mut host = host(&config, "");
        host.hear(format!("USER {name}\r\n").as_bytes());
        assert_eq!(host.server.user(), Some(name.as_bytes()));
        host.hear(format!("PASS {name}\r\n").as_bytes());
        // The host escapes the name that it says back.
        let due = format!("+OK send PASS\r\n-ERR [AUTH] {}\r\n", show(name.as_bytes()));
        assert_eq!(show(&host.take()), show(due.as_bytes()));
        let told = format!("{0}{0}", show(name.as_bytes()));
        assert!(host.log.len() == 1 && host.log[0].ends_with(&told), "{:?}", host.log);
    }
}
