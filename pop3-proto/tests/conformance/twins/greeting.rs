//! Twins for `server/greeting`.

use super::{Case, deviates, fails};
use crate::twin::{Happens, Twin, after_survey};

/// A twin that changes its greeting in clear.
fn greeting(change: fn(Vec<u8>) -> Vec<u8>) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Open => {
            let greeting = scene.heard();
            scene.say(change(greeting));
        }
        other => scene.honestly(&other),
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/greeting/speaks-first", "1939-3-01", || after_survey(greeting(|_| Vec::new()))),
    fails("server/greeting/speaks-first", "1939-4-01", || {
        after_survey(greeting(|line| [b"220 ", &line[..]].concat()))
    }),
    fails("server/greeting/speaks-first", "1939-3-23", || {
        after_survey(greeting(|line| [&line[..], b"+OK go on\r\n"].concat()))
    }),
    fails("server/greeting/one-timestamp", "1939-7-26", || {
        greeting(|_| b"+OK <1.2@never.closed\r\n".to_vec())
    }),
    fails("server/greeting/one-timestamp", "2449-3-04", || {
        greeting(|_| b"+OK <mail.example.com>\r\n".to_vec())
    }),
    deviates("server/greeting/one-timestamp", "2449-3-03", || {
        greeting(|_| b"+OK <1@a.b> <2@a.b>\r\n".to_vec())
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
