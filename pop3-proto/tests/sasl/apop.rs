//! The server's side of APOP (RFC 1939 section 7).

use pop3_proto::server::session::{Event, Session};
use pop3_proto::server::{Config, Credentials, Domain, Phase};
use pop3_proto::{ApopDigest, ApopTimestamp, Code, Secret, Security, Time};

const STAMP: &str = "<1896.697170952@dbc.mtview.ca.us>";

/// Timestamp, secret, digest.
const VECTORS: [(&str, &str, &str); 5] = [
    (STAMP, "tanstaaf", "c4c9334bac560ecc979e58001b3e22fb"),
    ("<1896.697170952@mail.eudora.com>", "secret", "8f5de26536bc248ba202a9ca612e71bd"),
    (STAMP, "", "6d7379174f7df9fb329480e5c47c1f1a"),
    ("<1.2@h.example>", " Pa ss ", "73df56438ae67dc50470a64853d44347"),
    ("<1.2@h.example>", "IX", "782b437de2bbdcb9daa00cf0817ba5da"),
];

fn secret(text: &str) -> Secret<'_> {
    Secret::new(text.as_bytes())
}

fn of(timestamp: &str, text: &str) -> String {
    let digest = ApopDigest::of(ApopTimestamp::new(timestamp).unwrap(), secret(text)).unwrap();
    String::from_utf8(digest.to_hex().into()).unwrap()
}

fn from_hex(hex: &str) -> ApopDigest {
    ApopDigest::from_hex(hex.as_bytes()).unwrap()
}

#[test]
fn digests_of_the_rfcs() {
    for (timestamp, text, digest) in VECTORS {
        assert_eq!(of(timestamp, text), digest, "{timestamp} {text:?}");
    }
}

/// Proves 6856-2.2-06.
#[test]
fn secrets_beyond_ascii_are_prepared() {
    assert_eq!(of("<1.2@h.example>", "\u{2168}"), "782b437de2bbdcb9daa00cf0817ba5da");
    assert_eq!(of("<1.2@h.example>", "I\u{ad}X"), of("<1.2@h.example>", "IX"));
    assert_ne!(of("<1.2@h.example>", "ix"), of("<1.2@h.example>", "IX"));
}

/// Proves 6856-2.2-07.
#[test]
fn secrets_that_cannot_be_prepared_have_no_digest() {
    let timestamp = ApopTimestamp::new("<1.2@h.example>").unwrap();
    for bad in
        [&b"\xe0\x01"[..], "\u{e000}".as_bytes(), "\u{627}1".as_bytes(), "\u{ad}".as_bytes(), b"p\xe4ss"]
    {
        assert!(ApopDigest::of(timestamp, Secret::new(bad)).is_none(), "{}", bad.escape_ascii());
    }
    assert!(ApopDigest::of(timestamp, Secret::new(b"in ASCII \x07 as it is")).is_some());
}

fn config() -> Config {
    let mut config = Config::new();
    config.limits = config.limits.with_max_early_errors(50);
    config.apop = Domain::new("dbc.mtview.ca.us");
    assert!(config.apop.is_some());
    config
}

/// A session whose greeting has the timestamp of the RFC.
fn session(config: &Config) -> Session<&Config> {
    Session::new(config, Security::Plain).with_apop([1896, 697_170_952])
}

/// Only the digest of the session's own timestamp and the user's secret matches.
#[test]
fn the_digest_is_compared_with_the_own_timestamp() {
    let config = config();
    let session = session(&config);
    let right = from_hex(VECTORS[0].2);
    assert!(session.apop_matches(&right, Some(secret("tanstaaf"))));
    for wrong in ["tanstaa", "tanstaaf ", "Tanstaaf", ""] {
        assert!(!session.apop_matches(&right, Some(secret(wrong))), "{wrong:?}");
    }
    assert!(!session.apop_matches(&from_hex(VECTORS[1].2), Some(secret("secret"))), "another timestamp");
    for at in 0..16 {
        let mut octets = *right.octets();
        octets[at] ^= 1;
        assert!(!session.apop_matches(&ApopDigest::new(octets), Some(secret("tanstaaf"))), "byte {at}");
    }
}

/// Nobody gets in without a secret, whatever stands in for it, and an empty one is none.
///
/// Proves 4422-3.6-02.
/// Covers apop-empty-secret.
#[test]
fn without_a_secret_every_digest_fails() {
    let config = config();
    let session = session(&config);
    for guess in ["tanstaaf", "", "nobody", "\0"] {
        for none in [None, Some(secret(""))] {
            assert!(!session.apop_matches(&from_hex(&of(STAMP, guess)), none), "{guess:?}");
        }
    }
}

/// Proves 1939-7-24.
#[test]
fn without_a_timestamp_nothing_matches() {
    let (with, without) = (config(), Config::new());
    for session in [Session::new(&with, Security::Plain), session(&without)] {
        assert!(session.timestamp().is_none());
        for (_, text, digest) in VECTORS {
            assert!(!session.apop_matches(&from_hex(digest), Some(secret(text))));
        }
    }
}

/// What a session sends in answer to what a client sends; the users are `mrose` and `nobody`.
fn talk(session: &mut Session<&Config>, line: &[u8]) -> String {
    let mut out = Vec::new();
    let mut window = line;
    loop {
        match session.receive(Time::ZERO, &mut window, &mut out) {
            Event::NeedInput => return String::from_utf8(out).unwrap(),
            Event::Login { credentials: Credentials::Apop(digest), reply } => {
                let known = (session.user() == Some(b"mrose")).then_some(secret("tanstaaf"));
                if session.apop_matches(&digest, known) {
                    reply.accept(session, &mut out, "maildrop has 1 message (369 octets)");
                } else {
                    reply.err(session, &mut out, Code::Auth, "permission denied");
                }
            }
            _ => {}
        }
    }
}

const DENIED: &str = "-ERR [AUTH] permission denied\r\n";

/// Proves 1939-7-24, 1939-7-27, 1939-7-30.
/// Covers apop-digest-length, names-told-by-refusals.
#[test]
fn the_dialogue_of_the_rfc() {
    let config = config();
    let mut session = session(&config);
    assert_eq!(talk(&mut session, b""), format!("+OK POP3 server ready {STAMP}\r\n"));
    assert_eq!(talk(&mut session, b"APOP nobody c4c9334bac560ecc979e58001b3e22fb\r\n"), DENIED);
    assert_eq!(talk(&mut session, b"APOP mrose c4c9334bac560ecc979e58001b3e22fc\r\n"), DENIED);
    assert_eq!(session.phase(), Phase::Authorization);
    for bad in [
        "APOP mrose C4C9334BAC560ECC979E58001B3E22FB",
        "APOP mrose c4c9334bac560ecc979e58001b3e22f",
        "APOP mrose c4c9334bac560ecc979e58001b3e22fb0",
        "APOP mrose c4c9334bac560ecc979e58001b3e22fg",
        "APOP mrose c4c9334bac560ecc979e58001b3e22fb x",
        "APOP mrose",
        "APOP",
    ] {
        let said = talk(&mut session, format!("{bad}\r\n").as_bytes());
        assert!(said.starts_with("-ERR ") && !said.starts_with("-ERR ["), "{bad}: {said}");
    }
    assert_eq!(
        talk(&mut session, b"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n"),
        "+OK maildrop has 1 message (369 octets)\r\n"
    );
    assert_eq!(session.phase(), Phase::Transaction);
    assert_eq!(session.user(), Some(&b"mrose"[..]));
    let again = talk(&mut session, b"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n");
    assert_eq!(again, "-ERR already logged in\r\n");
}

/// Proves 1939-7-24.
#[test]
fn a_greeting_without_a_timestamp_offers_no_apop() {
    let config = Config::new();
    let mut session = Session::new(&config, Security::Tls);
    assert_eq!(talk(&mut session, b""), "+OK POP3 server ready\r\n");
    let said = talk(&mut session, b"APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n");
    assert_eq!(said, "-ERR APOP is not available\r\n");
}
