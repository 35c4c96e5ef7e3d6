//! The body of a reply to RETR or TOP, from the stored message to the output of a session.

use pop3_proto::limits::MIN_OUTPUT;
use pop3_proto::server::session::{Event, Session};
use pop3_proto::server::{Body, Config, Fill, Reason};
use pop3_proto::{FixedBuf, Full, Output, Security, Time};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::common::show;
use crate::common::twins::{crlf_form, stuff, top};
use crate::messages::{lines, message, sizes};
use crate::pieces::pieces;

/// An output with exactly as much room as it is told.
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

/// How a message is stored.
#[derive(Clone, Copy)]
enum Form {
    Stored,
    Crlf,
    Stuffed,
}

/// Asks a logged-in session for a body, which `answer` gives; the result is everything that went out after
/// `HEAD`.
fn reply(
    ask: &str,
    form: Form,
    answer: impl FnOnce(&mut Body, &mut FixedBuf<MIN_OUTPUT>, &mut Vec<u8>),
) -> Vec<u8> {
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    let mut session = Session::new(&config, Security::Plain);
    let mut tx: FixedBuf<MIN_OUTPUT> = FixedBuf::new();
    let line = format!("USER a\r\nPASS b\r\n{ask}\r\n");
    let mut window = line.as_bytes();
    let mut next = |session: &mut Session<&Config>, tx: &mut FixedBuf<MIN_OUTPUT>| loop {
        tx.clear();
        match session.receive(Time::ZERO, &mut window, tx) {
            Event::NeedOutput => {}
            event => break event,
        }
    };
    let Event::Login { reply, .. } = next(&mut session, &mut tx) else { panic!("no login") };
    reply.accept(&mut session, &mut tx, "");
    let ticket = match next(&mut session, &mut tx) {
        Event::Retr { reply: ticket, .. } | Event::Top { reply: ticket, .. } => ticket,
        other => panic!("{other:?}"),
    };
    let begin = match form {
        Form::Stored => ticket.begin(&mut session, &mut tx, "here it comes"),
        Form::Crlf => ticket.begin_crlf(&mut session, &mut tx, "here it comes"),
        Form::Stuffed => ticket.begin_stuffed(&mut session, &mut tx, "here it comes"),
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

fn filled(ask: &str, form: Form, stored: &[u8], sizes: &[usize], flushes: &[usize]) -> Vec<u8> {
    reply(ask, form, |body, tx, sent| {
        let mut flushes = flushes.iter().cycle();
        for mut piece in pieces(stored, sizes) {
            while body.fill(&mut piece, tx) == Fill::Flush {
                let flushed = tx.bytes().len().min(*flushes.next().unwrap());
                sent.extend_from_slice(&tx.bytes()[..flushed]);
                tx.consume(flushed);
            }
        }
    })
}

fn handed_out(ask: &str, form: Form, stored: &[u8], sizes: &[usize]) -> Vec<u8> {
    reply(ask, form, |body, tx, sent| {
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
        let sent = reply("TOP 1 0", Form::Stored, |body, tx, sent| {
            let mut rest = header.as_bytes();
            assert_eq!(body.fill(&mut rest, tx), Fill::Done);
            assert_eq!((rest.len(), tx.room()), (0, room));
            for mut piece in [&b"body\n"[..], b"more\n"] {
                while body.fill(&mut piece, tx) == Fill::Flush {
                    sent.extend_from_slice(tx.bytes());
                    tx.clear();
                }
                sent.extend_from_slice(tx.bytes());
                tx.clear();
            }
        });
        assert_eq!(show(&sent), show(&stuff(&crlf_form(header.as_bytes()))), "{room} bytes of room");
    }
}

#[test]
fn a_body_that_ends_with_octets_left_has_no_end() {
    let stored = b"x".repeat(MIN_OUTPUT);
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    let mut session = Session::new(&config, Security::Plain);
    let mut window = &b"USER a\r\nPASS b\r\nRETR 1\r\n"[..];
    let mut out = Vec::new();
    let Event::Login { reply, .. } = session.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    reply.accept(&mut session, &mut out, "");
    let mut tx: FixedBuf<MIN_OUTPUT> = FixedBuf::new();
    let Event::Retr { reply, .. } = session.receive(Time::ZERO, &mut window, &mut tx) else { panic!() };
    let mut body = reply.begin(&mut session, &mut tx, "here it comes");
    assert_eq!(body.fill(&mut &stored[..], &mut tx), Fill::Flush);
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
        let whole = stuff(&crlf_form(&stored));
        prop_assert_eq!(&filled("RETR 1", Form::Stored, &stored, &sizes, &flushes), &whole);
        prop_assert_eq!(&handed_out("RETR 1", Form::Stored, &stored, &sizes), &whole);
        let wire = whole.strip_suffix(b".\r\n").unwrap();
        let mail = crlf_form(&stored);
        prop_assert_eq!(&filled("RETR 1", Form::Crlf, &mail, &sizes, &flushes), &whole);
        prop_assert_eq!(&handed_out("RETR 1", Form::Crlf, &mail, &sizes), &whole);
        prop_assert_eq!(&filled("RETR 1", Form::Stuffed, wire, &sizes, &flushes), &whole);
        let front = stuff(&crlf_form(top(&stored, count)));
        let ask = format!("TOP 1 {count}");
        prop_assert_eq!(&filled(&ask, Form::Stored, &stored, &sizes, &flushes), &front);
        prop_assert_eq!(&handed_out(&ask, Form::Stored, &stored, &sizes), &front);
    }

    #[test]
    fn fill_never_passes_the_room_and_never_stalls(stored in message(), rooms in vec(0_usize..12, 1..8)) {
        let sent = reply("RETR 1", Form::Stored, |body, tx, sent| {
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
                let filled = body.fill(&mut rest, &mut out);
                assert_eq!(filled == Fill::Done, rest.is_empty());
            }
            sent.append(&mut out.octets);
        });
        prop_assert_eq!(sent, stuff(&crlf_form(&stored)));
    }
}
