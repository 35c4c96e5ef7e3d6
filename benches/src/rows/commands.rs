//! Command lines.

use std::hint::black_box;
use std::io::Write as _;

use memchr::memchr_iter;
use pop3_proto::{Command, Line, LineScanner, encode, limits, parse};

use super::neighbours;
use super::sessions::Whole;
use crate::{Case, Target, Unit, corpus, hand};

/// So many commands that no branch predictor learns their order.
const COUNT: usize = 20_000;

pub(super) fn cases() -> Vec<Case> {
    let random = corpus::commands(COUNT);
    let predictable: Vec<Vec<u8>> =
        corpus::command_mix().iter().cycle().take(COUNT).map(|line| line.to_vec()).collect();
    vec![
        read("parse a command", &random)
            .budget(200.0)
            .target(Target::Time(1.40, "hand: memchr LF, u32 verb"))
            .target(Target::Speed(2.0, "pop3-codec")),
        read("parse a command, predictable order", &predictable),
        line_given(&random),
        write(&random),
    ]
}

fn read(name: &str, lines: &[Vec<u8>]) -> Case {
    let stream: &'static [u8] = corpus::stream(lines).leak();
    let unit = Unit::Items(lines.len() as u64);
    Case::new(name, unit)
        .with("limit: memchr_iter LF", move || memchr_iter(b'\n', black_box(stream)).count() as u64)
        .with("hand: memchr LF, u32 verb", move || by_hand(stream, hand::command::next))
        .with("hand: verb first, no line search", move || by_hand(stream, hand::command::next_verb_first))
        .ours(move || {
            let (mut scanner, mut window) = (LineScanner::new(limits::COMMAND_LINE), black_box(stream));
            let mut sum = 0;
            while let Line::Complete(line) = scanner.next(&mut window) {
                sum += value(&parse::command(line));
            }
            sum
        })
        .same(&["hand: memchr LF, u32 verb", "hand: verb first, no line search"])
        .with("pop3-codec", move || {
            let mut rest = black_box(stream);
            let mut count = 0;
            while let Ok((after, command)) = pop3_codec::parse::command(rest) {
                black_box(command);
                rest = after;
                count += 1;
            }
            assert!(rest.is_empty(), "pop3-codec reads all lines");
            count
        })
        .with("smtp-proto (SMTP)", neighbours::smtp(lines.len()))
        .with("httparse (HTTP)", neighbours::http(lines.len()))
}

#[inline]
fn by_hand(stream: &[u8], next: impl Fn(&mut &[u8]) -> Option<hand::command::Parsed>) -> u64 {
    let mut rest = black_box(stream);
    let mut sum = 0;
    while let Some(parsed) = next(&mut rest) {
        sum += digest(parsed);
    }
    sum
}

fn line_given(lines: &[Vec<u8>]) -> Case {
    let lines: &'static [Vec<u8>] = lines.to_vec().leak();
    Case::new("parse a command, line at hand", Unit::Items(lines.len() as u64))
        .with("hand: u32 verb", move || {
            lines.iter().filter_map(|line| hand::command::line_given(black_box(line))).map(digest).sum()
        })
        .ours(move || lines.iter().map(|line| value(&parse::command(black_box(line)))).sum())
        .same(&["hand: u32 verb"])
}

fn write(lines: &[Vec<u8>]) -> Case {
    let lines: &'static [Vec<u8>] = lines.to_vec().leak();
    let commands: Vec<Command<'static>> = lines.iter().map(|line| parse::command(line).unwrap()).collect();
    let codec: Vec<_> = lines
        .iter()
        .map(|line| pop3_codec::parse::command(&[line, &b"\r\n"[..]].concat()).unwrap().1)
        .collect();
    let (by_hand, formatted) = (commands.clone(), commands.clone());
    let ours = commands;
    let mut outs = [const { Vec::new() }; 4].map(|_: Vec<u8>| Vec::with_capacity(20 * COUNT));
    let [mut out, mut hand_out, mut format_out, mut codec_out] = outs.each_mut().map(std::mem::take);
    Case::new("write a command", Unit::Items(lines.len() as u64))
        .budget(85.0)
        .target(Target::Time(1.30, "hand"))
        .with("hand", move || {
            hand_out.clear();
            for command in &by_hand {
                hand_write(black_box(command), &mut hand_out);
            }
            hand_out.len() as u64
        })
        .with("write!", move || {
            format_out.clear();
            for command in &formatted {
                format_write(black_box(command), &mut format_out);
            }
            format_out.len() as u64
        })
        .ours(move || {
            out.clear();
            for command in &ours {
                encode::command(black_box(command), &mut Whole(&mut out)).unwrap();
            }
            out.len() as u64
        })
        .same(&["hand", "write!"])
        .with("pop3-codec", move || {
            codec_out.clear();
            for command in &codec {
                codec_out.extend_from_slice(&black_box(command).serialize());
            }
            codec_out.len() as u64
        })
}

/// What a command says, in a form in which all readers can be compared.
fn value(command: &Result<Command<'_>, parse::CommandError>) -> u64 {
    let (verb, first, second) = match command {
        Ok(Command::Retr(n)) => (*b"RETR", u64::from(n.get()), 0),
        Ok(Command::Dele(n)) => (*b"DELE", u64::from(n.get()), 0),
        Ok(Command::List(n)) => (*b"LIST", n.map_or(0, |n| u64::from(n.get())), 0),
        Ok(Command::Uidl(n)) => (*b"UIDL", n.map_or(0, |n| u64::from(n.get())), 0),
        Ok(Command::Top { number, lines }) => (*b"TOP ", u64::from(number.get()), *lines),
        Ok(Command::User(name)) => (*b"USER", name.len() as u64, 0),
        Ok(Command::Pass(password)) => (*b"PASS", password.expose().len() as u64, 0),
        Ok(Command::Auth { mechanism, .. }) => (*b"AUTH", mechanism.len() as u64, 0),
        Ok(Command::Stat) => (*b"STAT", 0, 0),
        Ok(Command::Noop) => (*b"NOOP", 0, 0),
        Ok(Command::Rset) => (*b"RSET", 0, 0),
        Ok(Command::Quit) => (*b"QUIT", 0, 0),
        Ok(Command::Capa) => (*b"CAPA", 0, 0),
        Ok(Command::Stls) => (*b"STLS", 0, 0),
        _ => return 0,
    };
    digest((u32::from_be_bytes(verb), first, second))
}

const fn digest((verb, first, second): hand::command::Parsed) -> u64 {
    verb as u64 ^ first << 32 ^ second << 48
}

fn hand_write(command: &Command<'_>, out: &mut Vec<u8>) {
    let number = |n: &pop3_proto::MsgNo| Some(u64::from(n.get()));
    match command {
        Command::Retr(n) => hand::command::put(b"RETR", number(n), out),
        Command::Dele(n) => hand::command::put(b"DELE", number(n), out),
        Command::List(n) => hand::command::put(b"LIST", n.as_ref().and_then(number), out),
        Command::Uidl(n) => hand::command::put(b"UIDL", n.as_ref().and_then(number), out),
        Command::Top { number, lines } => {
            out.extend_from_slice(b"TOP ");
            hand::command::put_number(u64::from(number.get()), out);
            out.push(b' ');
            hand::command::put_number(*lines, out);
            out.extend_from_slice(b"\r\n");
        }
        Command::User(name) => hand_text(b"USER ", name, out),
        Command::Pass(password) => hand_text(b"PASS ", password.expose(), out),
        Command::Auth { mechanism, .. } => hand_text(b"AUTH ", mechanism, out),
        other => hand::command::put(other.verb().as_str().as_bytes(), None, out),
    }
}

/// What comes from a user must not end the line early, so the code by hand checks that, too.
fn hand_text(verb: &[u8], text: &[u8], out: &mut Vec<u8>) {
    assert!(!text.iter().any(|b| b.is_ascii_control()));
    out.extend_from_slice(verb);
    out.extend_from_slice(text);
    out.extend_from_slice(b"\r\n");
}

fn format_write(command: &Command<'_>, out: &mut Vec<u8>) {
    let verb = command.verb();
    match command {
        Command::Retr(n) | Command::Dele(n) | Command::List(Some(n)) | Command::Uidl(Some(n)) => {
            write!(out, "{verb} {n}\r\n")
        }
        Command::Top { number, lines } => write!(out, "TOP {number} {lines}\r\n"),
        Command::User(text) | Command::Auth { mechanism: text, .. } => {
            write!(out, "{verb} {}\r\n", str::from_utf8(text).unwrap())
        }
        Command::Pass(text) => write!(out, "{verb} {}\r\n", str::from_utf8(text.expose()).unwrap()),
        _ => write!(out, "{verb}\r\n"),
    }
    .unwrap();
}
