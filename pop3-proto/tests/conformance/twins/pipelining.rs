//! Twins for `server/pipelining`.

use super::{Case, fails, notes};
use crate::twin::{Happens, Scene, Twin};

/// Commands that come while the reply to one of these waits to be read are lost.
fn losing_after(scene: &mut Scene<'_>, line: &[u8], is_last: fn(&[u8], &[u8]) -> bool) {
    if scene.unread() == 0 {
        scene.note("lost").clear();
    }
    if !scene.note("lost").is_empty() {
        return;
    }
    let answer = scene.truth(line);
    if is_last(line, &answer) {
        scene.note("lost").push(1);
    }
    scene.say(answer);
}

fn losing(is_last: fn(&[u8], &[u8]) -> bool) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(line) => losing_after(scene, line, is_last),
        other => scene.honestly(&other),
    })
}

/// What comes while this many octets wait to be read is not answered.
fn full(octets: usize, verb: &'static [u8]) -> Twin {
    Twin::lines(move |scene, line| scene.unread() > octets && line.starts_with(verb))
}

pub(super) const CASES: &[Case] = &[
    fails("server/pipelining/order", "2449-6.6-01", || full(0, b"NOOP")),
    fails("server/pipelining/order", "1939-3-23", || full(0, b"RSET")),
    fails("server/pipelining/bodies", "2449-6.6-01", || full(0, b"RETR")),
    fails("server/pipelining/failure-inside", "2449-6.6-05", || {
        losing(|_, answer| answer.starts_with(b"-ERR"))
    }),
    notes("server/pipelining/failure-inside", "2449-6.6-05", || {
        Twin::lines(|scene, line| {
            let is = line.starts_with(b"XPOP");
            if is {
                scene.close();
            }
            is
        })
    }),
    fails("server/pipelining/behind-pass", "2449-6.6-01", || losing(|line, _| line.starts_with(b"PASS"))),
    fails("server/pipelining/cuts", "2449-6.6-01", || {
        // Only the last piece of a line is read.
        let twin = Twin::new(|scene, happens| match happens {
            Happens::Line(line) if line.ends_with(b"\n") => scene.honestly(&happens),
            Happens::Line(_) => {}
            other => scene.honestly(&other),
        });
        twin.by_segments()
    }),
    fails("server/pipelining/no-deadlock", "2449-6.6-04", || full(1 << 20, b"RETR")),
    notes("server/pipelining/not-announced", "2449-6.6-01", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"CAPA\r\n") => {
                let list = scene.truth(b"CAPA\r\n");
                scene.say(String::from_utf8(list).unwrap().replace("PIPELINING\r\n", ""));
            }
            Happens::Line(line) => losing_after(scene, line, |_, _| true),
            other => scene.honestly(&other),
        })
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
