//! Histories of several sessions with faults, arrivals and removals by others, under rules that change.

use pop3_proto::fetch::Rules;

use crate::keeper::Removal;
use crate::luck::Luck;
use crate::post::{Habits, Ids, Post};
use crate::run::{Fault, Plan, session};
use crate::taker::{Confirm, End, Store};
use crate::{check, server};

fn rules(deletes: bool, luck: &mut Luck) -> Rules {
    let mut rules = Rules::DEFAULT;
    rules.preview_above = luck.pick(&[None, None, Some(0), Some(120)]);
    rules.preview_lines = luck.pick(&[0, 1]);
    rules.headers_only = luck.one_in(8);
    rules.dry_run = luck.one_in(8);
    if !deletes {
        return rules;
    }
    rules.delete_after_days = luck.pick(&[None, None, Some(0), Some(1), Some(3)]);
    rules.delete_older_days = luck.pick(&[None, None, None, Some(0), Some(2)]);
    rules.keep_count = luck.pick(&[None, None, None, Some(0), Some(2)]);
    rules.keep_octets = luck.pick(&[None, None, None, Some(0), Some(250)]);
    rules
}

fn fault(luck: &mut Luck) -> Fault {
    const LINES: [&str; 4] =
        ["garbage\r\n", "-ERR\r\n", "-ERR [SYS/TEMP] later\r\n", "-ERR [IN-USE] busy\r\n"];
    let mut fault = Fault { silent: luck.one_in(3), half: luck.one_in(2), ..Fault::default() };
    match luck.below(6) {
        0 => fault.up = Some(luck.below(250)),
        1 | 2 => fault.down = Some(luck.below(1500)),
        3 => fault.stall = Some((luck.below(1500), luck.pick(&[10, 59, 600]))),
        4 => fault.garbage = Some((luck.below(25), luck.pick(&LINES))),
        _ => {}
    }
    fault
}

fn plan(rules: Rules, day: u64, fault: Fault, luck: &mut Luck) -> Plan {
    Plan {
        rules,
        day,
        confirm: luck.pick(&[Confirm::AtOnce, Confirm::Three, Confirm::AtTheEnd]),
        crash: luck.one_in(2),
        removal: luck.pick(&[Removal::Whole, Removal::Whole, Removal::Half, Removal::None, Removal::Untrue]),
        pipelining: luck.one_in(2),
        slice: luck.pick(&[1, 7, 100, 500]),
        fault,
    }
}

/// Sessions with faults, then one without that fetches what is left.
fn history(seed: u64, uidl: bool, top: bool, habits: Habits) {
    let mut luck = Luck::new(seed);
    let config = server(uidl, top);
    // What was to go and is not listed counts as gone, so a window that skips what is there is for those who delete nothing.
    let deletes = !(habits.renumbers && habits.window.is_some());
    let count = u32::try_from(luck.below(5)).unwrap();
    let (mut post, mut store, mut day) = (Post::new(habits, count), Store::default(), 0);
    for _ in 0..1 + luck.below(4) {
        let (rules, fault) = (rules(deletes, &mut luck), fault(&mut luck));
        let plan = plan(rules, day, fault, &mut luck);
        let before = (store.whole.clone(), store.previews.clone(), post.deleted.len());
        session(&config, &mut post, &mut store, &plan, &mut luck);
        check(&post, &store);
        if plan.rules.dry_run {
            assert_eq!(before, (store.whole.clone(), store.previews.clone(), post.deleted.len()));
        }
        day += luck.pick(&[0, 0, 1, 2]);
        (0..luck.below(3)).for_each(|_| post.arrive());
        if luck.one_in(4) {
            post.lose_one(&mut luck);
        }
    }
    // Previews are made whole, and nothing is deleted any more.
    let last = Plan { removal: Removal::Whole, ..plan(Rules::DEFAULT, day, Fault::default(), &mut luck) };
    assert_eq!(session(&config, &mut post, &mut store, &last, &mut luck).end, End::Done);
    check(&post, &store);
    let shown = post.mail.iter().filter(|mail| post.shown.contains(&mail.serial));
    let missing: Vec<_> = shown.filter(|mail| !store.whole.contains_key(&mail.serial)).collect();
    assert!(missing.is_empty(), "{missing:?} were listed and are neither stored nor deleted: {store:?}");
    // Once more, and nothing comes.
    let outcome = session(&config, &mut post, &mut store, &last, &mut luck);
    assert_eq!(outcome.end, End::Done);
    assert!(outcome.fetched == 0 || habits.window.is_some(), "the same came again");
    check(&post, &store);
}

#[test]
fn over_any_history_nothing_is_lost_doubled_or_deleted_unsafe() {
    let plain = Habits::default();
    let renumbers = Habits { renumbers: true, ..plain };
    let windows = Habits { window: Some(2), ..plain };
    let both = Habits { renumbers: true, ..windows };
    let servers = [(true, true), (true, true), (true, false), (false, true), (false, false)];
    for seed in 0..5_000_u64 {
        let mut luck = Luck::new(!seed);
        let (uidl, top) = luck.pick(&servers);
        let habits = Habits {
            ids: luck.pick(&[Ids::Unique, Ids::Unique, Ids::Repeated, Ids::UsedAgain]),
            // Without ids a message that changed its size and should be gone is taken for another: rather twice than never.
            marks_seen: uidl && luck.one_in(3),
            ..luck.pick(&[plain, plain, renumbers, windows, both])
        };
        let at = std::panic::catch_unwind(|| history(seed, uidl, top, habits));
        assert!(at.is_ok(), "seed {seed}, UIDL {uidl}, TOP {top}, {habits:?}");
    }
}
