//! Twins for `server/mechanisms`, all but SCRAM.

use base64ct::{Base64, Encoding as _};

use super::{Case, deviates, fails};
use crate::honest::{Honest, PREP_PASSWORD, SPACED_USER, TOKEN, USER, config};
use crate::judge::{judge, setup, told};
use crate::twin::{Happens, Twin};

/// A twin that changes the answers to the responses of mechanisms that begin like this, from the message and
/// the honest answer. An initial response counts as well.
pub(super) fn in_auth(mechanism: &'static str, change: impl Fn(&[u8], Vec<u8>) -> Vec<u8> + 'static) -> Twin {
    in_auth_of(Honest::new(config()), mechanism, change)
}

/// The same, of this server.
fn in_auth_of(
    honest: Honest,
    mechanism: &'static str,
    change: impl Fn(&[u8], Vec<u8>) -> Vec<u8> + 'static,
) -> Twin {
    Twin::of(honest, move |scene, happens| {
        let Happens::Line(line) = happens else { return scene.honestly(&happens) };
        let mut words = line.trim_ascii_end().split(|octet| *octet == b' ');
        let response = match line.starts_with(b"AUTH ") {
            true if words.nth(1).is_some_and(|name| name.starts_with(mechanism.as_bytes())) => {
                *scene.note("mechanism") = b"runs".to_vec();
                words.next()
            }
            true => None,
            false => (!scene.note("mechanism").is_empty()).then(|| line.trim_ascii_end()),
        };
        let honest = scene.truth(line);
        let message = response.and_then(|text| Base64::decode_vec(core::str::from_utf8(text).ok()?).ok());
        let answer = message.map_or_else(|| honest.clone(), |message| change(&message, honest.clone()));
        if !answer.starts_with(b"+ ") {
            scene.note("mechanism").clear();
            // The honest server must not wait for the rest of the exchange.
            if honest.starts_with(b"+ ") {
                scene.truth(b"*\r\n");
            }
        }
        scene.say(answer);
    })
}

pub(super) fn challenge(data: impl AsRef<[u8]>) -> Vec<u8> {
    format!("+ {}\r\n", Base64::encode_string(data.as_ref())).into_bytes()
}

/// What a challenge holds, as text.
pub(super) fn data(answer: &[u8]) -> Option<String> {
    let text = core::str::from_utf8(answer.trim_ascii_end().strip_prefix(b"+ ")?).ok()?;
    String::from_utf8(Base64::decode_vec(text).ok()?).ok()
}

pub(super) const OK: &[u8] = b"+OK\r\n";
pub(super) const ERR: &[u8] = b"-ERR no\r\n";

/// A twin that takes every message of the mechanism that has these octets.
pub(super) fn taking(mechanism: &'static str, holds: fn(&[u8]) -> bool) -> Twin {
    either(mechanism, holds, OK)
}

/// A twin that refuses every message of the mechanism that has these octets.
pub(super) fn refusing(mechanism: &'static str, holds: fn(&[u8]) -> bool) -> Twin {
    either(mechanism, holds, ERR)
}

fn either(mechanism: &'static str, holds: fn(&[u8]) -> bool, octets: &'static [u8]) -> Twin {
    in_auth(mechanism, move |message, honest| if holds(message) { octets.to_vec() } else { honest })
}

/// A twin whose lists of capabilities are changed.
pub(super) fn listing(change: fn(String) -> String) -> Twin {
    Twin::answering("CAPA", move |list| change(String::from_utf8(list).unwrap()).into_bytes())
}

/// A twin that has ANONYMOUS, and takes the messages that fit.
fn anonymous(fits: fn(&[u8]) -> bool) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(b"CAPA\r\n") => {
            let list = String::from_utf8(scene.truth(b"CAPA\r\n")).unwrap();
            scene.say(list.replace("SASL ", "SASL ANONYMOUS "));
        }
        Happens::Line(b"AUTH ANONYMOUS\r\n") => {
            scene.note("guest").push(1);
            scene.say("+ \r\n");
        }
        Happens::Line(line) if !scene.note("guest").is_empty() => {
            scene.note("guest").clear();
            let message = Base64::decode_vec(core::str::from_utf8(line.trim_ascii_end()).unwrap()).unwrap();
            scene.say(if fits(&message) { OK } else { ERR });
        }
        other => scene.honestly(&other),
    })
}

pub(super) fn holds(message: &[u8], part: &str) -> bool {
    message.windows(part.len()).any(|window| window == part.as_bytes())
}

/// A twin that has EXTERNAL, and a client with a certificate.
fn certified(change: fn(&[u8], Vec<u8>) -> Vec<u8>) -> Twin {
    in_auth_of(Honest::certified(), "EXTERNAL", change)
}

pub(super) const PLAIN: &[Case] = &[
    deviates("server/mechanisms/plain-offered", "5034-4-31", || listing(|list| list.replace(" PLAIN", ""))),
    deviates("server/mechanisms/plain-prepared", "4616-2-08", || {
        refusing("PLAIN", |message| message.ends_with(PREP_PASSWORD.as_bytes()))
    }),
    fails("server/mechanisms/plain", "4616-2-01", || Twin::answering("AUTH PLAIN ", |_| ERR.to_vec())),
    fails("server/mechanisms/plain-refused", "4422-3.6-01", || {
        in_auth("PLAIN", |_, honest| if honest.starts_with(b"-ERR") { OK.to_vec() } else { honest })
    }),
    deviates("server/mechanisms/plain-refused", "4422-3.6-02", || {
        in_auth("PLAIN", |message, honest| match honest.starts_with(b"-ERR") && holds(message, USER) {
            true => b"-ERR [AUTH] the password is wrong\r\n".to_vec(),
            false => honest,
        })
    }),
    fails("server/mechanisms/plain-malformed", "4616-2-02", || {
        taking("PLAIN", |message| message.ends_with(b"Q\0"))
    }),
    fails("server/mechanisms/plain-malformed", "4616-2-04", || {
        taking("PLAIN", |message| message.ends_with(b"r\0"))
    }),
    fails("server/mechanisms/plain-malformed", "4422-3.4.1-01", || {
        taking("PLAIN", |message| message.starts_with(b"\0\0tester"))
    }),
    fails("server/mechanisms/plain-authzid", "4616-2-07", || {
        taking("PLAIN", |message| message.starts_with(b"pop3check"))
    }),
    fails("server/mechanisms/plain-line-ends", "4616-A-01", || {
        in_auth("PLAIN", |message, honest| match holds(message, "forged") {
            true => b"-ERR there is no x\r\n+OK forged\r\n".to_vec(),
            false => honest,
        })
    }),
    fails("server/mechanisms/plain-prohibited", "4616-2-06", || {
        taking("PLAIN", |message| message.starts_with(b"\0\xC2\xAD\0"))
    }),
    fails("server/mechanisms/plain-prohibited", "6856-2.2-04", || {
        in_auth(
            "PLAIN",
            |message, honest| if message.contains(&0xC3) { b"-ERR\r\n-ERR\r\n".to_vec() } else { honest },
        )
    }),
];

pub(super) const CRAM: &[Case] = &[
    fails("server/mechanisms/cram-challenge", "2195-2-01", || {
        Twin::answering("AUTH CRAM-MD5", |_| challenge("<1896.697170952@pop.example.com>"))
    }),
    deviates("server/mechanisms/cram-challenge", "2195-2-01", || {
        Twin::answering("AUTH CRAM-MD5", |answer| challenge(data(&answer).unwrap().replace(['<', '>'], "")))
    }),
    fails("server/mechanisms/cram-login", "2195-2-05", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(_) if !scene.note("cram").is_empty() => {
                scene.note("cram").clear();
                // Whatever the digest is, the server asks for more.
                scene.truth(b"AAAA\r\n");
                scene.note("more").push(1);
                scene.say(challenge("more"));
            }
            Happens::Line(_) if !scene.note("more").is_empty() => {
                scene.note("more").clear();
                scene.say(ERR);
            }
            Happens::Line(line) => {
                if line == b"AUTH CRAM-MD5\r\n" {
                    scene.note("cram").push(1);
                }
                scene.honestly(&happens);
            }
            other => scene.honestly(&other),
        })
    }),
    deviates("server/mechanisms/cram-login", "2195-2-05", || {
        in_auth(
            "CRAM-MD5",
            |message, honest| if message.starts_with(b"tester ") { ERR.to_vec() } else { honest },
        )
    }),
    fails("server/mechanisms/cram-spaced-name", "2195-2-04", || {
        refusing("CRAM-MD5", |message| message.starts_with(SPACED_USER.as_bytes()))
    }),
    // One password for both, as nearly everybody has.
    deviates("server/mechanisms/cram-and-clear", "2195-4-01", || {
        Twin::new(|scene, happens| scene.honestly(&happens))
    }),
];

pub(super) const OTHERS: &[Case] = &[
    fails("server/mechanisms/login", "0-login-01", || refusing("LOGIN", |message| message.ends_with(b"Q"))),
    fails("server/mechanisms/login", "0-login-01", || {
        in_auth("LOGIN", |message, honest| if message.ends_with(b"Q") { challenge("And:") } else { honest })
    }),
    fails("server/mechanisms/external", "4422-A.1-02", || {
        certified(|message, honest| if message.is_empty() { honest } else { OK.to_vec() })
    }),
    deviates("server/mechanisms/external", "4422-A.1-01", || {
        Twin::of(Honest::certified(), |scene, happens| match happens {
            Happens::Line(b"CAPA\r\n") => {
                let list = String::from_utf8(scene.truth(b"CAPA\r\n")).unwrap();
                scene.say(list.replace(" EXTERNAL", ""));
            }
            other => scene.honestly(&other),
        })
    }),
    fails("server/mechanisms/external-without", "4422-A.1-02", || {
        Twin::answering("AUTH EXTERNAL", |_| OK.to_vec())
    }),
    fails("server/mechanisms/anonymous-off", "4505-5-01", || {
        Twin::answering("AUTH ANONYMOUS", |_| OK.to_vec())
    }),
    deviates("server/mechanisms/anonymous-off", "4505-5-01", || anonymous(|message| message.len() < 256)),
    fails("server/mechanisms/anonymous", "4505-2-01", || {
        anonymous(|message| message.len() < 256 && !message.is_empty())
    }),
    fails("server/mechanisms/anonymous", "4505-2-02", || anonymous(|message| message.len() < 100)),
    deviates("server/mechanisms/anonymous", "4505-2-02", || anonymous(|_| true)),
    deviates("server/mechanisms/bearer-clear", "7628-3-01", || {
        listing(
            |list| {
                if list.contains("OAUTHBEARER") { list } else { list.replace("SASL ", "SASL OAUTHBEARER ") }
            },
        )
    }),
    deviates("server/mechanisms/bearer-clear", "7628-3-01", || {
        Twin::new(|scene, happens| match happens {
            Happens::Tls => {
                scene.note("tls").push(1);
                scene.honestly(&happens);
            }
            Happens::Line(b"AUTH OAUTHBEARER\r\n") if scene.note("tls").is_empty() => scene.say("+ \r\n"),
            other => scene.honestly(&other),
        })
    }),
    fails("server/mechanisms/bearer-refused", "7628-3.2.2-01", || {
        taking("OAUTHBEARER", |message| holds(message, "no-token"))
    }),
    deviates("server/mechanisms/bearer-refused", "7628-3.2.2-01", || {
        refusing("OAUTHBEARER", |message| holds(message, "no-token"))
    }),
    fails("server/mechanisms/bearer-refused", "5034-4-20", || {
        taking("OAUTHBEARER", |message| message == b"\x01")
    }),
    fails("server/mechanisms/bearer-message", "7628-3.1-01", || {
        taking("OAUTHBEARER", |message| holds(message, TOKEN) && !message.ends_with(b"\x01\x01"))
    }),
    fails("server/mechanisms/bearer-message", "7628-3.1-02", || {
        taking("OAUTHBEARER", |message| holds(message, "x=y"))
    }),
    fails("server/mechanisms/bearer-message", "7628-3.1-04", || {
        taking("OAUTHBEARER", |message| message == b"\x01")
    }),
    fails("server/mechanisms/bearer-login", "7628-4-01", || {
        refusing("OAUTHBEARER", |message| holds(message, "BEARER"))
    }),
    fails("server/mechanisms/bearer-login", "7628-3.1-02", || {
        refusing("OAUTHBEARER", |message| holds(message, "xpop="))
    }),
    fails("server/mechanisms/bearer-login", "7628-3.1-01", || {
        refusing("OAUTHBEARER", |message| holds(message, "host="))
    }),
    deviates("server/mechanisms/bearer-host", "7628-3.2-01", || {
        taking("OAUTHBEARER", |message| holds(message, "port=1\x01"))
    }),
    fails("server/mechanisms/xoauth2-refused", "0-xoauth2-01", || {
        taking("XOAUTH2", |message| holds(message, "no-token"))
    }),
    fails("server/mechanisms/xoauth2-refused", "0-xoauth2-01", || {
        in_auth("XOAUTH2", |message, honest| if holds(message, "no-token") { Vec::new() } else { honest })
    }),
    fails("server/mechanisms/xoauth2-login", "0-xoauth2-01", || {
        Twin::answering("AUTH XOAUTH2\r\n", |_| ERR.to_vec())
    }),
];

#[test]
fn plain_is_caught() {
    super::check(PLAIN);
}

#[test]
fn cram_is_caught() {
    super::check(CRAM);
}

#[test]
fn others_are_caught() {
    super::check(OTHERS);
}

#[test]
fn a_right_server_with_anonymous_passes() {
    let outcome = judge("server/mechanisms/anonymous", setup(), || anonymous(|message| message.len() < 256));
    assert_eq!(outcome.verdict, pop3_proto::conformance::Verdict::Pass, "{}", told(&outcome));
}
