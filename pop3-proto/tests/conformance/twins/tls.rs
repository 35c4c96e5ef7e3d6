//! Twins for `server/tls`.

use pop3_proto::conformance::{Setup, TlsFacts, Verdict};

use super::{Case, deviates, fails, notes};
use crate::honest::{Honest, config};
use crate::judge::{judge, setup};
use crate::twin::{Happens, Scene, Twin};

/// A twin whose handshake shows something else.
fn showing(change: fn(&mut TlsFacts)) -> Twin {
    let mut honest = Honest::new(config());
    change(&mut honest.tls);
    Twin::of(honest, |scene, happens| scene.honestly(&happens))
}

/// A twin that takes a hello of the version 3.`minor` in place of a handshake.
fn takes(minor: u8) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line([0x16, 3, _, _, _, 1, _, _, _, 3, offered, ..]) if *offered == minor => {
            scene.say([0x16, 3, minor, 0, 50, 2, 0, 0, 46, 3, minor, 0x19, 0x19]);
        }
        other => scene.honestly(&other),
    })
}

/// Does something when a line comes before the handshake on the TLS port, or when that handshake is done.
fn on_the_tls_port(twist: fn(&mut Scene<'_>, &Happens<'_>) -> bool) -> Twin {
    Twin::new(move |scene, happens| {
        if let Happens::Open = happens {
            scene.note("clear").push(1);
        }
        if !scene.note("clear").is_empty() || !twist(scene, &happens) {
            scene.honestly(&happens);
        }
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/tls/handshake-first", "8314-3.1-01", || {
        on_the_tls_port(|scene, happens| {
            if let Happens::Tls = happens {
                scene.note("tls").push(1);
            }
            let in_clear = scene.note("tls").is_empty();
            if in_clear {
                scene.say("-ERR TLS first\r\n");
            }
            in_clear
        })
    }),
    fails("server/tls/greeting-inside", "8314-3.1-02", || {
        on_the_tls_port(|scene, happens| {
            if let Happens::Tls = happens {
                scene.heard();
            }
            matches!(happens, Happens::Tls)
        })
    }),
    fails("server/tls/greeting-inside", "8314-3.1-04", || {
        Twin::answering("STAT", |reply| if reply.starts_with(b"-") { b"+OK 0 0\r\n".into() } else { reply })
    }),
    fails("server/tls/no-stls", "8314-3.1-05", || {
        on_the_tls_port(|scene, happens| match happens {
            Happens::Line(b"CAPA\r\n") => {
                let list = String::from_utf8(scene.truth(b"CAPA\r\n")).unwrap();
                scene.say(list.replace("\r\n.\r\n", "\r\nSTLS\r\n.\r\n"));
                true
            }
            _ => false,
        })
    }),
    fails("server/tls/no-stls", "8314-3.1-05", || {
        on_the_tls_port(|scene, happens| {
            let stls = Scene::is(happens, "STLS");
            if stls {
                scene.say("+OK begin\r\n");
            }
            stls
        })
    }),
    deviates("server/tls/closure", "8314-3.4-01", || {
        on_the_tls_port(|scene, happens| {
            let quit = Scene::is(happens, "QUIT");
            if quit {
                scene.honestly(happens);
                scene.truncate();
            }
            quit
        })
    }),
    fails("server/tls/old-versions", "8314-4-04", || showing(|facts| facts.version = "TLSv1_1".into())),
    deviates("server/tls/old-versions", "8997-3-01", || takes(2)),
    deviates("server/tls/old-versions", "8997-3-01", || takes(1)),
    fails("server/tls/old-versions", "8997-3-01", || takes(0)),
    fails("server/tls/old-versions", "6186-6-02", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line([0x80, _, 1, 0, 2, ..]) => scene.say([0x80, 0x20, 4, 0, 1, 0, 2, 0, 1]),
            other => scene.honestly(&other),
        })
    }),
    fails("server/tls/certificate", "8314-4.4-01", || {
        showing(|facts| facts.certificate = Some("expired".into()))
    }),
    deviates("server/tls/certificate", "7817-5-01", || {
        showing(|facts| {
            facts.certificate = Some("it is for another host".into());
            facts.wrong_name = true;
        })
    }),
    notes("server/tls/asks-certificate", "8314-4.2-01", || showing(|facts| facts.asked_certificate = true)),
    deviates("server/tls/offered", "8314-4-02", || Twin::new(|s, h| s.honestly(&h)).without_tls_port()),
    deviates("server/tls/offered", "8314-4-01", || {
        Twin::answering("CAPA", |list| {
            String::from_utf8(list).unwrap().replace("\r\nSTLS\r\n", "\r\n").into_bytes()
        })
        .without_tls_port()
    }),
    deviates("server/tls/offered", "8314-4-02", || {
        Twin::answering("CAPA", |list| {
            String::from_utf8(list).unwrap().replace("\r\nSTLS\r\n", "\r\n").into_bytes()
        })
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}

#[test]
fn a_certificate_that_lets_nobody_in_is_a_deviation() {
    let setup = Setup { certificate: true, ..setup() };
    let asks = || showing(|facts| facts.asked_certificate = true);
    assert_eq!(judge("server/tls/asks-certificate", setup, asks).verdict, Verdict::Deviation);
}
