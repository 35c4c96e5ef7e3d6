//! Client and server joined over a link that cuts, stalls and breaks, in virtual time.

#![cfg(feature = "alloc")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/pair.rs"]
mod ends;

mod autologout;
mod fetcher;
mod keeper;
mod link;
mod run;

use pop3_proto::Command;
use pop3_proto::client::ProtocolError;
use pop3_proto::server::Reason;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use run::{Break, Outcome, Plan, plan, run};

/// Small, so that everything has to be flushed and read in pieces.
const WINDOW: usize = 512;

fn numbers(marked: &[bool]) -> Vec<u32> {
    (1..).zip(marked).filter(|(_, marked)| **marked).map(|(n, _)| n).collect()
}

fn check_unbroken(plan: &Plan) -> Outcome {
    let outcome = run(plan, Break::Never);
    let fetcher = &outcome.fetcher;
    assert_eq!(fetcher.end, Some(Ok(())));
    assert!(fetcher.script.is_empty() && fetcher.asked.is_empty());
    assert_eq!(fetcher.whole, (1..).zip(&plan.messages).map(|(n, _)| n).collect::<Vec<_>>());
    assert_eq!(outcome.removed, Some(numbers(&plan.marked)));
    assert_eq!(outcome.closed, Some(Reason::Quit));
    assert!(fetcher.client.deviations().is_empty(), "{:?}", fetcher.client.deviations());
    outcome
}

fn check_broken(plan: &Plan, at: Break) {
    let outcome = run(plan, at);
    let fetcher = &outcome.fetcher;
    if let Some(removed) = &outcome.removed {
        assert!(outcome.up.ends_with(b"QUIT\r\n"), "{removed:?} removed without QUIT, broken {at:?}");
        assert_eq!(removed, &numbers(&plan.marked));
    }
    let asked = || fetcher.asked.iter().map(|(_, ask)| ask.command);
    let quit_is_out = asked().any(|command| matches!(command, Command::Quit));
    let due = if !fetcher.greeted {
        Err(ProtocolError::Truncated)
    } else if quit_is_out && fetcher.sent_dele {
        Err(ProtocolError::OutcomeUnknown)
    } else if quit_is_out && asked().count() == 1 {
        // Nothing depends on the answer to QUIT.
        Ok(())
    } else if asked().next().is_some() {
        Err(ProtocolError::Truncated)
    } else {
        Ok(())
    };
    assert_eq!(fetcher.end, Some(due), "broken {at:?}, outstanding: {:?}", asked().collect::<Vec<_>>());
    if due.is_ok() && fetcher.script.is_empty() && !quit_is_out {
        assert_eq!(outcome.removed, Some(numbers(&plan.marked)), "QUIT was answered");
    }
    // Each whole message was checked byte by byte when its end came; the others have no end.
    assert!(fetcher.whole.len() <= plan.messages.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Proves 1939-6-05, 2449-6.6-04.
    #[test]
    fn over_an_unbroken_link_every_message_arrives_and_what_was_marked_goes(plan in plan()) {
        check_unbroken(&plan);
    }

    /// Proves 1939-6-02, 1939-6-08.
    #[test]
    fn over_a_link_that_breaks_nothing_cut_looks_whole_and_nothing_goes_without_quit(
        plan in plan(),
        places in vec((any::<Index>(), any::<bool>()), 1..6),
    ) {
        let whole = check_unbroken(&plan);
        for (place, is_up) in places {
            let at = match is_up {
                true => Break::Up(place.index(whole.up.len())),
                false => Break::Down(place.index(whole.down.len())),
            };
            check_broken(&plan, at);
        }
    }
}

/// Proves 1939-6-02.
#[test]
fn a_link_that_breaks_at_each_octet_in_turn_never_misleads() {
    let chance = vec![vec![1, 9, 64, 250, 3, 77, 12, 5, 131], vec![3], vec![4, 0, 7]];
    for (chance, pipelining) in chance.into_iter().zip([true, true, false]) {
        let plan = Plan {
            messages: vec![b"Subject: x\n\n.\n..\n".to_vec(), b".".to_vec()],
            marked: vec![false, true],
            reset_first: false,
            pipelining,
            room: 300,
            chance,
        };
        let whole = check_unbroken(&plan);
        (0..whole.up.len()).for_each(|at| check_broken(&plan, Break::Up(at)));
        (0..whole.down.len()).for_each(|at| check_broken(&plan, Break::Down(at)));
    }
}

/// Proves 2449-6.6-04.
#[test]
fn a_maildrop_of_many_messages_passes_through_small_buffers() {
    for (pipelining, room) in [(false, 700), (true, 700), (true, 5)] {
        let plan = Plan {
            messages: (0..150).map(|n| b".\n".repeat(n % 7)).collect(),
            marked: (0..150).map(|n| n % 3 == 0).collect(),
            reset_first: false,
            pipelining,
            room,
            chance: vec![3, 255, 17, 2, 90, 131, 7, 44],
        };
        check_unbroken(&plan);
    }
}
