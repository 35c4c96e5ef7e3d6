//! Whatever a server does to bodies, over several sessions and at any cut: no wrong message is kept as the right
//! one, nothing is deleted that did not come whole, and all that is there comes in the end.

use pop3_proto::fetch::Record;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::drive::{DAY, NOW, rules};
use crate::liar::{Liar, Lie, Mail, Stored, Visit};

/// Lines that look like something else.
const LINES: [&str; 9] = [".", "..", ".x", "text", "", "+OK", "-ERR no", "Subject: a", "+OK 3 octets"];

fn text(n: usize) -> impl Strategy<Value = String> {
    vec(select(&LINES), 0..6).prop_map(move |lines| format!("N: {n}\n\n{}", lines.join("\n")))
}

fn mail() -> impl Strategy<Value = Vec<Mail>> {
    let count = 1_usize..6;
    count.prop_flat_map(|count| {
        let texts: Vec<_> = (1..=count).map(text).collect();
        texts
            .prop_map(|texts| (1..).zip(texts).map(|(n, text)| Mail::of(&format!("id-{n}"), &text)).collect())
    })
}

fn lie() -> impl Strategy<Value = Lie> {
    prop_oneof![
        Just(Lie::Unstuffed),
        vec(0_usize..6, 1..40).prop_map(Lie::Mixed),
        Just(Lie::Reversed),
        Just(Lie::Neighbour),
        (1_usize..4).prop_map(Lie::Short),
        Just(Lie::Twice),
        select(&["+OK", "-ERR", ".", "x"]).prop_map(Lie::Also),
    ]
}

/// Whether nobody could know that this is not the message that was asked for: its size is as announced, in one of
/// the usual ways of counting, or all messages of the session are longer by as much.
fn nobody_could_know(visit: &Visit, uid: &str) -> bool {
    let usual = |more: i64, lines: i64| more == 0 || more == 2 || more == lines || more == lines + 1;
    let of = || visit.weights.iter().filter(|(of, ..)| of == uid);
    let same = visit.weights.iter().all(|(_, more, _)| *more == visit.weights[0].1 && *more >= 0);
    (same && visit.weights.len() > 2) || of().any(|(_, more, lines)| usual(*more, *lines))
}

/// What was stored in all sessions, and which of it nobody could know to be wrong.
#[derive(Default)]
struct Store {
    stored: Vec<Stored>,
    hidden: Vec<String>,
}

impl Store {
    /// Checks everything that was stored, now and earlier, against the record of this session.
    fn take(&mut self, visit: &Visit, all: &[Mail]) {
        self.stored.extend_from_slice(&visit.stored);
        for stored in &self.stored {
            let right = all.iter().find(|mail| mail.uid == stored.uid).unwrap();
            let flagged =
                |state: &String| ["doubtful", "odd", "unproved"].iter().any(|flag| state.contains(flag));
            let states = visit.states(stored);
            // Of a text that only differs in its header, the header that came last is kept.
            let is_kept = !states.is_empty() || self.hidden.contains(&stored.uid);
            assert!(is_kept, "{stored:?} is in no entry of {}", visit.record);
            // A lie that is told twice is believed.
            let kept = stored.text != right.text && !states.iter().all(flagged);
            if kept && !self.hidden.contains(&stored.uid) {
                assert!(nobody_could_know(visit, &stored.uid), "{stored:?} for {right:?} in {visit:#?}");
                self.hidden.push(stored.uid.clone());
            }
        }
    }

    fn has(&self, mail: &Mail) -> bool {
        self.stored.iter().any(|stored| stored.uid == mail.uid && stored.text == mail.text)
    }

    /// Only what came whole was deleted, or what nobody could know.
    fn check(&self, liar: &Liar) {
        for mail in &liar.removed {
            assert!(self.has(mail) || self.hidden.contains(&mail.uid), "{} was deleted: {mail:?}", mail.uid);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Covers quirk-157, quirk-156.
    #[test]
    fn no_lie_about_bodies_is_kept_or_deletes_what_did_not_come(
        all in mail(),
        lies in vec(lie(), 1..3),
        pipelining in any::<bool>(),
        deletes in any::<bool>(),
        cuts in vec(1_usize..60, 1..6),
    ) {
        let rules = rules(|r| r.delete_after_days = deletes.then_some(0));
        let mut liar = Liar::new(all.clone(), Lie::Nothing, pipelining);
        let (mut store, mut record, mut now) = (Store::default(), Record::new(), NOW);
        for lie in lies {
            liar.lie = lie;
            for visit in liar.visits(record.clone(), rules, now, &cuts) {
                store.take(&visit, &all);
                record = visit.record;
            }
            store.check(&liar);
            now += DAY / 2;
        }
        // From then on the server is honest. What breaks step is tried again after a day.
        liar.lie = Lie::Nothing;
        for _ in 0..3 {
            now += 2 * DAY;
            for visit in liar.visits(record.clone(), rules, now, &cuts) {
                prop_assert_eq!(&visit.end, "done");
                store.take(&visit, &all);
                record = visit.record;
            }
            store.check(&liar);
        }
        let kept: Vec<String> = record.iter().map(|entry| entry.to_string()).collect();
        for mail in &all {
            let of = |line: &&String| line.ends_with(&format!(" uid:{}", mail.uid));
            let doubtful = kept.iter().filter(of).any(|line| line.contains("doubtful") || line.contains("odd"));
            let there = liar.mail.iter().any(|there| there.uid == mail.uid);
            prop_assert!(
                store.has(mail) || store.hidden.contains(&mail.uid) || (doubtful && there),
                "{} did not come: {:#?}", mail.uid, kept
            );
        }
    }
}

/// A popular server answers commands that were sent at once in any order of their lines.
fn sixty() -> Vec<Mail> {
    // No two have the same size, so that each mix shows.
    (1..=60)
        .map(|n| Mail::of(&format!("id-{n}"), &format!("N: {n}\n\n{}", ".x\n".repeat(n) + &"y".repeat(n))))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Covers quirk-156.
    #[test]
    fn sixty_messages_that_are_mixed_all_come_right_and_are_deleted_then(
        order in vec(0_usize..16, 1..100),
        reversed in any::<bool>(),
        cuts in vec(1_usize..4000, 1..6),
    ) {
        let lie = if reversed { Lie::Reversed } else { Lie::Mixed(order) };
        let mut liar = Liar::new(sixty(), lie, true);
        let mut store = Store::default();
        let rules = rules(|r| r.delete_after_days = Some(0));
        let visits = liar.visits(Record::new(), rules, NOW, &cuts);
        visits.iter().for_each(|visit| store.take(visit, &sixty()));
        store.check(&liar);
        prop_assert_eq!(&visits.last().unwrap().end, "done");
        prop_assert!(visits.len() <= 2, "{} connections", visits.len());
        prop_assert!(store.hidden.is_empty());
        for mail in sixty() {
            prop_assert!(store.has(&mail), "{}", mail.uid);
        }
        prop_assert!(liar.mail.is_empty());
    }
}
