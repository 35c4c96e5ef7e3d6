//! Histories of several sessions with faults, arrivals and removals by others, under rules that change.

use pop3_proto::fetch::Rules;

use crate::fetcher::{Confirm, End, Store};
use crate::keeper::Removal;
use crate::maildrop::{Habits, Ids, Maildrop};
use crate::random::Random;
use crate::run::{Fault, Plan, session};
use crate::{check, server};

fn rules(previews: bool, random: &mut Random) -> Rules {
    let mut rules = Rules::DEFAULT;
    if previews {
        rules.preview_above = random.pick(&[None, None, Some(0), Some(120)]);
        rules.preview_lines = random.pick(&[0, 1]);
        rules.headers_only = random.one_in(8);
    }
    rules.dry_run = random.one_in(8);
    rules.delete_after_days = random.pick(&[None, None, Some(0), Some(1), Some(3)]);
    rules.delete_older_days = random.pick(&[None, None, None, Some(0), Some(2)]);
    rules.keep_count = random.pick(&[None, None, None, Some(0), Some(2)]);
    rules.keep_octets = random.pick(&[None, None, None, Some(0), Some(250)]);
    rules
}

fn fault(random: &mut Random) -> Fault {
    const LINES: [&str; 4] =
        ["garbage\r\n", "-ERR\r\n", "-ERR [SYS/TEMP] later\r\n", "-ERR [IN-USE] busy\r\n"];
    let mut fault = Fault { silent: random.one_in(3), half: random.one_in(2), ..Fault::default() };
    match random.below(6) {
        0 => fault.up = Some(random.below(250)),
        1 | 2 => fault.down = Some(random.below(1500)),
        3 => fault.stall = Some((random.below(1500), random.pick(&[10, 59, 600]))),
        4 => fault.garbage = Some((random.below(25), random.pick(&LINES))),
        _ => {}
    }
    fault
}

fn plan(rules: Rules, day: u64, fault: Fault, uidl: bool, random: &mut Random) -> Plan {
    // Without unique-ids nobody can tell a message whose deletion was confirmed, and which is there all the
    // same, from a new one.
    let untrue = if uidl { Removal::Untrue } else { Removal::None };
    Plan {
        rules,
        day,
        confirm: random.pick(&[Confirm::AtOnce, Confirm::Three, Confirm::AtTheEnd]),
        crash: random.one_in(2),
        removal: random.pick(&[Removal::Whole, Removal::Whole, Removal::Half, Removal::None, untrue]),
        pipelining: random.one_in(2),
        slice: random.pick(&[1, 7, 100, 500]),
        fault,
    }
}

/// Sessions with faults, then one without that fetches what is left.
fn history(seed: u64, uidl: bool, top: bool, habits: Habits) {
    let mut random = Random::new(seed);
    let config = server(uidl, top);
    let count = u32::try_from(random.below(5)).unwrap();
    let (mut maildrop, mut store, mut day) = (Maildrop::new(habits, count), Store::default(), 0);
    for _ in 0..1 + random.below(4) {
        // Without unique-ids a message that changed its size is known only when it comes whole.
        let previews = uidl || !habits.marks_seen;
        let (rules, fault) = (rules(previews, &mut random), fault(&mut random));
        let plan = plan(rules, day, fault, uidl, &mut random);
        let before = (store.whole.clone(), store.previews.clone(), maildrop.deleted.len());
        session(&config, &mut maildrop, &mut store, &plan, &mut random);
        check(&maildrop, &store);
        if plan.rules.dry_run {
            assert_eq!(before, (store.whole.clone(), store.previews.clone(), maildrop.deleted.len()));
        }
        day += random.pick(&[0, 0, 1, 2]);
        (0..random.below(3)).for_each(|_| maildrop.arrive());
        if random.one_in(4) {
            maildrop.lose_one(&mut random);
        }
    }
    // Previews are fetched whole now, and nothing is deleted any more.
    let last =
        Plan { removal: Removal::Whole, ..plan(Rules::DEFAULT, day, Fault::default(), uidl, &mut random) };
    assert_eq!(session(&config, &mut maildrop, &mut store, &last, &mut random).end, End::Done);
    check(&maildrop, &store);
    let shown = maildrop.mail.iter().filter(|mail| maildrop.shown.contains(&mail.serial));
    let missing: Vec<_> = shown.filter(|mail| !store.whole.contains_key(&mail.serial)).collect();
    assert!(missing.is_empty(), "{missing:?} were listed and are neither stored nor deleted: {store:?}");
    // One session more, and nothing comes.
    let outcome = session(&config, &mut maildrop, &mut store, &last, &mut random);
    assert_eq!(outcome.end, End::Done);
    assert!(outcome.fetched == 0 || habits.window.is_some(), "the same came again");
    check(&maildrop, &store);
}

#[test]
fn over_any_history_nothing_is_lost_doubled_or_deleted_unsafe() {
    let plain = Habits::default();
    let renumbers = Habits { renumbers: true, ..plain };
    let windows = Habits { window: Some(2), ..plain };
    let both = Habits { renumbers: true, ..windows };
    let servers = [(true, true), (true, true), (true, false), (false, true), (false, false)];
    for seed in 0..5_000_u64 {
        let mut random = Random::new(!seed);
        let (uidl, top) = random.pick(&servers);
        let habits = Habits {
            ids: random.pick(&[Ids::Unique, Ids::Unique, Ids::Repeated, Ids::UsedAgain]),
            marks_seen: random.one_in(3),
            ..random.pick(&[plain, plain, renumbers, windows, both])
        };
        let at = std::panic::catch_unwind(|| history(seed, uidl, top, habits));
        assert!(at.is_ok(), "seed {seed}, UIDL {uidl}, TOP {top}, {habits:?}");
    }
}
