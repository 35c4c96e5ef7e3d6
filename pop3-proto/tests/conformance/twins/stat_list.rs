//! Twins for `server/stat-list`.

use super::{Case, deviates, fails};
use crate::judge::{is_good, judge, setup, told};
use crate::twin::{Twin, after_survey};

/// A twin that changes the lines of LIST, the status line excepted.
fn listing(change: fn(usize, &str) -> String) -> Twin {
    Twin::answering("LIST\r", move |list| {
        let list = String::from_utf8(list).unwrap();
        let lines = list.split_inclusive('\n').enumerate();
        let lines = lines.map(|(at, line)| match at > 0 && line != ".\r\n" {
            true => change(at, line),
            false => line.into(),
        });
        lines.collect::<String>().into_bytes()
    })
}

/// The same where the survey would stumble over it.
fn listing_later(change: fn(usize, &str) -> String) -> Twin {
    after_survey(listing(change))
}

/// A twin that changes what STAT says, from the honest words.
fn stat(change: fn(&[&str]) -> String) -> Twin {
    after_survey(Twin::answering("STAT", move |reply| {
        let reply = String::from_utf8(reply).unwrap();
        change(&reply.split_whitespace().collect::<Vec<_>>()).into_bytes()
    }))
}

/// A twin that says this in an empty maildrop.
fn in_empty(line: &'static str, reply: &'static str) -> Twin {
    Twin::lines(move |scene, came| {
        if came.starts_with(b"USER nobody") {
            scene.note("empty").push(1);
        }
        let is = !scene.note("empty").is_empty() && came.trim_ascii_end() == line.as_bytes();
        if is {
            scene.say(reply);
        }
        is
    })
}

/// A twin whose command answers otherwise once a message was fetched.
fn after_retr(verb: &'static str, change: fn(String) -> String) -> Twin {
    Twin::lines_if(true, move |scene, line| {
        if line.starts_with(b"RETR") {
            scene.note("fetched").push(1);
        }
        let is = !scene.note("fetched").is_empty() && line.trim_ascii_end() == verb.as_bytes();
        if is {
            let reply = String::from_utf8(scene.truth(line)).unwrap();
            scene.say(change(reply));
        }
        is
    })
}

/// A twin whose answer to LIST with a number is changed.
fn one(change: fn(String) -> String) -> Twin {
    Twin::answering("LIST ", move |reply| change(String::from_utf8(reply).unwrap()).into_bytes())
}

pub(super) const CASES: &[Case] = &[
    fails("server/stat-list/stat-form", "1939-5-03", || {
        stat(|words| format!("+OK {}  {}\r\n", words[1], words[2]))
    }),
    fails("server/stat-list/stat-form", "1939-5-03", || {
        stat(|words| format!("+OK you have {} {}\r\n", words[1], words[2]))
    }),
    fails("server/stat-list/stat-form", "1939-4-10", || {
        stat(|words| format!("+OK {} +{}\r\n", words[1], words[2]))
    }),
    fails("server/stat-list/stat-form", "1939-5-03", || stat(|_| "+OK\r\n".into())),
    deviates("server/stat-list/stat-form", "1939-5-04", || {
        stat(|words| format!("+OK {} {} octets\r\n", words[1], words[2]))
    }),
    fails("server/stat-list/agree", "1939-5-10", || stat(|words| format!("+OK 1 {}\r\n", words[2]))),
    fails("server/stat-list/agree", "1939-5-12", || stat(|words| format!("+OK {} 1\r\n", words[1]))),
    fails("server/stat-list/agree", "1939-5-03", || {
        listing(|at, line| if at == 3 { String::new() } else { line.into() })
    }),
    fails("server/stat-list/list-form", "1939-5-12", || listing(|_, line| line.replace(' ', "  "))),
    fails("server/stat-list/list-form", "1939-5-12", || listing_later(|_, line| line.replace(' ', "\t"))),
    fails("server/stat-list/list-form", "1939-4-10", || listing_later(|_, line| format!("0{line}"))),
    fails("server/stat-list/list-form", "1939-4-10", || listing_later(|_, line| line.replace(' ', " +"))),
    deviates("server/stat-list/list-form", "1939-5-04", || {
        listing(|_, line| line.replace("\r\n", " octets\r\n"))
    }),
    fails("server/stat-list/numbers", "1939-4-09", || {
        listing(|at, line| if at == 3 { String::new() } else { line.into() })
    }),
    fails("server/stat-list/numbers", "1939-4-09", || {
        listing(|at, line| if at == 3 { "2 20\r\n".into() } else { line.into() })
    }),
    // Counted from 0.
    fails("server/stat-list/numbers", "1939-4-09", || {
        listing_later(|at, line| format!("{} {}", at - 1, line.split(' ').nth(1).unwrap()))
    }),
    // The newest message first.
    deviates("server/stat-list/numbers", "1939-4-09", || {
        Twin::answering("LIST\r", |list| {
            let mut lines: Vec<&[u8]> = list.split_inclusive(|octet| *octet == b'\n').collect();
            let end = lines.len() - 1;
            lines[1..end].reverse();
            lines.concat()
        })
    }),
    fails("server/stat-list/one", "1939-5-09", || one(|reply| reply.replace("\r\n", "0\r\n"))),
    fails("server/stat-list/one", "1939-5-09", || {
        one(|reply| format!("+OK here it is\r\n{}\r\n.\r\n", reply.replace("+OK ", "").trim_end()))
    }),
    fails("server/stat-list/one", "1939-5-09", || one(|reply| format!("{reply}.\r\n"))),
    fails("server/stat-list/one", "1939-5-09", || one(|_| "-ERR\r\n".into())),
    deviates("server/stat-list/one", "1939-5-09", || one(|reply| reply.replace("\r\n", " octets\r\n"))),
    fails("server/stat-list/absent", "1939-5-08", || {
        one(|reply| if reply.starts_with('-') { "+OK 33 0\r\n".into() } else { reply })
    }),
    fails("server/stat-list/absent", "1939-5-08", || Twin::saying("LIST 999999", "+OK 999999 1\r\n")),
    fails("server/stat-list/empty", "1939-5-11", || in_empty("LIST", "-ERR there is nothing\r\n")),
    fails("server/stat-list/empty", "1939-5-11", || in_empty("UIDL", "-ERR there is nothing\r\n")),
    fails("server/stat-list/empty", "1939-5-11", || in_empty("LIST", "+OK\r\n0 0\r\n.\r\n")),
    fails("server/stat-list/empty", "1939-5-07", || in_empty("STAT", "-ERR there is nothing\r\n")),
    fails("server/stat-list/empty", "1939-5-07", || in_empty("STAT", "+OK 0\r\n")),
    // A field that RETR adds is counted from then on.
    fails("server/stat-list/stable", "1939-4-11", || after_retr("LIST", |list| list.replacen(" 2", " 3", 1))),
    fails("server/stat-list/stable", "1939-5-18", || after_retr("UIDL", |list| list.replace("id-", "new-"))),
    fails("server/stat-list/stable", "1939-4-11", || after_retr("STAT", |_| "+OK 99 99999\r\n".into())),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}

/// A message whose first line ends the reply throws the session out of step. That is told elsewhere, not here.
#[test]
fn a_dot_that_is_not_stuffed_accuses_nobody_here() {
    let make = || {
        let after_status = |mut reply: Vec<u8>| {
            let at = reply.iter().position(|octet| *octet == b'\n').unwrap() + 1;
            if reply[at..].starts_with(b"..") {
                reply.remove(at);
            }
            reply
        };
        Twin::lines(move |scene, line| {
            let is = line.starts_with(b"RETR") || line.starts_with(b"TOP");
            if is {
                let reply = scene.truth(line);
                scene.say(after_status(reply));
            }
            is
        })
    };
    for probe in ["server/stat-list/stable", "server/states/any-order", "server/states/required"] {
        let outcome = judge(probe, setup(), make);
        assert!(is_good(outcome.verdict), "{}", told(&outcome));
    }
}
