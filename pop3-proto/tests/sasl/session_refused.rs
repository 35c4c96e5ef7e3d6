//! Exchanges inside a session that are cancelled, refused, ill-formed or out of place.

use pop3_proto::sasl::server::Cause;
use pop3_proto::server::Phase;
use pop3_proto::{Limits, Security};

use crate::drive::{bound, channel, done, text};
use crate::scram_client::{EXPORTER, SERVER, UNIQUE, VECTORS};
use crate::session::host;
use crate::whole_server::{MECHANISMS, WholeServer, config};

/// In clear, mechanisms that show a password or a token, and those that bind to TLS, are refused before
/// anything is asked.
///
/// Proves 5034-4-04, 5034-4-32, 7628-3-01, 4616-5-01, 4422-6.1.2-01.
/// Covers login-in-clear.
#[test]
fn what_needs_tls_is_not_taken_in_clear() {
    let config = config(&MECHANISMS);
    let mut whole = WholeServer::new(&config, Security::Plain, bound(SERVER, &[EXPORTER, UNIQUE]), host());
    whole.channel.external = Some("admin");
    for name in [
        "PLAIN",
        "LOGIN",
        "EXTERNAL",
        "OAUTHBEARER",
        "XOAUTH2",
        "SCRAM-SHA-1-PLUS",
        "SCRAM-SHA-256-PLUS",
        "plain",
    ] {
        assert_eq!(whole.say(format!("AUTH {name}")), "-ERR in clear\r\n");
        assert_eq!(whole.say(format!("AUTH {name} dGVzdAB0ZXN0AHRlc3Q=")), "-ERR in clear\r\n");
        assert_eq!(whole.say(format!("AUTH {name} =")), "-ERR in clear\r\n");
    }
    assert_eq!(whole.let_in, []);
}

/// With the embedder's leave passwords go in clear; tokens and bindings still do not.
///
/// Proves 7628-3-01.
#[test]
fn leave_for_passwords_is_none_for_tokens() {
    let mut config = config(&MECHANISMS);
    config.allow_plaintext_login = true;
    let mut whole = WholeServer::new(&config, Security::Plain, bound(SERVER, &[EXPORTER]), host());
    let list = whole.say("CAPA");
    assert!(list.contains("SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN ANONYMOUS\r\n"), "{list}");
    for name in ["OAUTHBEARER", "XOAUTH2", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "EXTERNAL"] {
        assert_eq!(whole.say(format!("AUTH {name}")), "-ERR in clear\r\n");
    }
    assert_eq!(whole.say("AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q="), "+OK welcome\r\n");
}

/// What the client sends until a challenge is open, for each mechanism.
fn openings() -> Vec<(&'static str, Vec<String>)> {
    let mut all = vec![
        ("PLAIN", vec!["AUTH PLAIN".into()]),
        ("LOGIN", vec!["AUTH LOGIN".into()]),
        ("LOGIN", vec!["AUTH LOGIN".into(), text("user")]),
        ("EXTERNAL", vec!["AUTH EXTERNAL".into()]),
        ("ANONYMOUS", vec!["AUTH ANONYMOUS".into()]),
        ("CRAM-MD5", vec!["AUTH CRAM-MD5".into()]),
        ("OAUTHBEARER", vec!["AUTH OAUTHBEARER".into()]),
        ("OAUTHBEARER", vec![format!("AUTH OAUTHBEARER {}", text("n,,\x01auth=Bearer bad\x01\x01"))]),
        ("XOAUTH2", vec!["AUTH XOAUTH2".into()]),
        ("XOAUTH2", vec![format!("AUTH XOAUTH2 {}", text("user=user\x01auth=Bearer bad\x01\x01"))]),
    ];
    for vector in VECTORS.iter() {
        let name = vector.mechanism;
        all.push((name, vec![format!("AUTH {name}")]));
        all.push((name, vec![format!("AUTH {name} {}", text(vector.client_first))]));
        let whole = vec![format!("AUTH {name} {}", text(vector.client_first)), text(vector.client_final)];
        all.push((name, whole));
    }
    all
}

/// A session for one mechanism, with an open challenge.
fn opened<'c>(whole: &mut WholeServer<'c>, name: &str, lines: &[String]) {
    let vector = VECTORS.iter().find(|vector| {
        vector.mechanism == name && lines.iter().any(|line| line.contains(&text(vector.client_first)))
    });
    let vector = vector.or_else(|| VECTORS.iter().find(|vector| vector.mechanism == name));
    whole.channel = vector.map_or(channel(), |vector| bound(SERVER, vector.bindings));
    whole.channel.external = Some("admin");
    for line in lines {
        let heard = whole.say(line);
        assert!(heard.starts_with("+ ") && heard.ends_with("\r\n"), "{name}: {line} got {heard}");
    }
}

/// After it everything works as if it had not been there: another AUTH, and USER.
///
/// Proves 5034-4-09, 5034-4-29.
/// Covers exchange-aborted-anywhere.
#[test]
fn each_exchange_can_be_cancelled_at_each_step() {
    let mut config = config(&MECHANISMS);
    config.limits = Limits::DEFAULT.with_max_login_failures(u16::MAX);
    let mut whole = WholeServer::new(&config, Security::Tls, channel(), host());
    let before = whole.say("CAPA");
    for (name, lines) in openings() {
        opened(&mut whole, name, &lines);
        assert_eq!(whole.say("*"), "-ERR SASL authentication failed\r\n", "{name}");
        assert_eq!((whole.server.phase(), whole.let_in.len()), (Phase::Authorization, 0));
        assert_eq!(whole.say("CAPA"), before, "{name}");
        assert_eq!(whole.say("USER user"), "+OK PASS\r\n", "{name}");
    }
    assert_eq!(whole.say("AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q="), "+OK welcome\r\n");
    assert_eq!(whole.let_in, [done("test")]);
}

/// Proves 5034-4-12, 5034-4-14, 5034-4-16, 5034-4-17, 5034-4-29.
/// Covers invalid-base64-response, exchange-aborted-anywhere.
#[test]
fn each_exchange_ends_at_a_line_that_is_no_base64() {
    let mut config = config(&MECHANISMS);
    config.limits = Limits::DEFAULT.with_max_login_failures(u16::MAX);
    let mut whole = WholeServer::new(&config, Security::Tls, channel(), host());
    for (name, lines) in openings() {
        for bad in [
            "=", "====", "A", "AA", "AAA", "A===", "=AAA", "AAA=BBB", "AA==AAAA", "AA-_", "AA AA", "AAAA\t",
            "QR==",
        ] {
            opened(&mut whole, name, &lines);
            assert_eq!(whole.say(bad), "-ERR malformed\r\n", "{name} {bad:?}");
            assert_eq!((whole.server.phase(), whole.let_in.len()), (Phase::Authorization, 0));
        }
    }
    assert_eq!(whole.say("AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q="), "+OK welcome\r\n");
}

/// Empty lines, commands, and other bytes that are no response.
///
/// Proves 5034-4-20, 5034-4-29, 5034-4-35.
/// Covers empty-response, exchange-lines-as-commands, exchange-aborted-anywhere.
#[test]
fn each_exchange_fails_at_a_response_that_is_none() {
    let mut config = config(&MECHANISMS);
    config.limits = Limits::DEFAULT.with_max_login_failures(u16::MAX);
    let mut whole = WholeServer::new(&config, Security::Tls, channel(), host());
    for (name, lines) in openings() {
        for bad in ["", "QUIT", "NOOP", "STAT", "AQ==", "AAAA", "bixhPQ=="] {
            let proved = name.starts_with("SCRAM") && lines.len() == 2;
            if (proved || ["EXTERNAL", "ANONYMOUS"].contains(&name)) && bad.is_empty() {
                continue; // the empty response is the right one
            }
            if (name, bad) == ("ANONYMOUS", "bixhPQ==") {
                continue; // a trace as good as any
            }
            opened(&mut whole, name, &lines);
            let heard = whole.say(bad);
            // The password of LOGIN is asked for whatever the name is.
            let heard = if heard == "+ UGFzc3dvcmQ6\r\n" { whole.say(bad) } else { heard };
            assert_eq!(heard, "-ERR [AUTH] refused\r\n", "{name} {lines:?} {bad:?}");
            assert_eq!((whole.server.phase(), whole.let_in.len()), (Phase::Authorization, 0));
        }
    }
    assert_eq!(whole.say("AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q="), "+OK welcome\r\n");
}

/// The same as arguments of AUTH. A text that can be decoded and is no message is refused by the mechanism.
///
/// Proves 5034-4-04, 5034-4-14, 5034-4-16, 5034-4-17, 5034-5-01, 5034-5-04, 5034-5-05.
/// Covers invalid-base64-response.
#[test]
fn initial_responses() {
    let config = config(&MECHANISMS);
    for (line, heard) in [
        ("AUTH PLAIN", "+ \r\n"),
        ("auth plain", "+ \r\n"),
        ("AUTH PLAIN ", "-ERR malformed\r\n"),
        ("AUTH PLAIN =", "-ERR [AUTH] refused\r\n"),
        ("AUTH PLAIN *", "-ERR malformed\r\n"),
        ("AUTH PLAIN =AAA", "-ERR malformed\r\n"),
        ("AUTH PLAIN AAA=BBB", "-ERR malformed\r\n"),
        ("AUTH PLAIN AA==AAAA", "-ERR malformed\r\n"),
        ("AUTH PLAIN A", "-ERR malformed\r\n"),
        ("AUTH PLAIN AA", "-ERR malformed\r\n"),
        ("AUTH PLAIN AAA", "-ERR malformed\r\n"),
        ("AUTH PLAIN A===", "-ERR malformed\r\n"),
        ("AUTH PLAIN ====", "-ERR malformed\r\n"),
        ("AUTH PLAIN AA-_", "-ERR malformed\r\n"),
        ("AUTH PLAIN AA AA", "-ERR malformed\r\n"),
        ("AUTH PLAIN AAAA\t", "-ERR malformed\r\n"),
        ("AUTH PLAIN QR==", "-ERR malformed\r\n"),
        ("AUTH PLAIN QUIT", "-ERR [AUTH] refused\r\n"),
        ("AUTH PLAIN NOOP", "-ERR [AUTH] refused\r\n"),
        ("AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q=", "+OK welcome\r\n"),
        ("AUTH PLAIN DGVZDAB0ZXN0AHRLC3Q=", "-ERR [AUTH] refused\r\n"),
        ("AUTH X-NONE", "-ERR no mechanism\r\n"),
        ("AUTH PLAIN-PLUS", "-ERR no mechanism\r\n"),
    ] {
        let mut whole = WholeServer::new(&config, Security::Tls, channel(), host());
        assert_eq!(whole.say(line), heard, "{line:?}");
    }
}

/// Proves 5034-4-13, 4422-3-01.
#[test]
fn a_server_first_mechanism_takes_no_initial_response() {
    let config = config(&MECHANISMS);
    let mut whole = WholeServer::new(&config, Security::Tls, channel(), host());
    for name in ["CRAM-MD5", "cram-md5"] {
        for initial in ["=", "dGVzdA==", "dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"] {
            assert_eq!(whole.say(format!("AUTH {name} {initial}")), "-ERR initial response\r\n");
        }
    }
}

/// A user who does not exist gets the same answers, byte for byte but for the salt, as one whose password is
/// wrong.
///
/// Proves 4422-3.6-02.
/// Covers names-told-by-mechanisms, names-told-by-refusals.
#[test]
fn nobody_learns_who_exists() {
    let config = config(&MECHANISMS);
    let heard = |lines: &[String]| {
        let mut whole = WholeServer::new(&config, Security::Tls, channel(), host());
        whole.channel.fake_key = b"0123456789abcdef0123456789abcdef";
        let heard: Vec<_> = lines.iter().map(|line| whole.say(line)).collect();
        assert_eq!((whole.let_in, whole.causes), (vec![], vec![Cause::Credentials]));
        heard
    };
    type Said = fn(&str) -> Vec<String>;
    let plain: Said = |name| vec![format!("AUTH PLAIN {}", text(format!("\0{name}\0wrong")))];
    let login: Said = |name| vec!["AUTH LOGIN".into(), text(name), text("wrong")];
    let cram: Said =
        |name| vec!["AUTH CRAM-MD5".into(), text(format!("{name} b913a602c7eda7a495b4e6e7334d3890"))];
    for said in [plain, login, cram] {
        let known = heard(&said("user"));
        assert_eq!(heard(&said("who")), known);
        assert_eq!(known.last().unwrap(), "-ERR [AUTH] refused\r\n");
    }
    let scram: Said = |name| {
        let proof = text([7; 32]);
        vec![
            format!("AUTH SCRAM-SHA-256 {}", text(format!("n,,n={name},r=abc"))),
            text(format!("c=biws,r=abc{SERVER},p={proof}")),
        ]
    };
    let (known, unknown) = (heard(&scram("user")), heard(&scram("who")));
    assert_eq!(known[1], "-ERR [AUTH] refused\r\n");
    assert_eq!(unknown[1], known[1]);
    assert_eq!(unknown[0].len(), known[0].len());
    assert_ne!(unknown[0], known[0], "another salt");
    assert_eq!(heard(&scram("who")), unknown, "each time");
}

/// Line ends and NULs that base64 hides reach nobody as a name or a password, and are not said back.
///
/// Proves 4616-A-01.
/// Covers decoded-credentials-passed-on, decoded-credentials-echoed, quirk-42.
#[test]
fn decoded_line_ends_and_nuls_stop_at_the_mechanism() {
    let config = config(&MECHANISMS);
    for bad in ["\r\n+OK forged", "\n", "\r", "\0", "a\r\nb", "pencil\r\nDELE 1"] {
        let name = bad.replace(',', "=2C");
        let cram = format!("us{bad}er b913a602c7eda7a495b4e6e7334d3890");
        for lines in [
            vec![format!("AUTH PLAIN {}", text(format!("\0us{bad}er\0pencil")))],
            vec![format!("AUTH PLAIN {}", text(format!("\0user\0{bad}")))],
            vec![format!("AUTH PLAIN {}", text(format!("{bad}\0user\0pencil")))],
            vec!["AUTH LOGIN".into(), text(bad)],
            vec!["AUTH LOGIN".into(), text("user"), text(bad)],
            vec!["AUTH CRAM-MD5".into(), text(cram)],
            vec![format!("AUTH EXTERNAL {}", text(bad))],
            vec![format!("AUTH ANONYMOUS {}", text(bad))],
            vec![format!("AUTH SCRAM-SHA-256 {}", text(format!("n,,n=us{name},r=abc")))],
            vec![format!("AUTH SCRAM-SHA-256 {}", text(format!("n,a={name},n=user,r=abc")))],
            vec![format!("AUTH OAUTHBEARER {}", text(format!("n,a={name},\x01auth=Bearer t\x01\x01")))],
            vec![format!("AUTH OAUTHBEARER {}", text(format!("n,,\x01auth=Bearer {bad}\x01\x01")))],
            vec![format!("AUTH XOAUTH2 {}", text(format!("user={bad}\x01auth=Bearer t\x01\x01")))],
        ] {
            let mut whole = WholeServer::new(&config, Security::Tls, channel(), host());
            whole.channel.external = Some("admin");
            let heard: Vec<_> = lines.iter().map(|line| whole.say(line)).collect();
            assert_eq!(heard.last().unwrap(), "-ERR [AUTH] refused\r\n", "{lines:?}");
            assert_eq!((whole.asked, whole.let_in), (vec![], vec![]), "{lines:?}");
        }
    }
}
