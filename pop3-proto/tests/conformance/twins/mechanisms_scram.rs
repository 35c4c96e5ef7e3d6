//! Twins for `server/mechanisms`: SCRAM.

use base64ct::{Base64, Encoding as _};

use super::mechanisms::{ERR, OK, challenge, data, holds, in_auth, listing, refusing, taking};
use super::{Case, deviates, fails};
use crate::honest::{PREP_PASSWORD, PREP_USER};
use crate::twin::{Happens, Twin};

/// A twin that has stored the keys of the prepared account's password as it is.
fn with_unprepared_keys() -> Twin {
    Twin::new(|scene, happens| {
        let Happens::Line(line) = happens else { return scene.honestly(&happens) };
        let honest = scene.truth(line);
        let message = core::str::from_utf8(line.trim_ascii_end()).ok();
        let message = message.and_then(|text| Base64::decode_vec(text).ok()).unwrap_or_default();
        if holds(&message, &format!("n,,n={PREP_USER},")) {
            scene.note("prepared").push(1);
        }
        if scene.note("prepared").is_empty() || !message.starts_with(b"c=") {
            return scene.say(honest);
        }
        scene.note("prepared").clear();
        if honest.starts_with(b"+") {
            scene.truth(b"*\r\n");
            return scene.say(ERR);
        }
        scene.truth(format!("USER {PREP_USER}\r\n").as_bytes());
        let login = scene.truth(format!("PASS {PREP_PASSWORD}\r\n").as_bytes());
        scene.say(login);
    })
}

/// Changes the first message of the server.
fn server_first(change: fn(&str) -> String) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(line) => {
            let honest = scene.truth(line);
            let first = data(&honest).filter(|data| data.starts_with("r="));
            scene.say(first.map_or(honest, |first| challenge(change(&first))));
        }
        other => scene.honestly(&other),
    })
}

/// Changes what comes after the right final message: the signature.
fn signature(change: fn(Vec<u8>) -> Vec<u8>) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(line) => {
            let honest = scene.truth(line);
            let signed = data(&honest).is_some_and(|data| data.starts_with("v="));
            scene.say(if signed { change(honest) } else { honest });
        }
        other => scene.honestly(&other),
    })
}

pub(super) const CASES: &[Case] = &[
    deviates("server/mechanisms/strong-offered", "5034-4-34", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"CAPA\r\n") => {
                let list = String::from_utf8(scene.truth(b"CAPA\r\n")).unwrap();
                let lines = list.split_inclusive('\n');
                let lines =
                    lines.map(|line| if line.starts_with("SASL") { "SASL PLAIN LOGIN\r\n" } else { line });
                scene.say(lines.collect::<String>());
            }
            Happens::Line(line) => scene.honestly(&Happens::Line(line)),
            _ => {
                let greeting = String::from_utf8(scene.heard()).unwrap();
                scene.say(greeting.replace(['<', '>'], ""));
            }
        })
    }),
    deviates("server/mechanisms/scram-prepared", "5802-2.2-01", with_unprepared_keys),
    fails("server/mechanisms/scram-set", "5802-6-01", || {
        listing(|list| list.replace(" SCRAM-SHA-256 ", " "))
    }),
    deviates("server/mechanisms/scram-set", "5802-4-01", || {
        listing(|list| list.replace(" SCRAM-SHA-1-PLUS", "").replace(" SCRAM-SHA-1", ""))
    }),
    fails("server/mechanisms/scram-login", "5802-5-01", || signature(|_| b"+OK v=here\r\n".to_vec())),
    fails("server/mechanisms/scram-login", "5034-4-27", || signature(|_| challenge("v=AAAA"))),
    deviates("server/mechanisms/scram-login", "7677-3-01", || refusing("SCRAM-SHA-256", |_| true)),
    fails("server/mechanisms/scram-server-first", "5802-5.1-01", || {
        server_first(|first| first.split(',').rev().collect::<Vec<_>>().join(","))
    }),
    fails("server/mechanisms/scram-server-first", "5802-7-01", || {
        server_first(|first| format!("r=another{}", first.strip_prefix("r=").unwrap()))
    }),
    deviates("server/mechanisms/scram-server-first", "5802-5.1-09", || {
        server_first(|first| first.replace(",i=4096", ",i=1000"))
    }),
    fails("server/mechanisms/scram-bad-first", "5802-5-02", || {
        in_auth(
            "SCRAM",
            |message, honest| {
                if message.starts_with(b"x,,") { challenge("r=x,s=AAAA,i=4096") } else { honest }
            },
        )
    }),
    fails("server/mechanisms/scram-bad-first", "5802-5.1-02", || {
        in_auth(
            "SCRAM",
            |message, honest| if holds(message, "=2G,") { challenge("r=x,s=AAAA,i=4096") } else { honest },
        )
    }),
    fails("server/mechanisms/scram-bad-first", "5802-5.1-04", || {
        taking("SCRAM", |message| message.starts_with(b"n,,m="))
    }),
    fails("server/mechanisms/scram-extension", "5802-5.1-05", || {
        refusing("SCRAM", |message| message.ends_with(b",x=1"))
    }),
    fails("server/mechanisms/scram-bad-final", "5802-5.1-07", || {
        taking("SCRAM", |message| holds(message, "x,p="))
    }),
    fails("server/mechanisms/scram-bad-final", "5802-6-05", || {
        taking("SCRAM", |message| message.starts_with(b"c=eSws,"))
    }),
    fails("server/mechanisms/scram-bad-final", "5802-5.1-10", || {
        in_auth("SCRAM", |message, honest| match message.starts_with(b"c=") && honest.starts_with(b"-ERR") {
            true => challenge("v=AAAA"),
            false => honest,
        })
    }),
    fails("server/mechanisms/scram-downgrade", "5802-6-03", || {
        taking("SCRAM", |message| message.starts_with(b"y,,"))
    }),
    fails("server/mechanisms/scram-binding", "5802-6-04", || {
        taking("SCRAM", |message| message.starts_with(b"p=x-no"))
    }),
    fails("server/mechanisms/scram-binding", "9266-2-01", || {
        in_auth("SCRAM", |message, honest| match message.starts_with(b"c=") && honest.starts_with(b"-ERR") {
            true => OK.to_vec(),
            false => honest,
        })
    }),
    deviates("server/mechanisms/scram-binding", "9266-3-01", || {
        refusing("SCRAM", |message| message.starts_with(b"p=tls-exporter"))
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
