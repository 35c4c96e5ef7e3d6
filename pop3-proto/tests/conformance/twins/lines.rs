//! Twins for `server/lines`.

use super::{Case, deviates, fails};
use crate::honest::PASSWORD;
use crate::twin::{Scene, Twin};

/// A twin that hangs up at some lines, after its honest reply or without one.
fn hangs_up(at: fn(&[u8]) -> bool, after_reply: bool) -> Twin {
    Twin::lines(move |scene, line| {
        if at(line) {
            if after_reply {
                scene.as_if(line);
            }
            scene.close();
        }
        at(line)
    })
}

/// Says so many lines.
fn say_each(scene: &mut Scene<'_>, count: usize, line: &str) {
    for _ in 0..count {
        scene.say(line);
    }
}

pub(super) const CASES: &[Case] = &[
    fails("server/lines/canonical", "1939-3-03", || Twin::saying("RSET", "-ERR\r\n")),
    fails("server/lines/canonical", "2449-3-01", || Twin::saying("NOOP", "-ERR\r\n")),
    fails("server/lines/keyword-case", "1939-3-04", || Twin::saying("lIsT", "-ERR\r\n")),
    fails("server/lines/keyword-case", "1939-3-04", || {
        Twin::lines(|scene, line| {
            let is = line.starts_with(b"uSeR");
            if is {
                scene.say("-ERR\r\n");
            }
            is
        })
    }),
    fails("server/lines/argument-case", "1939-3-04", || {
        Twin::lines(|scene, line| {
            let right = format!("PASS {PASSWORD}\r\n");
            let is = line != right.as_bytes() && line.eq_ignore_ascii_case(right.as_bytes());
            if is {
                scene.as_if(right);
            }
            is
        })
    }),
    fails("server/lines/unknown-verb", "1939-3-20", || Twin::saying("XPOP", "+OK\r\n")),
    fails("server/lines/unknown-verb", "1939-3-20", || Twin::saying("XPOP x", "500 what?\r\n")),
    fails("server/lines/unknown-verb", "1939-3-20", || hangs_up(|line| line == b"XPOP\r\n", false)),
    fails("server/lines/verb-length", "1939-3-07", || Twin::taking(b"STA", b"STAT")),
    fails("server/lines/verb-length", "1939-3-20", || Twin::taking(b"NOOPX", b"NOOP")),
    deviates("server/lines/spaces", "1939-3-06", || Twin::taking(b"NOOP ", b"NOOP")),
    deviates("server/lines/spaces", "1939-3-20", || Twin::taking(b"LIST 1 ", b"LIST 1")),
    fails("server/lines/spaces", "1939-3-06", || hangs_up(|line| line == b"LIST\t1\r\n", false)),
    deviates("server/lines/surplus-argument", "1939-5-02", || Twin::taking(b"STAT 1", b"STAT")),
    deviates("server/lines/surplus-argument", "1939-5-22", || Twin::taking(b"NOOP x", b"NOOP")),
    deviates("server/lines/surplus-argument", "1939-5-23", || Twin::taking(b"RSET x", b"RSET")),
    deviates("server/lines/surplus-argument", "2449-5-01", || Twin::taking(b"CAPA x", b"CAPA")),
    fails("server/lines/surplus-argument", "1939-5-02", || hangs_up(|line| line == b"STAT 1\r\n", false)),
    deviates("server/lines/surplus-number", "1939-5-08", || Twin::taking(b"LIST 1 2", b"LIST 1")),
    deviates("server/lines/surplus-number", "1939-5-14", || Twin::taking(b"RETR 1 2", b"RETR 1")),
    deviates("server/lines/surplus-number", "1939-7-06", || Twin::taking(b"UIDL 1 2", b"UIDL 1")),
    deviates("server/lines/surplus-number", "1939-7-03", || Twin::taking(b"TOP 1 0 0", b"TOP 1 0")),
    // As a server in C, which takes NUL for the end.
    fails("server/lines/nul-in-name", "1939-7-16", || {
        Twin::lines(|scene, line| {
            let Some(at) = line.iter().position(|octet| *octet == 0) else { return false };
            scene.as_if([&line[..at], b"\r\n"].concat());
            true
        })
    }),
    fails("server/lines/eight-bit-name", "1939-3-05", || {
        Twin::lines(|scene, line| {
            let is = line.starts_with(b"USER \xff");
            if is {
                scene.say([b"-ERR who is ", &line[5..]].concat());
            }
            is
        })
    }),
    fails("server/lines/eight-bit-name", "1939-3-05", || {
        hangs_up(|line| line.starts_with(b"USER \xff"), false)
    }),
    fails("server/lines/argument-40", "1939-3-08", || hangs_up(|line| line.starts_with(b"USER aaa"), true)),
    fails("server/lines/argument-40", "1939-3-08", || {
        Twin::lines(|scene, line| {
            let is = line.starts_with(b"USER aaa");
            if is {
                say_each(scene, 2, "-ERR\r\n");
            }
            is
        })
    }),
    fails("server/lines/line-255", "2449-4-02", || hangs_up(|line| line.len() > 200, false)),
    deviates("server/lines/line-255", "2449-4-01", || {
        Twin::lines(|scene, line| {
            let is = line.len() > 200;
            if is {
                scene.say("-ERR too long\r\n");
                scene.close();
            }
            is
        })
    }),
    fails("server/lines/line-too-long", "2449-4-04", || {
        Twin::lines(|scene, line| {
            let is = line.len() > 4096;
            if is {
                say_each(scene, line.len().div_ceil(4096), "-ERR\r\n");
            }
            is
        })
    }),
    // A line is cut at the size of the buffer, and what follows is a command.
    fails("server/lines/line-too-long", "2449-4-04", || {
        Twin::lines(|scene, line| {
            let is = line.len() > 2048;
            if is {
                scene.as_if([&line[..254], b"\r\n"].concat());
                for piece in line[512..].chunks(512).filter(|piece| piece.starts_with(b"QUIT ")) {
                    scene.as_if([&piece[..4], b"\r\n"].concat());
                }
            }
            is
        })
    }),
    fails("server/lines/line-too-long", "2449-4-04", || {
        Twin::lines(|scene, line| {
            let is = line.len() > 1024;
            if is {
                scene.say("too long\r\n");
            }
            is
        })
    }),
    deviates("server/lines/line-too-long", "2449-4-04", || hangs_up(|line| line.len() > 1024, false)),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
