//! Twins for `server/states`.

use std::time::Duration;

use super::{Case, deviates, fails};
use crate::twin::{Happens, Twin};

const OK: &str = "+OK\r\n";
const ERR: &str = "-ERR\r\n";

/// A twin that says this to lines that begin so, before the login or after it only; no reply is a hang-up.
fn saying(logged_in: bool, front: &'static str, reply: &'static str) -> Twin {
    Twin::lines_if(logged_in, move |scene, line| {
        let is = line.starts_with(front.as_bytes());
        if is {
            scene.say(reply);
            if reply.is_empty() {
                scene.close();
            }
        }
        is
    })
}

/// A twin that gives a challenge to AUTH after a login that began so.
fn challenging_after(login: &'static [u8]) -> Twin {
    Twin::lines(move |scene, line| {
        if !scene.is_logged_in() && line.starts_with(login) {
            scene.note("login").push(1);
        }
        let is = scene.is_logged_in() && line.starts_with(b"AUTH ") && !scene.note("login").is_empty();
        if is {
            scene.say("+ \r\n");
        }
        is
    })
}

/// A twin that lets nobody in for a while after this line.
fn deaf_after(line: &'static [u8]) -> Twin {
    let mut until = None;
    Twin::new(move |scene, happens| match happens {
        Happens::Open if until.is_some_and(|until| scene.now < until) => {
            // The greeting is never sent.
            scene.heard();
            scene.close();
        }
        Happens::Line(came) if came == line => {
            until = Some(scene.now.after(Duration::from_secs(7)));
            scene.close();
        }
        other => scene.honestly(&other),
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/states/before-login", "1939-5-02", || saying(false, "STAT", "+OK 0 0\r\n")),
    fails("server/states/before-login", "1939-5-08", || saying(false, "LIST\r", "+OK\r\n.\r\n")),
    fails("server/states/before-login", "1939-5-23", || saying(false, "RSET", OK)),
    fails("server/states/before-login", "1939-7-06", || saying(false, "UIDL", "+OK\r\n.\r\n")),
    fails("server/states/before-login", "1939-3-21", || saying(false, "RETR 1", "")),
    deviates("server/states/before-login", "1939-5-22", || saying(false, "NOOP", OK)),
    fails("server/states/login-again", "1939-7-16", || saying(true, "USER ", OK)),
    fails("server/states/login-again", "1939-7-20", || saying(true, "PASS ", OK)),
    fails("server/states/login-again", "1939-7-27", || saying(true, "APOP ", OK)),
    fails("server/states/auth-again", "5034-4-02", || challenging_after(b"AUTH ")),
    fails("server/states/auth-again", "5034-4-03", || challenging_after(b"USER ")),
    fails("server/states/auth-again", "4422-3.8-01", || saying(true, "AUTH ", OK)),
    fails("server/states/required", "1939-7-01", || saying(true, "RSET", ERR)),
    fails("server/states/required", "1939-7-01", || saying(true, "DELE ", ERR)),
    fails("server/states/required", "1939-7-01", || saying(true, "RETR ", ERR)),
    fails("server/states/noop", "1939-5-22", || saying(true, "NOOP", ERR)),
    // NOOP looks for new mail.
    fails("server/states/noop", "1939-5-22", || {
        Twin::lines_if(true, |scene, line| {
            if line == b"NOOP\r\n" {
                scene.note("looked").push(1);
            }
            let is = line == b"STAT\r\n" && !scene.note("looked").is_empty();
            if is {
                scene.say("+OK 99 99999\r\n");
            }
            is
        })
    }),
    fails("server/states/any-order", "1939-5-01", || {
        Twin::lines_if(true, |scene, line| {
            if line == b"UIDL\r\n" {
                scene.note("asked").push(1);
            }
            // The survey asks once.
            let is = scene.note("asked").len() == 2 && line == b"UIDL\r\n";
            if is {
                scene.say(ERR);
            }
            is
        })
    }),
    fails("server/states/any-order", "1939-5-01", || {
        Twin::lines_if(true, |scene, line| {
            let is = line.starts_with(b"RETR ");
            if is {
                scene.note("fetched").push(1);
                let mut text = scene.truth(line);
                // As if it had got a Status field.
                if scene.note("fetched").len() > 1 {
                    let at = text.iter().position(|octet| *octet == b'\n').unwrap() + 1;
                    text.splice(at..at, *b"Status: RO\r\n");
                }
                scene.say(text);
            }
            is
        })
    }),
    fails("server/states/other-protocols", "937-Protocol-01", || saying(false, "HELO", "250 hello\r\n")),
    fails("server/states/other-protocols", "1939-3-20", || saying(false, "PING", "+PONG\r\n")),
    fails("server/states/other-protocols", "918-Protocol-01", || deaf_after(b"FOLD\r\n")),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
