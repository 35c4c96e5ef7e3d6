//! Lines of replies.

use std::hint::black_box;
use std::io::Write as _;

use memchr::memchr_iter;
use pop3_proto::{
    Capability, Deviations, Line, LineScanner, MsgNo, Scan, Status, UidLine, encode, limits, parse,
};

use super::chunks::{self, Reply};
use super::sessions::Whole;
use crate::{Case, Target, Unit, corpus, hand};

const ENTRIES: u32 = 100_000;

pub(super) fn cases() -> Vec<Case> {
    vec![list(), uidl(), status(), capa(), write_list()]
}

fn lines(stream: &'static [u8], mut each: impl FnMut(&[u8]) -> u64) -> u64 {
    let (mut scanner, mut window) = (LineScanner::new(limits::REPLY_LINE), black_box(stream));
    let mut sum = 0;
    while let Line::Complete(line) = scanner.next(&mut window) {
        sum += each(line);
    }
    sum
}

fn hand_lines(stream: &'static [u8], mut each: impl FnMut(&[u8]) -> u64) -> u64 {
    let mut rest = black_box(stream);
    let mut sum = 0;
    while let Some(line) = hand::reply::line(&mut rest) {
        sum += each(line);
    }
    sum
}

pub(super) fn uid_value(line: &UidLine<'_>) -> u64 {
    line.number.map_or(0, |n| u64::from(n.get())) ^ line.uid.len() as u64
}

fn reply(listing: &[u8]) -> &'static [u8] {
    [b"+OK\r\n", listing, b".\r\n"].concat().leak()
}

fn list() -> Case {
    let scans = corpus::scans(ENTRIES);
    let rows: Vec<Vec<u8>> = scans.iter().map(|(n, o)| format!("{n} {o}").into_bytes()).collect();
    let listing: &'static [u8] = corpus::stream(&rows).leak();
    let whole = reply(listing);
    Case::new("LIST", Unit::Items(ENTRIES.into()))
        .budget(180.0)
        .target(Target::Time(0.75, "hand: memchr line, digit loop"))
        .target(Target::Speed(2.5, "pop3-codec"))
        .with("limit: memchr_iter LF", move || memchr_iter(b'\n', black_box(listing)).count() as u64)
        .with("hand: memchr line, digit loop", move || {
            hand_lines(listing, |line| hand::reply::scan(line).map_or(0, |(n, octets)| n ^ octets))
        })
        .ours(move || {
            let mut seen = Deviations::NONE;
            lines(listing, |line| {
                parse::scan_item(line, &mut seen).map_or(0, |scan| u64::from(scan.number.get()) ^ scan.octets)
            })
        })
        .with("pop3-proto, client session", chunks::feed(Reply::List(ENTRIES), usize::MAX))
        .with("str::lines, split, parse", move || {
            let text = str::from_utf8(black_box(listing)).unwrap();
            text.lines()
                .filter_map(|line| {
                    let (n, octets) = line.split_once(' ')?;
                    Some(n.parse::<u64>().ok()? ^ octets.parse::<u64>().ok()?)
                })
                .sum()
        })
        .same(&["hand: memchr line, digit loop", "pop3-proto, client session", "str::lines, split, parse"])
        .with("pop3-codec", move || {
            let (_, response) = pop3_codec::parse::response_list_all(black_box(whole)).unwrap();
            response.unwrap().body.iter().map(|scan| u64::from(scan.message_id ^ scan.message_size)).sum()
        })
        .same(&["pop3-codec"])
}

fn uidl() -> Case {
    let rows: Vec<Vec<u8>> = (1..=ENTRIES).map(|n| format!("{n} {n:08x}whqtswO00WBw").into_bytes()).collect();
    let listing: &'static [u8] = corpus::stream(&rows).leak();
    let whole = reply(listing);
    Case::new("UIDL", Unit::Items(ENTRIES.into()))
        .target(Target::Time(1.10, "hand: memchr line, digit loop"))
        .target(Target::Speed(3.5, "pop3-codec"))
        .with("limit: memchr_iter LF", move || memchr_iter(b'\n', black_box(listing)).count() as u64)
        .with("hand: memchr line, digit loop", move || {
            hand_lines(listing, |line| hand::reply::uid(line).map_or(0, |(n, id)| n ^ id.len() as u64))
        })
        .ours(move || {
            let mut seen = Deviations::NONE;
            lines(listing, |line| parse::uid_item(line, &mut seen).map_or(0, |line| uid_value(&line)))
        })
        .with("pop3-proto, client session", chunks::feed(Reply::Uidl(ENTRIES), usize::MAX))
        .same(&["hand: memchr line, digit loop", "pop3-proto, client session"])
        .with("pop3-codec", move || {
            let (_, response) = pop3_codec::parse::response_uidl_all(black_box(whole)).unwrap();
            let lines = response.unwrap().body;
            lines.iter().map(|line| u64::from(line.message_id) ^ line.message_uid.len() as u64).sum()
        })
        .same(&["pop3-codec"])
}

fn status() -> Case {
    const COUNT: usize = 1000;
    let rows = corpus::status_lines(COUNT);
    let stream: &'static [u8] = corpus::stream(&rows).leak();
    Case::new("status line", Unit::Items(COUNT as u64))
        .target(Target::Time(1.40, "hand: memchr line"))
        .target(Target::Speed(3.5, "pop3-codec"))
        .with("limit: memchr_iter LF", move || memchr_iter(b'\n', black_box(stream)).count() as u64)
        .with("hand: memchr line", move || {
            hand_lines(stream, |line| {
                hand::reply::status(line)
                    .map_or(0, |(good, code, text)| u64::from(good) + (code.len() + 2 * text.len()) as u64)
            })
        })
        .ours(move || {
            let mut seen = Deviations::NONE;
            lines(stream, |line| {
                let Ok(line) = parse::status_line(line, &mut seen) else { return 0 };
                let code = line.code.map_or(0, |code| code.as_bytes().len());
                u64::from(line.status == Status::Ok) + (code + 2 * line.text.as_bytes().len()) as u64
            })
        })
        .same(&["hand: memchr line"])
        .with("pop3-codec", move || {
            let mut rest = black_box(stream);
            let mut count = 0;
            while let Ok((after, response)) = pop3_codec::parse::response_noop(rest) {
                black_box(response);
                rest = after;
                count += 1;
            }
            assert!(rest.is_empty(), "pop3-codec reads all lines");
            count
        })
}

fn capa() -> Case {
    let rows: Vec<Vec<u8>> = corpus::CAPABILITIES.iter().map(|line| line.to_vec()).collect();
    let stream: &'static [u8] = corpus::stream(&rows).leak();
    Case::new("CAPA, 12 lines", Unit::Items(1))
        .target(Target::Time(1.50, "hand: memchr line"))
        .with("hand: memchr line", move || {
            hand_lines(stream, |line| {
                let (which, params) = hand::reply::capability(line);
                u64::from(black_box((which, params)).0 < 13)
            })
        })
        .ours(move || {
            let mut seen = Deviations::NONE;
            lines(stream, |line| {
                let capability = black_box(parse::capability(line, &mut seen));
                u64::from(!matches!(capability, Capability::Other { .. }))
            })
        })
        .same(&["hand: memchr line"])
}

fn write_list() -> Case {
    const COUNT: u32 = 1000;
    let scans: &'static [(u32, u64)] = corpus::scans(COUNT).leak();
    let ours: Vec<Scan> =
        scans.iter().map(|(n, o)| Scan { number: MsgNo::new(*n).unwrap(), octets: *o }).collect();
    let [mut out, mut hand_out, mut format_out] = [(); 3].map(|()| Vec::with_capacity(32 * 1024));
    Case::new("write a line of LIST", Unit::Items(COUNT.into()))
        .target(Target::Time(1.30, "hand"))
        .with("hand", move || {
            hand_out.clear();
            for (n, octets) in black_box(scans) {
                hand::reply::put_scan(u64::from(*n), *octets, &mut hand_out);
            }
            hand_out.len() as u64
        })
        .with("write!", move || {
            format_out.clear();
            for (n, octets) in black_box(scans) {
                write!(format_out, "{n} {octets}\r\n").unwrap();
            }
            format_out.len() as u64
        })
        .ours(move || {
            out.clear();
            for scan in black_box(&ours) {
                encode::scan_item(*scan, &mut Whole(&mut out)).unwrap();
            }
            out.len() as u64
        })
        .same(&["hand", "write!"])
}
