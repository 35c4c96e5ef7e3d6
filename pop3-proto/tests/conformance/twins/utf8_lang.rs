//! Twins for `server/utf8-lang`: UTF8.

use pop3_proto::conformance::corpus;
use pop3_proto::sasl::prepare;
use pop3_proto::{ApopDigest, Secret};

use super::{Case, deviates, fails, notes};
use crate::honest::{PREP_PASSWORD, PREP_USER, RUN};
use crate::twin::{Scene, Twin, after_survey};

/// The reply with something put in place of something else.
fn answers(command: &'static str, from: &'static [u8], to: &'static [u8]) -> Twin {
    Twin::answering(command, move |answer| replaced(answer, from, to))
}

/// The same where UTF8 was said before the login.
fn in_mode(command: &'static str, from: &'static [u8], to: &'static [u8]) -> Twin {
    Twin::lines(move |scene, line| {
        if line == b"UTF8\r\n" {
            scene.note("mode").push(1);
        }
        let is = line.starts_with(command.as_bytes()) && !scene.note("mode").is_empty();
        if is {
            let answer = scene.truth(line);
            scene.say(replaced(answer, from, to));
        }
        is
    })
}

fn replaced(mut answer: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    if let Some(at) = answer.windows(from.len()).position(|window| window == from) {
        answer.splice(at..at + from.len(), to.iter().copied());
    }
    answer
}

/// Where this message goes out: by RETR and TOP its number is that of its place in the corpus.
fn number(name: &str) -> usize {
    corpus::NAMES.iter().position(|known| *known == name).unwrap() + 1
}

/// Gives that message to RETR outside of the mode, and its header to TOP.
fn giving(message: fn() -> Vec<u8>, header: fn() -> Vec<u8>) -> Twin {
    after_survey(Twin::lines(move |scene, line| {
        let n = number("utf8-header");
        let text = if line == format!("RETR {n}\r\n").as_bytes() {
            message()
        } else if line == format!("TOP {n} 0\r\n").as_bytes() {
            header()
        } else {
            return false;
        };
        scene.say([b"+OK\r\n", &text[..], b".\r\n"].concat());
        true
    }))
}

/// The message with its name changed to that field.
fn surrogate(field: &str) -> Vec<u8> {
    let text = String::from_utf8(corpus::wire("utf8-header", RUN).unwrap()).unwrap();
    text.lines()
        .map(|line| if line.starts_with("X-Name") { field } else { line }.to_owned() + "\r\n")
        .collect::<String>()
        .into()
}

fn header(field: &str) -> Vec<u8> {
    let mut text = surrogate(field);
    let end = text.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    text.truncate(end + 4);
    text
}

/// Without its first line, which is the subject.
fn without_subject(text: Vec<u8>) -> Vec<u8> {
    let end = text.iter().position(|octet| *octet == b'\n').unwrap();
    text[end + 1..].to_vec()
}

/// Takes the password as it stands on the wire, in one form only.
fn unprepared(scene: &mut Scene<'_>, line: &[u8]) -> bool {
    let is = line.starts_with(b"PASS ") && line != format!("PASS {PREP_PASSWORD}\r\n").as_bytes();
    let for_it = scene.note("user") == PREP_USER.as_bytes();
    if let Some(user) = line.strip_prefix(b"USER ") {
        *scene.note("user") = user.trim_ascii_end().to_vec();
    }
    if is && for_it {
        scene.say("-ERR [AUTH] no\r\n");
    }
    is && for_it
}

/// Digests the secret as it is.
fn undigested(scene: &mut Scene<'_>, line: &[u8]) -> bool {
    let Some(digest) = line.strip_prefix(format!("APOP {PREP_USER} ").as_bytes()) else { return false };
    let stamp = String::from_utf8(scene.note("greeting").clone()).unwrap();
    let stamp =
        pop3_proto::ApopTimestamp::new(&stamp[stamp.find('<').unwrap()..=stamp.find('>').unwrap()]).unwrap();
    let form = prepare(PREP_PASSWORD).unwrap();
    let right = ApopDigest::of(stamp, Secret::new(form.as_bytes())).unwrap().to_hex();
    // The digest of the prepared secret is refused, any other one is taken.
    let refused = digest.trim_ascii_end() == right;
    scene.say(if refused { "-ERR [AUTH] no\r\n" } else { "+OK welcome\r\n" });
    true
}

pub(super) const CASES: &[Case] = &[
    fails("server/utf8-lang/utf8-announced", "6856-2-01", || answers("CAPA", b"UTF8 USER", b"UTF8 ALL")),
    fails("server/utf8-lang/utf8-announced", "6856-2-01", || {
        Twin::lines(|scene, line| {
            let is = line == b"CAPA\r\n" && scene.is_logged_in();
            if is {
                let list = scene.truth(line);
                scene.say(replaced(list, b"UTF8 USER\r\n", b""));
            }
            is
        })
    }),
    deviates("server/utf8-lang/utf8-form", "6856-2-02", || Twin::taking(b"UTF8 x", b"UTF8")),
    deviates("server/utf8-lang/utf8-form", "6856-2-02", || {
        Twin::lines_if(true, |scene, line| {
            let is = line == b"UTF8\r\n";
            if is {
                scene.say("+OK\r\n");
            }
            is
        })
    }),
    fails("server/utf8-lang/utf8-on", "6856-2.1-01", || {
        Twin::lines(|scene, line| {
            if line == b"UTF8\r\n" {
                scene.note("mode").push(1);
            }
            let is = !scene.note("mode").is_empty() && line.starts_with(b"RETR");
            if is {
                scene.as_if(line);
                scene.say("+OK\r\n");
            }
            is
        })
    }),
    fails("server/utf8-lang/utf8-unaltered", "6856-2.1-05", || {
        in_mode("RETR", "Gr\u{fc}\u{df}e".as_bytes(), b"Gr??e")
    }),
    fails("server/utf8-lang/utf8-unaltered", "6856-2.1-07", || {
        in_mode("RETR 1\r", b"This is line 7", b"=?UTF-8?line 7")
    }),
    fails("server/utf8-lang/utf8-unaltered", "6856-2.1-08", || {
        in_mode("RETR", b"\r\n....\r\n", b"\r\n...\r\n")
    }),
    notes("server/utf8-lang/utf8-unaltered", "6856-2.1-07", || {
        answers("RETR 1\r", b"This is line 7", b"This is line seven")
    }),
    deviates("server/utf8-lang/utf8-sizes", "6856-2.1-09", || answers("LIST\r", b"\r\n1 ", b"\r\n1 1")),
    fails("server/utf8-lang/outside-mode", "6856-2.1-03", || {
        giving(|| surrogate("X-Name: J\u{f6}rg"), || header("X-Name: J\u{f6}rg"))
    }),
    deviates("server/utf8-lang/outside-mode", "6856-5-01", || answers("RETR", b"-ERR [UTF8]", b"-ERR")),
    fails("server/utf8-lang/surrogate", "6857-3.1.10-01", || {
        giving(|| surrogate("Downgraded-X-Name: Joerg"), || header("Downgraded-X-Name: Joerg"))
    }),
    fails("server/utf8-lang/surrogate", "6858-4-01", || {
        giving(|| surrogate("X-Name: Joerg"), || header("X-Name: =?UTF-8?Q?J=C3=B6rg?="))
    }),
    notes("server/utf8-lang/surrogate", "6857-3-01", || {
        giving(|| without_subject(surrogate("X-Name: Joerg")), || without_subject(header("X-Name: Joerg")))
    }),
    fails("server/utf8-lang/utf8-names", "6856-2.2-04", || {
        Twin::lines(|scene, line| {
            let is = scene.note("bad").is_empty() && line.starts_with(b"USER \xc3");
            if is {
                scene.note("bad").push(1);
                scene.say("+OK\r\n");
            }
            let pass = !scene.note("bad").is_empty() && line.starts_with(b"PASS");
            if pass {
                scene.say("+OK welcome\r\n");
            }
            is || pass
        })
    }),
    fails("server/utf8-lang/utf8-names", "6856-2.2-07", || {
        Twin::lines(|scene, line| {
            let is = line.starts_with(b"USER \x07");
            if is {
                scene.say([b"-ERR nobody is ", line].concat());
            }
            is
        })
    }),
    deviates("server/utf8-lang/utf8-prepared", "6856-2.2-05", || Twin::lines(unprepared)),
    fails("server/utf8-lang/apop-prepared", "6856-2.2-06", || {
        Twin::new(|scene, happens| match happens {
            crate::twin::Happens::Open => {
                let greeting = scene.heard();
                *scene.note("greeting") = greeting.clone();
                scene.say(greeting);
            }
            crate::twin::Happens::Line(line) if undigested(scene, line) => {}
            other => scene.honestly(&other),
        })
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
