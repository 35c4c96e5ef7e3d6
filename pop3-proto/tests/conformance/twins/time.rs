//! Twins for `server/time`.

use std::time::Duration;

use pop3_proto::Time;

use super::{Case, deviates, fails};
use crate::honest::USER;
use crate::twin::{Happens, Twin};

/// Closes at the next line after so many seconds, which only these lines can start again.
fn closes(seconds: u64, restarts: fn(&[u8]) -> bool) -> Twin {
    Twin::new(move |scene, happens| {
        let Happens::Line(line) = happens else { return scene.honestly(&happens) };
        let millis = |time: Time| time.duration_since(Time::ZERO).as_millis() as u64;
        let last = u64::from_le_bytes(scene.note("last").clone().try_into().unwrap_or([255; 8]));
        let now = millis(scene.now);
        if now.saturating_sub(last) > seconds * 1000 {
            return scene.close();
        }
        if restarts(line) {
            *scene.note("last") = now.to_le_bytes().into();
        }
        scene.honestly(&happens);
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/time/ten-minutes", "1939-3-25", || closes(300, |_| true)),
    deviates("server/time/before-login", "1939-3-25", || {
        let mut opened = Time::ZERO;
        Twin::new(move |scene, happens| match happens {
            Happens::Open => {
                opened = scene.now;
                scene.honestly(&happens);
            }
            Happens::Line(_) if scene.now > opened.after(Duration::from_secs(60)) => scene.close(),
            other => scene.honestly(&other),
        })
    }),
    deviates("server/time/commands-restart", "1939-3-26", || closes(600, |line| line != b"XPOP\r\n")),
    fails("server/time/closes-silently", "1939-3-27", || {
        let twin = Twin::lines(|scene, line| {
            if line.starts_with(b"DELE") {
                scene.note("marked").extend_from_slice(&line[5..line.len() - 2]);
            }
            false
        });
        twin.at_end(|scene| {
            let marked = String::from_utf8(scene.note("marked").clone()).unwrap();
            if let Ok(number) = marked.parse::<usize>() {
                scene.honest.store.mail.borrow_mut().get_mut(USER).unwrap().remove(number - 1);
            }
        })
    }),
    deviates("server/time/closes-silently", "1939-3-28", || {
        Twin::lines(|_, _| false).at_end(|scene| scene.say("-ERR too slow\r\n"))
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
