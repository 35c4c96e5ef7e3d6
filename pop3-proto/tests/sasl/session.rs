//! Whole dialogues between a client and a session with the mechanisms of the crate.

use pop3_proto::sasl::Why;
use pop3_proto::server::{Config, Phase};
use pop3_proto::{Mechanism, Security};

use crate::cram_md5::{self, challenge_of};
use crate::dialogues as said;
use crate::drive::{Host, Seen, WHY, base64, bound, channel, done, on_port, text};
use crate::scram_client::{EXPORTER, LATER, PUBLISHED, SERVER, UNIQUE, VECTORS, keys};
use crate::whole_server::{MECHANISMS, WholeServer, config};

/// All users that the dialogues know.
pub(crate) fn host() -> Host<'static> {
    Host {
        passwords: &[
            ("test", "test"),
            ("user", "pencil"),
            ("tim", "tanstaaftanstaaf"),
            ("Kurt", "xipj3plmq"),
        ],
        keys: VECTORS.iter().map(|vector| (vector.name, keys(vector.hash))).collect(),
        tokens: &[
            ("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "user@example.com"),
            ("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", "someuser@example.com"),
        ],
        why: WHY,
        deputies: &[("a,b=c", "adm")],
    }
}

/// A session inside TLS that offers everything.
fn whole(config: &Config) -> WholeServer<'_> {
    WholeServer::new(config, Security::Tls, channel(), host())
}

fn let_in(whole: &mut WholeServer<'_>, dialogue: &str, end: Seen) {
    whole.play(dialogue);
    assert_eq!((&whole.let_in[..], whole.server.phase()), (&[end][..], Phase::Transaction), "{dialogue}");
    assert_eq!(whole.say("AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q="), "-ERR logged in\r\n");
    assert_eq!(whole.say("AUTH PLAIN"), "-ERR logged in\r\n");
    assert_eq!(whole.say("NOOP"), "+OK\r\n");
}

fn kept_out(whole: &mut WholeServer<'_>, dialogue: &str) {
    whole.play(dialogue);
    assert_eq!((&whole.let_in[..], whole.server.phase()), (&[][..], Phase::Authorization), "{dialogue}");
    assert_eq!(whole.say("STAT"), "-ERR log in first\r\n");
    whole.play(said::PLAIN);
    assert_eq!(whole.let_in, [done("test")], "the next one gets in");
}

/// Proves 5034-4-02, 5034-4-03, 5034-4-05, 5034-4-06, 5034-4-20, 5034-4-31, 4422-5-01.
/// Proves 4422-3.8-01, 4616-2-01.
#[test]
fn plain_in_one_and_in_two_steps() {
    let config = config(&MECHANISMS);
    let_in(&mut whole(&config), said::PLAIN, done("test"));
    let_in(&mut whole(&config), said::PLAIN_TWO_STEPS, done("test"));
}

/// Proves 5034-4-20, 5034-4-34, 2195-2-01.
#[test]
fn cram_md5() {
    let config = config(&MECHANISMS);
    let mut whole = whole(&config);
    whole.channel.host = cram_md5::HOST;
    // Apart from the nonce the lines are those of the RFC.
    let dialogue = |challenge: &str| {
        let response = cram_md5::response("tim", "tanstaaftanstaaf", challenge);
        let (challenge, response) = (text(challenge), text(response));
        format!("C: AUTH CRAM-MD5\nS: + {challenge}\nC: {response}\nS: +OK CRAM authentication successful\n")
    };
    assert_eq!(dialogue(cram_md5::PUBLISHED), said::CRAM_MD5);
    let_in(&mut whole, &dialogue(&challenge_of(SERVER, cram_md5::HOST)), done("tim"));
}

/// Proves 5034-4-12, 4422-A.1-01, 4422-A.1-02, 4422-5-01.
#[test]
fn external() {
    let config = config(&MECHANISMS);
    for dialogue in [said::EXTERNAL, said::EXTERNAL_TWO_STEPS] {
        let mut whole = whole(&config);
        whole.channel.external = Some("admin");
        let_in(&mut whole, dialogue, done("admin"));
    }
    let mut refused = whole(&config);
    refused.channel.external = Some("admin");
    kept_out(&mut refused, said::EXTERNAL_OTHER);
    let mut uncertified = whole(&config);
    assert_eq!(uncertified.say("AUTH EXTERNAL ="), "-ERR [AUTH] refused\r\n");
    assert_eq!(uncertified.say("AUTH EXTERNAL"), "-ERR [AUTH] refused\r\n", "without a challenge");
    assert_eq!(uncertified.not_begun, [Why::Channel; 2]);
}

/// Proves 4505-2-01.
#[test]
fn anonymous() {
    let config = config(&MECHANISMS);
    let_in(&mut whole(&config), said::ANONYMOUS, Seen::Anonymous("sirhc".into()));
    let_in(&mut whole(&config), said::ANONYMOUS_EMPTY, Seen::Anonymous(String::new()));
}

/// Proves 0-login-01.
#[test]
fn login() {
    let config = config(&MECHANISMS);
    let_in(&mut whole(&config), said::LOGIN, done("user"));
    let_in(&mut whole(&config), said::LOGIN_AT_ONCE, done("user"));
}

/// Proves 5034-4-27, 5034-4-34, 5802-4-01, 5802-5-01, 5802-6.1-01, 7677-3-01, 9266-3-01.
#[test]
fn scram() {
    let config = config(&MECHANISMS);
    let dialogues = [
        said::SCRAM_SHA_1,
        said::SCRAM_SHA_256,
        said::SCRAM_SHA_256_Y,
        said::SCRAM_SHA_256_PLUS,
        said::SCRAM_SHA_1_PLUS,
        said::SCRAM_SHA_256_OTHER,
    ];
    for ((published, dialogue), vector) in PUBLISHED.iter().zip(dialogues).zip(VECTORS.iter()) {
        // Apart from the nonce the lines are those of the RFC.
        let in_one_step = dialogue != said::SCRAM_SHA_256_Y;
        assert_eq!(published.dialogue(in_one_step), dialogue);
        let dialogue = &*vector.dialogue(in_one_step);
        let mut whole = whole(&config);
        whole.channel = bound(SERVER, vector.bindings);
        let_in(&mut whole, dialogue, done(vector.acting_as.unwrap_or(vector.name)));
        let mut whole = WholeServer::new(&config, Security::Tls, bound(LATER, vector.bindings), host());
        let first = dialogue.lines().filter_map(|line| line.strip_prefix("C: ")).collect::<Vec<_>>();
        let heard: Vec<_> = first.iter().map(|line| whole.say(line)).collect();
        assert!(heard.iter().any(|line| line == "-ERR [AUTH] refused\r\n"), "replayed: {heard:?}");
        assert_eq!(whole.let_in, []);
    }
}

/// Proves 7628-3.1-01, 7628-3.2.2-01.
#[test]
fn oauthbearer() {
    let config = config(&MECHANISMS);
    let mut good = whole(&config);
    good.channel = on_port(110);
    let_in(&mut good, said::OAUTHBEARER, done("user@example.com"));
    for dialogue in [said::OAUTHBEARER_DISCOVERY, said::OAUTHBEARER_CANCELLED] {
        let mut refused = whole(&config);
        refused.channel = on_port(143);
        kept_out(&mut refused, dialogue);
    }
}

/// Proves 0-xoauth2-01, 0-xoauth2-03.
#[test]
fn xoauth2() {
    let config = config(&MECHANISMS);
    let_in(&mut whole(&config), said::XOAUTH2, done("someuser@example.com"));
    let_in(&mut whole(&config), said::XOAUTH2_TWO_STEPS, done("someuser@example.com"));
    let mut refused = whole(&config);
    refused.host.tokens = &[];
    refused.host.why = r#"{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}"#;
    kept_out(&mut refused, said::XOAUTH2_FAILURE);
}

/// 767 bytes, 1024 characters of base64, in one line and in two.
///
/// Proves 4616-2-03, 5034-4-18.
#[test]
fn the_largest_plain_message_that_has_to_be_taken() {
    let (z, c, p) = ("z".repeat(255), "c".repeat(255), "p".repeat(255));
    let line = text([&*z, &*c, &*p].join("\0"));
    assert_eq!(line.len(), 1024);
    let config = config(&MECHANISMS);
    let mut host = host();
    let passwords = [(&*c, &*p)];
    let deputies = [(&*c, &*z)];
    (host.passwords, host.deputies) = (&passwords, &deputies);
    for lines in [vec![format!("AUTH PLAIN {line}")], vec!["AUTH PLAIN".into(), line]] {
        let mut whole = WholeServer::new(&config, Security::Tls, channel(), host.clone());
        let heard: Vec<_> = lines.iter().map(|line| whole.say(line)).collect();
        assert_eq!(heard.last().unwrap(), "+OK welcome\r\n");
        assert_eq!(whole.let_in, [done(&z)]);
    }
}

/// 255 characters of four bytes each.
///
/// Proves 4505-2-02, 5034-4-18.
#[test]
fn the_largest_trace() {
    let trace = "\u{1d11e}".repeat(255);
    assert_eq!(base64(&trace).len(), 1360);
    let config = config(&MECHANISMS);
    let mut whole = whole(&config);
    assert_eq!(whole.say("AUTH ANONYMOUS"), "+ \r\n");
    assert_eq!(whole.say(text(&trace)), "+OK welcome\r\n");
    assert_eq!(whole.let_in, [Seen::Anonymous(trace)]);
}

/// A token of 9,000 bytes makes a line that is taken. One of 9,300 bytes makes a line above the limit, which
/// ends the exchange once, at the end of that line.
///
/// Proves 5034-4-18, 5034-4-19.
/// Covers over-long-exchange-line.
#[test]
fn tokens_around_the_limit() {
    let config = config(&MECHANISMS);
    let (good, bad) = ("+OK welcome\r\n+OK\r\n", "-ERR too long\r\n-ERR log in first\r\n");
    for (octets, heard) in [(4096, good), (9000, good), (9300, bad)] {
        let token = "t".repeat(octets);
        let tokens = [(&*token, "user")];
        let mut host = host();
        host.tokens = &tokens;
        let line = text(format!("n,a=user,\x01auth=Bearer {token}\x01\x01"));
        let mut whole = WholeServer::new(&config, Security::Tls, channel(), host);
        assert_eq!(whole.say("AUTH OAUTHBEARER"), "+ \r\n");
        let (front, back) = line.split_at(line.len() / 2);
        assert_eq!(whole.hear(front.as_bytes()), "", "no answer before the line ends");
        assert_eq!(whole.hear(format!("{back}\r\nNOOP\r\n").as_bytes()), heard, "{octets} bytes");
    }
}

fn capabilities(whole: &mut WholeServer<'_>) -> Option<String> {
    whole.say("CAPA").lines().find_map(|line| line.strip_prefix("SASL ")).map(Into::into)
}

/// Proves 5034-3-01, 5034-3-04, 5034-3-05, 5802-6-01, 7628-3-01, 4616-5-01, 5034-4-32, 4422-6.1.2-01.
#[test]
fn what_needs_tls_is_announced_inside_tls_only() {
    let config = config(&MECHANISMS);
    let mut clear = WholeServer::new(&config, Security::Plain, bound(SERVER, &[EXPORTER, UNIQUE]), host());
    assert_eq!(capabilities(&mut clear).unwrap(), "SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 ANONYMOUS");
    let mut inside = WholeServer::new(&config, Security::Tls, bound(SERVER, &[EXPORTER]), host());
    let all = MECHANISMS.map(|one| one.name).join(" ");
    assert_eq!(capabilities(&mut inside).unwrap(), all);
    inside.play(said::PLAIN);
    assert_eq!(capabilities(&mut inside).unwrap(), all, "also after the login");
}

/// Proves 4505-5-01.
#[test]
fn nothing_is_offered_that_nobody_turned_on() {
    let config = Config::new();
    assert_eq!(config.mechanisms.as_slice(), []);
    let some = [Mechanism::PLAIN];
    let config = crate::whole_server::config(&some);
    let mut whole = whole(&config);
    assert_eq!(capabilities(&mut whole).unwrap(), "PLAIN");
    for name in MECHANISMS.iter().map(|one| one.name).filter(|name| *name != "PLAIN") {
        assert_eq!(whole.say(format!("AUTH {name}")), "-ERR no mechanism\r\n");
    }
}
