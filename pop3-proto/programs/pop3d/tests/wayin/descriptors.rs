//! The system may let a process have few descriptors.

use std::fs;
use std::time::Duration;

use crate::rig::{Client, Pop3d, Rig, WELCOME, plain};

const CONNECTIONS: &str = "[limits]\nconnections = 100\n";
/// Less than anybody has to wait for a connection to end by itself.
const SOON: Duration = Duration::from_secs(20);

fn rig(settings: &str) -> Rig {
    Rig::new(plain("ann", "a"), settings).with_maildirs(&["ann"])
}

/// Clients that say nothing, from two addresses.
fn silent(pop3d: &Pop3d, count: usize) -> Vec<Client> {
    (0..count).map(|n| pop3d.dial(if n % 2 == 0 { 2 } else { 3 })).collect()
}

/// Covers places-held-without-login.
#[test]
fn the_limit_is_raised_to_what_the_settings_need() {
    let rig = rig(CONNECTIONS);
    let pop3d = rig.start_within("-S -n 64");
    let mut held = silent(&pop3d, 99);
    for client in &mut held {
        client.wait_at_most(SOON);
        assert!(client.line().starts_with("+OK pop3d ready"));
    }
    assert_eq!(pop3d.log_in(9, "ann", "a").0, WELCOME);
    assert_eq!(fs::read_to_string(rig.path("log")).unwrap(), "");
}

/// Covers places-held-without-login.
#[test]
fn where_it_cannot_be_raised_there_are_fewer_places_and_the_log_says_how_many() {
    let rig = rig(CONNECTIONS);
    let pop3d = rig.start_within("-n 96");
    let log = fs::read_to_string(rig.path("log")).unwrap();
    for part in ["96 descriptors (RLIMIT_NOFILE)", "enough for 12 connections", "the 100 of", "limit to 848"]
    {
        assert!(log.contains(part), "{part}: {log}");
    }
    let _held = silent(&pop3d, 99);
    for _ in 0..3 {
        let (said, took) = pop3d.log_in(9, "ann", "a");
        assert_eq!(said, WELCOME);
        assert!(took < SOON, "{took:?}");
    }
    let log = fs::read_to_string(rig.path("log")).unwrap();
    assert!(!log.contains("accept:"), "{log}");
}

/// Covers places-held-without-login.
#[cfg(target_os = "linux")]
#[test]
fn when_none_are_left_somebody_who_is_not_logged_in_has_to_leave() {
    use rustix::process::{Resource, Rlimit, prlimit};

    let rig = rig(CONNECTIONS);
    let pop3d = rig.start();
    let few = Rlimit { current: Some(64), maximum: Some(64) };
    prlimit(Some(pop3d.id()), Resource::Nofile, few).unwrap();
    let mut held = silent(&pop3d, 80);
    let mut next = pop3d.dial(9);
    next.wait_at_most(SOON);
    assert!(next.line().starts_with("+OK pop3d ready"));
    held[0].wait_at_most(SOON);
    assert!(held[0].rest().is_some(), "the oldest had to go");
    assert_eq!(next.say("NOOP"), "-ERR log in first\r\n");
    // Not all had to.
    let mut there = 0;
    for client in held.iter_mut().rev().take(20) {
        client.wait_at_most(SOON);
        there += usize::from(client.line().starts_with("+OK pop3d ready"));
        there += usize::from(client.say("NOOP") == "-ERR log in first\r\n");
    }
    assert_eq!(there, 40);
}
