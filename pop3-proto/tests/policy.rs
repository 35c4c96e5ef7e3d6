//! The module `policy`: what a server remembers between sessions, on a clock of the test.

#![cfg(feature = "alloc")]

use std::time::Duration;

use pop3_proto::Time;
use pop3_proto::policy::{LoginDelays, RelayWindow, Throttle};
use proptest::prelude::*;

const fn at(seconds: u64) -> Time {
    Time::from_millis(seconds * 1000)
}

const PATIENCE: Duration = Duration::from_secs(1000);

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Covers passwords-by-trial.
/// Proves 0-robust-02.
#[test]
fn each_failure_doubles_the_delay_up_to_the_longest() {
    let mut throttle = Throttle::new(10, seconds(1), seconds(8));
    for (failure, wait) in [1, 2, 4, 8, 8, 8].into_iter().enumerate() {
        let now = at(100 * failure as u64);
        assert_eq!(throttle.attempt("a", now, PATIENCE).unwrap(), now, "failure {failure}");
        throttle.failed("a", now);
        assert_eq!(
            throttle.clone().attempt("a", now, PATIENCE).unwrap(),
            now.after(seconds(wait)),
            "failure {failure}"
        );
        assert_eq!(throttle.attempt("b", now, PATIENCE).unwrap(), now, "somebody else");
    }
}

/// Covers passwords-by-trial.
#[test]
fn attempts_side_by_side_get_turns_one_after_the_other() {
    let mut throttle = Throttle::new(10, seconds(2), seconds(60));
    throttle.failed("a", at(0));
    assert_eq!([0; 3].map(|_| throttle.attempt("a", at(1), PATIENCE).unwrap()), [at(2), at(4), at(6)]);
    throttle.failed("a", at(2));
    // Turns that were given away stay given away.
    assert_eq!([0; 2].map(|_| throttle.attempt("a", at(2), PATIENCE).unwrap()), [at(8), at(12)]);
}

/// A flood of attempts keeps nobody out for longer than it lasts.
#[test]
fn an_attempt_whose_turn_is_too_far_away_books_none() {
    let mut throttle = Throttle::new(10, seconds(2), seconds(60));
    throttle.failed("a", at(0));
    let turns = [0; 6].map(|_| throttle.attempt("a", at(0), seconds(5)));
    assert_eq!(turns, [Some(at(2)), Some(at(4)), None, None, None, None]);
    assert_eq!(throttle.attempt("a", at(1), seconds(5)), Some(at(6)));
}

#[test]
fn success_and_time_make_a_key_forgotten() {
    let mut throttle = Throttle::new(10, seconds(1), seconds(5));
    throttle.failed("a", at(0));
    throttle.succeeded(&"a");
    assert_eq!(throttle.attempt("a", at(0), PATIENCE).unwrap(), at(0));
    throttle.failed("a", at(0));
    throttle.failed("a", at(0));
    // The entry is forgotten when 20 times the longest delay has passed since its turn, which is at 2 s.
    let mut earlier = throttle.clone();
    assert_eq!([0; 2].map(|_| earlier.attempt("a", at(101), PATIENCE).unwrap()), [at(101), at(103)]);
    assert_eq!([0; 2].map(|_| throttle.attempt("a", at(102), PATIENCE).unwrap()), [at(102), at(102)]);
}

#[test]
fn a_failure_count_beyond_all_bounds_is_the_longest_delay() {
    let mut throttle = Throttle::new(1, seconds(1), seconds(30));
    for _ in 0..100 {
        throttle.failed("a", at(0));
    }
    assert_eq!(throttle.attempt("a", at(0), PATIENCE).unwrap(), at(30));
}

/// Proves 2449-6.5-03.
#[test]
fn logins_of_a_user_lie_apart_and_a_refused_one_does_not_prolong_the_delay() {
    let mut delays = LoginDelays::new(10);
    assert_eq!(delays.login("ann", seconds(900), at(0)), Ok(()));
    assert_eq!(delays.login("ann", seconds(900), at(1)), Err(at(900)));
    assert_eq!(["ann", "bob"].map(|user| delays.until(&user, at(1))), [Some(at(900)), None]);
    assert_eq!(delays.login("bob", seconds(300), at(1)), Ok(()), "another user, another delay");
    assert_eq!(delays.login("bob", seconds(300), at(300)), Err(at(301)));
    assert_eq!(delays.login("bob", seconds(300), at(301)), Ok(()));
    assert_eq!(delays.login("ann", seconds(900), at(899)), Err(at(900)));
    assert_eq!(delays.login("ann", seconds(900), at(900)), Ok(()));
    assert_eq!(delays.login("eve", seconds(0), at(900)), Ok(()));
    assert_eq!(delays.login("eve", seconds(0), at(900)), Ok(()), "no delay");
}

#[test]
fn a_relay_window_opens_for_its_time_and_each_login_opens_it_anew() {
    let mut window = RelayWindow::new(10, seconds(30));
    assert!(!window.allows(&1, at(0)));
    window.open(1, at(0));
    window.open(2, at(10));
    window.open(1, at(20));
    assert_eq!(window.iter(at(20)).collect::<Vec<_>>(), [(&1, at(50)), (&2, at(40))]);
    assert_eq!([1, 2].map(|who| window.allows(&who, at(40))), [true, false]);
    assert_eq!(window.iter(at(40)).collect::<Vec<_>>(), [(&1, at(50))]);
    window.close(&1);
    assert!(!window.allows(&1, at(40)));
}

#[test]
fn what_does_not_fit_displaces_what_ends_first() {
    let mut window = RelayWindow::new(2, seconds(30));
    for who in 1..=3 {
        window.open(who, at(who));
    }
    assert_eq!(window.iter(at(3)).map(|(who, _)| *who).collect::<Vec<_>>(), [2, 3]);
    window.open(2, at(4)); // now the last to end
    window.open(4, at(5));
    assert_eq!(window.iter(at(5)).map(|(who, _)| *who).collect::<Vec<_>>(), [2, 4]);
    let mut none = RelayWindow::new(0, seconds(30));
    none.open(1, at(0));
    assert!(!none.allows(&1, at(0)));
}

proptest! {
    /// A window of any capacity accepts only what a list without bounds accepts, and always accepts the entry
    /// that came last.
    #[test]
    fn a_window_is_a_part_of_the_naive_one(logins in prop::collection::vec((0_u64..20, 0_u64..5), 1..100), capacity in 1_usize..8) {
        let mut window = RelayWindow::new(capacity, seconds(7));
        let (mut naive, mut now) = (Vec::new(), 0);
        for (who, wait) in logins {
            now += wait;
            window.open(who, at(now));
            naive.push((who, now + 7));
            prop_assert!(window.allows(&who, at(now)));
            prop_assert!(window.iter(at(now)).count() <= capacity);
            for other in 0..20 {
                let allowed = naive.iter().any(|(who, end)| *who == other && *end > now);
                prop_assert!(allowed || !window.allows(&other, at(now)));
            }
        }
    }
}
