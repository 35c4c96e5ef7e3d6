//! Who guesses passwords is slowed down, and nobody else.

use std::thread;
use std::time::{Duration, Instant};

use crate::rig::{Pop3d, Rig, WELCOME, WRONG, plain, text};

const SECOND: Duration = Duration::from_secs(1);

fn start(settings: &str) -> (Rig, Pop3d) {
    let users = [("ann", "a"), ("bob", "b"), ("eve", "e")];
    let passwd: String = users.map(|(name, password)| plain(name, password)).concat();
    let rig = Rig::new(passwd, settings).with_maildirs(&["ann", "bob", "eve"]);
    let pop3d = rig.start();
    (rig, pop3d)
}

/// Mailu #301, #3094: everybody comes from the address of the webmail program.
///
/// Covers throttle-shared.
#[test]
fn who_shares_an_address_with_a_guesser_gets_in_at_once() {
    let (_rig, pop3d) = start("");
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut guesser = pop3d.client(1);
                guesser.wait_at_most(3 * SECOND);
                guesser.say("USER ann");
                guesser.say("PASS wrong")
            });
        }
        thread::sleep(SECOND);
        let (said, took) = pop3d.log_in(1, "bob", "b");
        assert_eq!(said, WELCOME);
        assert!(took < SECOND, "{took:?}");
    });
}

/// Covers throttle-lifted.
#[test]
fn a_login_to_an_own_account_does_not_make_guesses_faster() {
    let (_rig, pop3d) = start("");
    let begun = Instant::now();
    for round in 0..3 {
        assert_eq!(pop3d.log_in(1, "ann", "wrong").0, WRONG, "{round}");
        let (said, took) = pop3d.log_in(1, "eve", "e");
        assert_eq!(said, WELCOME);
        assert!(took < SECOND, "{took:?}");
    }
    assert!(begun.elapsed() >= 3 * SECOND, "1 s after the first, 2 s after the second");
}

/// Covers throttle-lifted.
#[test]
fn guesses_that_start_together_do_not_pass_together() {
    let (_rig, pop3d) = start("");
    let mut guessers: Vec<_> = (0..12).map(|_| pop3d.client(1)).collect();
    for guesser in &mut guessers {
        guesser.wait_at_most(Duration::from_millis(1));
        assert_eq!(guesser.say("USER ann"), "+OK send PASS\r\n");
    }
    let begun = Instant::now();
    guessers.iter_mut().for_each(|guesser| guesser.send(b"PASS wrong\r\n"));
    let mut checked = 0;
    while begun.elapsed() < 5 * SECOND / 2 {
        checked += guessers.iter_mut().map(|guesser| usize::from(guesser.line() == WRONG)).sum::<usize>();
    }
    // At once, and after 1 s; the next after 3 s.
    assert!((1..=2).contains(&checked), "{checked}");
}

/// A probe that learns salt and count of a name, and cancels, is an attempt, too.
///
/// Covers throttle-lifted.
#[test]
fn an_exchange_that_is_cancelled_counts() {
    let (_rig, pop3d) = start("");
    for mechanism in ["SCRAM-SHA-256", "SCRAM-SHA-1"] {
        let name = if mechanism == "SCRAM-SHA-1" { "ann" } else { "nobody" };
        let mut client = pop3d.client(1);
        let hello = format!("AUTH {mechanism} {}", text(format!("n,,n={name},r=abcdefgh")));
        assert!(client.say(&hello).starts_with("+ "));
        assert_eq!(client.say("*"), "-ERR authentication cancelled\r\n");
        let again = Instant::now();
        assert!(client.say(&hello).starts_with("+ "));
        assert!(again.elapsed() >= SECOND * 9 / 10, "{mechanism}: {:?}", again.elapsed());
    }
}

/// Covers throttle-shared.
#[test]
fn a_user_under_attack_gets_in_where_he_was_before() {
    let (_rig, pop3d) = start("");
    assert_eq!(pop3d.log_in(1, "ann", "a").0, WELCOME);
    for host in 10..22 {
        assert_eq!(pop3d.log_in(host, "ann", "wrong").0, WRONG);
    }
    let (said, took) = pop3d.log_in(1, "ann", "a");
    assert_eq!(said, WELCOME);
    assert!(took < SECOND, "{took:?}");
    let (said, took) = pop3d.log_in(30, "ann", "wrong");
    assert_eq!(said, WRONG);
    assert!(took >= SECOND, "from elsewhere it is slow: {took:?}");
}

/// Covers throttle-shared.
#[test]
fn a_network_that_tries_many_names_is_slowed_down_unless_it_is_trusted() {
    for (settings, slow) in [("", true), ("[login]\ntrusted = [\"127.0.0.0/24\"]\n", false)] {
        let (_rig, pop3d) = start(settings);
        let mut names = (0..104).map(|n| format!("name{n}"));
        let mut longest = Duration::ZERO;
        for _ in 0..13 {
            let mut client = pop3d.client(1);
            for name in names.by_ref().take(8) {
                client.say(&format!("USER {name}"));
                let begun = Instant::now();
                assert_eq!(client.say("PASS wrong"), WRONG);
                longest = longest.max(begun.elapsed());
            }
        }
        assert_eq!(longest >= SECOND * 9 / 10, slow, "{settings:?}: {longest:?}");
    }
}
