//! Each probe comes to the same outcome, whatever pieces the server's octets come in.

use std::collections::BTreeMap;
use std::rc::Rc;

use pop3_proto::Time;
use pop3_proto::conformance::{Door, End, Endpoint, Given, Link, TlsFacts};

use crate::honest::{Honest, config};
use crate::judge::{judge, run, server_probes, setup, some, survey, told};
use crate::twins;

/// Octets at the front and at the end of what comes at once that come in pieces; the middle of a large message
/// would take too long.
const IN_PIECES: usize = 600;

/// An endpoint whose octets come in pieces of so many.
struct Pieces<E> {
    of: E,
    each: usize,
    waiting: BTreeMap<Link, Vec<u8>>,
}

impl<E> Pieces<E> {
    fn new(of: E, each: usize) -> Self {
        Self { of, each, waiting: BTreeMap::new() }
    }
}

impl<E: Endpoint> Endpoint for Pieces<E> {
    fn open(&mut self, link: Link, door: Door, now: Time) -> bool {
        self.waiting.remove(&link);
        self.of.open(link, door, now)
    }

    fn take(&mut self, link: Link, octets: &[u8], now: Time) {
        self.of.take(link, octets, now);
    }

    fn give(&mut self, link: Link, now: Time) -> Given {
        let waiting = self.waiting.entry(link).or_default();
        if waiting.is_empty() {
            match self.of.give(link, now) {
                Given::Octets(octets) => {
                    waiting.extend(octets);
                    waiting.reverse();
                }
                other => return other,
            }
        }
        let len = waiting.len();
        let first = len % 1024 < IN_PIECES || len < 2 * IN_PIECES;
        let n = if first { self.each } else { len % 1024 - IN_PIECES + 1 };
        let n = if len > 64 * 1024 { 64 * 1024 - 1 } else { n.min(len) };
        let mut piece = waiting.split_off(len - n);
        piece.reverse();
        Given::Octets(piece)
    }

    fn secure(&mut self, link: Link, now: Time) -> Option<TlsFacts> {
        self.of.secure(link, now)
    }

    fn close(&mut self, link: Link, end: End, now: Time) {
        if end != End::HalfFin {
            self.waiting.remove(&link);
        }
        self.of.close(link, end, now);
    }

    fn deliver(&mut self, message: &[u8]) -> bool {
        self.of.deliver(message)
    }
}

#[test]
fn against_the_honest_server() {
    let setup = Rc::new(setup());
    let facts = Rc::new(survey(&setup, &mut Honest::new(config())));
    let all = server_probes();
    for probe in all.iter().filter(|probe| !probe.is_referee()) {
        let whole = run(probe, &setup, &facts, &mut Honest::new(config()));
        for each in some([1, 2, 7], 0) {
            let cut = run(probe, &setup, &facts, &mut Pieces::new(Honest::new(config()), each));
            assert_eq!(cut.judgements, whole.judgements, "in pieces of {each}: {}", told(&cut));
            assert_eq!(cut.remarks, whole.remarks, "in pieces of {each}: {}", told(&cut));
        }
    }
}

#[test]
fn the_survey_finds_the_same() {
    let setup = Rc::new(setup());
    let whole = survey(&setup, &mut Honest::new(config()));
    for each in [1, 2, 7] {
        assert_eq!(survey(&setup, &mut Pieces::new(Honest::new(config()), each)), whole);
    }
}

#[test]
fn twins_are_caught_in_pieces() {
    let mut wrong = String::new();
    for case in some(twins::all(), 5) {
        let outcome = judge(case.probe, setup(), || Pieces::new((case.make)(), 1));
        if outcome.verdict != case.verdict {
            wrong += &format!("{} of {} is due: {}", case.verdict, case.row, told(&outcome));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
