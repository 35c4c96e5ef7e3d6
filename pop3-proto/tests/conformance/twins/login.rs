//! Twins for `server/login`.

use std::time::Duration;

use super::{Case, deviates, fails};
use crate::honest::{EMPTY_USER, PASSWORD, USER};
use crate::twin::{Twin, after_survey};

fn user() -> String {
    format!("USER {USER}\r\n")
}

fn pass() -> String {
    format!("PASS {PASSWORD}\r\n")
}

/// A twin that says this to all lines that begin so.
fn saying_to(front: &'static [u8], reply: fn(&[u8]) -> String) -> Twin {
    Twin::lines(move |scene, line| {
        let is = line.starts_with(front);
        if is {
            scene.say(reply(line));
        }
        is
    })
}

/// A twin for which the name still stands after a line that is like this.
fn keeps_name(after: fn(&[u8]) -> bool) -> Twin {
    Twin::lines_if(false, move |scene, line| {
        if line == pass().as_bytes() && !scene.note("kept").is_empty() {
            scene.truth(user().as_bytes());
        } else if after(line) {
            scene.note("kept").push(1);
        }
        false
    })
}

/// A twin that takes another password for the right one.
fn taking_password(of: fn(&str) -> String) -> Twin {
    Twin::lines_if(false, move |scene, line| {
        let line = String::from_utf8_lossy(line).into_owned();
        let password = line.strip_prefix("PASS ").and_then(|rest| rest.strip_suffix("\r\n"));
        let is = password.is_some_and(|password| of(password) == PASSWORD);
        if is {
            scene.as_if(pass());
        }
        is
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/login/transaction", "1939-4-04", || after_survey(Twin::saying("STAT", "-ERR not yet\r\n"))),
    // The first message is counted, but not listed, as if it were marked.
    fails("server/login/transaction", "1939-7-23", || {
        Twin::answering("LIST\r\n", |list| {
            let lines: Vec<&[u8]> = list.split_inclusive(|octet| *octet == b'\n').collect();
            [&lines[..1], &lines[2..]].concat().concat()
        })
    }),
    deviates("server/login/user-needs-name", "1939-7-16", || {
        Twin::saying("USER", "+OK and who are you?\r\n")
    }),
    deviates("server/login/user-needs-name", "1939-7-16", || Twin::saying("USER ", "+OK\r\n")),
    deviates("server/login/same-reply", "1939-13-02", || {
        saying_to(b"USER p", |_| "-ERR there is nobody of that name\r\n".into())
    }),
    deviates("server/login/same-reply", "1939-13-02", || {
        saying_to(b"USER p", |line| {
            format!("+OK {} is welcome\r\n", line[5..].trim_ascii_end().escape_ascii())
        })
    }),
    fails("server/login/pass-misplaced", "1939-7-20", || {
        Twin::lines_if(false, |scene, line| {
            if line.starts_with(b"USER") {
                scene.note("named").push(1);
            } else if line == pass().as_bytes() && scene.note("named").is_empty() {
                scene.truth(user().as_bytes());
            }
            false
        })
    }),
    fails("server/login/pass-misplaced", "1939-3-20", || {
        Twin::lines_if(false, |scene, line| {
            let is = line == b"PASS\r\n";
            if is {
                scene.as_if(pass());
            }
            is
        })
    }),
    fails("server/login/pass-misplaced", "1939-7-20", || {
        Twin::lines_if(false, |scene, line| {
            let is = line == b"STAT\r\n";
            if is {
                scene.say("+OK 0 0\r\n");
            }
            is
        })
    }),
    deviates("server/login/pass-behind-other", "1939-7-20", || keeps_name(|line| line == b"CAPA\r\n")),
    fails("server/login/wrong-password", "1939-7-23", || taking_password(|_| PASSWORD.into())),
    fails("server/login/wrong-password", "1939-4-07", || {
        Twin::lines_if(false, |scene, line| {
            let is = line == b"STAT\r\n";
            if is {
                scene.say("+OK 0 0\r\n");
            }
            is
        })
    }),
    deviates("server/login/wrong-password", "1939-7-23", || {
        Twin::lines_if(false, |scene, line| {
            let is = line.starts_with(b"PASS") && line != pass().as_bytes();
            if is {
                scene.close();
            }
            is
        })
    }),
    deviates("server/login/same-time", "1939-13-02", || {
        Twin::lines(|scene, line| {
            if line == user().as_bytes() {
                scene.note("exists").push(1);
            } else if line.starts_with(b"PASS") && !scene.note("exists").is_empty() {
                scene.wait(Duration::from_millis(50));
            }
            false
        })
    }),
    deviates("server/login/pass-again", "1939-7-20", || keeps_name(|line| line.starts_with(b"PASS"))),
    deviates("server/login/password-spaces", "1939-7-21", || {
        taking_password(|given| given.trim_end().into())
    }),
    fails("server/login/password-spaces", "1939-7-21", || {
        taking_password(|given| given.split(' ').next().unwrap_or_default().into())
    }),
    deviates("server/login/both-names", "6186-5-01", || {
        Twin::lines_if(false, |scene, line| {
            let is = line.starts_with(b"USER ") && line.contains(&b'@');
            if is {
                scene.say("-ERR\r\n");
            }
            is
        })
    }),
    deviates("server/login/both-names", "6186-5-01", || {
        Twin::lines_if(false, |scene, line| {
            let is = line.starts_with(b"USER ") && line.contains(&b'@');
            if is {
                scene.as_if(format!("USER {EMPTY_USER}\r\n"));
            }
            is
        })
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
