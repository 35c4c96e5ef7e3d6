//! Twins for `server/retr`.

use pop3_proto::conformance::corpus::{NAMES, stored};

use super::{Case, deviates, fails, notes};
use crate::honest::RUN;
use crate::twin::{Happens, Twin, after_survey};

/// The number that the message has in the maildrop of the honest server.
pub(super) fn number(name: &str) -> usize {
    NAMES.iter().position(|known| *known == name).unwrap() + 1
}

/// The octets with each of these in place of those.
pub(super) fn swapped(octets: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut rest = &octets[..];
    let mut all = Vec::new();
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        all.extend_from_slice(&rest[..at]);
        all.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    all.extend_from_slice(rest);
    all
}

/// A twin that answers RETR of this message in another way.
fn of(name: &'static str, change: fn(Vec<u8>) -> Vec<u8>) -> Twin {
    let line = format!("RETR {}\r\n", number(name)).into_bytes();
    Twin::new(move |scene, happens| match happens {
        Happens::Line(came) if *came == line => {
            let answer = change(scene.truth(came));
            scene.say(answer);
        }
        other => scene.honestly(&other),
    })
}

/// A twin whose store has lost a line of a message.
fn stores_less() -> Twin {
    let (line, n) = ("+OK 1 2\r\n", number("popish"));
    let octets = stored("popish", RUN).unwrap().len() + count("popish");
    let listed = [octets, octets - line.len()].map(|octets| format!("\r\n{n} {octets}\r\n"));
    Twin::answering("", move |reply| {
        let less = swapped(reply, format!("\r\n{line}").as_bytes(), b"\r\n");
        swapped(less, listed[0].as_bytes(), listed[1].as_bytes())
    })
}

/// A twin whose LIST shows another size of this message.
fn listing(name: &'static str, change: fn(usize) -> usize) -> Twin {
    let start = format!("{} ", number(name));
    Twin::answering("LIST", move |list| {
        let lines = String::from_utf8(list).unwrap();
        let lines = lines.split_inclusive("\r\n").map(|line| match line.strip_prefix(&start) {
            Some(octets) => format!("{start}{}\r\n", change(octets.trim_end().parse().unwrap())),
            None => line.to_string(),
        });
        lines.collect::<String>().into_bytes()
    })
}

/// How many lines a stored message has.
fn count(name: &str) -> usize {
    stored(name, RUN).unwrap().iter().filter(|octet| **octet == b'\n').count()
}

/// The reply with the first of its body's lines unstuffed.
pub(super) fn first_unstuffed(reply: Vec<u8>) -> Vec<u8> {
    let at = reply.iter().position(|octet| *octet == b'\n').unwrap() + 1;
    let mut reply = reply;
    if reply[at..].starts_with(b"..") {
        reply.remove(at);
    }
    reply
}

/// A twin that adds a field at each reading.
fn counts_how_often_it_is_read() -> Twin {
    let mut times = 0;
    Twin::answering("RETR", move |reply| {
        times += 1;
        swapped(reply, b"\r\nFrom:", format!("\r\nX-Read: {times}\r\nFrom:").as_bytes())
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/retr/whole", "1939-5-15", || {
        of("plain", |reply| swapped(reply, b"This is line 7 of the body.\r\n", b""))
    }),
    fails("server/retr/whole", "1939-5-14", || of("plain", |_| b"-ERR not this one\r\n".into())),
    fails("server/retr/absent", "1939-5-14", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"RETR x\r\n") => scene.honestly(&Happens::Line(b"RETR 1\r\n")),
            other => scene.honestly(&other),
        })
    }),
    fails("server/retr/absent", "1939-5-14", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"RETR\r\n") => {}
            other => scene.honestly(&other),
        })
    }),
    fails("server/retr/sizes", "1939-5-12", || listing("dots", |octets| octets + 10)),
    deviates("server/retr/sizes", "1939-11-03", || listing("plain", |octets| octets - 2)),
    deviates("server/retr/sizes", "1939-5-12", || {
        after_survey(of("utf8-header", |_| b"+OK\r\nSubject: it cannot be shown\r\n\r\n.\r\n".into()))
    }),
    notes("server/retr/words-of-the-protocol", "1939-5-15", stores_less),
    fails("server/retr/line-ends", "1939-11-01", || {
        of("lf", |reply| swapped(reply, b"line 2 of the body.\r\n", b"line 2 of the body.\n"))
    }),
    fails("server/retr/line-ends", "1939-11-02", || listing("lf", |octets| octets - count("lf"))),
    fails("server/retr/dot-lines", "1939-3-14", || {
        of("dots", |reply| swapped(reply, b"\r\n..x\r\n", b"\r\n.x\r\n"))
    }),
    fails("server/retr/dot-lines", "1939-3-14", || {
        of("dots", |reply| swapped(reply, b"middle\r\n..\r\n", b"middle\r\n.\r\n"))
    }),
    fails("server/retr/dot-lines", "1939-11-03", || listing("dots", |octets| octets + 10)),
    fails("server/retr/first-dot", "1939-3-14", || Twin::answering("RETR", first_unstuffed)),
    fails("server/retr/first-dot", "1939-3-14", || of("first-line-dot", first_unstuffed)),
    fails("server/retr/ends", "1939-3-13", || {
        of("final-dot", |reply| swapped(reply, b"text\r\n..\r\n", b"text\r\n.\r\n"))
    }),
    fails("server/retr/ends", "1939-3-14", || {
        of("final-dot-line", |reply| swapped(reply, b"text\r\n..\r\n", b"text\r\n"))
    }),
    fails("server/retr/no-final-line-end", "1939-5-16", || {
        of("no-final-line-end", |reply| swapped(reply, b"no end\r\n.\r\n", b"no end.\r\n"))
    }),
    deviates("server/retr/no-final-line-end", "1939-5-12", || {
        listing("no-final-line-end", |octets| octets - 2)
    }),
    fails("server/retr/near-ends", "1939-3-17", || {
        of("near-ends", |reply| swapped(reply, b"\r.\r\nb", b"\r\n.\r\nb"))
    }),
    deviates("server/retr/near-ends", "1939-3-17", || {
        of("near-ends", |reply| {
            let dots = b"\r.\r\nb\r.\r\n\r.x\r\n..\r.\r\n";
            swapped(reply, dots, b"\r\n..\r\nb\r\n..\r\n\r\n..x\r\n..\r\n..\r\n")
        })
    }),
    fails("server/retr/words-of-the-protocol", "1939-5-15", || {
        of("popish", |reply| swapped(reply, b"-ERR [AUTH] no\r\n", b""))
    }),
    fails("server/retr/empty", "1939-5-15", || of("empty", |_| b"-ERR nothing there\r\n".into())),
    fails("server/retr/empty", "1939-5-15", || of("empty", |_| b"+OK\r\n".into())),
    deviates("server/retr/empty", "1939-5-15", || of("empty", |_| b"+OK\r\n\r\n.\r\n".into())),
    deviates("server/retr/empty", "1939-5-16", || of("empty", |_| b"+OK\r\n\r\n.\r\n".into())),
    fails("server/retr/empty", "1939-5-16", || of("only-line-end", |_| b"+OK\r\n.\r\n".into())),
    fails("server/retr/odd-shapes", "1939-5-15", || {
        of("body-only", |reply| swapped(reply, b"\r\n\r\npop3check", b"\r\npop3check"))
    }),
    fails("server/retr/odd-shapes", "1939-5-15", || {
        of("no-body", |reply| swapped(reply, b"To: tester@example.invalid\r\n", b""))
    }),
    fails("server/retr/long-line", "1939-5-15", || {
        of("long-line", |reply| {
            let at = reply.windows(10).position(|window| window == b"abcdefghij").unwrap() + 990;
            [&reply[..at], b"\r\n", &reply[at..]].concat()
        })
    }),
    fails("server/retr/long-line", "1939-5-15", || {
        of("long-dots", |reply| swapped(reply, &[b'.'; 5000], &[b'.'; 4999]))
    }),
    fails("server/retr/octets", "1939-5-15", || {
        of("eight-bit", |reply| reply.iter().map(|octet| octet & 0x7f).collect())
    }),
    deviates("server/retr/octets", "1939-5-15", || of("nul", |reply| swapped(reply, b"\0", b"\x80"))),
    deviates("server/retr/crlf-stored", "1939-11-01", || {
        of("crlf", |reply| swapped(reply, b" body.\r\n", b" body.\r\r\n"))
    }),
    fails("server/retr/edges", "1939-3-14", || {
        of("edges", |reply| swapped(reply, b"\r\n..a\r\n", b"\r\n.a\r\n"))
    }),
    fails("server/retr/edges", "1939-5-15", || {
        of("edges", |reply| swapped(reply, b"\r\n...\r\n", b"\r\n..\r\n"))
    }),
    fails("server/retr/big", "1939-5-15", || {
        of("big", |reply| [&reply[..reply.len() / 2], b"\r\n.\r\n"].concat())
    }),
    fails("server/retr/big", "1939-5-15", || {
        let line = format!("RETR {}\r\n", number("big")).into_bytes();
        Twin::new(move |scene, happens| match happens {
            Happens::Line(came) if *came == line => {
                let answer = scene.truth(came);
                scene.say(&answer[..answer.len() / 2]);
                scene.close();
            }
            other => scene.honestly(&other),
        })
    }),
    fails("server/retr/again", "1939-5-18", counts_how_often_it_is_read),
    fails("server/retr/again", "1939-4-11", counts_how_often_it_is_read),
    fails("server/retr/all", "1939-3-13", || of("popish", |reply| reply[..reply.len() - 3].to_vec())),
    fails("server/retr/all", "1939-3-13", || {
        of("popish", |reply| swapped(reply, b"\r\nQUIT\r\n", b"\r\n.\r\n"))
    }),
    deviates("server/retr/all", "1939-5-14", || of("popish", |_| b"-ERR not this one\r\n".into())),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
