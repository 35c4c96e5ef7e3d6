//! Twins for `server/stls`.

use pop3_proto::conformance::Verdict;

use super::{Case, deviates, fails};
use crate::honest::{Honest, PASSWORD, USER, config};
use crate::twin::{Happens, Scene, Twin};

/// The list with this line added, if it is not there.
fn with(line: &'static str, list: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(list).unwrap();
    match text.strip_suffix(".\r\n") {
        Some(lines) if !lines.contains(&format!("\r\n{line}")) => format!("{lines}{line}.\r\n").into_bytes(),
        _ => text.into_bytes(),
    }
}

/// Commands that came in clear after STLS are kept until TLS is there.
fn keeps_what_came_in_clear() -> Twin {
    Twin::new(|scene, happens| match happens {
        Happens::Line(b"STLS\r\n") => {
            scene.note("waits").push(1);
            scene.honestly(&happens);
        }
        Happens::Line(line) if !scene.note("waits").is_empty() => scene.note("kept").extend_from_slice(line),
        Happens::Tls => {
            let asked = !core::mem::take(scene.note("waits")).is_empty();
            let kept = core::mem::take(scene.note("kept"));
            let answer = if asked { scene.truth(&kept) } else { scene.heard() };
            scene.say(answer);
        }
        other => scene.honestly(&other),
    })
}

/// A twin that does something else with lines that come inside TLS after STLS.
fn inside(twist: fn(&mut Scene<'_>, &Happens<'_>) -> bool) -> Twin {
    Twin::new(move |scene, happens| {
        if let Happens::Line(b"STLS\r\n") = happens {
            scene.note("stls").push(1);
        }
        if let Happens::Tls = happens
            && !scene.note("stls").is_empty()
        {
            scene.note("inside").push(1);
        }
        if scene.note("inside").is_empty() || !twist(scene, &happens) {
            scene.honestly(&happens);
        }
    })
}

/// A twin that takes STLS also after the login and inside TLS.
fn takes_stls_always() -> Twin {
    Twin::answering("STLS", |reply| if reply.starts_with(b"-") { b"+OK begin\r\n".into() } else { reply })
}

/// The honest server is set to do so.
fn takes_passwords_in_clear() -> Twin {
    Twin::new(|scene, happens| scene.honestly(&happens))
}

/// A twin that answers CAPA in place of a handshake.
fn for_a_handshake(reply: &'static str) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(b"STLS\r\n") => {
            scene.note("stls").push(1);
            scene.honestly(&happens);
        }
        Happens::Line(b"CAPA\r\n") if !scene.note("stls").is_empty() => scene.say(reply),
        other => scene.honestly(&other),
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/stls/announced", "2595-4-02", || Twin::answering("CAPA", |list| with("STLS\r\n", list))),
    fails("server/stls/announced", "2595-8-01", || Twin::answering("CAPA", |list| with("STLS\r\n", list))),
    fails("server/stls/announced", "2595-4-01", || Twin::answering("CAPA", |_| b"-ERR unknown\r\n".into())),
    fails("server/stls/works", "2595-8-02", || {
        // +OK, and no handshake.
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"STLS\r\n") => scene.say("+OK begin\r\n"),
            other => scene.honestly(&other),
        })
    }),
    fails("server/stls/works", "2595-8-02", || {
        inside(|scene, happens| {
            let is_login = ["USER", "PASS", "APOP", "AUTH"].iter().any(|verb| Scene::is(happens, verb));
            if is_login {
                scene.say("-ERR not here\r\n");
            }
            is_login
        })
    }),
    deviates("server/stls/works", "8314-4-03", || Twin::answering("STLS", |_| b"-ERR not now\r\n".into())),
    deviates("server/stls/argument", "2595-4-03", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"STLS x\r\n") => scene.honestly(&Happens::Line(b"STLS\r\n")),
            other => scene.honestly(&other),
        })
    }),
    fails("server/stls/behind-login", "1939-3-21", takes_stls_always),
    fails("server/stls/behind-login", "2595-4-03", takes_stls_always),
    fails("server/stls/last-clear-octet", "2595-4-04", || {
        Twin::answering("STLS", |reply| [reply, b"+OK go on\r\n".into()].concat())
    }),
    fails("server/stls/fresh-session", "2595-4-12", || {
        inside(|scene, happens| {
            if let Happens::Tls = happens {
                scene.say("+OK welcome inside\r\n");
            }
            false
        })
    }),
    fails("server/stls/fresh-session", "2595-4-07", || {
        inside(|scene, happens| {
            let is_stat = Scene::is(happens, "STAT");
            if is_stat {
                scene.say("+OK 0 0\r\n");
            }
            is_stat
        })
    }),
    fails("server/stls/injection-command", "2595-4-13", keeps_what_came_in_clear),
    fails("server/stls/injection-command", "2595-4-13", || {
        // It is answered at once, in clear.
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"STLS\r\n") => {
                scene.note("stls").push(1);
                scene.honestly(&happens);
            }
            Happens::Line(b"CAPA\r\n") if !scene.note("stls").is_empty() => scene.say("+OK\r\nTOP\r\n.\r\n"),
            other => scene.honestly(&other),
        })
    }),
    fails("server/stls/injection-command", "2595-4-13", || {
        // It is refused inside TLS, and the session goes on.
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"STLS\r\n") => {
                scene.note("waits").push(1);
                scene.honestly(&happens);
            }
            Happens::Line(_) if !scene.note("waits").is_empty() => {}
            Happens::Tls if !core::mem::take(scene.note("waits")).is_empty() => {
                scene.honestly(&happens);
                scene.say("-ERR not now\r\n");
            }
            other => scene.honestly(&other),
        })
    }),
    fails("server/stls/injection-half-line", "2595-4-13", || {
        Twin::new(|scene, happens| scene.honestly(&happens)).keeping_half_lines()
    }),
    fails("server/stls/injection-login", "2595-4-13", keeps_what_came_in_clear),
    fails("server/stls/injection-login", "2595-4-15", keeps_what_came_in_clear),
    deviates("server/stls/name-forgotten", "2595-4-15", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(line) if line.starts_with(b"USER") => {
                scene.note("name").extend_from_slice(line);
                scene.honestly(&happens);
            }
            Happens::Tls => {
                let name = core::mem::take(scene.note("name"));
                scene.honestly(&happens);
                scene.truth(&name);
            }
            other => scene.honestly(&other),
        })
    }),
    Case {
        probe: "server/stls/again",
        verdict: Verdict::Note,
        row: "2595-4-05",
        make: || {
            inside(|scene, happens| {
                let again = Scene::is(happens, "STLS");
                if again {
                    scene.say("+OK once more\r\n");
                }
                again
            })
        },
    },
    deviates("server/stls/broken-handshake", "2595-4-18", || {
        for_a_handshake("-ERR that is no handshake\r\n")
    }),
    fails("server/stls/broken-handshake", "2595-4-18", || for_a_handshake("+OK\r\nSTLS\r\n.\r\n")),
    fails("server/stls/clear-refusals-alike", "8314-4.1-01", || {
        let mut withdrawn = config();
        withdrawn.allow_plaintext_login = false;
        Twin::of(Honest::new(withdrawn), |scene, happens| {
            if let Happens::Tls = happens {
                scene.note("tls").push(1);
            }
            let in_clear = scene.note("tls").is_empty();
            match happens {
                Happens::Line(line) if in_clear && line == format!("USER {USER}\r\n").as_bytes() => {
                    scene.say("+OK\r\n");
                }
                Happens::Line(line) if in_clear && line.starts_with(b"PASS") => {
                    let right = line == format!("PASS {PASSWORD}\r\n").as_bytes();
                    scene.say(if right { "-ERR not in clear\r\n" } else { "-ERR wrong password\r\n" });
                }
                other => scene.honestly(&other),
            }
        })
    }),
    deviates("server/stls/clear-passwords", "2595-2.3-01", takes_passwords_in_clear),
    deviates("server/stls/clear-passwords", "2595-2.2-01", takes_passwords_in_clear),
    deviates("server/stls/clear-passwords", "4422-6.1.2-01", takes_passwords_in_clear),
    deviates("server/stls/clear-passwords", "4616-5-01", takes_passwords_in_clear),
    deviates("server/stls/clear-passwords", "5034-4-32", takes_passwords_in_clear),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
