//! Servers that are right in another way than the one of this crate: no probe may accuse them.

use std::rc::Rc;

use pop3_proto::conformance::Verdict;

use crate::judge::{run, server_probes, setup, survey, told};
use crate::twin::{Happens, Twin};

/// The sections that are looked at here.
const SECTIONS: [&str; 6] =
    ["server/greeting", "server/lines", "server/capa", "server/login", "server/states", "server/stat-list"];

/// Plays the probes of these sections. `but` are those that accuse the server, and rightly.
fn none_accuses(but: &[&str], make: fn() -> Twin) {
    let setup = Rc::new(setup());
    let facts = Rc::new(survey(&setup, &mut make()));
    let (mut wrong, mut accused) = (String::new(), Vec::new());
    for probe in server_probes().iter().filter(|probe| SECTIONS.contains(&probe.section())) {
        let outcome = run(probe, &setup, &facts, &mut make());
        if !matches!(outcome.verdict, Verdict::Fail | Verdict::Deviation) {
            continue;
        }
        accused.push(probe.id());
        if !but.contains(&probe.id()) {
            wrong += &told(&outcome);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(accused, but);
}

/// The reply, from the line and the honest reply, and whether the server hangs up after it.
type Change = fn(&[u8], Vec<u8>) -> (Vec<u8>, bool);

fn replying(change: Change) -> Twin {
    Twin::new(move |scene, happens| {
        let Happens::Line(line) = happens else { return scene.honestly(&happens) };
        let honest = scene.truth(line);
        let (reply, ends) = change(line, honest);
        scene.say(reply);
        if ends {
            scene.close();
        }
    })
}

/// Whether the line has one of these verbs.
fn is_one_of(line: &[u8], verbs: &[&[u8]]) -> bool {
    let verb = line.split(|octet| !octet.is_ascii_alphabetic()).next().unwrap_or_default();
    verbs.iter().any(|other| verb.eq_ignore_ascii_case(other))
}

/// Nothing but the commands that RFC 1939 demands, with USER and PASS.
fn knows_little(line: &[u8], honest: Vec<u8>) -> Vec<u8> {
    match is_one_of(line, &[b"CAPA", b"AUTH", b"STLS", b"TOP", b"UIDL", b"APOP"]) {
        true => b"-ERR\r\n".to_vec(),
        false => honest,
    }
}

#[test]
fn a_server_that_hangs_up_after_each_refusal() {
    none_accuses(&[], || {
        replying(|_, honest| {
            let ends = honest.starts_with(b"-ERR");
            (honest, ends)
        })
    });
}

#[test]
fn a_server_that_knows_few_commands() {
    none_accuses(&["server/capa/optional-commands"], || {
        replying(|line, honest| (knows_little(line, honest), false))
    });
}

#[test]
fn a_server_that_knows_few_commands_and_hangs_up_after_each_refusal() {
    none_accuses(&["server/capa/optional-commands"], || {
        replying(|line, honest| {
            let reply = knows_little(line, honest);
            let ends = reply.starts_with(b"-ERR");
            (reply, ends)
        })
    });
}

#[test]
fn a_server_whose_texts_are_never_the_same() {
    none_accuses(&[], || {
        let mut count = 0;
        Twin::new(move |scene, happens| match happens {
            Happens::Line(line) if !is_one_of(line, &[b"AUTH", b"STAT", b"LIST", b"UIDL"]) => {
                let reply = scene.truth(line);
                let end = reply.windows(2).position(|two| two == b"\r\n").unwrap_or(reply.len());
                let is_challenge = reply.starts_with(b"+ ");
                let (status, rest) = reply.split_at(if is_challenge { 0 } else { end });
                let indicator = status.split(|octet| *octet == b' ').next().unwrap_or_default();
                count += 1;
                let text = format!(" number {count}, as you see");
                scene.say([indicator, if status.is_empty() { b"" } else { text.as_bytes() }, rest].concat());
            }
            other => scene.honestly(&other),
        })
    });
}

#[test]
fn a_server_without_texts() {
    none_accuses(&[], || {
        replying(|line, honest| {
            let end = honest.iter().position(|octet| *octet == b'\r').unwrap_or(honest.len());
            let keeps = is_one_of(line, &[b"AUTH", b"STAT", b"LIST", b"UIDL"]) || honest.starts_with(b"+ ");
            let from = honest.iter().position(|octet| *octet == b' ').filter(|at| *at < end && !keeps);
            let reply = from.map_or_else(|| honest.clone(), |at| [&honest[..at], &honest[end..]].concat());
            (reply, false)
        })
    });
}

#[test]
fn a_name_in_two_segments_is_refused_with_a_code_and_that_is_no_misplaced_one() {
    let make = || {
        Twin::lines(|scene, line| {
            let is_long = line.starts_with(b"USER ") && line.len() > 100;
            if is_long {
                scene.say("-ERR [AUTH] no such name\r\n");
            }
            is_long
        })
    };
    let setup = Rc::new(setup());
    let facts = Rc::new(survey(&setup, &mut make()));
    let all = server_probes();
    let probe = all.iter().find(|probe| probe.id() == "server/lines/line-255").unwrap();
    let outcome = run(probe, &setup, &facts, &mut make());
    assert!(outcome.remarks.found.is_empty(), "{:?}", outcome.remarks.found);
    assert_eq!(outcome.verdict, Verdict::Note, "{}", told(&outcome));
}
