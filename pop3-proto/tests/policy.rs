//! The module `policy`: what a server remembers between sessions, on a clock of the test.

#![cfg(feature = "alloc")]

use std::time::Duration;

use pop3_proto::Time;
use pop3_proto::policy::{Claim, LoginDelays, RelayWindow, Throttle};
use proptest::prelude::*;

const fn at(seconds: u64) -> Time {
    Time::from_millis(seconds * 1000)
}

const PATIENCE: Duration = Duration::from_secs(1000);

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

type Who = Claim<u32, u32>;

const fn who(network: u32, user: u32) -> Who {
    Claim { network: Some(network), user: Some(user) }
}

fn throttle(first: u64, longest: u64) -> Throttle<u32, u32> {
    Throttle::new(10_000, seconds(first), seconds(longest))
}

/// When an attempt at that time would be checked; the attempt leaves no trace.
fn turn(throttle: &Throttle<u32, u32>, who: Who, now: Time) -> Time {
    throttle.clone().attempt(who, now, PATIENCE).unwrap()
}

/// A wrong password.
fn guess(throttle: &mut Throttle<u32, u32>, who: Who, now: Time) -> Time {
    let turn = throttle.attempt(who, now, PATIENCE).unwrap();
    throttle.failed(who, turn);
    turn
}

/// Covers passwords-by-trial.
/// Proves 0-robust-02.
#[test]
fn each_failure_doubles_the_delay_up_to_the_longest() {
    let mut throttle = throttle(1, 8);
    for (failure, wait) in [1, 2, 4, 8, 8, 8].into_iter().enumerate() {
        let now = at(100 * failure as u64);
        assert_eq!(guess(&mut throttle, who(1, 1), now), now, "failure {failure}");
        assert_eq!(turn(&throttle, who(1, 1), now), now.after(seconds(wait)), "failure {failure}");
        assert_eq!(turn(&throttle, who(2, 2), now), now, "somebody else");
    }
}

/// The delay begins when the failure is known, not when the attempt came.
#[test]
fn a_check_that_takes_long_does_not_eat_the_delay() {
    let mut throttle = throttle(2, 60);
    assert_eq!(throttle.attempt(who(1, 1), at(0), PATIENCE), Some(at(0)));
    throttle.failed(who(1, 1), at(10));
    assert_eq!(turn(&throttle, who(1, 1), at(10)), at(12));
}

/// Attempts that start together do not pass together, even the first ones: each counts as failed until it has
/// succeeded.
///
/// Covers passwords-by-trial.
#[test]
fn attempts_side_by_side_get_turns_one_after_the_other() {
    let mut throttle = throttle(2, 60);
    let turns = [0; 4].map(|_| throttle.attempt(who(1, 1), at(1), PATIENCE).unwrap());
    assert_eq!(turns, [at(1), at(3), at(7), at(15)]);
    throttle.succeeded(who(1, 1), at(3));
    assert_eq!(turn(&throttle, who(1, 1), at(3)), at(3), "all of it is taken back");
}

/// A flood of attempts keeps nobody out for longer than it lasts.
#[test]
fn an_attempt_whose_turn_is_too_far_away_books_none() {
    let mut throttle = throttle(2, 2);
    guess(&mut throttle, who(1, 1), at(0));
    let turns = [0; 6].map(|_| throttle.attempt(who(1, 1), at(0), seconds(5)));
    assert_eq!(turns, [Some(at(2)), Some(at(4)), None, None, None, None]);
    assert_eq!(throttle.attempt(who(1, 1), at(1), seconds(5)), Some(at(6)));
}

#[test]
fn time_makes_failures_forgotten() {
    let mut one = throttle(5, 5);
    guess(&mut one, who(1, 1), at(0));
    let mut two = one.clone();
    // One failure is remembered for 20 times the longest delay from its turn at 5 s on, two for twice as long.
    assert_eq!([0; 2].map(|_| one.attempt(who(1, 1), at(104), PATIENCE).unwrap()), [at(104), at(109)]);
    assert_eq!(turn(&two, who(1, 1), at(105)), at(105));
    guess(&mut two, who(1, 1), at(5));
    assert_eq!(guess(&mut two, who(1, 1), at(209)), at(209));
    assert_eq!(turn(&two, who(1, 1), at(209)), at(214));
}

#[test]
fn a_failure_count_beyond_all_bounds_is_the_longest_delay() {
    let mut throttle = Throttle::new(1, seconds(1), seconds(30));
    let last = (0..100).fold(at(0), |now, _| guess(&mut throttle, who(1, 1), now));
    assert_eq!(turn(&throttle, who(1, 1), last), last.after(seconds(30)));
    let mut endless = Throttle::new(1, Duration::MAX, Duration::MAX);
    endless.failed(who(1, 1), at(0));
    assert_eq!(endless.attempt(who(1, 1), at(1), Duration::from_secs(1)), None);
    let mut off = Throttle::new(1, Duration::ZERO, Duration::ZERO);
    assert_eq!([0; 9].map(|_| guess(&mut off, who(1, 1), at(1))), [at(1); 9]);
}

/// A webmail program, a NAT, or loopback: one user's wrong passwords are not the others'.
///
/// Covers throttle-shared.
#[test]
fn who_shares_a_network_with_a_guesser_is_not_kept_out() {
    let mut throttle = throttle(1, 30);
    for _ in 0..10 {
        guess(&mut throttle, who(1, 1), at(0));
    }
    assert!(turn(&throttle, who(1, 1), at(0)) > at(120));
    assert_eq!(turn(&throttle, who(1, 2), at(0)), at(0), "another user");
    assert_eq!(turn(&throttle, who(2, 3), at(0)), at(0));
}

/// Covers throttle-lifted.
#[test]
fn a_good_login_lifts_nothing_for_other_names_of_its_network() {
    let mut throttle = throttle(1, 30);
    for round in 0..9 {
        guess(&mut throttle, who(1, 1), at(0));
        throttle.attempt(who(1, 2), at(0), PATIENCE).unwrap();
        throttle.succeeded(who(1, 2), at(0));
        assert_eq!(turn(&throttle, who(1, 2), at(0)), at(0), "round {round}");
    }
    assert!(turn(&throttle, who(1, 1), at(0)) >= at(150), "every failure of the other name counts");
}

/// Many networks guess one user; the one where the user is known to be is not slowed down.
///
/// Covers passwords-by-trial, throttle-shared.
#[test]
fn a_user_guessed_from_many_networks_is_slowed_down_but_where_he_is_known() {
    let mut throttle = throttle(1, 30);
    throttle.attempt(who(1, 1), at(0), PATIENCE).unwrap();
    throttle.succeeded(who(1, 1), at(0));
    let turns: Vec<_> = (100..113).map(|network| guess(&mut throttle, who(network, 1), at(10))).collect();
    assert_eq!(turns[..11], [at(10); 11], "ten failures are free, and the eleventh is waited for by others");
    assert_eq!(turns[11..], [at(11), at(13)]);
    assert!(turn(&throttle, who(200, 1), at(13)) > at(13));
    assert_eq!(turn(&throttle, who(1, 1), at(13)), at(13), "known there");
    let month = at(30 * 24 * 3600);
    for network in 300..320 {
        throttle.failed(who(network, 1), month);
    }
    assert!(turn(&throttle, who(1, 1), month) > month, "not for ever");
    // Where he is known, his own failures count.
    guess(&mut throttle, who(1, 1), at(20));
    assert_eq!(turn(&throttle, who(1, 1), at(20)), at(21));
}

/// Covers passwords-by-trial, throttle-shared.
#[test]
fn a_network_that_guesses_many_names_is_slowed_down_but_for_users_who_are_known_there() {
    let mut throttle = throttle(1, 30);
    throttle.attempt(who(1, 1), at(0), PATIENCE).unwrap();
    throttle.succeeded(who(1, 1), at(0));
    for user in 2..102 {
        assert_eq!(guess(&mut throttle, who(1, user), at(1)), at(1), "{user}");
    }
    assert_eq!(guess(&mut throttle, who(1, 500), at(1)), at(1));
    assert_eq!([501, 502, 503].map(|user| guess(&mut throttle, who(1, user), at(1))), [at(2), at(3), at(4)]);
    assert_eq!(turn(&throttle, who(1, 1), at(1)), at(1), "known there");
    assert_eq!(turn(&throttle, who(2, 600), at(1)), at(1), "another network");
    // Whoever repeats a name does not go faster.
    assert!(
        guess(&mut throttle, who(1, 2), at(100)) == at(100) && turn(&throttle, who(1, 3), at(100)) > at(100)
    );
    // Logins that succeed take back only what they counted themselves.
    for user in 2000..2200 {
        let turn = throttle.attempt(who(1, user), at(1000), PATIENCE).unwrap();
        throttle.succeeded(who(1, user), turn);
    }
    assert!(guess(&mut throttle, who(1, 3000), at(2000)) < turn(&throttle, who(1, 3001), at(2000)));
}

/// A network of many users who all come at once, after a restart for instance.
///
/// Covers throttle-shared.
#[test]
fn a_hundred_users_of_one_network_may_log_in_at_once() {
    let mut throttle = throttle(1, 30);
    for round in 0..5 {
        for user in 0..100 {
            let who = who(1, 100 * round + user);
            assert_eq!(throttle.attempt(who, at(1), PATIENCE), Some(at(1)));
        }
        (0..100).for_each(|user| throttle.succeeded(who(1, 100 * round + user), at(1)));
    }
}

/// A trusted network counts by user alone.
#[test]
fn without_a_network_only_the_user_counts_and_without_a_name_only_the_network() {
    let mut throttle = throttle(1, 30);
    let trusted = |user| Claim { network: None, user: Some(user) };
    for user in 0..500 {
        assert_eq!(guess(&mut throttle, trusted(user), at(1)), at(1));
    }
    assert_eq!(turn(&throttle, trusted(1), at(1)), at(2));
    let nameless = |network| Claim { network: Some(network), user: None };
    assert_eq!(guess(&mut throttle, nameless(7), at(1)), at(1));
    assert_eq!([7, 8].map(|network| turn(&throttle, nameless(network), at(1))), [at(2), at(1)]);
}

/// Covers throttle-lifted.
#[test]
fn a_guesser_does_not_push_out_his_own_record_with_other_names() {
    let mut throttle = Throttle::new(50, seconds(1), seconds(30));
    let last = (0..5).fold(at(0), |_, _| guess(&mut throttle, who(1, 1), at(0)));
    assert_eq!((last, turn(&throttle, who(1, 1), at(0))), (at(15), at(31)));
    for junk in 100..5_000 {
        throttle.failed(who(junk, junk), at(31));
        throttle.failed(who(1000 + junk, 200 + junk % 90), at(31));
    }
    assert_eq!(guess(&mut throttle, who(1, 1), at(31)), at(31));
    assert_eq!(turn(&throttle, who(1, 1), at(31)), at(61), "the sixth failure, and not a first one");
    // Nor does whoever has one good account take room from the records of failures.
    for network in 0..5_000 {
        throttle.succeeded(who(network, 2), at(31));
    }
    assert_eq!(turn(&throttle, who(1, 1), at(31)), at(61));
}

proptest! {
    /// Whatever a guesser mixes in, in whatever order things end, one network tries one user no faster than
    /// the delays allow: after `n` checks the next is `1 + 2 + 4 ...` seconds later.
    ///
    /// Covers passwords-by-trial, throttle-lifted.
    #[test]
    fn nothing_that_a_guesser_does_makes_his_guesses_faster(
        moves in prop::collection::vec((0_u8..6, 0_u32..4, 0_u64..3), 1..200),
    ) {
        let (mut throttle, mut now, mut checked) = (Throttle::new(40, seconds(1), seconds(30)), 0, vec![]);
        let victim = who(1, 1);
        let mut open = vec![];
        for (what, other, wait) in moves {
            now += wait;
            match what {
                0..3 => if let Some(turn) = throttle.attempt(victim, at(now), seconds(60)) {
                    checked.push(turn);
                    open.push(turn);
                },
                3 => if let Some(turn) = open.pop() {
                    throttle.failed(victim, turn.max(at(now)));
                },
                4 => {
                    let own = who(1, 10 + other);
                    if throttle.attempt(own, at(now), seconds(60)).is_some() {
                        throttle.succeeded(own, at(now));
                    }
                }
                _ => throttle.failed(who(1 + other, 20 + other), at(now)),
            }
        }
        checked.sort();
        for (n, pair) in checked.windows(2).enumerate() {
            let least = seconds(1 << n.min(5)).min(seconds(30));
            prop_assert!(pair[1] >= pair[0].after(least), "{n}: {checked:?}");
        }
    }
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
