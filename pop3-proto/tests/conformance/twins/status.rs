//! Twins for `server/status`, and the others of the referee.

use pop3_proto::conformance::Verdict;

use super::{Case, deviates, fails};
use crate::twin::{Happens, Scene, Twin, after_survey};

/// A twin that changes all status lines of one line that the honest server gives.
fn lines(change: fn(Vec<u8>) -> Vec<u8>) -> Twin {
    after_survey(Twin::new(move |scene, happens| {
        let answer = match &happens {
            Happens::Line(line) => scene.truth(line),
            other => return scene.honestly(other),
        };
        let is_one =
            answer.iter().filter(|octet| **octet == b'\n').count() == 1 && !answer.starts_with(b"+ ");
        scene.say(if is_one { change(answer) } else { answer });
    }))
}

fn replaced(answer: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(answer).replace(from, to).into_bytes()
}

/// Says this after the answer to that line.
fn adding(line: &'static str, more: &'static str) -> Twin {
    after_survey(Twin::lines(move |scene, came| {
        let is = came == [line.as_bytes(), b"\r\n"].concat();
        if is {
            scene.as_if(came);
            scene.say(more);
        }
        is
    }))
}

fn echo(scene: &mut Scene<'_>, line: &[u8]) -> bool {
    if line.starts_with(b"XPOP") {
        scene.say([b"-ERR unknown: ", line].concat());
    }
    line.starts_with(b"XPOP")
}

pub(super) const CASES: &[Case] = &[
    fails("server/status/line-form", "1939-3-09", || lines(|answer| replaced(&answer, "\r\n", "\n"))),
    fails("server/status/line-form", "1939-3-09", || lines(|answer| replaced(&answer, "+OK ", "+OK:"))),
    fails("server/status/indicators", "1725-4-01", || lines(|answer| replaced(&answer, "+OK", "+ok"))),
    fails("server/status/indicators", "1939-3-11", || lines(|answer| replaced(&answer, "+OK ", "+OKAY "))),
    fails("server/status/indicators", "937-Protocol-01", || lines(|answer| replaced(&answer, "+OK", "#1"))),
    fails("server/status/indicators", "918-Protocol-01", || lines(|answer| replaced(&answer, "-ERR", "-"))),
    fails("server/status/length", "1939-3-10", || {
        lines(|answer| replaced(&answer, "\r\n", &format!(" {}\r\n", "long".repeat(128))))
    }),
    // Only a command that is too long itself is answered at such length.
    deviates("server/status/length", "2449-4-05", || {
        Twin::lines(|scene, line| {
            let is = line.starts_with(b"LIST a") && line.len() > 500;
            if is {
                scene.say([b"-ERR this is no number of a message: ", line].concat());
            }
            is
        })
    }),
    fails("server/status/one-reply-each", "1939-3-23", || adding("RSET", "+OK once more\r\n")),
    fails("server/status/one-reply-each", "1939-3-23", || adding("QUIT", "+OK once more\r\n")),
    fails("server/status/one-reply-each", "1939-3-23", || Twin::saying("RSET", "")),
    // A farewell before a hang-up is no reply too many.
    Case {
        probe: "server/status/one-reply-each",
        verdict: Verdict::Pass,
        row: "1939-3-23",
        make: || {
            Twin::lines(|scene, line| {
                let is = line == b"RSET x\r\n";
                if is {
                    scene.say("-ERR what\r\n-ERR too many errors, good bye\r\n");
                    scene.close();
                }
                is
            })
        },
    },
    fails("server/status/refusal-one-line", "1939-3-18", || {
        Twin::answering("LIST 99", |answer| [&answer[..], b".\r\n"].concat())
    }),
    fails("server/status/listing-end", "1939-3-13", || {
        after_survey(Twin::answering("LIST\r", |answer| replaced(&answer, "\r\n.\r\n", "\n.\n")))
    }),
    fails("server/status/listing-end", "1939-3-13", || {
        after_survey(Twin::answering("CAPA", |answer| replaced(&answer, "UIDL\r\n", "UIDL\n")))
    }),
    fails("server/status/listing-end", "2449-3-08", || {
        after_survey(Twin::answering("CAPA", |answer| replaced(&answer, "UIDL\r\n", "UIDL\r\n.X-DOT\r\n")))
    }),
    deviates("server/status/echo", "1939-3-09", || Twin::lines(echo)),
    fails("server/auth/ends", "5034-4-20", || Twin::saying("*", "cancelled\r\n")),
    fails("server/codes/grammar", "2449-3-02", || lines(|answer| replaced(&answer, "+OK ", "+OK [x "))),
    fails("server/codes/grammar", "2449-3-05", || lines(|answer| replaced(&answer, "+OK ", "+OK [SYS//X] "))),
    fails("server/codes/place", "3206-5-02", || {
        Twin::answering("NOOP", |answer| replaced(&answer, "+OK", "+OK [AUTH]"))
    }),
    fails("server/codes/place", "2449-8.1.1-01", || {
        Twin::answering("LIST 99", |answer| replaced(&answer, "-ERR", "-ERR [LOGIN-DELAY]"))
    }),
    fails("server/codes/place", "6856-5-01", || {
        Twin::answering("QUIT", |answer| replaced(&answer, "+OK", "+OK [UTF8]"))
    }),
    deviates("server/codes/auth-announced", "3206-5-03", || {
        Twin::answering("CAPA", |answer| replaced(&answer, "AUTH-RESP-CODE\r\n", ""))
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
