//! Twins for `server/hostile`.

use super::{Case, deviates, fails, notes};
use crate::honest::{Honest, config};
use crate::twin::{Happens, Scene, Twin};

/// A twin that says this to all that is no command, and goes on.
fn deaf_to_http(reply: &'static str) -> Twin {
    Twin::lines(move |scene, line| {
        let is = line == b"\r\n" || line.starts_with(b"POST") || line.contains(&b':');
        if is {
            scene.say(reply);
        }
        is
    })
}

/// After such a line the next connections are not greeted: as many as the kit tries.
fn falls(mut at: impl FnMut(&[u8]) -> bool + 'static) -> Twin {
    let mut refused = u8::MAX;
    Twin::new(move |scene, happens| match happens {
        Happens::Open if refused < 11 => {
            refused += 1;
            scene.heard();
            scene.close();
        }
        Happens::Line(line) if at(line) => {
            refused = 0;
            scene.close();
        }
        other => scene.honestly(&other),
    })
}

/// Answers lines of more than that many octets like this.
fn long(least: usize, reply: fn(&[u8]) -> String) -> Twin {
    Twin::lines(move |scene, line| {
        let is = line.len() > least;
        if is {
            scene.say(reply(line));
        }
        is
    })
}

/// Lets everybody in who has that name.
fn open_to(scene: &mut Scene<'_>, line: &[u8]) -> bool {
    if line.starts_with(b"USER ~") {
        scene.note("root").push(1);
    }
    let is = line.starts_with(b"PASS") && !scene.note("root").is_empty();
    if is {
        scene.say("+OK welcome\r\n");
    }
    is
}

pub(super) const CASES: &[Case] = &[
    fails("server/hostile/numbers", "1939-4-13", || Twin::taking(b"LIST 4294967297", b"LIST 1")),
    fails("server/hostile/numbers", "1939-5-14", || Twin::taking(b"RETR 1x", b"RETR 1")),
    fails("server/hostile/numbers", "1939-7-06", || Twin::taking(b"UIDL -1", b"UIDL 1")),
    fails("server/hostile/numbers", "1939-5-08", || Twin::taking(b"LIST 0x1", b"LIST 1")),
    deviates("server/hostile/numbers", "1939-4-10", || Twin::taking(b"LIST +1", b"LIST 1")),
    notes("server/hostile/numbers", "1939-4-10", || Twin::taking(b"LIST 01", b"LIST 1")),
    fails("server/hostile/numbers-dele", "1939-5-19", || {
        Twin::taking(b"DELE 18446744073709551617", b"DELE 1")
    }),
    deviates("server/hostile/numbers-dele", "1939-5-19", || Twin::taking(b"DELE +1", b"DELE 1")),
    fails("server/hostile/numbers-dele", "1939-5-19", || {
        Twin::lines(|scene, line| {
            let is = line == b"DELE x\r\n";
            if is {
                scene.truth(b"DELE 1\r\n");
                scene.say("-ERR what\r\n");
            }
            is
        })
    }),
    fails("server/hostile/bad-commands", "0-robust-02", || {
        let mut count: u32 = 0;
        falls(move |line| {
            let is = line.starts_with(b"XPOP");
            count += u32::from(is);
            is && count.is_multiple_of(3)
        })
    }),
    deviates("server/hostile/bad-logins", "0-robust-02", || {
        let mut config = config();
        config.limits = config.limits.with_max_login_failures(1000);
        Twin::of(Honest::new(config), |scene, happens| scene.honestly(&happens))
    }),
    fails("server/hostile/endless-line", "2449-4-04", || {
        long(4096, |line| "-ERR too long\r\n".repeat(line.len() / 4096))
    }),
    fails("server/hostile/endless-line", "2449-4-04", || falls(|line| line.len() > 1 << 20)),
    fails("server/hostile/long-arguments", "2449-4-04", || long(1024, |_| "-ERR one\r\n-ERR two\r\n".into())),
    fails("server/hostile/long-arguments", "2449-4-04", || long(1024, |_| String::new())),
    notes("server/hostile/web-page", "1939-3-20", || deaf_to_http("-ERR what?\r\n")),
    fails("server/hostile/web-page", "1939-3-20", || deaf_to_http("400 what?\r\n")),
    fails("server/hostile/names", "1939-7-16", || Twin::lines(open_to)),
    fails("server/hostile/names", "1939-7-16", || falls(|line| line.starts_with(b"USER $("))),
    fails("server/hostile/binary", "1939-3-20", || falls(|line| line.iter().any(|octet| *octet > 127))),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
