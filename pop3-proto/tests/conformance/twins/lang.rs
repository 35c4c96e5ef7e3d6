//! Twins for `server/utf8-lang`: LANG.

use super::{Case, deviates, fails};
use crate::twin::Twin;

fn answers(command: &'static str, from: &'static str, to: &'static str) -> Twin {
    Twin::answering(command, move |answer| String::from_utf8(answer).unwrap().replace(from, to).into())
}

pub(super) const CASES: &[Case] = &[
    fails("server/utf8-lang/lang-announced", "6856-3.1-01", || answers("CAPA", "LANG", "LANG en de")),
    fails("server/utf8-lang/lang-announced", "6856-3.1-01", || {
        Twin::lines_if(true, |scene, line| {
            let is = line.starts_with(b"LANG");
            if is {
                scene.say("-ERR not now\r\n");
            }
            is
        })
    }),
    fails("server/utf8-lang/lang-list", "6856-3.2-06", || answers("LANG\r", "en English", "en  English")),
    fails("server/utf8-lang/lang-pick", "6856-3.2-01", || answers("LANG DE", "+OK de ", "+OK ")),
    fails("server/utf8-lang/lang-pick", "6856-3.2-03", || {
        Twin::answering("LANG DE", |answer| {
            answer.into_iter().map(|b| if b > 127 { 0xf6 } else { b }).collect()
        })
    }),
    fails("server/utf8-lang/lang-unknown", "6856-3.2-02", || {
        Twin::lines(|scene, line| {
            if line.starts_with(b"LANG xx") {
                scene.note("lost").push(1);
            }
            let is = line.starts_with(b"XPOP") && !scene.note("lost").is_empty();
            if is {
                scene.say("-ERR was denn\r\n");
            }
            is
        })
    }),
    fails("server/utf8-lang/lang-star", "6856-3.2-04", || Twin::saying("LANG *", "-ERR no\r\n")),
    deviates("server/utf8-lang/lang-star", "6856-7-01", || {
        Twin::lines(|scene, line| {
            if line.starts_with(b"USER") {
                scene.note("user").push(1);
            }
            let is = line == b"LANG *\r\n" && !scene.note("user").is_empty();
            if is {
                scene.as_if(b"LANG de\r\n");
            }
            is
        })
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
