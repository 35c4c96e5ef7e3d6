//! Twins for `server/top`.

use super::retr::{first_unstuffed, number};
use super::{Case, deviates, fails, notes};
use crate::twin::{Happens, Twin};

/// A twin that takes one command for another.
fn takes(command: impl Into<String>, other: impl Into<String>) -> Twin {
    let (command, other) = (command.into() + "\r\n", other.into() + "\r\n");
    Twin::new(move |scene, happens| match happens {
        Happens::Line(line) if line == command.as_bytes() => scene.honestly(&Happens::Line(other.as_bytes())),
        happens => scene.honestly(&happens),
    })
}

/// A twin that hangs up at this command.
fn hangs_up(command: impl Into<String>) -> Twin {
    let command = command.into() + "\r\n";
    Twin::new(move |scene, happens| match happens {
        Happens::Line(line) if line == command.as_bytes() => scene.close(),
        happens => scene.honestly(&happens),
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/top/zero", "1939-7-04", || takes("TOP 1 0", "TOP 1 1")),
    fails("server/top/zero", "1939-7-04", || {
        // The empty line is missing.
        Twin::answering("TOP 1 0", |reply| {
            let text = String::from_utf8(reply).unwrap();
            text.replace("\r\n\r\n.\r\n", "\r\n.\r\n").into_bytes()
        })
    }),
    fails("server/top/lines", "1939-7-04", || takes("TOP 1 5", "TOP 1 6")),
    fails("server/top/lines", "1939-7-04", || takes("TOP 1 19", "TOP 1 20")),
    fails("server/top/beyond", "1939-7-05", || takes("TOP 3 100000", "TOP 3 2")),
    fails("server/top/huge-count", "1939-7-05", || takes("TOP 1 4294967296", "TOP 1 0")),
    fails("server/top/huge-count", "1939-7-05", || takes("TOP 1 18446744073709551616", "TOP 1 0")),
    deviates("server/top/huge-count", "1939-7-05", || takes("TOP 1 18446744073709551616", "TOP 1 x")),
    fails("server/top/shapes", "1939-7-04", || hangs_up(format!("TOP {} 2", number("no-body")))),
    fails("server/top/shapes", "1939-7-04", || {
        takes(format!("TOP {} 2", number("no-body")), format!("TOP {} 2", number("plain")))
    }),
    notes("server/top/shapes", "1939-7-04", || {
        // The empty line that the message lacks.
        let command = format!("TOP {} 0\r\n", number("no-body"));
        Twin::lines(move |scene, line| {
            let is = line == command.as_bytes();
            if is {
                let reply = scene.truth(line);
                scene.say([reply.strip_suffix(b".\r\n").unwrap(), b"\r\n.\r\n"].concat());
            }
            is
        })
    }),
    deviates("server/top/shapes", "1939-7-04", || {
        takes(format!("TOP {} 2", number("body-only")), format!("TOP {} 1", number("body-only")))
    }),
    fails("server/top/dots", "1939-3-14", || Twin::answering("TOP", first_unstuffed)),
    fails("server/top/forms", "1939-7-03", || takes("TOP 1 -1", "TOP 1 0")),
    fails("server/top/forms", "1939-7-03", || hangs_up("TOP 1 x")),
    fails("server/top/prefix", "1939-7-04", || takes("TOP 2 3", "TOP 1 3")),
    fails("server/top/prefix", "1939-5-18", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"RETR 1\r\n") => {
                scene.note("read").push(1);
                scene.honestly(&happens);
            }
            Happens::Line(b"LIST\r\n") if !scene.note("read").is_empty() => {
                let list = String::from_utf8(scene.truth(b"LIST\r\n")).unwrap();
                scene.say(list.split_inclusive("\r\n").filter(|l| !l.starts_with("1 ")).collect::<String>());
            }
            other => scene.honestly(&other),
        })
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
