//! No probe removes mail that the kit has not made, whatever the server answers.

use std::rc::Rc;

use pop3_proto::conformance::{Verdict, corpus};
use pop3_proto::dot;

use crate::honest::{Honest, RUN, USER, config};
use crate::judge::{run, server_probes, setup, survey, told};
use crate::store::Mail;
use crate::twin::{Happens, Scene, Twin};

fn spare(name: &str) -> Vec<u8> {
    corpus::stored(name, RUN).unwrap()
}

/// A maildrop with mail of other people before, between and after what may be removed.
fn maildrop() -> Vec<Mail> {
    let mail = |id: &str, text: Vec<u8>| (id.to_string(), Rc::new(text));
    let letter = |text: &str| format!("Subject: {text}\nFrom: a@example.org\n\nHello.\n").into_bytes();
    let quoted = [b"Subject: Fwd: look\n\nThis is what came:\n\n", &spare("spare-5")[..]].concat();
    let other_run = corpus::stored("spare-4", RUN ^ 1).unwrap();
    vec![
        mail("first", letter("first")),
        mail("id-spare-1", spare("spare-1")),
        mail("after-1", letter("after one")),
        mail("id-spare-2", spare("spare-2")),
        mail("after-2", letter("after two")),
        mail("id-spare-3", spare("spare-3")),
        mail("hostile", hostile(7)),
        mail("other-run", other_run),
        mail("quotes", quoted),
    ]
}

/// Of a server that does not stuff dots this comes as a spare message, and after it what looks like the replies
/// to the commands that follow.
fn hostile(number: usize) -> Vec<u8> {
    let of_size = |octets: u64| {
        let listed = format!("+OK {number} {octets}\n");
        [&spare("spare-4")[..], b".\n", listed.repeat(2).as_bytes(), b"+OK\n+OK\n"].concat()
    };
    of_size(dot::wire_size(&of_size(100)))
}

fn is_foreign(mail: &Mail) -> bool {
    !mail.0.starts_with("id-spare-")
}

type Make = fn() -> Twin;

fn honest() -> Honest {
    let honest = Honest::new(config());
    honest.store.mail.borrow_mut().insert(USER.into(), maildrop());
    honest
}

fn twin(twist: impl FnMut(&mut Scene<'_>, Happens<'_>) + 'static) -> Twin {
    Twin::of(honest(), twist)
}

/// Verb and number of a line.
fn parts(line: &[u8]) -> Option<(String, usize, String)> {
    let text = String::from_utf8_lossy(line).into_owned();
    let mut words = text.trim_end().splitn(3, ' ');
    let (verb, number) = (words.next()?.to_string(), words.next()?.parse().ok()?);
    Some((verb, number, words.next().map(|rest| format!(" {rest}")).unwrap_or_default()))
}

/// The message that has this number once those that are marked have lost theirs.
fn renumbered(marked: &[u8], number: usize) -> usize {
    (1..=255).filter(|n| !marked.contains(&(*n as u8))).nth(number.saturating_sub(1)).unwrap_or(255)
}

/// Numbers move up with each DELE.
fn renumbers(scene: &mut Scene<'_>, happens: &Happens<'_>) {
    let Happens::Line(line) = happens else { return scene.honestly(happens) };
    match parts(line) {
        Some((verb, number, rest)) if ["DELE", "RETR", "TOP", "LIST", "UIDL"].contains(&verb.as_str()) => {
            let real = renumbered(scene.note("marked"), number);
            let answer = scene.truth(format!("{verb} {real}{rest}\r\n").as_bytes());
            if verb == "DELE" && answer.starts_with(b"+") {
                scene.note("marked").push(real as u8);
            }
            let shown =
                String::from_utf8_lossy(&answer).replace(&format!("+OK {real} "), &format!("+OK {number} "));
            scene.say(shown);
        }
        _ => scene.honestly(happens),
    }
}

/// The message is out of sight once it was read, and the next one has its number.
fn gone_when_read() -> Twin {
    twin(|scene, happens| match happens {
        Happens::Line(line) if line.starts_with(b"RETR ") => {
            let number = parts(line).map_or(0, |(_, number, _)| number);
            let real = renumbered(scene.note("marked"), number);
            let answer = scene.truth(format!("RETR {real}\r\n").as_bytes());
            scene.note("marked").push(real as u8);
            scene.say(answer);
        }
        other => renumbers(scene, &other),
    })
}

/// Dots are not stuffed.
fn never_stuffs() -> Twin {
    twin(|scene, happens| match happens {
        Happens::Line(line) if line.starts_with(b"RETR") || line.starts_with(b"TOP") => {
            let answer = String::from_utf8(scene.truth(line)).unwrap();
            scene.say(answer.replace("\r\n..", "\r\n."));
        }
        other => scene.honestly(&other),
    })
}

/// From the first LIST with a number on, each reply is that to the command before.
fn one_behind() -> Twin {
    twin(|scene, happens| match happens {
        Happens::Line(line) if !scene.note("late").is_empty() => {
            let answer = scene.truth(line);
            let late = core::mem::replace(scene.note("late"), answer);
            scene.say(late);
        }
        Happens::Line(line) if line.starts_with(b"LIST ") => {
            let late = scene.truth(line);
            scene.note("late").extend_from_slice(&late);
            scene.say(late);
        }
        other => scene.honestly(&other),
    })
}

const SERVERS: &[(&str, Make)] = &[
    ("honest", || twin(|scene, happens| scene.honestly(&happens))),
    ("renumbers", || twin(|scene, happens| renumbers(scene, &happens))),
    ("renumbers, RSET does nothing", || {
        twin(|scene, happens| match happens {
            Happens::Line(b"RSET\r\n") => scene.say("+OK\r\n"),
            other => renumbers(scene, &other),
        })
    }),
    ("DELE x is DELE 1", || {
        twin(|scene, happens| match happens {
            Happens::Line(b"DELE x\r\n" | b"DELE\r\n") => scene.honestly(&Happens::Line(b"DELE 1\r\n")),
            other => scene.honestly(&other),
        })
    }),
    ("RETR of any message gives a spare one", || {
        twin(|scene, happens| match happens {
            Happens::Line(line) if line.starts_with(b"RETR ") => {
                scene.honestly(&Happens::Line(b"RETR 2\r\n"))
            }
            other => scene.honestly(&other),
        })
    }),
    ("gone when read", gone_when_read),
    ("gone when read, no TOP", || gone_when_read().refusing("TOP")),
    ("never stuffs", never_stuffs),
    ("never stuffs, no TOP", || never_stuffs().refusing("TOP")),
    ("one behind", one_behind),
    ("no TOP and no UIDL", || {
        twin(|scene, happens| match happens {
            Happens::Line(line) if line.starts_with(b"TOP") || line.starts_with(b"UIDL") => {
                scene.say("-ERR\r\n")
            }
            other => scene.honestly(&other),
        })
    }),
];

#[test]
fn no_probe_removes_what_the_kit_has_not_made() {
    let mut setup = setup();
    setup.leave.only_corpus = false;
    let setup = Rc::new(setup);
    let all = server_probes();
    let mut removals = 0;
    for (what, make) in SERVERS {
        let facts = Rc::new(survey(&setup, &mut make()));
        for probe in all.iter().filter(|probe| !probe.is_referee()) {
            let needs = &probe.entry().needs;
            if !needs.iter().any(|need| need.starts_with("own") || *need == "delete" || *need == "deliver") {
                continue;
            }
            let mut server = make().removing_at_the_end();
            let outcome = run(probe, &setup, &facts, &mut server);
            let store = server.store();
            removals += store.removed.borrow().len();
            let left = &store.mail.borrow()[USER];
            let lost: Vec<String> = maildrop()
                .iter()
                .filter(|mail| is_foreign(mail) && !left.iter().any(|m| m.0 == mail.0))
                .map(|m| m.0.clone())
                .collect();
            assert!(lost.is_empty(), "{what}: lost {lost:?} in {}", told(&outcome));
        }
    }
    assert!(removals > 0, "nothing was removed at all: the servers prove nothing");
}

#[test]
fn a_server_that_removes_at_a_drop_is_named_and_loses_spare_messages_only() {
    for deaf_to_rset in [false, true] {
        let twin = Twin::new(move |scene, happens| match happens {
            Happens::Line(b"RSET\r\n") if deaf_to_rset => scene.say("+OK\r\n"),
            other => scene.honestly(&other),
        });
        let mut server = twin.removing_at_the_end();
        let setup = Rc::new(setup());
        assert!(setup.leave.only_corpus);
        let facts = Rc::new(survey(&setup, &mut server));
        assert_eq!(facts.keeps_at_a_drop, Some(false));
        let all = server_probes();
        for probe in all.iter().filter(|probe| !probe.is_referee()) {
            let outcome = run(probe, &setup, &facts, &mut server);
            if probe.id() == "server/update/drop" {
                assert_eq!(outcome.verdict, Verdict::Fail, "{}", told(&outcome));
            }
        }
        let removed = server.store().removed.borrow();
        let foreign: Vec<&String> = removed
            .iter()
            .map(|(id, _)| id)
            .filter(|id| !id.contains("spare-") && !id.contains("late-"))
            .collect();
        assert!(foreign.is_empty(), "{foreign:?}");
        assert!(!removed.is_empty());
    }
}
