//! Twins for `server/codes`.

use std::time::Duration;

use pop3_proto::Time;

use super::{Case, deviates, fails};
use crate::honest::{PASSWORD, USER};
use crate::twin::{Twin, after_survey};

fn replaced(answer: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(answer).replace(from, to).into_bytes()
}

fn answers(command: &'static str, from: &'static str, to: &'static str) -> Twin {
    Twin::answering(command, move |answer| replaced(&answer, from, to))
}

/// Announces ten seconds between logins; what comes sooner is refused with this, and what comes later, too, if
/// `for_ever`.
fn delaying(refusal: Option<&'static str>, for_ever: bool) -> Twin {
    let mut last: Option<Time> = None;
    Twin::lines(move |scene, line| {
        if line.starts_with(b"CAPA") {
            let list = scene.truth(line);
            scene.say(replaced(&list, "LOGIN-DELAY 0", "LOGIN-DELAY 10"));
            return true;
        }
        if !line.starts_with(b"PASS") {
            return false;
        }
        let now = scene.now;
        // The survey logs in as often as it wants.
        if now < Time::from_millis(5_000) {
            return false;
        }
        let since = last.map(|last| now.duration_since(last));
        let soon =
            since.is_some_and(|since| since < Duration::from_secs(10) || for_ever && since.as_secs() < 15);
        if let (true, Some(refusal)) = (soon, refusal) {
            scene.say(refusal);
            return true;
        }
        last = Some(now);
        false
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/codes/auth-code", "3206-6-01", || answers("PASS", "[AUTH] ", "")),
    deviates("server/codes/auth-code", "3206-5-01", || answers("PASS", "[AUTH]", "[SYS/TEMP]")),
    deviates("server/codes/not-at-user", "3206-5-04", || {
        Twin::lines(|scene, line| {
            let is = line.starts_with(b"USER") && line != format!("USER {USER}\r\n").as_bytes();
            if is {
                scene.say("-ERR [AUTH] nobody\r\n");
            }
            is
        })
    }),
    deviates("server/codes/not-at-user", "2449-8.1.1-02", || {
        let mut after = false;
        let twin = Twin::lines(move |scene, line| {
            let is = line.starts_with(b"USER") && core::mem::take(&mut after);
            if is {
                scene.say("-ERR [LOGIN-DELAY] wait\r\n");
            }
            after |= line == b"QUIT\r\n";
            is
        });
        after_survey(twin)
    }),
    deviates("server/codes/auth-misused", "3206-5-01", || Twin::saying("*", "-ERR [AUTH] cancelled\r\n")),
    deviates("server/codes/auth-misused", "3206-5-01", || Twin::saying("APOP", "-ERR [AUTH] what\r\n")),
    fails("server/codes/in-use", "2449-8.1.2-01", || {
        Twin::lines(|scene, line| {
            let wrong = line.starts_with(b"PASS") && line != format!("PASS {PASSWORD}\r\n").as_bytes();
            if wrong {
                scene.say("-ERR [IN-USE] in use\r\n");
            }
            wrong
        })
    }),
    deviates("server/codes/in-use", "2449-8.1.2-01", || answers("PASS", "[IN-USE] ", "")),
    fails("server/codes/login-delay", "2449-8.1.1-01", || {
        delaying(Some("-ERR [LOGIN-DELAY] wait\r\n"), true)
    }),
    deviates("server/codes/login-delay", "2449-8.1.1-01", || delaying(Some("-ERR wait\r\n"), false)),
    deviates("server/codes/login-delay", "2449-6.5-03", || delaying(None, false)),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
