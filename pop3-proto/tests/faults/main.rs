//! Client and server joined over a link that breaks, stalls and garbles, session after session: nothing is
//! lost or stored twice, nothing is deleted before it is safe, and nothing hangs.

#![cfg(all(feature = "fetch", feature = "serde", feature = "sasl"))]

mod fetcher;
mod histories;
mod keeper;
mod maildrop;
mod random;
mod run;

use pop3_proto::fetch::Rules;
use pop3_proto::server::Config;

use fetcher::{Confirm, End, Store};
use maildrop::{Habits, Maildrop};
use random::Random;
use run::{DEADLINE, Fault, Outcome, Plan, session};

/// The client's window: small, so that everything is read in pieces.
const WINDOW: usize = 512;

/// A server with or without UIDL and TOP.
fn server(uidl: bool, top: bool) -> Config {
    let mut config = Config::new();
    (config.allow_plaintext_login, config.uidl, config.top) = (true, uidl, top);
    config
}

fn delete_at_once() -> Rules {
    let mut rules = Rules::DEFAULT;
    rules.delete_after_days = Some(0);
    rules
}

/// What has to hold at every moment: nothing is stored twice, and nothing deleted that is not stored.
fn check(maildrop: &Maildrop, store: &Store) {
    for (kind, stored) in [("whole", &store.whole), ("as a preview", &store.previews)] {
        let twice = stored.iter().find(|(_, times)| **times > 1);
        assert_eq!(twice, None, "a message was stored {kind} twice: {store:?}");
    }
    let lost: Vec<_> = maildrop.deleted.iter().filter(|serial| !store.whole.contains_key(serial)).collect();
    assert!(lost.is_empty(), "{lost:?} were deleted and are not stored: {store:?}");
}

/// Runs a session with a fault, then one without. In the end both messages are stored once, and gone from the
/// server.
fn breaks_and_recovers(config: &Config, plan: &Plan) -> Outcome {
    let (mut maildrop, mut store, mut random) =
        (Maildrop::new(Habits::default(), 2), Store::default(), Random::new(1));
    let outcome = session(config, &mut maildrop, &mut store, plan, &mut random);
    check(&maildrop, &store);
    let again = Plan { fault: Fault::default(), crash: false, ..*plan };
    assert_eq!(session(config, &mut maildrop, &mut store, &again, &mut random).end, End::Done);
    check(&maildrop, &store);
    assert_eq!(store.whole.len(), 2, "after {:?}: {store:?}", plan.fault);
    assert!(maildrop.mail.is_empty(), "after {:?}: {maildrop:?}", plan.fault);
    outcome
}

/// All plans of a session without a fault.
fn undisturbed() -> Vec<(Config, Plan, Outcome)> {
    let mut all = Vec::new();
    for (uidl, top) in [(true, true), (false, true), (false, false)] {
        let config = server(uidl, top);
        for confirm in [Confirm::AtOnce, Confirm::AtTheEnd] {
            for (pipelining, crash) in [(true, false), (false, true)] {
                let plan = Plan { confirm, pipelining, crash, ..Plan::new(delete_at_once()) };
                let outcome = breaks_and_recovers(&config, &plan);
                assert_eq!(outcome.end, End::Done);
                assert_eq!(outcome.fetched, 2);
                all.push((server(uidl, top), plan, outcome));
            }
        }
    }
    all
}

/// Proves 1939-6-08.
/// Covers quirk-112, quirk-114.
#[test]
fn a_link_that_breaks_after_any_octet_loses_doubles_and_hangs_nothing() {
    let mut runs = 0;
    for (config, plan, whole) in undisturbed() {
        for (silent, half) in [(false, false), (false, true), (true, true)] {
            let fault = Fault { silent, half, ..Fault::default() };
            let ups = (0..=whole.passed[0]).map(|n| Fault { up: Some(n), ..fault });
            let downs = (0..=whole.passed[1]).map(|n| Fault { down: Some(n), ..fault });
            for fault in ups.chain(downs) {
                let end = breaks_and_recovers(&config, &Plan { fault, ..plan }).end;
                let due = [End::Done, if silent { End::Deadline } else { End::Hangup }];
                assert!(due.contains(&end), "{fault:?}: {end:?}");
                runs += 1;
            }
        }
    }
    assert!(runs >= 10_000, "{runs} runs");
}

/// Covers silent-peer, quirk-111.
#[test]
fn a_link_that_stalls_anywhere_ends_at_the_deadline_or_goes_on() {
    let mut runs = 0;
    for (config, plan, whole) in undisturbed() {
        for n in (0..whole.passed[1]).step_by(3) {
            for (seconds, due) in [(DEADLINE - 1, End::Done), (DEADLINE * 9, End::Deadline)] {
                let fault = Fault { stall: Some((n, seconds)), ..Fault::default() };
                assert_eq!(breaks_and_recovers(&config, &Plan { fault, ..plan }).end, due, "{fault:?}");
                runs += 1;
            }
        }
    }
    assert!(runs >= 4_000, "{runs} runs");
}

#[test]
fn an_answer_that_is_garbage_loses_and_doubles_nothing() {
    let mut runs = 0;
    for (config, plan, whole) in undisturbed() {
        for nth in 0..whole.answers {
            for line in ["\r\n", "garbage\r\n", "+\r\n", "-ERR\r\n", "-ERR [SYS/TEMP] later\r\n", "* BYE\r\n"]
            {
                let fault = Fault { garbage: Some((nth, line)), ..Fault::default() };
                breaks_and_recovers(&config, &Plan { fault, ..plan });
                runs += 1;
            }
        }
    }
    assert!(runs >= 500, "{runs} runs");
}
