//! Twins for `server/apop`.

use super::{Case, deviates, fails};
use crate::honest::USER;
use crate::twin::{Happens, Scene, Twin};

/// The greeting with another timestamp, or with none.
fn greeting(scene: &mut Scene<'_>, stamp: &str) {
    let greeting = String::from_utf8(scene.heard()).unwrap();
    let (front, rest) = greeting.split_once('<').unwrap();
    let (_, end) = rest.split_once('>').unwrap();
    scene.say(format!("{front}{stamp}{end}"));
}

/// A twin with such a greeting that answers APOP by `+OK`.
fn stamped(stamp: &'static str) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Open => greeting(scene, stamp),
        // The greeting of the port that starts with TLS; after STLS there is none.
        Happens::Tls if !scene.note("clear").is_empty() => {}
        Happens::Tls => greeting(scene, stamp),
        Happens::Line(line) if line.starts_with(b"APOP") => {
            scene.truth(line);
            scene.say("+OK\r\n");
        }
        Happens::Line(line) => {
            scene.note("clear").push(1);
            scene.honestly(&Happens::Line(line));
        }
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/apop/offered", "1939-7-24", || stamped("")),
    deviates("server/apop/offered", "1939-7-24", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(line) if line.starts_with(b"APOP") => {
                scene.honestly(&Happens::Line(b"XPOP 1 2\r\n"))
            }
            other => scene.honestly(&other),
        })
    }),
    fails("server/apop/unique", "1939-7-25", || stamped("<1896.697170952@pop.example.com>")),
    fails("server/apop/login", "1939-7-30", || {
        Twin::new(|scene, happens| match happens {
            // Nothing is opened.
            Happens::Line(line) if line.starts_with(b"APOP") => scene.say("+OK\r\n"),
            other => scene.honestly(&other),
        })
    }),
    deviates("server/apop/login", "1939-7-28", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(line) if line.starts_with(b"APOP") => scene.say("-ERR no secret\r\n"),
            other => scene.honestly(&other),
        })
    }),
    fails("server/apop/wrong-digest", "1939-7-30", || {
        Twin::answering("APOP", |reply| if reply.starts_with(b"-") { b"+OK\r\n".to_vec() } else { reply })
    }),
    deviates("server/apop/capitals", "1939-7-29", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(line) if line.starts_with(b"APOP") => {
                let line = [b"APOP", line[4..].to_ascii_lowercase().as_slice()].concat();
                scene.honestly(&Happens::Line(&line));
            }
            other => scene.honestly(&other),
        })
    }),
    fails("server/apop/arguments", "1939-7-27", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"APOP x\r\n") => scene.say("+OK\r\n"),
            other => scene.honestly(&other),
        })
    }),
    fails("server/apop/arguments", "1939-7-27", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"APOP x 123\r\n") => scene.close(),
            other => scene.honestly(&other),
        })
    }),
    fails("server/apop/empty-secret", "1939-7-30", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(line) if line.starts_with(b"APOP") && !line[5..].starts_with(USER.as_bytes()) => {
                scene.say("+OK\r\n");
            }
            other => scene.honestly(&other),
        })
    }),
    // One secret for both, as nearly everybody has.
    deviates("server/apop/both-logins", "1939-13-01", || {
        Twin::new(|scene, happens| scene.honestly(&happens))
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
