//! Twins for `server/dele`.

use super::{Case, fails};
use crate::honest::USER;
use crate::twin::{Happens, Scene, Twin};

/// A twin that says this where the honest one refuses the command.
fn takes(command: &'static str, reply: &'static str) -> Twin {
    Twin::answering(command, move |answer| if answer.starts_with(b"-") { reply.into() } else { answer })
}

/// A twin that gives its first reply to the command again, as long as the connection stands.
fn repeats(command: &'static [u8]) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(line) if line == command => {
            if scene.note("first").is_empty() {
                let answer = scene.truth(line);
                scene.note("first").extend(answer);
            }
            let answer = scene.note("first").clone();
            scene.say(answer);
        }
        other => scene.honestly(&other),
    })
}

/// The argument of a line.
pub(super) fn number(line: &[u8]) -> usize {
    let words = String::from_utf8_lossy(line);
    words.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// Removes a message from the store.
pub(super) fn gone(scene: &mut Scene<'_>, number: usize) {
    let mut all = scene.honest.store.mail.borrow_mut();
    let mail = all.get_mut(USER).unwrap();
    if (1..=mail.len()).contains(&number) {
        mail.remove(number - 1);
    }
}

/// A twin whose DELE removes at once.
pub(super) fn removes_at_once() -> Twin {
    Twin::new(|scene, happens| {
        scene.honestly(&happens);
        if let Happens::Line(line) = happens
            && line.starts_with(b"DELE")
        {
            gone(scene, number(line));
        }
    })
}

/// A twin that counts only what is not marked when it is given a number.
fn counts_on(command: &'static [u8]) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(line) if line.starts_with(command) => {
            let list = String::from_utf8(scene.truth(b"LIST\r\n")).unwrap();
            let number = list
                .lines()
                .nth(number(line))
                .and_then(|line| line.split_once(' '))
                .map_or("0", |(number, _)| number);
            let answer = scene.truth(&[command, number.as_bytes(), b"\r\n"].concat());
            scene.say(answer);
        }
        other => scene.honestly(&other),
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/dele/absent", "1939-5-19", || takes("DELE X", "+OK marked\r\n")),
    fails("server/dele/marked", "1939-5-14", || takes("RETR", "+OK\r\n.\r\n")),
    fails("server/dele/marked", "1939-5-21", || takes("RETR", "+OK\r\n.\r\n")),
    fails("server/dele/marked", "1939-7-03", || takes("TOP", "+OK\r\n.\r\n")),
    fails("server/dele/marked", "1939-5-08", || takes("LIST", "+OK 1 1\r\n")),
    fails("server/dele/marked", "1939-7-06", || takes("UIDL", "+OK 1 id\r\n")),
    fails("server/dele/twice", "1939-5-19", || takes("DELE", "+OK marked\r\n")),
    fails("server/dele/twice", "1939-5-21", || takes("DELE", "+OK marked\r\n")),
    fails("server/dele/counts", "1939-5-06", || repeats(b"STAT\r\n")),
    fails("server/dele/counts", "1939-5-10", || repeats(b"LIST\r\n")),
    fails("server/dele/counts", "1939-7-07", || repeats(b"UIDL\r\n")),
    fails("server/dele/others-fetched", "1939-5-10", || counts_on(b"RETR ")),
    fails("server/dele/others-fetched", "1939-5-09", || counts_on(b"LIST ")),
    fails("server/dele/only-marks", "1939-5-20", removes_at_once),
    fails("server/dele/all-marked", "1939-5-07", || {
        Twin::answering("STAT", |reply| if reply == b"+OK 0 0\r\n" { b"+OK 0 2\r\n".into() } else { reply })
    }),
    fails("server/dele/all-marked", "1939-5-11", || {
        Twin::answering("LIST", |reply| {
            let lines = reply.iter().filter(|octet| **octet == b'\n').count();
            if lines == 2 { b"-ERR there is none\r\n".into() } else { reply }
        })
    }),
    fails("server/dele/rset", "1939-5-23", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"RSET\r\n") => scene.say("+OK\r\n"),
            other => scene.honestly(&other),
        })
    }),
    fails("server/dele/rset-idle", "1939-5-23", || Twin::answering("RSET", |_| b"-ERR no marks\r\n".into())),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
