//! The dot codecs against naive twins of a few lines each, over messages that are mostly line ends and dots.

mod common;

use common::show;
use pop3_proto::dot::{Chunk, Stuffer, TopLimit, Unstuffer, WireSize, wire_size};
use pop3_proto::limits::MIN_OUTPUT;
use pop3_proto::server::{Body, Config, Event, Reason, Server};
use pop3_proto::{FixedBuf, Full, Output, Security, Time};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

// ----- the twins

/// The message as the reader gets it: CRLF line ends, the last one included.
fn crlf(stored: &[u8]) -> Vec<u8> {
    let mut mail = Vec::new();
    for line in stored.split_inclusive(|b| *b == b'\n') {
        let whole = line.strip_suffix(b"\n").map(|text| text.strip_suffix(b"\r").unwrap_or(text));
        mail.extend_from_slice(whole.unwrap_or(line));
        mail.extend_from_slice(b"\r\n");
    }
    mail
}

/// `mail` has CRLF line ends; the result ends with the dot line.
fn stuff(mail: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for line in mail.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

/// The message, and what lies behind its dot line; `None` if there is no dot line.
fn unstuff(wire: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (mut mail, mut rest) = (Vec::new(), wire);
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")? + 2;
        let (line, behind) = rest.split_at(end);
        rest = behind;
        if line == b".\r\n" {
            return Some((mail, rest));
        }
        mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
    }
}

/// The front of the message that TOP shows.
fn top(stored: &[u8], lines: u64) -> &[u8] {
    let (mut len, mut left) = (0, None);
    for line in stored.split_inclusive(|b| *b == b'\n') {
        match left {
            Some(0) => break,
            Some(n) => left = Some(n - 1),
            None if line == b"\n" || line == b"\r\n" => left = Some(lines),
            None => {}
        }
        len += line.len();
    }
    &stored[..len]
}

// ----- the codecs, fed in pieces

fn pieces<'m>(mut octets: &'m [u8], sizes: &[usize]) -> Vec<&'m [u8]> {
    let mut all = Vec::new();
    for &size in sizes.iter().cycle() {
        if octets.is_empty() {
            break;
        }
        let (piece, rest) = octets.split_at(size.min(octets.len()));
        all.push(piece);
        octets = rest;
    }
    all
}

fn stuffed(mut stuffer: Stuffer, stored: &[u8], sizes: &[usize]) -> Vec<u8> {
    let mut wire = Vec::new();
    for mut piece in pieces(stored, sizes) {
        while let Some(run) = stuffer.next(&mut piece) {
            assert!(!run.is_empty(), "an empty run");
            wire.extend_from_slice(run);
        }
        assert!(piece.is_empty(), "the stuffer left octets");
    }
    wire.extend_from_slice(stuffer.finish());
    wire
}

/// Message and number of octets used; the end must have come.
fn unstuffed(wire: &[u8], sizes: &[usize]) -> (Vec<u8>, usize) {
    let (mut unstuffer, mut mail, mut used) = (Unstuffer::new(), Vec::new(), 0);
    for piece in pieces(wire, sizes) {
        let mut window = piece;
        loop {
            match unstuffer.next(&mut window) {
                Chunk::Data(octets) => {
                    assert!(!octets.is_empty(), "empty data");
                    mail.extend_from_slice(octets);
                }
                Chunk::Partial => {
                    assert!(window.is_empty(), "partial with octets left");
                    used += piece.len();
                    break;
                }
                Chunk::End => {
                    used += piece.len() - window.len();
                    let left = window.len();
                    assert_eq!(unstuffer.next(&mut window), Chunk::End);
                    assert_eq!(window.len(), left, "the end uses nothing more");
                    return (mail, used);
                }
            }
        }
    }
    panic!("no end in {}", wire.escape_ascii());
}

fn limited(stored: &[u8], lines: u64, sizes: &[usize]) -> Vec<u8> {
    let (mut limit, mut shown) = (TopLimit::new(lines), Vec::new());
    for piece in pieces(stored, sizes) {
        let before = limit.is_enough();
        let front = limit.take(piece);
        assert!(!before || front.is_empty(), "more behind enough");
        assert!(front.len() == piece.len() || limit.is_enough(), "cut, and not enough");
        shown.extend_from_slice(front);
    }
    shown
}

fn counted(stored: &[u8], sizes: &[usize]) -> u64 {
    let mut size = WireSize::new();
    pieces(stored, sizes).into_iter().for_each(|piece| size.add(piece));
    size.octets()
}

// ----- what they are fed

const SIZES: [usize; 14] = [1, 2, 3, 5, 7, 8, 31, 63, 64, 65, 127, 128, 129, 4096];

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(select(&SIZES), 1..5)
}

const HEADER_ENDS: [&[u8]; 6] = [b"\n\n", b"\r\n\r\n", b"\n\r\n", b"\r\n\n", b"\r\r\n", b""];

fn rich(max: usize) -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        4 => Just(b'\r'),
        4 => Just(b'\n'),
        4 => Just(b'.'),
        1 => Just(0_u8),
        1 => 0x80_u8..=0xFF,
        2 => select(b"a \t-"),
    ];
    vec(octet, 0..max)
}

fn lines(max: usize) -> impl Strategy<Value = Vec<u8>> {
    const PARTS: [&[u8]; 16] = [
        b"\r\n",
        b"\r\n",
        b"\n",
        b"\r\n.",
        b"\r\n..",
        b"\n.",
        b"\r\n.\r\n",
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r\n.\r\r\n",
        b"\r.\r\n",
        b"\r\n.\r",
        b"text",
        b".",
        b"\r",
    ];
    vec(select(&PARTS), 0..max).prop_map(|parts| parts.concat())
}

/// Line ends and dots close to the places where vectors, blocks and pages end.
fn long() -> impl Strategy<Value = Vec<u8>> {
    let filler = prop_oneof![0_usize..4, 58_usize..70, 120_usize..136, 186_usize..196, 4088_usize..4100];
    let part = (filler, prop_oneof![rich(8), lines(4)], any::<bool>()).prop_map(|(len, tail, lf)| {
        let mut part = vec![if lf { b'\n' } else { b'x' }; if lf { len.min(40) } else { len }];
        part.extend_from_slice(&tail);
        part
    });
    vec(part, 2..7).prop_map(|parts| {
        let mut message = parts.concat();
        while message.len() <= 300 {
            message.extend_from_slice(b"a line to make it long\r\n.");
        }
        message
    })
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![rich(40), lines(12), long()]
}

fn check_message(stored: &[u8], behind: &[u8], sizes: &[usize]) {
    let mail = crlf(stored);
    let mut wire = stuff(&mail);
    assert!(stuffed(Stuffer::new(), stored, sizes) == wire, "stuffing {}", stored.escape_ascii());
    assert_eq!(wire_size(stored), mail.len() as u64, "size of {}", stored.escape_ascii());
    assert_eq!(counted(stored, sizes), mail.len() as u64, "size in pieces of {}", stored.escape_ascii());
    let len = wire.len();
    wire.extend_from_slice(behind);
    assert!(unstuffed(&wire, sizes) == (mail, len), "unstuffing {}", wire.escape_ascii());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Covers dots-at-chunk-edges, cr-without-lf.
    /// Proves 1939-5-15, 1939-11-03.
    #[test]
    fn a_stored_message_goes_over_the_wire_and_back(
        stored in message(),
        behind in rich(12),
        sizes in sizes(),
    ) {
        check_message(&stored, &behind, &sizes);
        check_message(&stored, &behind, &[usize::MAX]);
    }

    /// Covers dots-at-chunk-edges, bare-line-ends-in-replies.
    /// Proves 1939-3-15.
    #[test]
    fn any_octets_are_unstuffed_as_lines_are(soup in message(), behind in rich(12), sizes in sizes()) {
        let wire = [&soup[..], b"\r\n.\r\n", &behind].concat();
        let (mail, rest) = unstuff(&wire).unwrap();
        let due = (mail, wire.len() - rest.len());
        prop_assert_eq!(&unstuffed(&wire, &sizes), &due);
        prop_assert_eq!(&unstuffed(&wire, &[usize::MAX]), &due);
        prop_assert_eq!(&unstuffed(&wire, &[1]), &due);
    }

    #[test]
    fn a_message_in_wire_form_goes_out_untouched(stored in message(), sizes in sizes()) {
        let wire = stuff(&crlf(&stored));
        let body = wire.strip_suffix(b".\r\n").unwrap();
        prop_assert_eq!(stuffed(Stuffer::pre_stuffed(), body, &sizes), wire);
    }

    /// Proves 1939-7-04.
    #[test]
    fn top_shows_the_header_the_empty_line_and_so_many_lines(
        header in prop_oneof![Just(Vec::new()), lines(6), rich(20), long()],
        body in message(),
        end in select(&HEADER_ENDS),
        count in prop_oneof![0_u64..8, Just(u64::MAX)],
        sizes in sizes(),
    ) {
        let stored = [&header[..], end, &body].concat();
        let due = top(&stored, count);
        prop_assert_eq!(&limited(&stored, count, &sizes), due);
        prop_assert_eq!(&limited(&stored, count, &[usize::MAX]), due);
        prop_assert_eq!(&limited(&stored, count, &[1]), due);
    }
}

// ----- every short message

/// All words over the alphabet, up to this length.
fn words(alphabet: &[u8], max: u32, mut each: impl FnMut(&[u8])) {
    let base = alphabet.len();
    for len in 0..=max {
        for mut code in 0..base.pow(len) {
            let mut word = Vec::new();
            for _ in 0..len {
                word.push(alphabet[code % base]);
                code /= base;
            }
            each(&word);
        }
    }
}

/// Covers dots-at-chunk-edges, first-dot, dot-lines-inside.
#[test]
fn every_short_message_goes_over_the_wire_and_back_in_every_cut() {
    words(b"\r\n.x", 6, |stored| {
        for size in [1, 2, 3, usize::MAX] {
            check_message(stored, b".\r\n", &[size]);
        }
    });
}

/// Covers dots-at-chunk-edges, first-dot, bare-line-ends-in-replies.
/// Proves 1939-3-16.
#[test]
fn every_short_stream_is_unstuffed_as_lines_are() {
    words(b"\r\n.x", 7, |soup| {
        let wire = [soup, b"\r\n.\r\n.\r\n"].concat();
        let (mail, rest) = unstuff(&wire).unwrap();
        let due = (mail, wire.len() - rest.len());
        for size in [1, 2, usize::MAX] {
            assert!(unstuffed(&wire, &[size]) == due, "{} in cuts of {size}", wire.escape_ascii());
        }
    });
}

#[test]
fn every_short_message_is_shown_by_top_as_lines_are() {
    words(b"\r\nx", 8, |stored| {
        for count in 0..3 {
            for size in [1, 2, usize::MAX] {
                let shown = limited(stored, count, &[size]);
                assert_eq!(shown, top(stored, count), "TOP {count} of {}", stored.escape_ascii());
            }
        }
    });
}

#[test]
fn top_says_enough_as_soon_as_the_last_line_ends() {
    let stored = b"Subject: x\r\n\r\none\r\ntwo\r\nthree\r\n";
    for (lines, end) in [(0, 14), (1, 19), (2, 24), (3, 31)] {
        let mut limit = TopLimit::new(lines);
        assert_eq!(limit.take(&stored[..end - 1]), &stored[..end - 1]);
        assert!(!limit.is_enough(), "{lines} lines, one octet early");
        assert_eq!(limit.take(&stored[end - 1..end]), b"\n");
        assert!(limit.is_enough(), "{lines} lines");
        assert_eq!(limit.take(&stored[end..]), b"");
    }
}

/// Covers bare-line-ends-in-replies, dot-lines-inside.
#[test]
fn near_terminators_are_data() {
    const NEAR: [&[u8]; 20] = [
        b"\n.\r\n",
        b"\n.\n",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r\n.\r\r\n",
        b"\r.\r\n",
        b"\r.\r",
        b"\r\n.\0\r\n",
        b"\r\n. \r\n",
        b"\r\n.\x0B\r\n",
        b"\r\n.\xA0\r\n",
        b"\n\r.\r\n",
        b"\r\n\r.\r\n",
        b"\r\n.\r\r",
        b"\0\n.\r\n",
        b"\r\0\n.\r\n",
        b"\r\n\0.\r\n",
        b"\r\r\n.\n",
        b"\n\n.\n\n",
        b"\r\n.\r.\r\n",
    ];
    for near in NEAR {
        for size in [1, 2, 3, 4, usize::MAX] {
            let wire = [b"a", near, b"b\r\n.\r\n+OK next\r\n"].concat();
            let (mail, used) = unstuffed(&wire, &[size]);
            assert_eq!(used, wire.len() - b"+OK next\r\n".len(), "{} ended early", wire.escape_ascii());
            assert!(mail.ends_with(b"b\r\n"), "{}", mail.escape_ascii());
        }
        let stored = [b"a", near, b"b"].concat();
        check_message(&stored, b"+OK next\r\n", &[usize::MAX]);
    }
}

/// Covers first-dot, dot-lines-inside.
#[test]
fn the_exact_octets_of_near_terminators_arrive() {
    for (wire, mail) in [
        (&b".\r\n"[..], &b""[..]),
        (b"..\r\n.\r\n", b".\r\n"),
        (b"...\r\n.\r\n", b"..\r\n"),
        (b"\n.\r\n\r\n.\r\n", b"\n.\r\n\r\n"),
        (b"a\r\n.\n\r\n.\r\n", b"a\r\n\n\r\n"),
        (b"a\r\n.\r\r\n.\r\n", b"a\r\n\r\r\n"),
        (b"a\r.\r\n.\r\n", b"a\r.\r\n"),
        (b".\rb\r\n.\r\n", b"\rb\r\n"),
        (b".\r.\r\n.\r\n", b"\r.\r\n"),
        (b"a\r\n.b\r\n.\r\n", b"a\r\nb\r\n"),
        (b".+OK\r\n.\r\n", b"+OK\r\n"),
    ] {
        for size in [1, 2, 3, usize::MAX] {
            assert_eq!(unstuffed(wire, &[size]), (mail.to_vec(), wire.len()), "{}", wire.escape_ascii());
        }
    }
}

/// Covers first-dot, dot-lines-inside, cr-without-lf.
/// Proves 1939-3-14.
#[test]
fn the_exact_wire_form_of_small_messages() {
    for (stored, wire) in [
        (&b""[..], &b".\r\n"[..]),
        (b".", b"..\r\n.\r\n"),
        (b"\n", b"\r\n.\r\n"),
        (b"\r", b"\r\r\n.\r\n"),
        (b".\n.\n", b"..\r\n..\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\n.\r\n..b", b"a\r\n..\r\n...b\r\n.\r\n"),
        (b"a\r.\nb\0\xFF", b"a\r.\r\nb\0\xFF\r\n.\r\n"),
        (b"a\r\r\n.", b"a\r\r\n..\r\n.\r\n"),
    ] {
        assert_eq!(stuff(&crlf(stored)), wire, "the twin, {}", stored.escape_ascii());
        for size in [1, 2, usize::MAX] {
            assert_eq!(stuffed(Stuffer::new(), stored, &[size]), wire, "{}", stored.escape_ascii());
        }
    }
}

/// Covers dots-at-chunk-edges.
#[test]
fn a_line_end_before_a_dot_is_found_at_every_offset() {
    for len in (0..300).chain(4080..4112) {
        for end in [&b"\r\n."[..], b"\n.", b"\r\n.\r\n", b"\r."] {
            let mut stored = vec![b'x'; len];
            stored.extend_from_slice(end);
            stored.extend_from_slice(b"tail");
            check_message(&stored, b".", &[usize::MAX]);
            check_message(&stored, b".", &[128]);
        }
    }
}

// ----- the body of a reply

/// An output with as much room as it is told.
struct Narrow {
    octets: Vec<u8>,
    room: usize,
}

impl Output for Narrow {
    fn room(&self) -> usize {
        self.room
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.room = self.room.checked_sub(bytes.len()).ok_or(Full)?;
        self.octets.extend_from_slice(bytes);
        Ok(())
    }
}

const HEAD: &[u8] = b"+OK here it comes\r\n";

/// A logged-in session that was asked for a body; `answer` gives it, the result is all that went out behind `HEAD`.
fn reply(
    ask: &str,
    pre_stuffed: bool,
    answer: impl FnOnce(&mut Body, &mut FixedBuf<MIN_OUTPUT>, &mut Vec<u8>),
) -> Vec<u8> {
    let mut config = Config::new();
    config.clear_login = true;
    let mut session = Server::new(&config, Security::Plain);
    let mut tx: FixedBuf<MIN_OUTPUT> = FixedBuf::new();
    let line = format!("USER a\r\nPASS b\r\n{ask}\r\n");
    let mut window = line.as_bytes();
    let mut next = |session: &mut Server<'_>, tx: &mut FixedBuf<MIN_OUTPUT>| loop {
        tx.clear();
        match session.receive(Time::ZERO, &mut window, tx) {
            Event::NeedOutput => {}
            event => break event,
        }
    };
    let Event::Login { reply, .. } = next(&mut session, &mut tx) else { panic!("no login") };
    reply.accept(&mut session, &mut tx, "");
    let ticket = match next(&mut session, &mut tx) {
        Event::Retr(_, ticket) | Event::Top { reply: ticket, .. } => ticket,
        other => panic!("{other:?}"),
    };
    let begin = match pre_stuffed {
        true => ticket.begin_stuffed(&mut session, &mut tx, "here it comes"),
        false => ticket.begin(&mut session, &mut tx, "here it comes"),
    };
    let (mut body, mut sent) = (begin, Vec::new());
    answer(&mut body, &mut tx, &mut sent);
    body.end(&mut session);
    loop {
        let event = session.receive(Time::ZERO, &mut window, &mut tx);
        sent.extend_from_slice(tx.bytes());
        tx.clear();
        match event {
            Event::NeedOutput => {}
            Event::NeedInput => break,
            other => panic!("{other:?}"),
        }
    }
    sent.strip_prefix(HEAD).unwrap().to_vec()
}

fn filled(ask: &str, pre: bool, stored: &[u8], sizes: &[usize], flushes: &[usize]) -> Vec<u8> {
    reply(ask, pre, |body, tx, sent| {
        let mut flushes = flushes.iter().cycle();
        for mut piece in pieces(stored, sizes) {
            loop {
                body.fill(&mut piece, tx);
                if piece.is_empty() {
                    break;
                }
                let flushed = tx.bytes().len().min(*flushes.next().unwrap());
                sent.extend_from_slice(&tx.bytes()[..flushed]);
                tx.used(flushed);
            }
        }
    })
}

fn handed_out(ask: &str, pre: bool, stored: &[u8], sizes: &[usize]) -> Vec<u8> {
    reply(ask, pre, |body, tx, sent| {
        sent.extend_from_slice(tx.bytes());
        tx.clear();
        for mut piece in pieces(stored, sizes) {
            while let Some(run) = body.next(&mut piece) {
                sent.extend_from_slice(run);
            }
            assert!(piece.is_empty());
        }
    })
}

#[test]
fn a_top_that_has_its_lines_ends_well_if_the_output_was_full_when_more_was_given() {
    for room in 0..4 {
        let header = format!("S: {}\n\n", "x".repeat(MIN_OUTPUT - room - HEAD.len() - 7));
        let sent = reply("TOP 1 0", false, |body, tx, sent| {
            let mut rest = header.as_bytes();
            body.fill(&mut rest, tx);
            assert_eq!((rest.len(), tx.room()), (0, room));
            for mut piece in [&b"body\n"[..], b"more\n"] {
                while !piece.is_empty() {
                    body.fill(&mut piece, tx);
                    sent.extend_from_slice(tx.bytes());
                    tx.clear();
                }
            }
        });
        assert_eq!(show(&sent), show(&stuff(&crlf(header.as_bytes()))), "{room} octets of room");
    }
}

#[test]
fn a_body_that_ends_with_octets_left_has_no_end() {
    let stored = b"x".repeat(MIN_OUTPUT);
    let mut config = Config::new();
    config.clear_login = true;
    let mut session = Server::new(&config, Security::Plain);
    let mut window = &b"USER a\r\nPASS b\r\nRETR 1\r\n"[..];
    let mut out = Vec::new();
    let Event::Login { reply, .. } = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    reply.accept(&mut session, &mut out, "");
    let mut tx: FixedBuf<MIN_OUTPUT> = FixedBuf::new();
    let Event::Retr(_, reply) = session.receive(Time::ZERO, &mut window, &mut tx) else { panic!() };
    let mut body = reply.begin(&mut session, &mut tx, "here it comes");
    body.fill(&mut &stored[..], &mut tx);
    body.end(&mut session);
    let event = session.receive(Time::ZERO, &mut window, &mut tx);
    assert!(matches!(event, Event::Closed(Reason::Unfinished)), "{event:?}");
    let cut = stored.len() - HEAD.len();
    assert_eq!(show(tx.bytes()), show(&[HEAD, &stored[..cut]].concat()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Covers dots-at-chunk-edges.
    #[test]
    fn a_body_is_the_same_whether_it_fills_a_tiny_output_or_is_handed_out(
        header in lines(4),
        body in message(),
        count in 0_u64..5,
        sizes in sizes(),
        flushes in vec(prop_oneof![1_usize..8, Just(64), Just(512)], 1..6),
    ) {
        let stored = [&header[..], b"\n\n", &body].concat();
        let whole = stuff(&crlf(&stored));
        prop_assert_eq!(&filled("RETR 1", false, &stored, &sizes, &flushes), &whole);
        prop_assert_eq!(&handed_out("RETR 1", false, &stored, &sizes), &whole);
        let wire = whole.strip_suffix(b".\r\n").unwrap();
        prop_assert_eq!(&filled("RETR 1", true, wire, &sizes, &flushes), &whole);
        let front = stuff(&crlf(top(&stored, count)));
        let ask = format!("TOP 1 {count}");
        prop_assert_eq!(&filled(&ask, false, &stored, &sizes, &flushes), &front);
        prop_assert_eq!(&handed_out(&ask, false, &stored, &sizes), &front);
    }

    #[test]
    fn fill_never_passes_the_room_and_never_stalls(stored in message(), rooms in vec(0_usize..12, 1..8)) {
        let sent = reply("RETR 1", false, |body, tx, sent| {
            sent.extend_from_slice(tx.bytes());
            tx.clear();
            let mut out = Narrow { octets: Vec::new(), room: 0 };
            let mut rest = &stored[..];
            for (turn, room) in rooms.iter().chain(&[2]).cycle().enumerate() {
                if rest.is_empty() {
                    break;
                }
                assert!(turn < 40 * (stored.len() + 1), "no progress");
                out.room = *room;
                body.fill(&mut rest, &mut out);
            }
            sent.append(&mut out.octets);
        });
        prop_assert_eq!(sent, stuff(&crlf(&stored)));
    }
}
