//! Twins for `server/locks`.

use std::time::Duration;

use pop3_proto::conformance::Verdict;

use super::{Case, fails, notes};
use crate::honest::{Honest, PASSWORD, USER, config};
use crate::twin::{Happens, Scene, Twin};

/// Several sessions are let in; each keeps what it saw.
fn shared(mut wrong: impl FnMut(&mut Scene<'_>, &[u8]) -> bool + 'static) -> Twin {
    let honest = Honest::new(config());
    honest.store.shared.set(true);
    Twin::of(honest, move |scene, happens| match happens {
        Happens::Line(line) if wrong(scene, line) => {}
        other => scene.honestly(&other),
    })
}

/// Once another session has sent that command, such lines are answered like this.
fn once_elsewhere(command: &'static [u8], is: fn(&[u8]) -> bool, change: fn(&[u8]) -> String) -> Twin {
    let mut sent = None;
    shared(move |scene, line| {
        if line.starts_with(b"USER") {
            // The next round of the probe.
            sent = None;
        }
        if line.starts_with(command) {
            sent = sent.max(Some(scene.link));
        }
        let wrong = is(line) && sent.is_some_and(|link| link > scene.link);
        if wrong {
            let answer = scene.truth(line);
            scene.say(change(&answer));
        }
        wrong
    })
}

/// Removes the last line of a listing.
fn shortened(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer).into_owned();
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    if lines.len() > 2 {
        lines.remove(lines.len() - 2);
    }
    lines.concat()
}

/// After a wrong password nobody is let in for longer than the settling time.
fn refusing(refusal: &'static str) -> Twin {
    let mut until = None;
    Twin::lines(move |scene, line| {
        let right = format!("PASS {PASSWORD}\r\n");
        if line.starts_with(b"PASS") && line != right.as_bytes() {
            until = Some(scene.now.after(Duration::from_secs(6)));
        }
        let is = line == right.as_bytes() && until.is_some_and(|until| scene.now < until);
        if is {
            scene.say(refusal);
        }
        is
    })
}

pub(super) const CASES: &[Case] = &[
    notes("server/locks/second-session", "1939-4-05", || shared(|_, _| false)),
    fails("server/locks/second-session", "1939-4-03", || {
        // Once somebody else fetches, a session sees fewer messages.
        once_elsewhere(b"RETR", |line| line == b"LIST\r\n", shortened)
    }),
    notes("server/locks/other-deletes", "1939-4-11", || shared(|_, _| false)),
    fails("server/locks/other-deletes", "1939-4-11", || {
        once_elsewhere(
            b"DELE",
            |line| line.starts_with(b"RETR"),
            |_| "-ERR somebody has removed it\r\n".into(),
        )
    }),
    fails("server/locks/other-deletes", "1939-4-03", || {
        once_elsewhere(b"DELE", |line| line == b"LIST\r\n", shortened)
    }),
    fails("server/locks/new-mail", "1939-4-11", || {
        // RSET looks again.
        Twin::lines(|scene, line| {
            let came = scene.honest.store.mail.borrow()[USER].len();
            if line == b"RSET\r\n" {
                scene.note("fresh").push(1);
            }
            let is = line == b"STAT\r\n" && !scene.note("fresh").is_empty();
            if is {
                scene.truth(line);
                scene.say(format!("+OK {came} 1000\r\n"));
            }
            is
        })
    }),
    fails("server/locks/refused-session", "5034-4-36", || {
        let mut waits = false;
        Twin::new(move |scene, happens| match happens {
            Happens::Line(line) => {
                let answer = scene.truth(line);
                let in_use = waits && answer.starts_with(b"-ERR [IN-USE]");
                waits = line.starts_with(b"AUTH PLAIN");
                scene.say(if in_use { b"+OK welcome\r\n".to_vec() } else { answer });
            }
            other => scene.honestly(&other),
        })
    }),
    fails("server/locks/no-lock-left", "1939-4-06", || refusing("-ERR [IN-USE] in use\r\n")),
    // Nobody is let in for a while, in the words for a wrong password: that may be no lock.
    Case {
        probe: "server/locks/no-lock-left",
        verdict: Verdict::Inconclusive,
        row: "1939-4-06",
        make: || refusing("-ERR [AUTH] wrong name or password\r\n"),
    },
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
