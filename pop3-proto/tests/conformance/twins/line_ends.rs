//! Twins for `server/lines`: line ends and segments.

use super::{Case, deviates, fails, notes};
use crate::twin::{Happens, Twin};

/// A twin that passes lines on that end in LF alone.
fn bare_lf() -> Twin {
    Twin::lines(|scene, line| {
        let Some(line) = line.strip_suffix(b"\n") else { return false };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        scene.as_if([line, b"\r\n"].concat());
        true
    })
}

/// A twin that swallows this line.
fn swallows(swallowed: &'static [u8]) -> Twin {
    Twin::lines(move |_, line| line == swallowed)
}

pub(super) const CASES: &[Case] = &[
    deviates("server/lines/empty-line", "1939-3-29", || swallows(b"\r\n")),
    fails("server/lines/empty-line", "1939-3-20", || Twin::saying("", "+OK\r\n")),
    fails("server/lines/empty-line", "1939-3-29", || {
        Twin::lines_if(true, |scene, line| {
            if line == b"\r\n" {
                scene.say("-ERR\r\n-ERR\r\n");
            }
            line == b"\r\n"
        })
    }),
    fails("server/lines/empty-line", "1939-3-29", || {
        Twin::lines_if(false, |scene, line| {
            if line == b"\r\n" {
                scene.say("-ERR\r\n-ERR\r\n");
            }
            line == b"\r\n"
        })
    }),
    deviates("server/lines/bare-lf", "1939-3-30", bare_lf),
    // A lone LF spoils all that follows.
    fails("server/lines/bare-lf", "1939-3-30", || {
        Twin::lines(|scene, line| {
            if !line.ends_with(b"\r\n") {
                scene.note("spoilt").push(1);
            }
            !scene.note("spoilt").is_empty()
        })
    }),
    fails("server/lines/bare-lf", "1939-3-30", || {
        Twin::lines(|scene, line| {
            let is = line == b"\r\n" || line == b"NOOP\n";
            if is {
                scene.as_if("NOOP\r\n");
            }
            is
        })
    }),
    deviates("server/lines/line-end-inside", "1939-3-30", bare_lf),
    deviates("server/lines/line-end-inside", "1939-3-30", || Twin::taking(b"NOOP\r", b"NOOP")),
    notes("server/lines/line-end-inside", "1939-3-30", || {
        // The line is refused, and its LF comes back.
        Twin::lines(|scene, line| match line {
            b"NOOP\n" => {
                scene.note("front").push(1);
                true
            }
            b"NOOP\r\n" if !scene.note("front").is_empty() => {
                scene.note("front").clear();
                scene.say("-ERR unknown: NOOP\nNOOP\r\n");
                true
            }
            _ => false,
        })
    }),
    fails("server/lines/line-end-inside", "1939-3-30", || {
        Twin::lines(|scene, line| {
            let is = line == b"NOOP\rNOOP\r\n";
            if is {
                scene.as_if("NOOP\r\n");
                scene.as_if("NOOP\r\n");
            }
            is
        })
    }),
    deviates("server/lines/control-octets", "1939-3-05", || Twin::taking(b"NOOP\x1b", b"NOOP")),
    fails("server/lines/control-octets", "1939-3-20", || swallows(b"NOOP\0\r\n")),
    // What stands after NUL is lost with its line end, so that the next line belongs to this one.
    fails("server/lines/control-octets", "1939-3-05", || {
        Twin::lines(|scene, line| {
            let waits = !scene.note("nul").is_empty();
            scene.note("nul").clear();
            if waits {
                scene.as_if("NOOP\r\n");
            } else if line == b"NOOP\0\r\n" {
                scene.note("nul").push(1);
                return true;
            }
            waits
        })
    }),
    fails("server/lines/control-octets", "1939-3-05", || Twin::taking(b"NO\0OP", b"NOOP")),
    // Each segment is taken for a line.
    fails("server/lines/cuts", "1939-3-23", || {
        let twin = Twin::new(|scene, happens| match happens {
            Happens::Line(piece) if !piece.ends_with(b"\n") => scene.as_if([piece, b"\r\n"].concat()),
            other => scene.honestly(&other),
        });
        twin.by_segments()
    }),
    // Of two lines in a segment the second is lost.
    fails("server/lines/cuts", "1939-3-03", || {
        let twin = Twin::new(|scene, happens| match happens {
            Happens::Line(b"\nNOOP\r\n") => scene.as_if("\n"),
            other => scene.honestly(&other),
        });
        twin.by_segments()
    }),
    // A client that goes away is not answered any more.
    deviates("server/lines/half-close", "1939-3-23", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"STAT\r\n") if !scene.note("asked").is_empty() => scene.close(),
            Happens::Line(b"STAT\r\n") => {
                scene.note("asked").push(1);
                scene.honestly(&happens);
            }
            other => scene.honestly(&other),
        })
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
