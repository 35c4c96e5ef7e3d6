//! Work grows no faster than the input, however it is cut. It is counted in looks at the window, and measured
//! in time with wide limits.

#![cfg(feature = "alloc")]

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

use pop3_proto::client::{Client, Event, Profile};
use pop3_proto::dot::Stuffer;
use pop3_proto::{Command, Input, Line, LineScanner, MsgNo, Security};

/// A window that adds up how many bytes it showed and how many were used.
struct Counted<'i, 'c> {
    bytes: &'i [u8],
    used: usize,
    calls: &'c Cell<usize>,
}

impl<'i> Input<'i> for Counted<'i, '_> {
    fn bytes(&self) -> &'i [u8] {
        self.calls.set(self.calls.get() + 1);
        &self.bytes[self.used..]
    }

    fn consume(&mut self, n: usize) {
        self.used += n;
        assert!(self.used <= self.bytes.len(), "more used than shown");
    }
}

/// Shows `wire` to a client that asked `command`, `chunk` bytes more at a time; returns looks at the window
/// and time.
fn feed(command: &Command<'_>, wire: &[u8], chunk: usize) -> (usize, Duration) {
    let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
    let mut greeting = &b"+OK\r\n"[..];
    assert!(matches!(client.receive(&mut greeting), Ok(Event::Greeting(_))));
    client.send(command, &mut Vec::new()).unwrap();
    let calls = Cell::new(0);
    let (mut start, mut end) = (0, 0);
    let started = Instant::now();
    while end < wire.len() {
        end = (end + chunk).min(wire.len());
        loop {
            let mut window = Counted { bytes: &wire[start..end], used: 0, calls: &calls };
            let event = client.receive(By(&mut window)).unwrap();
            let wait = matches!(event, Event::NeedInput);
            start += window.used;
            if wait {
                break;
            }
        }
    }
    assert!(client.is_idle(), "the reply is complete");
    (calls.get(), started.elapsed())
}

struct By<'w, 'i, 'c>(&'w mut Counted<'i, 'c>);

impl<'i> Input<'i> for By<'_, 'i, '_> {
    fn bytes(&self) -> &'i [u8] {
        self.0.bytes()
    }

    fn consume(&mut self, n: usize) {
        self.0.consume(n);
    }
}

fn listing(n: usize, line: impl Fn(usize) -> String) -> Vec<u8> {
    let mut wire = b"+OK\r\n".to_vec();
    (1..=n).for_each(|i| wire.extend_from_slice(line(i).as_bytes()));
    wire.extend_from_slice(b".\r\n");
    wire
}

/// Four times the input may cost at most 4.6 times the looks, and eight times the time; quadratic work would
/// cost sixteen times. Other work on the machine can spoil some measurements, but not twenty over a second.
fn grows_linearly(what: &str, command: &Command<'_>, wire: impl Fn(usize) -> Vec<u8>) {
    let (small, large) = (wire(4000), wire(16000));
    for chunk in [1, 1460] {
        let (few, _) = feed(command, &small, chunk);
        let (many, _) = feed(command, &large, chunk);
        assert!(many * 10 <= few * 46, "{what}: {few} looks become {many} at chunk {chunk}");
    }
    takes_linear_time(what, || feed(command, &small, 1460).1, || feed(command, &large, 1460).1);
}

fn takes_linear_time(what: &str, small: impl Fn() -> Duration, large: impl Fn() -> Duration) {
    let mut last = (Duration::ZERO, Duration::ZERO);
    for _ in 0..20 {
        last = (small().min(small()), large().min(large()));
        if last.1 <= last.0 * 8 {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    panic!("{what}: {:?} become {:?}", last.0, last.1);
}

/// Covers super-linear-parsing.
#[test]
fn list() {
    grows_linearly("LIST", &Command::List(None), |n| listing(n, |i| format!("{i} {}\r\n", i * 37)));
}

/// Covers super-linear-parsing.
#[test]
fn uidl() {
    grows_linearly("UIDL", &Command::Uidl(None), |n| listing(n, |i| format!("{i} uid-{i:016}\r\n")));
}

/// Covers super-linear-parsing.
#[test]
fn capa() {
    grows_linearly("CAPA", &Command::Capa, |n| {
        listing(n, |i| format!("X-CAPABILITY-{i} some parameters\r\n"))
    });
}

/// Covers super-linear-parsing.
#[test]
fn retr_of_text_and_of_dots() {
    let retr = Command::Retr(MsgNo::FIRST);
    grows_linearly("RETR", &retr, |n| {
        listing(n, |_| "a line of a message, of ordinary length and content\r\n".into())
    });
    grows_linearly("RETR of dots", &retr, |n| listing(n, |_| "..\r\n".into()));
    grows_linearly("RETR of empty lines", &retr, |n| listing(n, |_| "\r\n".into()));
    grows_linearly("RETR of bare LF dots", &retr, |n| {
        listing(n, |_| "\n.".into()).strip_suffix(b".\r\n").map(|w| [w, b"\r\n.\r\n"].concat()).unwrap()
    });
}

/// Covers super-linear-parsing, endless-line.
#[test]
fn one_over_long_line() {
    let long = |n: usize| [b"+OK ".as_slice(), &b"x".repeat(n * 40), b"\r\n"].concat();
    grows_linearly("a status line", &Command::Noop, long);
}

/// Each byte is searched once, also when a line comes one byte at a time.
/// Covers super-linear-parsing.
#[test]
fn a_scanner_searches_no_octet_twice() {
    let mut line = vec![b'x'; 60_000];
    line.extend_from_slice(b"\r\n");
    let time = |len: usize| {
        let wire = &line[line.len() - len..];
        let started = Instant::now();
        let mut scanner = LineScanner::new(100_000);
        for end in 1..wire.len() {
            assert_eq!(scanner.next(&mut &wire[..end]), Line::Partial);
        }
        assert!(matches!(scanner.next(&mut &wire[..]), Line::Complete(_)));
        started.elapsed()
    };
    takes_linear_time("a line byte by byte", || time(15_000), || time(60_000));
}

/// Whatever ends a run early, a message of n times the size takes about n times as long.
#[test]
fn stuffing_of_messages_full_of_line_ends_and_nul_takes_linear_time() {
    let time = |unit: &[u8], times: usize| {
        let message = unit.repeat(times);
        let measure = || {
            let (mut stuffer, mut rest, mut octets) = (Stuffer::replacing_nul(), &message[..], 0);
            let started = Instant::now();
            while let Some(run) = stuffer.next(&mut rest) {
                octets += run.len();
            }
            assert!(octets >= message.len());
            started.elapsed()
        };
        (0..3).map(|_| measure()).min().unwrap_or_default()
    };
    for unit in [&b"a\n"[..], b"a\0", b"\0\0", b".\n", b"a\r\n", b"\n\n", b"\0\n"] {
        // The input is 32 times as large. On a busy machine that may take 250 times as long; work that grows
        // with the square would take 1,000 times as long.
        let (short, long) = (time(unit, 5_000), time(unit, 160_000));
        let bound = short * 250 + Duration::from_millis(100);
        assert!(long < bound, "{}: {short:?} {long:?}", unit.escape_ascii());
    }
}
