//! Peers that never come to an end: each probe does, with bounded memory.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use pop3_proto::Time;
use pop3_proto::conformance::{
    Do, Door, End, Endpoint, Given, Link, Run, Seen, Survey, TlsFacts, Verdict, drive,
};

use crate::honest::{Honest, config};
use crate::judge::{server_probes, setup, some, survey};

/// The most that a probe may do, and the most octets that it may read: eight bodies that have no end, in each of
/// two rounds.
const MOST_STEPS: u32 = 100_000;
const MOST_OCTETS: usize = 16 * 17 * 1024 * 1024;

/// Honest until a line like this comes; then it says the same for ever.
struct Endless {
    honest: Honest,
    when: fn(&[u8]) -> bool,
    piece: Vec<u8>,
    begun: BTreeMap<Link, bool>,
}

impl Endless {
    fn new(when: fn(&[u8]) -> bool, piece: &[u8]) -> Self {
        let piece = piece.repeat(256 * 1024 / piece.len());
        Self { honest: Honest::new(config()), when, piece, begun: BTreeMap::new() }
    }
}

impl Endpoint for Endless {
    fn open(&mut self, link: Link, door: Door, now: Time) -> bool {
        self.begun.insert(link, (self.when)(b""));
        self.honest.open(link, door, now)
    }

    fn take(&mut self, link: Link, octets: &[u8], now: Time) {
        if (self.when)(octets) {
            self.begun.insert(link, true);
        }
        self.honest.take(link, octets, now);
    }

    fn give(&mut self, link: Link, now: Time) -> Given {
        match self.begun.get(&link) {
            Some(true) => Given::Octets(self.piece.clone()),
            _ => self.honest.give(link, now),
        }
    }

    fn secure(&mut self, link: Link, now: Time) -> Option<TlsFacts> {
        self.honest.secure(link, now)
    }

    fn close(&mut self, link: Link, end: End, now: Time) {
        self.honest.close(link, end, now);
    }

    fn deliver(&mut self, message: &[u8]) -> bool {
        self.honest.deliver(message)
    }
}

/// Goes on only so far. Each piece takes its time, as on a network.
fn bounded<'n>(
    mut next: impl FnMut(Time, Seen) -> Do + 'n,
    what: &'n str,
) -> impl FnMut(Time, Seen) -> Do + 'n {
    let (mut steps, mut octets, mut late) = (0, 0, Duration::ZERO);
    move |now, seen| {
        steps += 1;
        if let Seen::Octets(came) = &seen {
            octets += came.len();
            late += Duration::from_millis(20);
        }
        assert!(steps < MOST_STEPS, "{what}: {steps} steps");
        assert!(octets < MOST_OCTETS, "{what}: {octets} octets read");
        next(now.after(late), seen)
    }
}

/// In words, from which line on, and what.
type Flood = (&'static str, fn(&[u8]) -> bool, &'static [u8]);

const ENDLESS: &[Flood] = &[
    ("a line after the greeting", |line| line.is_empty(), b"a"),
    ("status lines after the greeting", |line| line.is_empty(), b"+OK\r\n"),
    ("refusals", |line| line.starts_with(b"STAT"), b"-ERR no\r\n"),
    ("a listing", |line| line.starts_with(b"LIST"), b"+OK 1 1\r\n"),
    ("a message", |line| line.starts_with(b"RETR"), b"+OK\r\nline\r\n"),
    ("a line of a message", |line| line.starts_with(b"RETR"), b"+OK a"),
    ("challenges", |line| line.starts_with(b"AUTH"), b"+ \r\n"),
    ("silence in octets", |line| line.starts_with(b"NOOP"), b"\0"),
];

#[test]
fn each_probe_comes_to_its_end() {
    let setup = Rc::new(setup());
    let facts = Rc::new(survey(&setup, &mut Honest::new(config())));
    let all = server_probes();
    for (part, (what, when, piece)) in ENDLESS.iter().enumerate() {
        for probe in some(all.iter().filter(|probe| !probe.is_referee()), part) {
            let mut server = Endless::new(*when, piece);
            let mut run = Run::new(probe, &setup, &facts, 1939);
            let place = format!("{} and {what}", probe.id());
            drive(
                bounded(|now, seen| run.next(now, seen), &place),
                &mut server,
                &mut Time::from_millis(1_000),
            );
            let outcome = run.into_outcome().unwrap();
            let said = outcome.dialogue.entries();
            let kept: usize = said.iter().map(|said| said.octets.len()).sum();
            assert!(kept < 1 << 24, "{place}: a dialogue of {kept} octets");
            let words: usize = outcome.judgements.iter().map(|judgement| judgement.words.len()).sum();
            assert!(words < 1 << 20, "{place}: {words} octets of words");
        }
    }
}

#[test]
fn the_survey_comes_to_its_end() {
    let setup = Rc::new(setup());
    for (what, when, piece) in ENDLESS {
        let mut survey = Survey::new(&setup);
        let mut server = Endless::new(*when, piece);
        drive(bounded(|now, seen| survey.next(now, seen), what), &mut server, &mut Time::from_millis(1_000));
        let _ = survey.into_facts();
    }
}

/// A long listing with an end: no probe takes time by the square of its length.
#[test]
fn a_maildrop_of_a_million_messages_is_judged() {
    let setup = Rc::new(setup());
    let mut facts = survey(&setup, &mut Honest::new(config()));
    facts.messages = (1..1_000_000).map(|number| (number, 1)).collect();
    let facts = Rc::new(facts);
    let all = server_probes();
    for probe in some(all.iter().filter(|probe| !probe.is_referee()), 0) {
        let mut run = Run::new(probe, &setup, &facts, 1939);
        let next = |now, seen| run.next(now, seen);
        drive(bounded(next, probe.id()), &mut Honest::new(config()), &mut Time::from_millis(1_000));
        assert!(run.into_outcome().is_some_and(|outcome| outcome.verdict <= Verdict::Fail));
    }
}
