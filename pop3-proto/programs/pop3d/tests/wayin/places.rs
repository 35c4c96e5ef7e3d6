//! Connections that do not log in keep nobody out.

use std::thread;
use std::time::{Duration, Instant};

use crate::rig::{Client, Pop3d, Rig, WELCOME, plain};

fn start(settings: &str) -> (Rig, Pop3d) {
    let names = ["u0", "u1", "u2", "u3", "u4", "u5", "u6", "u7", "ann"];
    let passwd: String = names.map(|name| plain(name, "p")).concat();
    let rig = Rig::new(passwd, settings).with_maildirs(&names);
    let pop3d = rig.start();
    (rig, pop3d)
}

/// Covers places-held-without-login.
#[test]
fn silent_connections_make_room_for_whoever_comes() {
    let (_rig, pop3d) = start("[limits]\nconnections = 8\nper-address = 5\n");
    let mut lone = pop3d.client(4);
    let mut held: Vec<_> = [2, 2, 2, 2, 2, 3, 3].map(|host| pop3d.client(host)).into_iter().collect();
    for user in ["ann", "u0"] {
        let (said, took) = pop3d.log_in(9, user, "p");
        assert_eq!(said, WELCOME);
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    // The oldest of the largest crowd went, and neither the newer ones nor the one that came alone.
    assert_eq!(held[0].rest().as_deref(), Some(""));
    assert!(held[4].say("CAPA").starts_with("+OK"));
    assert!(lone.say("CAPA").starts_with("+OK"));
}

/// An address that has all its connections cannot make others leave.
///
/// Covers places-held-without-login.
#[test]
fn nobody_leaves_for_one_who_is_refused() {
    let (_rig, pop3d) = start("[limits]\nconnections = 8\nper-address = 4\n");
    let mut held: Vec<_> = [2, 2, 2, 2, 3, 3, 3, 3].map(|host| pop3d.client(host)).into_iter().collect();
    for _ in 0..20 {
        let refused = pop3d.dial(3).rest();
        assert_eq!(refused.as_deref(), Some("-ERR [SYS/TEMP] too many connections from your address\r\n"));
    }
    for client in &mut held {
        assert_eq!(client.say("NOOP"), "-ERR log in first\r\n");
    }
}

/// Covers places-held-without-login.
#[test]
fn who_is_logged_in_is_not_asked_to_leave() {
    let (_rig, pop3d) = start("[limits]\nconnections = 8\n");
    let mut users: Vec<_> = (0..8)
        .map(|n| {
            let mut client = pop3d.client(2);
            client.say(&format!("USER u{n}"));
            assert_eq!(client.say("PASS p"), WELCOME);
            client
        })
        .collect();
    let mut next = pop3d.dial(9);
    next.wait_at_most(Duration::from_millis(700));
    assert_eq!(next.line(), "", "there is no place yet");
    for user in &mut users[1..] {
        assert_eq!(user.say("NOOP"), "+OK\r\n");
    }
    assert_eq!(users[0].say("QUIT"), "+OK bye\r\n");
    next.wait_at_most(Duration::from_secs(20));
    assert!(next.line().starts_with("+OK pop3d ready"));
}

/// Where no mail has come yet there is nothing to lock, so each guest gets in.
///
/// Covers places-held-without-login.
#[test]
fn guests_make_room_for_whoever_comes() {
    let (_rig, pop3d) = start("[login]\nanonymous = true\n[limits]\nconnections = 8\n");
    let mut user = pop3d.client(9);
    user.say("USER u0");
    assert_eq!(user.say("PASS p"), WELCOME);
    let mut guests: Vec<_> = (0..7)
        .map(|_| {
            let mut guest = pop3d.client(2);
            assert_eq!(guest.say("AUTH ANONYMOUS eA=="), WELCOME);
            guest
        })
        .collect();
    for name in ["ann", "u1"] {
        let (said, took) = pop3d.log_in(10, name, "p");
        assert_eq!(said, WELCOME);
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
    assert_eq!(guests[0].rest().as_deref(), Some(""), "the oldest had to go");
    assert!(guests[6].say("STAT").starts_with("+OK 0 0"));
    assert_eq!(user.say("NOOP"), "+OK\r\n");
}

/// Covers places-held-without-login.
#[test]
fn a_client_that_only_talks_is_gone_when_the_time_for_the_login_is_over() {
    let (_rig, pop3d) = start("[limits]\nlogin = 2\n");
    let begun = Instant::now();
    let mut talker = pop3d.client(1);
    while begun.elapsed() < Duration::from_secs(20) && !talker.say("USER x").is_empty() {
        thread::sleep(Duration::from_millis(200));
    }
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(1900) && took < Duration::from_secs(10), "{took:?}");
}

/// Covers commands-from-web-pages.
#[test]
fn a_form_that_a_browser_posts_runs_no_command() {
    let (_rig, pop3d) = start("");
    let mut browser = pop3d.client(1);
    browser.send(
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1:1110\r\nContent-Length: 30\r\n\r\nUSER ann\r\nPASS p\r\nSTAT\r\nQUIT\r\n",
    );
    assert_eq!(browser.rest().as_deref(), Some("-ERR this is a POP3 server\r\n"));
}

/// Where no mail has come yet there is nothing to lock, so each login would work.
///
/// Covers places-held-by-one-user.
#[test]
fn one_user_cannot_hold_the_places_of_all() {
    let passwd = [plain("eve", "p"), plain("ann", "p")].concat();
    let rig = Rig::new(passwd, "[limits]\nconnections = 8\nper-user = 3\n");
    let pop3d = rig.start();
    let log_in = |client: &mut Client, user: &str| {
        assert_eq!(client.say(&format!("USER {user}")), "+OK send PASS\r\n");
        client.say("PASS p")
    };
    let mut held: Vec<_> = (0..8).map(|host| pop3d.client(2 + host)).collect();
    for client in &mut held[..3] {
        assert_eq!(log_in(client, "eve"), WELCOME);
    }
    let refused = "-ERR [IN-USE] you have too many connections, close some\r\n";
    for client in &mut held[3..] {
        assert_eq!(log_in(client, "eve"), refused);
    }
    // Those that were refused make room for others.
    assert_eq!(pop3d.log_in(20, "ann", "p").0, WELCOME);
    // A refused login counts for nothing, and another user may follow on the same connection.
    assert_eq!(log_in(&mut held[7], "ann"), WELCOME);
    assert_eq!(held[0].say("QUIT"), "+OK bye\r\n");
    assert_eq!(held[0].rest().as_deref(), Some(""));
    let end = Instant::now() + Duration::from_secs(20);
    while log_in(&mut held[6], "eve") == refused {
        assert!(Instant::now() < end, "the place of the one that left is not free");
    }
    assert_eq!(log_in(&mut held[5], "eve"), refused);
}

/// Covers places-held-by-one-user.
#[test]
fn logins_that_find_the_maildrop_locked_do_not_count() {
    let (_rig, pop3d) = start("[limits]\nper-user = 2\n");
    let mut first = pop3d.client(1);
    first.say("USER ann");
    assert_eq!(first.say("PASS p"), WELCOME);
    let mut others: Vec<_> = (0..5).map(|_| pop3d.client(1)).collect();
    for client in &mut others {
        client.say("USER ann");
        assert_eq!(client.say("PASS p"), "-ERR [IN-USE] maildrop is locked by another session\r\n");
    }
    assert_eq!(first.say("QUIT"), "+OK bye\r\n");
    assert_eq!(first.rest().as_deref(), Some(""));
    others[0].say("USER ann");
    assert_eq!(others[0].say("PASS p"), WELCOME);
}

/// Covers commands-from-web-pages.
#[test]
fn requests_of_any_kind_are_told_so_in_the_language_of_the_session_and_run_no_command() {
    let path = "a".repeat(3000);
    let body = "USER ann\r\nPASS p\r\nSTAT\r\n";
    for (before, request) in [
        ("", "POST / HTTP/1.1\r\n\r\n".to_owned()),
        ("", format!("FOO /{path} HTTP/1.1\r\nAccept: */*\r\n\r\n")),
        ("AUTH PLAIN", "POST / HTTP/1.1\r\n\r\n".to_owned()),
    ] {
        let (_rig, pop3d) = start("");
        let mut browser = pop3d.client(1);
        assert_eq!(browser.say("LANG de"), "+OK de Sprache geändert\r\n");
        if !before.is_empty() {
            assert_eq!(browser.say(before), "+ \r\n");
        }
        browser.send(format!("{request}{body}").as_bytes());
        assert_eq!(browser.rest().as_deref(), Some("-ERR das ist ein POP3-Server\r\n"), "{request:.20}");
    }
}
