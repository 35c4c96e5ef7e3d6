//! Servers that are right in another way than the one of this crate, or wrong in one thing: no probe may accuse
//! them of anything else.

use std::collections::BTreeMap;
use std::rc::Rc;

use pop3_proto::Time;

use crate::honest::{Honest, USER, config};
use crate::judge::{run, server_probes, setup, some, survey, told};
use crate::twin::{Happens, Scene, Twin};

/// The sections that are looked at.
const SECTIONS: &[&str] = &[
    "server/retr",
    "server/top",
    "server/uidl",
    "server/dele",
    "server/update",
    "server/stls",
    "server/tls",
];

/// A server, how to make it, and what it is told to be wrong in.
type Server = (&'static str, fn() -> Twin, &'static [&'static str]);

fn honestly() -> Twin {
    Twin::new(|scene, happens| scene.honestly(&happens))
}

/// Hangs up after each refusal.
fn hangs_up() -> Twin {
    Twin::new(|scene, happens| match happens {
        Happens::Line(line) => {
            let answer = scene.truth(line);
            let is_refusal = answer.starts_with(b"-ERR");
            scene.say(answer);
            if is_refusal {
                scene.close();
            }
        }
        other => scene.honestly(&other),
    })
}

/// Does not know these commands, and does not announce them.
fn without(verbs: &'static [&'static str]) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Open | Happens::Tls => {
            scene.note("speaks").push(1);
            scene.honestly(&happens);
        }
        Happens::Line(_) if scene.note("speaks").is_empty() => scene.honestly(&happens),
        Happens::Line(b"CAPA\r\n") if !verbs.contains(&"CAPA") => {
            let list = String::from_utf8(scene.truth(b"CAPA\r\n")).unwrap();
            let kept = list.split_inclusive("\r\n").filter(|line| !verbs.contains(&line.trim_end()));
            scene.say(kept.collect::<String>());
        }
        Happens::Line(line)
            if verbs.iter().any(|verb| line.to_ascii_uppercase().starts_with(verb.as_bytes())) =>
        {
            scene.say("-ERR unknown command\r\n");
        }
        other => scene.honestly(&other),
    })
}

/// Adds a field when it has read a message in an earlier session, so that sizes grow.
fn grows() -> Twin {
    let mut sessions = 0_usize;
    Twin::new(move |scene, happens| match happens {
        Happens::Line(line) if line.starts_with(b"PASS") => {
            sessions += 1;
            let mut all = scene.honest.store.mail.borrow_mut();
            for (_, text) in
                all.get_mut(USER).unwrap().iter_mut().filter(|mail| mail.1.starts_with(b"Subject:"))
            {
                let Some(end) = text.windows(2).position(|two| two == b"\n\n").map(|at| at + 1) else {
                    continue;
                };
                let field = format!("X-Session: {sessions}\n");
                *text = Rc::new([&text[..end], field.as_bytes(), &text[end..]].concat());
            }
            drop(all);
            scene.honestly(&Happens::Line(line));
        }
        other => scene.honestly(&other),
    })
}

/// Announces EXPIRE 0, and removes at QUIT what was fetched.
fn expires_at_once() -> Twin {
    Twin::new(|scene, happens| match happens {
        Happens::Line(b"CAPA\r\n") => {
            let list = String::from_utf8(scene.truth(b"CAPA\r\n")).unwrap();
            let others = list.split_inclusive("\r\n").filter(|line| !line.starts_with("EXPIRE"));
            scene.say(others.collect::<String>().replace("\r\n.\r\n", "\r\nEXPIRE 0\r\n.\r\n"));
        }
        Happens::Line(line) if line.starts_with(b"RETR ") => {
            scene.note("fetched").extend_from_slice(&line[5..]);
            scene.honestly(&Happens::Line(line));
        }
        Happens::Line(b"QUIT\r\n") => {
            let fetched = String::from_utf8(scene.note("fetched").clone()).unwrap();
            for number in fetched.lines() {
                scene.truth(format!("DELE {number}\r\n").as_bytes());
            }
            scene.honestly(&happens);
        }
        other => scene.honestly(&other),
    })
}

/// Does not stuff a dot that is the first octet of a message.
fn first_dot() -> Twin {
    Twin::new(|scene, happens| match happens {
        Happens::Line(line) if line.starts_with(b"RETR") || line.starts_with(b"TOP") => {
            let mut answer = scene.truth(line);
            let at = answer.iter().position(|octet| *octet == b'\n').map_or(0, |at| at + 1);
            if answer[at..].starts_with(b"..") {
                answer.remove(at);
            }
            scene.say(answer);
        }
        other => scene.honestly(&other),
    })
}

/// A maildrop stays in use for a moment after its session, and waits for nobody.
fn locks_for_a_while() -> Twin {
    let mut ended: BTreeMap<&str, Time> = BTreeMap::new();
    Twin::new(move |scene, happens| match happens {
        Happens::Line(b"QUIT\r\n") => {
            ended.insert("quit", scene.now);
            scene.honestly(&happens);
        }
        Happens::Line(line)
            if line.starts_with(b"PASS")
                && ended
                    .get("quit")
                    .is_some_and(|at| scene.now < at.after(std::time::Duration::from_secs(1))) =>
        {
            scene.say("-ERR [IN-USE] not yet\r\n");
        }
        other => scene.honestly(&other),
    })
}

/// Passwords are taken inside TLS only, by USER alone, and nothing can be asked in clear.
fn tls_only() -> Twin {
    let mut config = config();
    config.allow_plaintext_login = false;
    Twin::of(Honest::new(config), |scene, happens| scene.honestly(&happens))
}

/// Says what it does in other words.
fn other_words() -> Twin {
    fn changed(answer: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(answer);
        text.replace("+OK message follows", "+OK 1939 octets")
            .replace("-ERR ", "-ERR [SYS/PERM] nein: ")
            .into_bytes()
    }
    Twin::new(|scene, happens| match happens {
        Happens::Line(line) if !line.starts_with(b"RETR") && !line.starts_with(b"TOP") => {
            let answer = scene.truth(line);
            scene.say(changed(&answer));
        }
        other => scene.honestly(&other),
    })
}

/// Closes at once after the reply to QUIT.
fn closes_after_quit(scene: &mut Scene<'_>, happens: &Happens<'_>) {
    scene.honestly(happens);
    if let Happens::Line(b"QUIT\r\n") = happens {
        scene.close();
    }
}

const SERVERS: &[Server] = &[
    ("hangs up after each refusal", hangs_up, &[]),
    ("no CAPA", || without(&["CAPA"]), &["server/stls/announced", "server/tls/offered"]),
    ("no TOP, no UIDL", || without(&["TOP", "UIDL"]), &[]),
    ("no TLS, no CAPA", || without(&["CAPA", "STLS"]).without_tls_port(), &["server/tls/offered"]),
    ("closes at once", || Twin::new(|scene, happens| closes_after_quit(scene, &happens)), &[]),
    ("grows", grows, &[]),
    ("EXPIRE 0", expires_at_once, &[]),
    ("first dot", first_dot, &["server/retr/first-dot"]),
    ("locks for a while", locks_for_a_while, &[]),
    ("TLS only", tls_only, &[]),
    ("other words", other_words, &[]),
    ("honest", honestly, &[]),
];

/// The server without the largest message, which takes long.
fn small(make: fn() -> Twin) -> Twin {
    let twin = make();
    twin.store().mail.borrow_mut().get_mut(USER).unwrap().retain(|(id, _)| id != "id-big");
    twin
}

#[test]
fn servers_that_are_right_in_another_way_are_not_accused() {
    let setup = Rc::new(setup());
    let all = server_probes();
    let mut wrong = String::new();
    for (part, (what, make, told_of)) in SERVERS.iter().enumerate() {
        let facts = Rc::new(survey(&setup, &mut small(*make)));
        for probe in some(all.iter().filter(|probe| SECTIONS.contains(&probe.section())), part) {
            // Whether passwords are taken in clear is a matter of configuration.
            if probe.id() == "server/stls/clear-passwords" {
                continue;
            }
            let outcome = run(probe, &setup, &facts, &mut small(*make));
            if outcome.verdict.is_accusation() != told_of.contains(&probe.id()) {
                wrong += &format!("{what}: {}\n", told(&outcome));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
